"""Write a backup while the graph is in use.

Each unit is read while it is locked, so it is whole. Units that refer to others are read before
these, so that everything they refer to exists when it is its turn. Units that were changed or
deleted in between leave references that lead nowhere: these are looked for in the finished file,
and the units that have them, or that are missing, are read again and appended as amendments.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cypher.run import Database
from loaders.backup.archive import (
    RECORD,
    Reference,
    Unit,
    Writer,
    count_units,
    names_of,
    new_header,
    read_lines,
    references_of,
)
from loaders.backup.graph import UnitPages, read_units, uids_of_records
from loaders.backup.kinds import KINDS, NOT_KEPT
from loaders.store.migrations import stored_version

_MAX_ROUNDS = 20
_MAX_DANGLING = 100_000

OnUnits = Callable[[str, int], None]
"""Called with a kind and the number of units of it that were written since the last call."""


OLDEST_SCHEMA = 2
"""The oldest version of the schema of which a graph can be backed up."""


class OutdatedGraphError(Exception):
    """The graph was written by an older Specgraph and is not migrated yet."""


class UnsettledGraphError(Exception):
    """The graph changes faster than a backup of it can be completed."""


@dataclass(frozen=True)
class WrittenBackup:
    """The contents of a backup.

    Attributes:
        nodes: Number of nodes by label.
        relationships: Number of relationships by type.
        amendments: Number of units that changed meanwhile.
        missing: Records that documents in the graph refer to and that the graph does not have.
    """

    nodes: dict[str, int]
    relationships: dict[str, int]
    amendments: int
    missing: list[Reference]


def write_backup(
    database: Database, path: Path, *, program: str, on_units: OnUnits = lambda _, __: None
) -> WrittenBackup:
    """Write a backup of the whole graph to a new file.

    Args:
        database: The database, which may be written to meanwhile.
        path: The file, which is overwritten.
        program: Version of this program.
        on_units: Called as units are written.

    Raises:
        OutdatedGraphError: The graph is too old.
        UnsettledGraphError: The graph changes too fast.
        OSError: The file cannot be written.
        neo4j.exceptions.Neo4jError: The database refused.
    """
    schema = stored_version(database)
    if schema < OLDEST_SCHEMA:
        raise OutdatedGraphError(
            f"the graph has version {schema} of the schema, and backups begin with version "
            f"{OLDEST_SCHEMA}: copy the data directory or volume of Neo4j instead"
        )
    with path.open("wb") as file:
        writer = Writer(file)
        writer.write_header(new_header(schema, time.time(), program))
        for kind in KINDS:
            _write_kind(database, kind, writer, on_units)
        writer.end_frame()
        amendments = _Amendments(database, path)
        amendments.settle()
        for reference, unit in sorted(amendments.units.items(), key=lambda each: each[0]):
            writer.write_amendment(reference, unit)
        counts = count_units(amendments.amended_units())
        writer.write_manifest(*counts)
    return WrittenBackup(*counts, len(amendments.units), amendments.missing)


def _write_kind(database: Database, kind: str, writer: Writer, on_units: OnUnits) -> None:
    pages = UnitPages(database, kind)
    for page in pages:
        kept = [unit for unit in page if kind != "Counter" or unit.key not in NOT_KEPT]
        pages.set_size(sum(map(writer.write_unit, kept)), len(kept))
        on_units(kind, len(kept))


class _Amendments:
    """Changes while a backup was written, so that no reference leads nowhere.

    Attributes:
        units: The units read again, by reference; None if one is gone.
        missing: References that lead nowhere in the graph itself.
    """

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path
        self.units: dict[Reference, Unit | None] = {}
        self.missing: list[Reference] = []

    def settle(self) -> None:
        """Read units again until all references lead to a unit.

        Raises:
            UnsettledGraphError: The graph changes too fast.
        """
        before: dict[Reference, set[Reference]] = {}
        for _ in range(_MAX_ROUNDS):
            dangling = self._find_dangling()
            # A damaged graph stays as it is: a backup of it is better than none.
            if dangling == before:
                self.missing = sorted(dangling)
                return
            self._read_again(dangling)
            before = dangling
        raise UnsettledGraphError(
            "the graph changes too fast to be backed up; try again when less is deleted"
        )

    def amended_units(self) -> Iterator[Unit]:
        """Yield all units of the backup."""
        with self._path.open("rb") as file:
            yield from self._amended_units(file)

    def _amended_units(self, file: IO[bytes]) -> Iterator[Unit]:
        for line in read_lines(file):
            if isinstance(line, Unit) and line.reference not in self.units:
                yield line
        yield from (unit for unit in self.units.values() if unit is not None)

    def _find_dangling(self) -> dict[Reference, set[Reference]]:
        """Return the references that lead nowhere, and the units that have them."""
        # Hashes take a fraction of the memory of the references, and equal ones only hide one
        # dangling reference in 10^12.
        present = {hash(name) for unit in self.amended_units() for name in names_of(unit)}
        dangling: defaultdict[Reference, set[Reference]] = defaultdict(set)
        for unit in self.amended_units():
            for reference in references_of(unit):
                if hash(reference) not in present:
                    dangling[reference].add(unit.reference)
            if len(dangling) > _MAX_DANGLING:
                raise UnsettledGraphError(
                    "too much was deleted while the graph was backed up; try again"
                )
        return dangling

    def _read_again(self, dangling: dict[Reference, set[Reference]]) -> None:
        found: set[Reference] = set()
        hashes = [key for kind, key in dangling if kind == RECORD]
        wanted = [reference for reference in dangling if reference[0] != RECORD]
        if hashes:
            wanted += [("Spec", uid) for uid in uids_of_records(self._database, hashes)]
        for unit in self._read(wanted):
            self.units[unit.reference] = unit
            found.update(names_of(unit))
        changed = {user for name, users in dangling.items() if name not in found for user in users}
        read = {unit.reference: unit for unit in self._read(changed)}
        self.units.update((reference, read.get(reference)) for reference in changed)

    def _read(self, references: Iterable[Reference]) -> Iterator[Unit]:
        by_kind: defaultdict[str, list[str]] = defaultdict(list)
        for kind, key in references:
            by_kind[kind].append(key)
        for kind, keys in by_kind.items():
            for start in range(0, len(keys), 500):
                yield from read_units(self._database, kind, keys[start : start + 500]).values()
