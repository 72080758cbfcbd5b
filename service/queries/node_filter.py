"""The part of a constraint that a single node can satisfy, as a parameter of the statements.

A node filter describes nodes by their own attributes and never by their dependencies. Statements
that take one share the predicate `cypher/includes/node_filter.cypher`. It is exact: a node that
passes needs no second check in Python.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TypedDict

from spec_syntax import (
    COMPILER_PACKAGES,
    DependencyConstraint,
    SpecConstraint,
    VariantConstraint,
    matching_targets,
)

HIGHEST = "\uffff"
"""A string above every version key and every sort key."""

_ARCHITECTURE = ("platform", "os", "target")


class Interval(TypedDict):
    """Version keys from `low`, included, up to `high`, excluded."""

    low: str
    high: str


class ExactVariant(TypedDict):
    """A variant that has exactly these values.

    Attributes:
        prefix: How its entries start: `name=`.
        entries: All entries that it may have: `name=value`.
    """

    prefix: str
    entries: list[str]


class CompilerFilter(TypedDict):
    """Compilers of nodes whose format keeps the compiler as an attribute.

    Attributes:
        names: Names of the compiler, or None for any.
        any_version: Whether `versions` is to be ignored.
        versions: Intervals of which one must hold the compiler's version.
    """

    names: list[str] | None
    any_version: bool
    versions: list[Interval]


class NodeFilter(TypedDict):
    """Conditions on a single node; all of them must hold.

    Attributes:
        plain: Whether the name and `intervals` already say everything.
        uids: Identities of the only nodes that may match; empty for no such limit.
        name: Package name.
        virtual: Virtual that the node must have been seen to provide.
        any_version: Whether `versions` is to be ignored.
        intervals: Intervals in which the index of names and versions is searched.
        versions: Intervals of which one must hold the node's version.
        variants: Entries `name=value` that must all be there.
        prefixes: Beginnings of entries that must all be there.
        exact: Variants that may have no other values.
        namespace: Package repository.
        platform: Platform.
        os: Operating system.
        targets: Microarchitectures of which the node must have one.
        given: Parts of the architecture that must have any value.
        compiler: Condition on a compiler that is an attribute.
    """

    plain: bool
    uids: list[str]
    name: str | None
    virtual: str | None
    any_version: bool
    intervals: list[Interval]
    versions: list[Interval]
    variants: list[str]
    prefixes: list[str]
    exact: list[ExactVariant]
    namespace: str | None
    platform: str | None
    os: str | None
    targets: list[str] | None
    given: list[str]
    compiler: CompilerFilter | None


def filter_nodes(constraint: SpecConstraint, uids: Iterable[str] = ()) -> NodeFilter:
    """Return the node filter of a constraint, whose dependencies are ignored.

    Args:
        constraint: Constraint that the node must satisfy.
        uids: Identities of the only nodes that may match, if the constraint has a hash.
    """
    variants = [each for each in constraint.variants if not each.propagate]
    # Spack abbreviates the checksums in `patches`, so these match by their beginning.
    plain = [each for each in variants if each.exact or each.name != "patches"]
    own = list(uids)
    named = SpecConstraint(name=constraint.name, versions=constraint.versions)
    return {
        "plain": constraint.name is not None and constraint == named and not own,
        "uids": own,
        "name": constraint.name,
        "virtual": None,
        "any_version": constraint.versions is None,
        "intervals": [] if own else version_intervals(constraint),
        "versions": version_intervals(constraint),
        "variants": [
            *(entry for each in plain for entry in _entries(each)),
            *(f"{flag.name}={value}" for flag in constraint.flags for value in flag.values),
        ],
        "prefixes": [
            *(f"{each.name}=" for each in variants if not each.values),
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
        "platform": _value_of(constraint.platform),
        "os": _value_of(constraint.os),
        "targets": _targets(constraint.target),
        "given": [part for part in _ARCHITECTURE if getattr(constraint, part) == "*"],
        "compiler": None,
    }


def provider_of(virtual: str) -> NodeFilter:
    """Return the filter for any node that was seen to provide a virtual."""
    return {**filter_nodes(SpecConstraint()), "virtual": virtual, "intervals": []}


def any_node() -> NodeFilter:
    """Return the filter that every node passes."""
    return {**filter_nodes(SpecConstraint()), "intervals": []}


def compiled_by(constraint: SpecConstraint, languages: frozenset[str]) -> NodeFilter | None:
    """Return the filter for nodes whose compiler is an attribute and satisfies a constraint.

    Args:
        constraint: The spec behind `%`.
        languages: Virtuals that any compiler provides.

    Returns:
        None if such an attribute cannot satisfy the constraint, which asks for more than a name
        and a version.
    """
    further = (
        constraint.abstract_hash,
        constraint.namespace,
        constraint.variants,
        constraint.flags,
    )
    if any(further) or any(getattr(constraint, part) for part in _ARCHITECTURE):
        return None
    versions = None if constraint.name in languages else constraint.versions
    compiler: CompilerFilter = {
        "names": None if constraint.name in languages else _compiler_names(constraint.name),
        "any_version": versions is None,
        "versions": [] if versions is None else version_intervals(constraint),
    }
    return {**any_node(), "compiler": compiler}


def _compiler_names(package: str | None) -> list[str] | None:
    """Return the names that older formats have for the compilers of a package."""
    if package is None:
        return None
    return [package, *(old for old, new in COMPILER_PACKAGES.items() if new == package)]


def needs_python(constraint: SpecConstraint) -> bool:
    """Return whether a constraint has a part that cannot be evaluated in Cypher.

    These are propagated variants, git refs, conditions on edges, and several virtuals of one
    transitive dependency.
    """
    return (
        any(variant.propagate for variant in constraint.variants)
        or bool(constraint.versions and constraint.versions.git_refs)
        or any(_edge_needs_python(each) for each in constraint.dependencies)
    )


def _edge_needs_python(dependency: DependencyConstraint) -> bool:
    several = not dependency.direct and len(dependency.virtuals) > 1
    return dependency.when is not None or several or needs_python(dependency.spec)


def version_intervals(constraint: SpecConstraint) -> list[Interval]:
    """Return the intervals of version keys that a constraint allows."""
    if constraint.versions is None:
        return [{"low": "", "high": HIGHEST}]
    found = map(asdict, constraint.versions.key_intervals())
    return [
        {"low": each["low"] or "", "high": HIGHEST if each["high"] is None else each["high"]}
        for each in found
    ]


def _value_of(text: str | None) -> str | None:
    return None if text == "*" else text


def _targets(target: str | None) -> list[str] | None:
    return None if target in (None, "*") else list(matching_targets(str(target)))


def _entries(variant: VariantConstraint) -> list[str]:
    """Return the entries of `Spec.variants` that a variant asks for."""
    return [
        f"{variant.name}={str(value).lower() if isinstance(value, bool) else value}"
        for value in variant.values
    ]
