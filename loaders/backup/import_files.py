"""Write a backup as files for Neo4j's offline import, with closure edges worked out in memory.

The import is many times as fast as transactions, and needs a database that does not exist yet. It
cannot write empty lists, so each of them is named by a marker, which `finish_import` turns into the
list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cypher.run import Database
from graph_models import NODE_MODELS, RELATIONSHIP_MODELS
from loaders.backup.archive import Backup, Edge, OnBytes, Unit
from loaders.backup.closures import Closures
from loaders.backup.kinds import INCOMING, KEYS, KINDS, OUTGOING, PART_TYPES
from loaders.backup.restore import settle_contents
from loaders.store import migrations

_DELIMITER, _ARRAY_DELIMITER, _QUOTE = "\t", "\x1f", "\x1e"
_MUST_QUOTE = frozenset("\t\n\r\x1e")
_MARKER = "empty_lists"
_MAX_FIELD = 48 << 20
_ROOT = "Root"

_TYPES: Mapping[str, str] = {
    "ArrayProperty": "string[]",
    "BooleanProperty": "boolean",
    "BytesProperty": "byte[]",
    "FloatProperty": "double",
    "IntegerProperty": "long",
    "StringProperty": "string",
}
_PYTHON: Mapping[str, type] = {
    "string[]": list,
    "boolean": bool,
    "byte[]": bytes,
    "double": float,
    "long": int,
    "string": str,
}


class NotImportableError(Exception):
    """A backup has a value that the offline import cannot write as it is."""


@dataclass(frozen=True)
class ImportFiles:
    """Files for the offline import.

    Attributes:
        options: The import's options that name them.
        disputed: Hashes that may have several contents.
    """

    options: Sequence[str]
    disputed: Sequence[str]


def _columns(model: Any) -> dict[str, str]:
    properties = model.defined_properties(aliases=False, rels=False)
    return {str(name): _TYPES[type(prop).__name__] for name, prop in properties.items()}


_NODE_COLUMNS = {model.__label__: _columns(model) for model in NODE_MODELS}
_EDGE_COLUMNS = {model.__type__: _columns(model) for model in RELATIONSHIP_MODELS}


def _format_field(value: object, kind: str) -> str:
    """Return a value as a field of a file.

    Raises:
        NotImportableError: It has another type than the column, or cannot be written.
    """
    # By its own type: a boolean is an integer in Python, but not in Neo4j.
    if type(value) is not _PYTHON[kind]:
        raise NotImportableError(f"a value of type {type(value).__name__} is no {kind}")
    text = _format_list(value) if isinstance(value, bytes | list) else str(value)
    if kind == "boolean":
        text = text.lower()
    if len(text) > _MAX_FIELD:
        raise NotImportableError("a value is too long")
    if not text or not _MUST_QUOTE.isdisjoint(text):
        return _QUOTE + text.replace(_QUOTE, 2 * _QUOTE) + _QUOTE
    return text


def _format_list(value: "list[Any] | bytes") -> str:
    if isinstance(value, bytes):
        if not value:
            raise NotImportableError("a value has no bytes")
        return _ARRAY_DELIMITER.join(str(each - 256 if each > 127 else each) for each in value)
    strings = all(isinstance(each, str) and _ARRAY_DELIMITER not in each for each in value)
    if not strings or value == [""]:
        raise NotImportableError("a list has an element that cannot be separated")
    return _ARRAY_DELIMITER.join(value)


class _Table:
    """One file of nodes or relationships."""

    def __init__(self, path: Path, names: Sequence[str], columns: Mapping[str, str]) -> None:
        self.path = path
        self._columns = columns
        header = [*names, *(f"{name}:{kind}" for name, kind in columns.items())]
        header.append(f"{_MARKER}:string[]")
        self._file = path.open("w", encoding="utf-8", newline="", buffering=1 << 20)
        self._file.write(_DELIMITER.join(header) + "\n")

    def write(self, names: Sequence[str], properties: Mapping[str, Any]) -> None:
        if not properties.keys() <= self._columns.keys():
            raise NotImportableError(f"{self.path.name} has no column for a property")
        fields = [_format_field(name, "string") for name in names]
        for name, kind in self._columns.items():
            value = properties.get(name)
            fields.append("" if value in (None, []) else _format_field(value, kind))
        lists = [name for name, value in properties.items() if value == []]
        fields.append(_format_field(lists, "string[]") if lists else "")
        self._file.write(_DELIMITER.join(fields) + "\n")

    def close(self) -> None:
        self._file.close()


class _Files:
    """All files of an import, opened as they are needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._nodes: dict[tuple[str, ...], _Table] = {}
        self._edges: dict[tuple[str, str, str], _Table] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for table in (*self._nodes.values(), *self._edges.values()):
            table.close()

    def write_node(self, labels: tuple[str, ...], key: str, properties: Mapping[str, Any]) -> None:
        label = labels[0]
        name = KEYS[label]
        if labels not in self._nodes:
            columns = {each: kind for each, kind in _NODE_COLUMNS[label].items() if each != name}
            path = self._folder / f"nodes-{'-'.join(labels)}.csv"
            self._nodes[labels] = _Table(path, [f"{name}:ID({label})"], columns)
        rest = {each: value for each, value in properties.items() if each != name}
        self._nodes[labels].write([key], rest)

    def write_edge(
        self, start: tuple[str, str], kind: str, end: tuple[str, str], properties: dict[str, Any]
    ) -> None:
        place = (start[0], kind, end[0])
        if place not in self._edges:
            names = [f":START_ID({start[0]})", f":END_ID({end[0]})"]
            path = self._folder / f"edges-{'-'.join(place)}.csv"
            self._edges[place] = _Table(path, names, _EDGE_COLUMNS.get(kind, {}))
        self._edges[place].write([start[1], end[1]], properties)

    def options(self) -> list[str]:
        nodes = [f"--nodes={':'.join(labels)}={each.path}" for labels, each in self._nodes.items()]
        edges = [
            f"--relationships={kind}={each.path}" for (_, kind, _), each in self._edges.items()
        ]
        return [
            *("--id-type=string", "--bad-tolerance=0", "--multiline-fields=true"),
            *("--read-buffer-size=64m", "--max-off-heap-memory=2G"),
            f"--delimiter=U+{ord(_DELIMITER):04X}",
            f"--array-delimiter=U+{ord(_ARRAY_DELIMITER):04X}",
            f"--quote=U+{ord(_QUOTE):04X}",
            *nodes,
            *edges,
        ]


