"""Two DAGs of the same package: whether they differ in one thing only, and in which."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from loaders.specs.node import Edge, NodeRecord
from service.dags.dag import Dag
from service.dags.deptypes import ALL
from service.dags.diff import LANGUAGES, by_name, compiler_of, providers
from service.dags.pairing import changes, pair_up

Values = tuple[list[str], list[str]]
"""What the one DAG has, and what the other has in its place."""

_NOTHING: frozenset[str] = frozenset()
_ANYWHERE = ("target", "os")
_AT_ROOT = ("version", "variants", "variant")
_COMPILER_FIELDS = frozenset({"compiler", "compiler_version"})
_OF_EDGES = frozenset({"dependencies", "deptypes"})


@dataclass(frozen=True)
class Thing:
    """What may differ: a kind, and the name of a variant, package or virtual."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


class Deployed:
    """The nodes that a root reaches over dependencies of every type."""

    def __init__(self, dag: Dag) -> None:
        self.root = dag.root
        self.nodes = dag.reached(ALL)

    @cached_property
    def edges(self) -> list[Edge]:
        """All edges between the nodes."""
        return [edge for node in self.nodes.values() for edge in node.edges]

    def named(self, package: str) -> frozenset[str]:
        """The specs of a package, but for the root."""
        named = (hash_ for hash_, node in self.nodes.items() if node.name == package)
        return frozenset(hash_ for hash_ in named if hash_ != self.root)

    def providing(self, virtuals: Collection[str]) -> frozenset[str]:
        """The specs that provide any of some virtuals."""
        return providers(self.edges, virtuals)

    def virtuals_of(self, hashes: Collection[str]) -> frozenset[str]:
        """What some specs provide."""
        return frozenset(chain.from_iterable(e.virtuals for e in self.edges if e.hash in hashes))

    @cached_property
    def compilers(self) -> frozenset[str]:
        """What provides languages, and the run-time libraries that come with it.

        Such a library (gcc-runtime) depends on the compiler, but by no language: it is not
        compiled.
        """
        found = self.providing(LANGUAGES)
        libraries = (
            hash_
            for hash_, node in self.nodes.items()
            if any(e.hash in found and LANGUAGES.isdisjoint(e.virtuals) for e in node.edges)
        )
        return found | {hash_ for hash_ in libraries if hash_ != self.root}

    def without(self, cut: Collection[str]) -> dict[str, NodeRecord]:
        """The nodes that are reached without some of them."""
        found: dict[str, NodeRecord] = {}
        waiting = [self.root]
        while waiting:
            hash_ = waiting.pop()
            if hash_ not in found and hash_ not in cut and hash_ in self.nodes:
                found[hash_] = self.nodes[hash_]
                waiting += [edge.hash for edge in found[hash_].edges]
        return found

    @cached_property
    def _above(self) -> dict[str, str]:
        above: dict[str, str] = {}
        waiting = deque([self.root])
        while waiting:
            source = waiting.popleft()
            for edge in self.nodes[source].edges:
                if edge.hash not in above and edge.hash in self.nodes:
                    above[edge.hash] = source
                    waiting.append(edge.hash)
        return above

    def packages_to(self, hash_: str) -> Iterator[str]:
        """The packages on a path from a node up to the root, which is left out."""
        while hash_ != self.root:
            yield self.nodes[hash_].name
            hash_ = self._above[hash_]

    def texts(self, hashes: Collection[str], *, hashes_too: bool = False) -> list[str]:
        """Some specs as `name@version`, in order, with the start of the hash where it is asked."""
        nodes = [self.nodes[hash_] for hash_ in hashes]
        found: dict[str, None] = {}
        for node in sorted(nodes, key=lambda n: (n.name, str(n.properties["version_key"]), n.hash)):
            end = f"/{node.hash[:7]}" if hashes_too else ""
            found[f"{node.name}@{node.version}{end}"] = None
        return list(found)


@dataclass(frozen=True)
class Difference:
    """One field that differs, or a spec that only one side has.

    :ivar field: as :func:`service.dags.pairing.changes` names it, or `presence`.
    """

    field: str
    a: NodeRecord | None
    b: NodeRecord | None
    at_root: bool = False
    values: Sequence[Any] = ()


