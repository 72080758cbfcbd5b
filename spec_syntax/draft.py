"""A mutable spec for the parser: each attribute is set once, and checked when it is set."""

from dataclasses import dataclass, field

from spec_syntax.constraint import (
    DependencyConstraint,
    FlagConstraint,
    SpecConstraint,
    VariantConstraint,
)
from spec_syntax.targets import matching_targets
from spec_syntax.versions import VersionRanges

FLAG_NAMES = frozenset({"cflags", "cppflags", "cxxflags", "fflags", "ldflags", "ldlibs"})

_ARCHITECTURE = {
    "arch": "arch",
    "architecture": "arch",
    "platform": "platform",
    "os": "os",
    "operating_system": "os",
    "target": "target",
}
_NEVER_PROPAGATED = frozenset(
    {*_ARCHITECTURE, "branch", "commit", "dev_path", "namespace", "patches", "ref", "tag"}
)


class ConflictError(ValueError):
    """Two parts of a spec contradict each other; the message names them."""


@dataclass(eq=False, slots=True)
class Draft:
    """The attributes of one node, collected in the order of the text."""

    name: str | None = None
    namespace: str | None = None
    versions: VersionRanges | None = None
    variants: dict[str, VariantConstraint] = field(default_factory=dict)
    flags: dict[str, set[str]] = field(default_factory=dict)
    platform: str | None = None
    os: str | None = None
    target: str | None = None
    abstract_hash: str | None = None
    dependencies: list["DraftDependency"] = field(default_factory=list)

    def set_switch(self, name: str, value: bool, *, propagate: bool) -> None:
        """Set the variant of ``+name`` or ``~name``."""
        if name in _ARCHITECTURE or name in FLAG_NAMES or name == "namespace":
            raise ConflictError(f"{name} needs a value, as in {name}=...")
        self._set_variant(VariantConstraint(name, (value,), exact=True, propagate=propagate))

    def set_pair(self, name: str, value: str, *, propagate: bool, exact: bool) -> None:
        """Set the attribute of ``name=value``: architecture, namespace, flags or a variant."""
        if propagate and name in _NEVER_PROPAGATED:
            raise ConflictError(f"{name} cannot be propagated to dependencies")
        if name in _ARCHITECTURE:
            self._set_architecture(_ARCHITECTURE[name], value)
        elif name == "namespace":
            self.namespace = value
        elif name in FLAG_NAMES:
            self.flags.setdefault(name, set()).update(_split_flags(value))
        elif value.upper() in ("TRUE", "FALSE"):
            self.set_switch(name, value.upper() == "TRUE", propagate=propagate)
        else:
            values = () if value == "*" else tuple(sorted(set(value.split(","))))
            exact = exact and bool(values)
            self._set_variant(VariantConstraint(name, values, exact=exact, propagate=propagate))

    def _set_variant(self, variant: VariantConstraint) -> None:
        if variant.name in self.variants:
            raise ConflictError(f"the variant {variant.name} is given twice")
        self.variants[variant.name] = variant

    def _set_architecture(self, part: str, value: str) -> None:
        triple = value.split("-")
        if part == "arch" and len(triple) == 3:
            self._set_architecture_part("platform", triple[0])
            self._set_architecture_part("os", triple[1])
            self._set_architecture_part("target", triple[2])
        else:
            self._set_architecture_part("target" if part == "arch" else part, value)

    def _set_architecture_part(self, part: str, value: str) -> None:
        if value in ("", "None"):
            return
        if getattr(self, part) is not None:
            raise ConflictError(f"the {part} is given twice")
        setattr(self, part, value)

    def add_dependency(self, added: "DraftDependency") -> "Draft":
        """Add a dependency and return the node that represents it.

        As in Spack 1.1, a package that is named again with the same sigil, deptypes and condition
        is the same node, which then has to satisfy both constraints.
        """
        for existing in self.dependencies if added.node.name else ():
            if (existing.node.name, existing.direct) != (added.node.name, added.direct):
                continue
            if (existing.deptypes, existing.when) == (added.deptypes, added.when):
                existing.node.add_constraints(added.node)
                existing.virtuals |= added.virtuals
                return existing.node
            if existing.when == added.when and not _can_coexist(existing.deptypes, added.deptypes):
                raise ConflictError(f"{added.node.name} is given twice, with clashing deptypes")
        self.dependencies.append(added)
        return added.node

    def add_constraints(self, other: "Draft") -> None:
        """Add all constraints of another node."""
        for attribute in ("namespace", "platform", "os"):
            theirs, ours = getattr(other, attribute), getattr(self, attribute)
            if ours is not None and theirs not in (None, ours):
                raise ConflictError(f"{self.name} cannot have two values of {attribute}")
            setattr(self, attribute, theirs if ours is None else ours)
        self.versions = self._intersect_versions(other.versions)
        self.target = _merge_targets(self.target, other.target)
        self.abstract_hash = _merge_hashes(self.abstract_hash, other.abstract_hash)
        for variant in other.variants.values():
            existing = self.variants.get(variant.name)
            self.variants[variant.name] = _merge_variants(existing, variant)
        for name, values in other.flags.items():
            self.flags.setdefault(name, set()).update(values)

    def _intersect_versions(self, theirs: VersionRanges | None) -> VersionRanges | None:
        if self.versions is None or theirs is None:
            return theirs if self.versions is None else self.versions
        both = self.versions.intersection(theirs)
        if not both.intervals and not both.git_refs:
            raise ConflictError(f"no version of {self.name} is in {both.text}")
        return both

    def freeze(self) -> SpecConstraint:
        """Return the collected attributes as an immutable value."""
        return SpecConstraint(
            name=self.name,
            namespace=self.namespace,
            versions=self.versions,
            variants=tuple(self.variants[name] for name in sorted(self.variants)),
            flags=tuple(
                FlagConstraint(name, tuple(sorted(values)))
                for name, values in sorted(self.flags.items())
                if values
            ),
            platform=self.platform,
            os=self.os,
            target=self.target,
            abstract_hash=self.abstract_hash,
            dependencies=tuple(each.freeze() for each in self.dependencies),
        )


