"""Read the index of an install tree, `.spack-db/index.json`: the installed specs and their DAGs.

`database.installs` has a record for each spec, keyed by hash; the records' nodes refer to their
dependencies by hash. `FORMAT` lists the versions (`lib/spack/spack/database.py` of these releases).

Up to Spack 0.17 `version` comes after `installs`. If a node that is keyed by name has no hash, the
record's key is inserted, as Spack does on reading. The identity of a record is its key: for Spack
0.17 that is its `hash`, not the `full_hash` by which its spec.json identifies specs;
`loaders.store.old_hashes` joins the two.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from loaders import source
from loaders.collections import lost_build_specs
from loaders.collections.dags import DagBuilder
from loaders.collections.install_root import InstallRoot
from loaders.collections.json_members import JsonMembers
from loaders.collections.outline import Outline, insert_member, read_outline
from loaders.collections.whole_document import CRAY_ORIGIN, WholeDocument
from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import ExpectedSpecs, Installation, SpecName, hash_prefix
from loaders.known_versions import Format, KnownVersion
from loaders.load_options import DATABASE, INDEX, distinct_name
from loaders.specs.checks import check_hash, decode_error, is_hash

FORMAT = Format(
    subject="index of a store or build cache",
    pointer="/database/version",
    kept="every spec with its DAG; of a store each installation with its times, whether it is "
    "explicit, external, deprecated or gone, and a digest of its prefix; of a build cache which "
    "specs it offers",
    versions=(
        KnownVersion("0.9.3", "up to 0.12", "spec format 1: keyed by name, without hashes"),
        KnownVersion("5", "0.13 to 0.16", "the same; 0.16 writes `hash` and `full_hash`"),
        KnownVersion(
            "6",
            "0.17 to 0.20",
            "spec format 3; 0.17 writes link and run dependencies only, and its `hash` covers only "
            "these; `full_hash` is there as well",
        ),
        KnownVersion("7", "0.21 to 0.23", "spec format 4"),
        KnownVersion("8", "1.0 to 1.2", "spec format 5"),
        KnownVersion("9", "1.3 (development)", "spec format 6"),
    ),
)
SPEC_FORMATS = {"0.9.3": 1, "5": 1, "6": 3, "7": 4, "8": 5, "9": 6}
"""Spec format of the nodes, by version of the index."""

_START = re.compile(rb'\s*\{\s*"database"\s*:\s*\{')
_INSTALLS = "/database/installs"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class StoreIndex:
    """An index to read.

    Attributes:
        place: Its name in problems, such as its path.
        stream: Its uncompressed JSON.
        upstream: Whether it belongs to an upstream store.
    """

    place: str
    stream: BinaryIO
    upstream: bool = False


class InstallRecord(msgspec.Struct, omit_defaults=True):
    """The fields of a record other than its `spec`."""

    path: str | None = None
    installed: bool = False
    explicit: bool | None = None
    installation_time: float | None = None
    deprecated_for: str | None = None
    origin: str | None = None
    in_buildcache: bool = False


class IndexRow(msgspec.Struct, array_like=True):
    """The part of a record that a row is made of.

    Attributes:
        index: Position of its index among those that are read.
        full_hash: The `full_hash` of its node, empty if there is none.
        record: The other fields.
    """

    index: int
    name: str
    version: str
    external: bool
    full_hash: str
    record: InstallRecord


class _Spec(msgspec.Struct):
    spec: msgspec.Raw


_ROW = msgspec.msgpack.Decoder(IndexRow)
_SPEC = msgspec.json.Decoder(_Spec)
_RECORD = msgspec.json.Decoder(InstallRecord)

RowFactory = Callable[[StoreIndex, SpecName, IndexRow], Row]


def looks_like(head: bytes) -> bool:
    """Return whether a file is the index of an install tree, by its first bytes.

    The index of a build cache has the same shape, but its records have `in_buildcache`.
    """
    return is_database(head) and b'"in_buildcache"' not in head


def is_database(head: bytes) -> bool:
    """Return whether a file is an index, of a store or of a build cache, by its first bytes."""
    return bool(_START.match(head))


def read(
    indexes: Sequence[StoreIndex], root: InstallRoot | None = None
) -> Iterator[Installation | WholeDocument | ExpectedSpecs | Problem]:
    """Read the index of a store, and those of its upstream stores.

    Records of all indexes are resolved against each other; of two for one hash the first counts, so
    the local index comes first, as in Spack. Nothing is yielded of an index of an unknown version.
    Documents come first, then rows. Memory: about 300 bytes per record, plus 32 MiB of cached
    records.

    Args:
        indexes: The local index, then those of its upstream stores.
        root: Takes the prefixes in the local index, before anything but problems is yielded.
    """
    return read_rows(indexes, _make_installation, root)


def read_rows(
    indexes: Sequence[StoreIndex], make_row: RowFactory[Row], root: InstallRoot | None = None
) -> Iterator[Row | WholeDocument | ExpectedSpecs | Problem]:
    """Read indexes of this shape, with rows made by the caller."""
    with DagBuilder() as dags:
        for number, index in enumerate(indexes):
            yield from _IndexReader(number, index, dags, None if number else root).read_records()
        lost_build_specs.restore_build_specs(dags)
        yield ExpectedSpecs(len(dags))
        yield from dags.build_documents()
        for hash_, raw in dags.rows():
            row = _ROW.decode(raw)
            yield make_row(indexes[row.index], SpecName(hash_, row.name, row.version), row)


def _make_installation(index: StoreIndex, spec: SpecName, row: IndexRow) -> Installation:
    record = row.record
    # Spack writes this string if a spec has no prefix.
    path = None if record.path == "None" else record.path
    return Installation(
        spec=spec,
        explicit=bool(record.explicit),
        installed_at=record.installation_time,
        prefix_hash=hash_prefix(path) if path else None,
        installed=record.installed,
        external=row.external,
        upstream=index.upstream,
        deprecated_for=record.deprecated_for,
        origin=record.origin,
        full_hash=row.full_hash if is_hash(row.full_hash) and row.full_hash != spec.hash else None,
    )


class _IndexReader:
    """Reads one index and adds its records and their rows to the DAGs."""

    def __init__(
        self, number: int, index: StoreIndex, dags: DagBuilder, root: InstallRoot | None
    ) -> None:
        self._root = root
        self._number = number
        self._index = index
        self._dags = dags
        self._origin = dags.new_origin(index.place, _INSTALLS, "/spec")
        self._keyed = False

    def read_records(self) -> Iterator[Problem]:
        members = JsonMembers(self._index.stream, ("database", "installs"))
        truncated = False
        try:
            for key, raw in members:
                yield from self._read_record(key, raw)
        except DocumentError as error:
            truncated = True
            yield Problem(self._index.place, error)
        if not members.found and not truncated:
            yield self._index_problem("there are no installs", "/database")
            return
        try:
            self._origin.spec_format = self._find_format(members.siblings.get("version"), truncated)
        except DocumentError as error:
            yield Problem(self._index.place, error)

    def _read_record(self, key: str, raw: bytes) -> Iterator[Problem]:
        pointer = f"{_INSTALLS}/{key}"
        try:
            node_raw, node = _read_node(check_hash(key, ""), raw)
        except DocumentError as error:
            yield Problem(self._index.place, error.with_prefix(pointer))
            return
        self._keyed = node.keyed
        try:
            record = _read_fields(raw)
        except DocumentError as error:
            # Without a row, the record may still be part of other specs' DAGs.
            self._dags.add_record(key, node, node_raw)
            yield Problem(self._index.place, error.with_prefix(pointer))
            return
        from_cray = record.origin == CRAY_ORIGIN
        explicit = bool(record.explicit)
        other = self._dags.add_record(
            key, node, node_raw, explicit=explicit, unverifiable=from_cray
        )
        if other is None:
            row = IndexRow(
                self._number, node.name, node.version, node.external, node.full_hash, record
            )
            self._dags.put_row(key, msgspec.msgpack.encode(row))
            if self._root is not None:
                self._root.add(key, None if node.external else record.path)
        elif other != node_raw:
            yield self._index_problem(f"{node.name}/{key[:7]} has a second record", pointer)

    def _index_problem(self, detail: str, pointer: str) -> Problem:
        return Problem(self._index.place, DocumentError(Fault.INVALID, detail, pointer))

    def _find_format(self, version: bytes | None, truncated: bool) -> int:
        """Return the spec format, inferred from the records if the index ends before its version.

        Up to Spack 0.17, so up to format 3, the version comes last.
        """
        if version is None and truncated:
            return 1 if self._keyed else 3
        if version is None:
            raise FORMAT.unknown(None)
        text = version.strip(b'"').decode("utf-8", "replace")
        return SPEC_FORMATS[FORMAT.check(text)]


def _read_node(key: str, raw: bytes) -> tuple[bytes, Outline]:
    """Return the JSON of the record's node, with its hash, and its outline."""
    try:
        node_raw = bytes(_SPEC.decode(raw).spec)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    try:
        node = read_outline(node_raw)
        if node.hash and node.hash != key:
            raise DocumentError(Fault.INVALID, f"its key is {key}", "/hash")
        if not node.hash and not node.keyed:
            raise DocumentError(Fault.INVALID, f"{node.name} has no hash", "/hash")
    except DocumentError as error:
        raise error.with_prefix("/spec") from error
    if not node.hash:
        node_raw = insert_member(node_raw, "hash", f'"{key}"')
    return node_raw, node


