"""The format of a backup: JSON lines, compressed by zstd.

The first line is the header. Then follow the units, in the order of their kinds, and amendments:
units that changed while the backup was written, or that are gone. The last line counts everything
and has the SHA-256 of all lines before it, so that a truncated file is noticed.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec
import zstandard

from loaders.backup.kinds import INCOMING, KINDS, OUTGOING, PART_TYPES, REFERRED

FORMAT_VERSION = 1
"""The version that this program writes."""
_FORMAT = "specgraph-backup"
_MAGIC = b"\x28\xb5\x2f\xfd"
_LEVEL = 6
_BLOCK_BYTES = 1 << 16
_MAX_LINE_BYTES = 1 << 30
_MAX_WINDOW_BYTES = 1 << 27
_PLACES = {kind: place for place, kind in enumerate(KINDS)}

OnBytes = Callable[[int], None]
"""Called with the number of compressed bytes that were read or written since the last call."""

Edge = tuple[str, str, dict[str, Any]]
"""A relationship of a unit: its type, the key of the other node, its properties."""
Reference = tuple[str, str]
"""Kind and key of a unit, or `RECORD` and the hash of a record."""
RECORD = "record"
"""In place of a kind: a spec that proves this hash, whatever else it is identified by."""


class BackupError(Exception):
    """A file is not a backup that can be restored; the message says why."""


class Part(msgspec.Struct, frozen=True):
    """A node that exists only together with its unit."""

    key: str
    properties: dict[str, Any]
    edges: list[Edge]


class Unit(msgspec.Struct, frozen=True, tag_field="line", tag="unit", omit_defaults=True):
    """A node with the relationships that belong to it.

    Attributes:
        kind: Its label.
        key: The value of its unique property.
        edges: Relationships to other units.
        incoming: Relationships from other units.
        parts: Nodes that exist only together with it.
    """

    kind: str
    key: str
    properties: dict[str, Any]
    edges: list[Edge] = []
    incoming: list[Edge] = []
    parts: list[Part] = []

    @property
    def reference(self) -> Reference:
        """Kind and key."""
        return self.kind, self.key


class Amendment(msgspec.Struct, frozen=True, tag_field="line", tag="amendment"):
    """A unit as it is after it changed during the backup, or a new one; None if it is gone."""

    kind: str
    key: str
    unit: Unit | None


class Header(msgspec.Struct, frozen=True, tag_field="line", tag="header"):
    """The first line.

    Attributes:
        format: The name of the format.
        version: Version of the format.
        schema: Version of the graph's schema.
        created: Time of the start, in seconds since 1970.
        program: Version of the Specgraph that wrote it.
    """

    format: str
    version: int
    schema: int
    created: float
    program: str


class Manifest(msgspec.Struct, frozen=True, tag_field="line", tag="manifest"):
    """The last line.

    Attributes:
        nodes: Number of nodes by label, parts included.
        relationships: Number of relationships by type.
        digests: SHA-256 of the lines of each kind, without amendments.
        sha256: SHA-256 of all lines before this one.
    """

    nodes: dict[str, int]
    relationships: dict[str, int]
    digests: dict[str, str]
    sha256: str


_Line = Unit | Amendment | Header | Manifest
_encoder = msgspec.json.Encoder(order="sorted")
_decoder: msgspec.json.Decoder[_Line] = msgspec.json.Decoder(_Line)


def _pack(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties as JSON has them: bytes become an object, which no property is."""
    return {
        name: {"base64": msgspec.to_builtins(value)} if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def _unpack(values: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, dict):
            values[name] = msgspec.convert(value["base64"], bytes)


def pack_unit(unit: Unit) -> Unit:
    """Return a unit whose properties can be written as JSON."""
    return Unit(
        unit.kind,
        unit.key,
        _pack(unit.properties),
        unit.edges,
        unit.incoming,
        [Part(part.key, _pack(part.properties), part.edges) for part in unit.parts],
    )


def _unpack_unit(unit: Unit) -> Unit:
    _unpack(unit.properties)
    for part in unit.parts:
        _unpack(part.properties)
    return unit


def references_of(unit: Unit) -> Iterator[Reference]:
    """Yield the units that a unit refers to, and the records that a document consists of."""
    for kind, key, _ in unit.edges:
        yield OUTGOING[unit.kind][kind], key
    for kind, key, _ in unit.incoming:
        yield INCOMING[unit.kind][kind], key
    for part in unit.parts:
        for kind, key, _ in part.edges:
            yield OUTGOING[PART_TYPES[unit.kind][1]][kind], key
    if unit.kind == "Document":
        for record in unit.properties.get("records", ()):
            yield ("Claim" if ":" in record else RECORD), record


def count_units(units: Iterable[Unit]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the numbers of nodes by label and of relationships by type."""
    nodes: Counter[str] = Counter()
    relationships: Counter[str] = Counter()
    for unit in units:
        nodes[unit.kind] += 1
        relationships.update(kind for kind, *_ in (*unit.edges, *unit.incoming))
        if unit.parts:
            kind, label = PART_TYPES[unit.kind]
            nodes[label] += len(unit.parts)
            relationships[kind] += len(unit.parts)
            relationships.update(edge[0] for part in unit.parts for edge in part.edges)
    return dict(sorted(nodes.items())), dict(sorted(relationships.items()))


class Writer:
    """Writes the lines of a backup.

    Args:
        file: Takes the compressed bytes; it is not closed.
        on_bytes: Called when compressed bytes were written.
    """

    def __init__(self, file: IO[bytes], on_bytes: OnBytes = lambda _: None) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self._all = hashlib.sha256()
        self._kinds: dict[str, Any] = {}
        self._start_frame()

    def _start_frame(self) -> None:
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._compressor = compressor.compressobj()

    def write_header(self, header: Header) -> None:
        """Write the first line."""
        self._write(_encoder.encode(header))

    def write_unit(self, unit: Unit) -> int:
        """Write a unit; return the size of its line in bytes."""
        line = _encoder.encode(pack_unit(unit))
        self._kinds.setdefault(unit.kind, hashlib.sha256()).update(line + b"\n")
        self._write(line)
        return len(line)

    def write_amendment(self, reference: Reference, unit: Unit | None) -> None:
        """Write a unit as it is now, or that it is gone."""
        packed = pack_unit(unit) if unit is not None else None
        self._write(_encoder.encode(Amendment(*reference, packed)))

    def write_manifest(self, nodes: dict[str, int], relationships: dict[str, int]) -> None:
        """Write the last line, and everything that is not written yet."""
        digests = {kind: digest.hexdigest() for kind, digest in self._kinds.items()}
        manifest = Manifest(nodes, relationships, digests, self._all.hexdigest())
        self._write(_encoder.encode(manifest))
        self.end_frame()

    def end_frame(self) -> None:
        """Write everything that is not written yet, so that it can be read."""
        self._put(self._compressor.flush())
        self._file.flush()
        self._start_frame()

    def _write(self, line: bytes) -> None:
        text = line + b"\n"
        self._all.update(text)
        self._put(self._compressor.compress(text))

    def _put(self, data: bytes) -> None:
        if data:
            self._file.write(data)
            self._on_bytes(len(data))


@dataclass(frozen=True)
class Backup:
    """A backup that was read once and found to be whole.

    Attributes:
        path: The file.
        amendments: Units that changed while it was written, and new ones.
    """

    path: Path
    header: Header
    manifest: Manifest
    amendments: Mapping[Reference, Unit | None]

    def units(self, kinds: tuple[str, ...] = KINDS, on_bytes: OnBytes = lambda _: None) -> "Units":
        """Return the units of some kinds, to be iterated once, within a `with` block."""
        return Units(self, kinds, on_bytes)


class Units:
    """The units of a backup, amended, in the order of the file."""

    def __init__(self, backup: Backup, kinds: tuple[str, ...], on_bytes: OnBytes) -> None:
        self._backup = backup
        self._kinds = kinds
        self._file = backup.path.open("rb")
        self._on_bytes = on_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Unit]:
        amendments = self._backup.amendments
        last = max(map(_PLACES.__getitem__, self._kinds))
        for line in read_lines(self._file, self._on_bytes):
            if isinstance(line, Unit):
                if _PLACES[line.kind] > last:
                    break
                if line.kind in self._kinds and line.reference not in amendments:
                    yield line
        for unit in amendments.values():
            if unit is not None and unit.kind in self._kinds:
                yield unit


def read_lines(file: IO[bytes], on_bytes: OnBytes = lambda _: None) -> Iterator[_Line]:
    """Yield the lines of a backup, without checking that it is whole.

    Raises:
        BackupError: The file is damaged, or not a backup.
    """
    for _, line in _raw_lines(file, on_bytes):
        yield line


def _raw_lines(file: IO[bytes], on_bytes: OnBytes) -> Iterator[tuple[bytes, _Line]]:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise BackupError("it is not a backup of Specgraph")
    file.seek(0)
    rest = b""
    for block in _decompressed(file, on_bytes):
        *lines, rest = (rest + block).split(b"\n") if b"\n" in block else (rest + block,)
        for line in lines:
            yield line + b"\n", _decode(line)
        if len(rest) > _MAX_LINE_BYTES:
            raise BackupError("it is damaged: a line is too long")
    if rest:
        raise BackupError("it is truncated, or not a backup of Specgraph")


def _decompressed(file: IO[bytes], on_bytes: OnBytes) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
    frame = decompressor.decompressobj()
    started = False
    while data := file.read(_BLOCK_BYTES):
        on_bytes(len(data))
        while data:
            try:
                yield frame.decompress(data)
            except zstandard.ZstdError as error:
                raise BackupError(f"it is damaged: {error}") from error
            started = not frame.eof
            data = frame.unused_data
            if frame.eof:
                frame = decompressor.decompressobj()
    if started:
        raise BackupError("it is truncated")


def _decode(line: bytes) -> _Line:
    try:
        decoded = _decoder.decode(line)
        if isinstance(decoded, Unit):
            return _unpack_unit(decoded)
        if isinstance(decoded, Amendment) and decoded.unit is not None:
            _unpack_unit(decoded.unit)
    except (msgspec.DecodeError, KeyError) as error:
        raise BackupError(f"it is damaged, or not a backup of Specgraph: {error}") from error
    return decoded


def read_backup(path: Path, schema: int, on_bytes: OnBytes = lambda _: None) -> Backup:
    """Read a whole backup and check it: nothing is missing, and nothing was changed.

    Args:
        path: The file.
        schema: The newest version of the graph's schema that is known.
        on_bytes: Called with the number of bytes that were read.

    Raises:
        BackupError: It is damaged, truncated, newer than this program, or not a backup.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        lines = _raw_lines(file, on_bytes)
        raw, header = next(lines, (b"", None))
        if header is None:
            raise BackupError("it is truncated, or not a backup of Specgraph")
        if not isinstance(header, Header) or header.format != _FORMAT:
            raise BackupError("it is not a backup of Specgraph")
        _check_versions(header, schema)
        checker = _Checker(raw)
        for raw, line in lines:
            checker.add(raw, line)
    return checker.finish(path, header)


def _check_versions(header: Header, schema: int) -> None:
    for name, version, known in (
        ("format", header.version, FORMAT_VERSION),
        ("schema", header.schema, schema),
    ):
        if version > known:
            raise BackupError(
                f"its {name} has version {version}, and this Specgraph knows versions up to "
                f"{known}; use Specgraph {header.program} or a newer one"
            )


class _Checker:
    """Checks the lines of a backup after the first one."""

    def __init__(self, first: bytes) -> None:
        self._digest = hashlib.sha256(first)
        self._manifest: Manifest | None = None
        self._amendments: dict[Reference, Unit | None] = {}

    def add(self, raw: bytes, line: _Line) -> None:
        """Check a line.

        Raises:
            BackupError: It is out of place.
        """
        if self._manifest is not None or isinstance(line, Header):
            raise BackupError("it is damaged: a line is out of place")
        if isinstance(line, Manifest):
            self._manifest = line
            return
        if line.kind not in KINDS:
            raise BackupError(f"it has nodes of an unknown kind, {line.kind}")
        self._digest.update(raw)
        if isinstance(line, Amendment):
            self._amendments[line.kind, line.key] = line.unit

    def finish(self, path: Path, header: Header) -> Backup:
        """Return the backup.

        Raises:
            BackupError: Lines are missing, or were changed.
        """
        if self._manifest is None:
            raise BackupError("it is truncated: its last line is missing")
        if self._manifest.sha256 != self._digest.hexdigest():
            raise BackupError("it is damaged: its lines do not have the digest in its last line")
        return Backup(path, header, self._manifest, self._amendments)


def new_header(schema: int, created: float, program: str) -> Header:
    """Return the header of a new backup."""
    return Header(_FORMAT, FORMAT_VERSION, schema, created, program)


def names_of(unit: Unit) -> Iterator[Reference]:
    """Yield the references by which other units may refer to a unit."""
    if unit.kind in REFERRED:
        yield unit.reference
    if unit.kind == "Spec" and str(unit.properties.get("standing", "")).startswith("0:"):
        yield RECORD, unit.properties["hash"]