@dataclass(frozen=True)
class Contrast:
    """Two DAGs whose roots are of one package."""

    a: Deployed
    b: Deployed

    @cached_property
    def _plain(self) -> list[Difference]:
        return self._differences(_NOTHING, _NOTHING)

    def only(self, thing: Thing) -> Values | None:
        """What both have of a thing if they differ in it and in nothing else, else None."""
        if not self._plain:
            return None
        if thing.kind in _ANYWHERE:
            return self._in_fields(thing.kind, at_root=False)
        if thing.kind in _AT_ROOT:
            return self._at_root(thing)
        if thing.kind == "compiler":
            return self._in_compilers()
        if thing.kind == "virtual":
            wanted = {thing.name}
            return self._apart_from(self.a.providing(wanted), self.b.providing(wanted))
        return self._in_package(thing.name)

    def thing(self) -> tuple[Thing, Values] | None:
        """The one thing in which they differ, the most special one that tells it all."""
        for thing in self._candidates():
            alone = thing.kind == "package"
            values = self._in_package(thing.name, exchange=False) if alone else self.only(thing)
            if values is not None:
                return thing, values
        return None

    def _candidates(self) -> Iterator[Thing]:
        if not self._plain:
            return
        yield Thing("version")
        for difference in self._plain:
            if difference.field == "variants" and difference.at_root:
                yield from (Thing("variant", name) for name in _variants(difference)[:1])
        yield from (Thing(kind) for kind in ("variants", "target", "os", "compiler"))
        telling = [d for d in self._plain if d.field not in _OF_EDGES]
        if not telling or any(d.at_root for d in telling):
            return
        first = telling[0]
        for side, node in ((self.a, first.a), (self.b, first.b)):
            if node is not None:
                yield from (Thing("package", name) for name in side.packages_to(node.hash))
        virtuals = {v for side in (self.a, self.b) for e in side.edges for v in e.virtuals}
        yield from (Thing("virtual", name) for name in sorted(virtuals))

    def _in_fields(self, field: str, *, at_root: bool) -> Values | None:
        if any(d.field != field or (at_root and not d.at_root) for d in self._plain):
            return None
        sides = [[d.values[side] for d in self._plain] for side in (0, 1)]
        found = [sorted({str(value) for value in side if value is not None}) for side in sides]
        return found[0], found[1]

    def _at_root(self, thing: Thing) -> Values | None:
        field = "version" if thing.kind == "version" else "variants"
        if self._in_fields(field, at_root=True) is None:
            return None
        (difference,) = self._plain
        if field == "version":
            return [str(difference.values[0])], [str(difference.values[1])]
        if thing.kind == "variant" and _variants(difference) != [thing.name]:
            return None
        return list(difference.values[0]), list(difference.values[1])

    def _in_package(self, name: str, *, exchange: bool = True) -> Values | None:
        """As :meth:`only`; in an exchange what provides the same virtuals counts too."""
        cut_a, cut_b = self.a.named(name), self.b.named(name)
        if exchange:
            virtuals = self.a.virtuals_of(cut_a) | self.b.virtuals_of(cut_b)
            if not cut_a:
                cut_a = self.a.providing(virtuals)
            if not cut_b:
                cut_b = self.b.providing(virtuals)
        return self._apart_from(cut_a, cut_b)

    def _apart_from(self, cut_a: frozenset[str], cut_b: frozenset[str]) -> Values | None:
        if cut_a == cut_b or self.a.root in cut_a or self.b.root in cut_b:
            return None
        if self._differences(cut_a, cut_b):
            return None
        return self._texts(cut_a - cut_b, cut_b - cut_a)

    def _in_compilers(self) -> Values | None:
        cut_a, cut_b = self.a.compilers, self.b.compilers
        left = self._differences(cut_a, cut_b)
        if any(d.field not in _COMPILER_FIELDS for d in left) or (not left and cut_a == cut_b):
            return None
        given_a, given_b = self.a.providing(LANGUAGES), self.b.providing(LANGUAGES)
        if given_a == given_b and not left:
            given_a, given_b = cut_a, cut_b
        old, new = self._texts(given_a - given_b, given_b - given_a)
        return old + _attributes(d.a for d in left), new + _attributes(d.b for d in left)

    def _texts(self, old: frozenset[str], new: frozenset[str]) -> Values:
        """Some specs of either side, with their hashes where they would read the same."""
        values = self.a.texts(old), self.b.texts(new)
        if values[0] == values[1]:
            return self.a.texts(old, hashes_too=True), self.b.texts(new, hashes_too=True)
        return values

    def _differences(self, cut_a: frozenset[str], cut_b: frozenset[str]) -> list[Difference]:
        """What differs besides some nodes of either side and what is reached only by them."""
        rest_a, rest_b = self.a.without(cut_a), self.b.without(cut_b)
        same = rest_a.keys() & rest_b.keys()
        left, right = by_name(rest_a, same), by_name(rest_b, same)
        found: list[Difference] = []
        for name in sorted(left.keys() | right.keys()):
            for old, new in self._pairs(left.get(name, []), right.get(name, [])):
                found += _differences(old, new, cut_a | cut_b, self.a.root)
        return found

    def _pairs(
        self, before: Sequence[NodeRecord], after: Sequence[NodeRecord]
    ) -> Iterator[tuple[NodeRecord | None, NodeRecord | None]]:
        """The specs of one package in pairs, the roots with each other; None for a partner."""
        roots = self.a.nodes[self.a.root], self.b.nodes[self.b.root]
        old, new = list(before), list(after)
        if roots[0] in old and roots[1] in new:
            old.remove(roots[0])
            new.remove(roots[1])
            yield roots
        pairs = pair_up(old, new)
        yield from pairs
        paired = {node.hash for pair in pairs for node in pair}
        yield from ((node, None) for node in old if node.hash not in paired)
        yield from ((None, node) for node in new if node.hash not in paired)


def _differences(
    old: NodeRecord | None, new: NodeRecord | None, cut: frozenset[str], root: str
) -> list[Difference]:
    if old is None or new is None:
        return [Difference("presence", old, new)]
    at_root = old.hash == root
    found = changes(old, new, cut)
    return [Difference(field, old, new, at_root, values) for field, values in found.items()]


def _variants(difference: Difference) -> list[str]:
    """The names of the variants that differ."""
    entries = chain.from_iterable(difference.values)
    return sorted({entry.partition("=")[0] for entry in entries})


def _attributes(nodes: Iterator[NodeRecord | None]) -> list[str]:
    found = {compiler_of(node) for node in nodes if node is not None}
    return [f"{name}@{version}" for name, _, version in sorted(filter(None, found))]
