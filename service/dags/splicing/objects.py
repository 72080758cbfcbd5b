"""Specs as a splice works on them: objects with edges in both directions and cached hashes."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.dags.splicing.records import ALL, Template


class SplicingError(Exception):
    """Spack fails with an error at this splice; the text says why."""


@dataclass(slots=True)
class BuildSpec:
    """The build spec of an object: a copy of a spec that nothing changes any more.

    Attributes:
        uid: Identity of its record.
        name: Name of the package.
        hash: Its hash.
        fresh: Its hash as computed from the hashes of its dependencies, None if not yet computed.
        source: The object to compute that from; None if there is none.
        changed: Hashes of the specs below it that a splice had changed before it was copied.
    """

    uid: str
    name: str
    hash: str
    fresh: str | None = None
    source: "SpecObject | None" = None
    changed: frozenset[str] = frozenset()


class SpecObject:
    """One copy of a spec. Objects are compared by their identity."""

    __slots__ = ("build_spec", "dependencies", "dependents", "hashes", "template")

    def __init__(self, template: Template) -> None:
        self.template = template
        self.dependencies: dict[str, list[EdgeObject]] = {}
        self.dependents: dict[str, list[EdgeObject]] = {}
        self.build_spec: BuildSpec | None = None
        self.hashes: list[str | None] = [template.hash, None]

    @property
    def name(self) -> str:
        """Name of the package."""
        return self.template.name

    def edges(self, flags: int = ALL) -> list["EdgeObject"]:
        """Return the edges to dependencies of some types; edges without a type always match."""
        return _select(self.dependencies, flags)

    def edges_from_dependents(self) -> list["EdgeObject"]:
        """Return the edges from dependents."""
        return _select(self.dependents, ALL)


@dataclass(eq=False, slots=True)
class EdgeObject:
    """A dependency between two objects. `direct` is kept as the record has it."""

    parent: SpecObject
    spec: SpecObject
    flags: int
    virtuals: tuple[str, ...]
    direct: bool = False

    def is_equal(self, other: "EdgeObject") -> bool:
        """Return whether Spack takes two edges as equal: it compares the names of their ends."""
        return self is other or self.key == other.key

    @property
    def key(self) -> tuple[str, str, int, tuple[str, ...], bool]:
        """What Spack compares."""
        return self.parent.name, self.spec.name, self.flags, self.virtuals, self.direct


def _select(edges: Mapping[str, list[EdgeObject]], flags: int) -> list[EdgeObject]:
    return [e for each in edges.values() for e in each if not e.flags or e.flags & flags]


def remove_edge(edges: dict[str, list[EdgeObject]], name: str, edge: EdgeObject) -> None:
    """Remove the first edge that is equal to one, which need not be that one itself."""
    found = edges.get(name, [])
    for index, each in enumerate(found):
        if each.is_equal(edge):
            del found[index]
            return
    raise SplicingError(f"the edge from {edge.parent.name} to {edge.spec.name} is not there")


def build_spec_of(spec: SpecObject) -> BuildSpec:
    """Return a spec that was read, and that nothing changes, as a build spec."""
    template = spec.template
    return BuildSpec(template.uid, template.name, template.hash, source=spec)


def names_of(spec: SpecObject) -> str:
    """Return a spec as messages name it."""
    return f"{spec.name}/{spec.template.hash[:7]}"
