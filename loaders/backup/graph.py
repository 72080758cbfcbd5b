"""Read units from the graph."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

from msgspec.structs import replace
from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.backup.archive import Edge, Part, Unit
from loaders.backup.kinds import DERIVED_PROPERTIES

_FIRST_LIMIT = 100
_MAX_LIMIT = 1_000
_PAGE_BYTES = 4 << 20
"""Size of a page of units, as far as the page before predicts it."""


class _StoredPart(TypedDict):
    key: str
    properties: dict[str, object]
    edges: list[Edge]


class _StoredUnit(TypedDict):
    key: str
    properties: dict[str, object]
    edges: list[Edge]
    incoming: list[Edge]
    parts: list[_StoredPart]


class UnitPages:
    """The units of a kind in the graph, in the order of their keys, in pages of bounded size."""

    def __init__(self, database: Database, kind: str) -> None:
        self._database = database
        self._kind = kind
        self._limit = _FIRST_LIMIT

    def __iter__(self) -> Iterator[list[Unit]]:
        after = ""
        while page := self._read_page(after):
            yield page
            after = page[-1].key

    def set_size(self, size: int, units: int) -> None:
        """Choose the length of the next page by the size in bytes of the one before."""
        fitting = _PAGE_BYTES * units // max(size, 1)
        self._limit = max(1, min(fitting, 2 * self._limit, _MAX_LIMIT))

    def _read_page(self, after: str) -> list[Unit]:
        def read(tx: ManagedTransaction) -> list[_StoredUnit]:
            return list(
                run_one(tx, "units_in_order", kind=self._kind, after=after, limit=self._limit)
            )

        found = [_underived(_unit(self._kind, each)) for each in self._database.write(read)]
        return sorted(found, key=lambda unit: unit.key)


def read_units(database: Database, kind: str, keys: Sequence[str]) -> dict[str, Unit]:
    """Return the units of a kind with some keys, by key; those that are missing are left out."""
    found = database.write(lambda tx: units_in(tx, kind, keys))
    return {key: _underived(unit) for key, unit in found.items()}


def units_in(tx: ManagedTransaction, kind: str, keys: Iterable[str]) -> dict[str, Unit]:
    """Return units as `read_units` does, and keep them locked until the transaction ends."""
    # Sorted, so that concurrent writers take their locks in one order.
    stored: list[_StoredUnit] = run_one(tx, "units_of_keys", kind=kind, keys=sorted(set(keys)))
    return {each["key"]: _unit(kind, each) for each in stored}


def uids_of_records(database: Database, hashes: Sequence[str]) -> list[str]:
    """Return the identities of the specs that prove one of some hashes."""
    return list(database.read_one("uids_of_records", hashes=hashes))


def _unit(kind: str, stored: _StoredUnit) -> Unit:
    return Unit(
        kind,
        stored["key"],
        stored["properties"],
        _sorted(stored["edges"]),
        _sorted(stored["incoming"]),
        [
            Part(part["key"], part["properties"], _sorted(part["edges"]))
            for part in sorted(stored["parts"], key=lambda part: part["key"])
        ],
    )


def _underived(unit: Unit) -> Unit:
    """Return a unit without the properties that are not in a backup."""
    kept = {k: v for k, v in unit.properties.items() if k not in DERIVED_PROPERTIES}
    return replace(unit, properties=kept)


def _sorted(edges: list[Edge]) -> list[Edge]:
    """Return relationships in an order that does not depend on the database."""
    return sorted(((kind, key, properties) for kind, key, properties in edges), key=repr)