def write_import_files(
    backup: Backup, folder: Path, on_bytes: OnBytes = lambda _: None
) -> ImportFiles:
    """Write the files of an import of a whole backup.

    Args:
        backup: The backup, which was checked.
        folder: An empty folder.
        on_bytes: Called with the number of bytes of the backup that were read.

    Raises:
        NotImportableError: A value cannot be written; restore the backup by transactions.
        OSError: A file cannot be written.
    """
    closures = Closures()
    disputed: dict[str, None] = {}
    roots: set[str] = set()
    with _Files(folder) as files, backup.units(KINDS, on_bytes) as units:
        for unit in units:
            labels: tuple[str, ...] = (unit.kind,)
            properties = unit.properties
            if unit.kind == "Document":
                roots.update(key for kind, key, _ in unit.edges if kind == "DESCRIBES")
            if unit.kind == "Spec":
                labels = ("Spec", _ROOT) if unit.key in roots else labels
                properties = (
                    {**unit.properties, "unsealed": True} if unit.key in roots else properties
                )
                closures.add(unit)
                if ":" in unit.key:
                    disputed[unit.properties["hash"]] = None
            files.write_node(labels, unit.key, properties)
            _write_edges(files, unit)
        version = {"value": backup.header.schema}
        files.write_node(("Counter",), migrations.NAME, version)
        for root in sorted(roots):
            for kind, members in closures.of(root):
                for member in members:
                    files.write_edge(("Spec", root), kind, ("Spec", member), {})
        return ImportFiles(files.options(), list(disputed))


def _write_edges(files: _Files, unit: Unit) -> None:
    _write_outgoing(files, unit.reference, unit.edges)
    starts = INCOMING.get(unit.kind, {})
    for kind, key, properties in unit.incoming:
        files.write_edge((starts[kind], key), kind, unit.reference, properties)
    for part in unit.parts:
        kind, label = PART_TYPES[unit.kind]
        files.write_node((label,), part.key, part.properties)
        files.write_edge(unit.reference, kind, (label, part.key), {})
        _write_outgoing(files, (label, part.key), part.edges)


def _write_outgoing(files: _Files, start: tuple[str, str], edges: Sequence[Edge]) -> None:
    ends = OUTGOING[start[0]]
    for kind, key, properties in edges:
        files.write_edge(start, kind, (ends[kind], key), properties)


def finish_import(database: Database, files: ImportFiles) -> None:
    """Set the empty lists that the import left out, and settle contents of one hash.

    Raises:
        neo4j.exceptions.Neo4jError: The database refused.
    """
    for statement in ("empty_lists_of_nodes", "empty_lists_of_edges"):
        database.run_in_batches(statement)
    settle_contents(database, files.disputed)
    migrations.migrate_graph(database)