def _read_fields(raw: bytes) -> InstallRecord:
    try:
        record = _RECORD.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    if record.deprecated_for is not None:
        check_hash(record.deprecated_for, "/deprecated_for")
    return record


def index_path(path: Path) -> Path:
    """Return the index of a store, given the index itself or the store's folder."""
    return path / DATABASE / INDEX if path.is_dir() else path


def _read_indexes(candidate: Candidate, context: ReadContext) -> Records:
    path, options = candidate.path, context.options
    with ExitStack() as stack:
        indexes = [_open_index(stack, path, options.upstream)]
        others = (index for index in options.upstreams if index != path)
        indexes += [_open_index(stack, index_path(other), True) for other in others]
        root = InstallRoot()
        name, named = distinct_name(path, options), False
        for each in read(indexes, root):
            if not named and not isinstance(each, Problem):
                # By now all records have been read, so the store can be identified.
                yield options.install_tree(path, name or root.name)
                named = True
            # Specs of an upstream only complete the DAGs here: they are installed in that store.
            other_store = isinstance(each, Installation) and each.upstream and not options.upstream
            if not other_store and not (options.partial and _is_of_dags(each)):
                yield each


def _is_of_dags(found: Installation | WholeDocument | ExpectedSpecs | Problem) -> bool:
    """Return whether this concerns whole DAGs, which a partial index does not contain."""
    if isinstance(found, Problem):
        return found.error.fault is Fault.MISSING_DEPENDENCY
    return isinstance(found, WholeDocument)


def _open_index(stack: ExitStack, path: Path, upstream: bool) -> StoreIndex:
    return StoreIndex(str(path), stack.enter_context(source.open_path(path)), upstream)


KIND = DocumentKind(
    name="index of a store",
    read=_read_indexes,
    looks_like=looks_like,
    collection_name=distinct_name,
    formats=(FORMAT,),
)
