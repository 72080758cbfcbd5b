"""What a constraint asks of one node, as parameters of the statements in `cypher/`.

A *wanted* map describes nodes by their own attributes. Every statement that takes one has the same
lines for it; they are exact, so that nothing is left to be judged afterwards.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from spec_syntax import (
    COMPILER_PACKAGES,
    DependencyConstraint,
    SpecConstraint,
    VariantConstraint,
    matching_targets,
)

Wanted = dict[str, Any]

#: Above every version key.
HIGHEST = "\uffff"

_ANY_VERSION = ({"low": "", "high": HIGHEST},)
_ARCHITECTURE = ("platform", "os", "target")


def wanted(constraint: SpecConstraint, hashes: Iterable[str] = ()) -> Wanted:
    """The map for a constraint; its dependencies play no part.

    :param hashes: full hashes of the only nodes that may be meant, where the constraint has an
        abbreviated hash.
    """
    variants = [each for each in constraint.variants if not each.propagate]
    plain = [each for each in variants if each.exact or each.name != "patches"]
    own = list(hashes)
    named = SpecConstraint(name=constraint.name, versions=constraint.versions)
    return {
        "plain": constraint.name is not None and constraint == named and not own,
        "hashes": own,
        "name": constraint.name,
        "virtual": None,
        "any_version": constraint.versions is None,
        "intervals": [] if own else _intervals(constraint),
        "versions": _intervals(constraint),
        "variants": [
            *(entry for each in plain for entry in _entries(each)),
            *(f"{flag.name}={value}" for flag in constraint.flags for value in flag.values),
        ],
        "prefixes": [
            *(f"{each.name}=" for each in plain if not each.values),
            *(
                f"patches={value}"
                for each in variants
                if each not in plain
                for value in each.values
            ),
        ],
        "exact": [
            {"prefix": f"{each.name}=", "entries": _entries(each)} for each in plain if each.exact
        ],
        "namespace": constraint.namespace,
        "platform": _named(constraint.platform),
        "os": _named(constraint.os),
        "targets": _targets(constraint.target),
        "given": [part for part in _ARCHITECTURE if getattr(constraint, part) == "*"],
        "compiler": None,
    }


def provider_of(virtual: str) -> Wanted:
    """The map for any node that was seen to provide a virtual."""
    return {**wanted(SpecConstraint()), "virtual": virtual, "intervals": []}


def any_node() -> Wanted:
    """The map that every node satisfies."""
    return {**wanted(SpecConstraint()), "intervals": []}


def compiled_by(constraint: SpecConstraint, languages: frozenset[str]) -> Wanted | None:
    """The map for nodes whose compiler is an attribute and what ``%`` asks for.

    :param languages: virtuals that any compiler provides.
    :returns: None where no such attribute can satisfy the constraint.
    """
    asked = (constraint.abstract_hash, constraint.namespace, constraint.variants, constraint.flags)
    if any(asked) or any(getattr(constraint, part) for part in _ARCHITECTURE):
        return None
    versions = None if constraint.name in languages else constraint.versions
    compiler = {
        "names": None if constraint.name in languages else _compiler_names(constraint.name),
        "any_version": versions is None,
        "versions": [] if versions is None else _intervals(constraint),
    }
    return {**any_node(), "compiler": compiler}


def _compiler_names(package: str | None) -> list[str] | None:
    """The names that older formats have for the compilers of a package."""
    if package is None:
        return None
    return [package, *(old for old, new in COMPILER_PACKAGES.items() if new == package)]


def needs_python(constraint: SpecConstraint) -> bool:
    """Whether something in the constraint cannot be told by these maps and edges alone."""
    return (
        any(variant.propagate for variant in constraint.variants)
        or bool(constraint.versions and constraint.versions.git_refs)
        or any(_edge_needs_python(each) for each in constraint.dependencies)
    )


def _edge_needs_python(dependency: DependencyConstraint) -> bool:
    several = not dependency.direct and len(dependency.virtuals) > 1
    return dependency.when is not None or several or needs_python(dependency.spec)


def _intervals(constraint: SpecConstraint) -> list[dict[str, str]]:
    if constraint.versions is None:
        return list(map(dict, _ANY_VERSION))
    found = map(asdict, constraint.versions.key_intervals())
    return [
        {"low": each["low"] or "", "high": HIGHEST if each["high"] is None else each["high"]}
        for each in found
    ]


def _named(value: str | None) -> str | None:
    return None if value == "*" else value


def _targets(target: str | None) -> list[str] | None:
    return None if target in (None, "*") else list(matching_targets(str(target)))


def _entries(variant: VariantConstraint) -> list[str]:
    """The entries of `Spec.variants` that a variant asks for."""
    return [
        f"{variant.name}={str(value).lower() if isinstance(value, bool) else value}"
        for value in variant.values
    ]
