"""A spec while it is being parsed: every attribute is put in once, and checked when it is."""

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
    """Two parts of a spec contradict each other; the text says which."""


@dataclass(eq=False, slots=True)
class Draft:
    """The attributes of one node, collected in any order."""

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
        """Take ``+name`` or ``~name``."""
        if name in _ARCHITECTURE or name in FLAG_NAMES or name == "namespace":
            raise ConflictError(f"{name} needs a value, as in {name}=...")
        self._set_variant(VariantConstraint(name, (value,), exact=True, propagate=propagate))

    def set_pair(self, name: str, value: str, *, propagate: bool, exact: bool) -> None:
        """Take ``name=value``: an architecture, the namespace, flags or a variant."""
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
        """Add a dependency and return the node that stands for it.

        As in Spack 1.1 a package that is named again with the same sigil, the same deptypes and the
        same condition is the same node, which has to satisfy both.
        """
        for known in self.dependencies if added.node.name else ():
            if (known.node.name, known.direct) != (added.node.name, added.direct):
                continue
            if (known.deptypes, known.when) == (added.deptypes, added.when):
                known.node.constrain(added.node)
                known.virtuals |= added.virtuals
                return known.node
            if known.when == added.when and not _can_coexist(known.deptypes, added.deptypes):
                raise ConflictError(f"{added.node.name} is given twice, with clashing deptypes")
        self.dependencies.append(added)
        return added.node

    def constrain(self, other: "Draft") -> None:
        """Add everything that the other node asks for."""
        for attribute in ("namespace", "platform", "os"):
            theirs, ours = getattr(other, attribute), getattr(self, attribute)
            if ours is not None and theirs not in (None, ours):
                raise ConflictError(f"{self.name} cannot have two values of {attribute}")
            setattr(self, attribute, theirs if ours is None else ours)
        self.versions = self._merged_versions(other.versions)
        self.target = _merged_target(self.target, other.target)
        self.abstract_hash = _merged_hash(self.abstract_hash, other.abstract_hash)
        for variant in other.variants.values():
            known = self.variants.get(variant.name)
            self.variants[variant.name] = _merged_variant(known, variant)
        for name, values in other.flags.items():
            self.flags.setdefault(name, set()).update(values)

    def _merged_versions(self, theirs: VersionRanges | None) -> VersionRanges | None:
        if self.versions is None or theirs is None:
            return theirs if self.versions is None else self.versions
        both = self.versions.intersection(theirs)
        if not both.intervals and not both.git_refs:
            raise ConflictError(f"no version of {self.name} is in {both.text}")
        return both

    def freeze(self) -> SpecConstraint:
        """Return what was collected as an immutable value."""
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
    """Whether a package may be a dependency twice, with these types (Spack, ``deptypes.py``)."""
    runtime = {"link", "run"}
    both_runtime = not runtime.isdisjoint(one) and not runtime.isdisjoint(other)
    return set(one).isdisjoint(other) and not both_runtime


def _merged_variant(known: VariantConstraint | None, added: VariantConstraint) -> VariantConstraint:
    if known is None:
        return added
    mine, theirs = set(known.values), set(added.values)
    if (known.exact and not theirs <= mine) or (added.exact and not mine <= theirs):
        raise ConflictError(f"the variant {known.name} cannot have both values")
    values = added.values if added.exact else known.values
    if not known.exact and not added.exact:
        values = tuple(sorted({str(value) for value in mine | theirs}))
    propagate = known.propagate and added.propagate
    return VariantConstraint(known.name, values, known.exact or added.exact, propagate)


def _merged_target(mine: str | None, theirs: str | None) -> str | None:
    if mine is None or theirs is None or mine == theirs:
        return theirs if mine is None else mine
    if "*" in (mine, theirs):
        return theirs if mine == "*" else mine
    both = set(matching_targets(mine)) & set(matching_targets(theirs))
    if not both:
        raise ConflictError(f"no target is both {mine} and {theirs}")
    return ",".join(sorted(both))


def _merged_hash(mine: str | None, theirs: str | None) -> str | None:
    shorter, longer = sorted((mine or "", theirs or ""), key=len)
    if not longer.startswith(shorter):
        raise ConflictError(f"no hash starts with both {mine} and {theirs}")
    return longer or None
