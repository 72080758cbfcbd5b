"""The query language evaluated by plain loops over documents, as in `docs/queries.md`."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from spec_syntax import (
    AllOf,
    AnyOf,
    Atom,
    ConcreteNode,
    Expression,
    Not,
    Side,
    SpecConstraint,
    build_dag,
    satisfies,
)
from tests.service.reading import Reading


class World:
    """Documents that agree about every node that they share."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths: list[Path] = []
        self.roots: list[str] = []
        self.nodes: dict[str, ConcreteNode] = {}
        self.holders: dict[str, Reading] = {}
        self._every: list[tuple[str, ConcreteNode]] = []
        self._sides: dict[tuple[str, Side], tuple[str, ...]] = {}
        records: dict[str, str] = {}
        for path in paths:
            reading = Reading(path)
            texts = {hash_: str(node) for hash_, node in reading.nodes.items()}
            if all(records.get(hash_, text) == text for hash_, text in texts.items()):
                records |= texts
                self.paths.append(path)
                self._add(reading)
        self._share_what_is_provided()

    def _add(self, reading: Reading) -> None:
        if reading.root not in self.roots:
            self.roots.append(reading.root)
        nodes = build_dag(list(reading.nodes.values()), reading.format)
        for hash_, node in zip(reading.nodes, nodes, strict=True):
            self._every.append((hash_, node))
            self.nodes.setdefault(hash_, node)
            self.holders.setdefault(hash_, reading)

    def _share_what_is_provided(self) -> None:
        """Let a node provide each virtual that an edge of any document names."""
        provided: dict[str, frozenset[str]] = {}
        for hash_, node in self._every:
            provided[hash_] = provided.get(hash_, frozenset()) | node.provides
        for hash_, node in self._every:
            node.provides = provided[hash_]

    @cached_property
    def packages(self) -> frozenset[str]:
        return frozenset(node.name for node in self.nodes.values())

    def fits(self, hash_: str, constraint: SpecConstraint) -> bool:
        node = self.nodes[hash_]
        if constraint.name in self.packages and constraint.name != node.name:
            return False
        return satisfies(node, constraint)

    def side(self, hash_: str, side: Side) -> tuple[str, ...]:
        """Return the hashes on a side of a spec, worked out once."""
        if (hash_, side) not in self._sides:
            self._sides[hash_, side] = tuple(self._walk(hash_, side))
        return self._sides[hash_, side]

    def _walk(self, hash_: str, side: Side) -> Iterator[str]:
        reading = self.holders[hash_]
        match side:
            case Side.SELF:
                yield hash_
            case Side.DEPLOYED_WITH:
                yield from reading.runtime(hash_)
            case Side.BUILT_WITH:
                yield from reading.built(reading.original(hash_))
            case Side.SPLICED_FROM:
                while "build_spec" in reading.nodes[hash_]:
                    hash_ = reading.nodes[hash_]["build_spec"][reading.key]
                    yield hash_

    def holds(self, hash_: str, expression: Expression) -> bool:
        match expression:
            case Atom(side, constraint):
                return any(self.fits(each, constraint) for each in self.side(hash_, side))
            case Not(operand):
                return not self.holds(hash_, operand)
            case AllOf(operands):
                return all(self.holds(hash_, operand) for operand in operands)
            case AnyOf(operands):
                return any(self.holds(hash_, operand) for operand in operands)
