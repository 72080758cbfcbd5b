"""Restore a backup into a graph, empty or not.

First all nodes are written, then the relationships of each unit, last the documents: they make
specs roots, so that no reader sees a root before all that it depends on. Every step can run again:
an interrupted restore is completed by restoring the same backup once more.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.backup.archive import Backup, BackupError, OnBytes, Unit
from loaders.backup.edges import Additions, NewEdge, additions_of
from loaders.backup.graph import units_in
from loaders.backup.kinds import KINDS
from loaders.backup.merging import merge
from loaders.monitor.announcements import COUNTER
from loaders.postings.sealing import suspend
from loaders.store import migrations
from loaders.store.rows import chunks_of
from loaders.store.settling import settle_hashes
from loaders.store.spec_writes import LostWriteError

_UNITS = 500
_EDGES = 10_000
_ROOTS = 100
_HASHES = 500
_MAX_ROUNDS = 10
"""Limit of the times that contents are settled: joining copies may make others copies."""
_RESTORING = "restore"


class Restore:
    """Restores one backup.

    Args:
        database: The database to write to.
        backup: The backup, which was checked.
        on_bytes: Called with the number of bytes of the file that were read; in all its size twice.

    Attributes:
        created: Number of nodes that the graph did not have, by label, parts left out.
    """

    def __init__(self, database: Database, backup: Backup, on_bytes: OnBytes) -> None:
        self._database = database
        self._backup = backup
        self._on_bytes = on_bytes
        self.created: dict[str, int] = {}
        # Specs whose record changed, so that the closures of other roots may have changed, too.
        self._changed: list[str] = []
        self._disputed: dict[str, None] = {}

    def run(self) -> None:
        """Write everything.

        Raises:
            BackupError: The backup has an older schema, and the graph is not empty.
            LostWriteError: The database wrote fewer relationships than it was sent.
            neo4j.exceptions.Neo4jError: The database refused.
        """
        older = self._take_older_schema()
        self._set_counter(_RESTORING, 1)
        # Records change before the closures of the roots above them do.
        suspend(self._database)
        self._each_chunk(KINDS, self._write_nodes)
        self._each_chunk(tuple(kind for kind in KINDS if kind != "Document"), self._write_edges)
        # Documents come first in the file: this reads little of it once more.
        self._on_bytes = lambda _: None
        self._each_chunk(("Document",), self._write_documents)
        self._settle()
        self._database.write(lambda tx: run_one(tx, "drop_counter", name=_RESTORING))
        if older:
            migrations.migrate_graph(self._database)

    def _take_older_schema(self) -> bool:
        schema = self._backup.header.schema
        if schema >= migrations.SCHEMA_VERSION:
            return False
        if not self._database.read_one("is_empty", name=migrations.NAME):
            raise BackupError(
                f"its schema has version {schema}, that of the graph is "
                f"{migrations.SCHEMA_VERSION}: it can be restored into an empty graph only"
            )
        self._set_counter(migrations.NAME, schema)
        return True

    def _set_counter(self, name: str, value: int) -> None:
        self._database.write(lambda tx: run_one(tx, "set_schema_version", name=name, version=value))

    def _each_chunk(
        self, kinds: tuple[str, ...], write: Callable[[str, Sequence[Unit]], None]
    ) -> None:
        with self._backup.units(kinds, self._on_bytes) as units:
            for chunk in _chunks(units):
                write(chunk[0].kind, chunk)

    def _write_nodes(self, kind: str, units: Sequence[Unit]) -> None:
        created, changed = self._database.write(partial(_write_nodes, kind=kind, units=units))
        self.created[kind] = self.created.get(kind, 0) + created
        if kind == "Spec":
            self._changed += changed
            self._disputed |= dict.fromkeys(
                unit.properties["hash"] for unit in units if ":" in unit.key
            )
            self._disputed |= dict.fromkeys(uid[:32] for uid in changed)

    def _write_edges(self, kind: str, units: Sequence[Unit]) -> None:
        self._database.write(partial(_write_edges, kind=kind, units=units))

    def _write_documents(self, kind: str, units: Sequence[Unit]) -> None:
        for part in chunks_of(_ROOTS, units):

            def write(tx: ManagedTransaction, part: Sequence[Unit] = part) -> None:
                _write_edges(tx, kind, part)
                roots = run_one(tx, "mark_roots", digests=[unit.key for unit in part])
                _derive_closures(tx, sorted(roots))

            self._database.write(write)

    def _settle(self) -> None:
        """Settle the contents of one hash, and derive the closures that changed records have."""
        for part in chunks_of(_HASHES, self._changed):
            roots = self._database.read_one("roots_reaching", uids=list(part)) or []
            for some in chunks_of(_ROOTS, sorted(roots)):
                self._database.write(partial(_derive_closures, roots=some))
        settle_contents(self._database, self._disputed)


def restore_backup(
    database: Database, backup: Backup, on_bytes: OnBytes = lambda _: None
) -> dict[str, int]:
    """Restore a backup into the graph, which keeps its content.

    Returns:
        Number of nodes that the graph did not have, by label.

    Raises:
        BackupError: The backup has an older schema, and the graph is not empty.
        LostWriteError: The database wrote fewer relationships than it was sent.
        neo4j.exceptions.Neo4jError: The database refused.
    """
    restore = Restore(database, backup, on_bytes)
    restore.run()
    return {kind: count for kind, count in restore.created.items() if count}


def settle_contents(database: Database, disputed: Iterable[str]) -> None:
    """Settle which contents of some hashes are one.

    Raises:
        neo4j.exceptions.Neo4jError: The database refused.
    """
    for _ in range(_MAX_ROUNDS):
        if not _settle_once(database, disputed):
            return


def _settle_once(database: Database, disputed: Iterable[str]) -> bool:
    """Settle hashes, and return whether any contents were joined."""
    joined = False
    for hashes in chunks_of(_HASHES, disputed):
        found = database.read_one("hashes_to_settle", hashes=hashes)
        for some in chunks_of(_ROOTS, found):
            joined |= bool(database.write(partial(settle_hashes, hashes=some)))
    return joined


def _chunks(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    """Yield units of one kind, as many as one transaction may write."""
    chunk: list[Unit] = []
    cost = 0
    for unit in units:
        edges = len(unit.edges) + len(unit.incoming)
        edges += sum(2 + len(part.edges) for part in unit.parts)
        full = len(chunk) >= _UNITS or cost + edges > _EDGES
        if chunk and (full or chunk[0].kind != unit.kind):
            yield chunk
            chunk, cost = [], 0
        chunk.append(unit)
        cost += edges
    if chunk:
        yield chunk


def _write_nodes(tx: ManagedTransaction, kind: str, units: Sequence[Unit]) -> tuple[int, list[str]]:
    """Write the nodes of some units.

    Returns:
        The number of new ones, and the keys of those that were changed.
    """
    stored = units_in(tx, kind, [unit.key for unit in units])
    rows = {}
    changed = []
    for unit in units:
        known = stored.get(unit.key)
        properties = unit.properties
        if known is not None:
            properties = merge(kind, known.properties, properties)
            if properties == known.properties:
                continue
            changed.append(unit.key)
        rows[unit.key] = properties
    if kind == "Announcement":
        _renumber(tx, rows, {unit.key for unit in units} - stored.keys())
    if rows:
        sent = [{"key": key, "properties": properties} for key, properties in sorted(rows.items())]
        run_one(tx, "set_nodes", kind=kind, rows=sent)
    return len(rows) - len(changed), changed


def _derive_closures(tx: ManagedTransaction, roots: Sequence[str]) -> None:
    run_one(tx, "derive_closures", roots=roots)


def _renumber(tx: ManagedTransaction, rows: dict[str, dict[str, Any]], new: set[str]) -> None:
    """Give new numbers to announcements whose number another one has in the graph."""
    asked = [{"uid": uid, "number": rows[uid]["number"]} for uid in sorted(new)]
    taken = set(run_one(tx, "taken_numbers", rows=asked))
    for each in asked:
        if each["number"] in taken:
            number = run_one(tx, "next_number", name=COUNTER)
            rows[each["uid"]] = {**rows[each["uid"]], "number": number}


def _write_edges(tx: ManagedTransaction, kind: str, units: Sequence[Unit]) -> None:
    """Write the relationships and parts of some units whose nodes are stored.

    Raises:
        LostWriteError: The database wrote fewer than it was sent.
    """
    stored = units_in(tx, kind, [unit.key for unit in units])
    additions = [additions_of(unit, stored[unit.key]) for unit in units if unit.key in stored]
    _drop_outdated(tx, kind, [each for each in additions if each.dropped])
    parts = defaultdict(list)
    for label, part in (each for made in additions for each in made.parts):
        parts[label].append({"key": part.key, "properties": part.properties})
    for label, rows in parts.items():
        run_one(tx, "set_nodes", kind=label, rows=rows)
    edges = defaultdict(list)
    for edge in (each for made in additions for each in made.edges):
        edges[edge.start[0], edge.end[0]].append(edge)
    for (start, end), chosen in sorted(edges.items()):
        _create_edges(tx, start, end, chosen)


def _drop_outdated(tx: ManagedTransaction, kind: str, additions: Sequence[Additions]) -> None:
    if not additions:
        return
    uids = [each.unit.key for each in additions]
    if kind == "Spec":
        run_one(tx, "drop_record_edges", uids=uids)
    elif kind == "Report":
        run_one(tx, "drop_report_edges", uids=uids)
    else:
        rows = [{"uid": each.unit.key, "types": each.dropped} for each in additions]
        run_one(tx, "drop_build_edges", rows=rows)


def _create_edges(tx: ManagedTransaction, start: str, end: str, edges: Sequence[NewEdge]) -> None:
    rows = [
        {
            "start": edge.start[1],
            "type": edge.type,
            "end": edge.end[1],
            "properties": edge.properties,
        }
        for edge in edges
    ]
    if start == end == "Spec":
        created = run_one(tx, "create_spec_edges", rows=rows)
    else:
        created = run_one(tx, "create_edges", start=start, end=end, rows=rows)
    if created != len(rows):
        raise LostWriteError(
            f"{len(rows) - created} of {len(rows)} relationships from {start} to {end} were lost"
        )