@dataclass(eq=False, slots=True)
class DraftDependency:
    """An edge while it is being parsed."""

    node: Draft
    direct: bool
    deptypes: tuple[str, ...] = ()
    virtuals: set[str] = field(default_factory=set)
    when: SpecConstraint | None = None

    def freeze(self) -> DependencyConstraint:
        """Return the edge and its node as immutable values."""
        return DependencyConstraint(
            spec=self.node.freeze(),
            direct=self.direct,
            deptypes=self.deptypes,
            virtuals=tuple(sorted(self.virtuals)),
            when=self.when,
        )


def _split_flags(text: str) -> list[str]:
    """Split flags at blanks; a word without a dash belongs to the flag before it."""
    flags: list[str] = []
    for word in text.split():
        if flags and not word.startswith("-"):
            flags[-1] += f" {word}"
        else:
            flags.append(word)
    return flags


def _can_coexist(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether a spec may have a package as a dependency twice, with these deptypes.

    The rule is that of Spack 1.1, ``deptypes.py``.
    """
    runtime = {"link", "run"}
    both_runtime = not runtime.isdisjoint(one) and not runtime.isdisjoint(other)
    return set(one).isdisjoint(other) and not both_runtime


def _merge_variants(
    existing: VariantConstraint | None, added: VariantConstraint
) -> VariantConstraint:
    if existing is None:
        return added
    mine, theirs = set(existing.values), set(added.values)
    if (existing.exact and not theirs <= mine) or (added.exact and not mine <= theirs):
        raise ConflictError(f"the variant {existing.name} cannot have both values")
    values = added.values if added.exact else existing.values
    if not existing.exact and not added.exact:
        values = tuple(sorted({str(value) for value in mine | theirs}))
    propagate = existing.propagate and added.propagate
    return VariantConstraint(existing.name, values, existing.exact or added.exact, propagate)


def _merge_targets(mine: str | None, theirs: str | None) -> str | None:
    if mine is None or theirs is None or mine == theirs:
        return theirs if mine is None else mine
    if "*" in (mine, theirs):
        return theirs if mine == "*" else mine
    both = set(matching_targets(mine)) & set(matching_targets(theirs))
    if not both:
        raise ConflictError(f"no target is both {mine} and {theirs}")
    return ",".join(sorted(both))


def _merge_hashes(mine: str | None, theirs: str | None) -> str | None:
    shorter, longer = sorted((mine or "", theirs or ""), key=len)
    if not longer.startswith(shorter):
        raise ConflictError(f"no hash starts with both {mine} and {theirs}")
    return longer or None
