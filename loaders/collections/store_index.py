"""The index of an install tree, `.spack-db/index.json`: what is installed, and its DAGs.

`database.installs` has a record for each spec, keyed by hash; the records' nodes name their
dependencies by hash. What the versions of the index hold (`lib/spack/spack/database.py` of the
releases named):

=======  ==============  ===========  ============================================================
version  Spack           spec format  nodes
=======  ==============  ===========  ============================================================
0.9.3    up to 0.12      1            keyed by name, without hashes
5        0.13 to 0.16    1            the same; 0.16 writes `hash` and `full_hash`
6        0.17 to 0.20    3            0.17 writes link and run dependencies only, and its `hash`
                                      covers no more; `full_hash` stands beside it
7        0.21 to 0.23    4
8        1.0, 1.1        5
9        (development)   6            not read: `loaders.specs.document` has no format 6
=======  ==============  ===========  ============================================================

Up to Spack 0.17 `version` stands behind `installs`. Where a node that is keyed by name has no hash,
the record's key is put in, as Spack does when it reads one. The identity of a record is its key:
for Spack 0.17 that is its `hash`, not the `full_hash` by which its spec.json names specs.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Generic, TypeVar

import msgspec

from loaders.collections import lost_build_specs
from loaders.collections.dags import Dags
from loaders.collections.found import CRAY_ORIGIN, WholeDocument
from loaders.collections.json_members import JsonMembers
from loaders.collections.outline import Outline, outline, with_member
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Installation, SpecName, hash_prefix
from loaders.specs.checks import check_hash, decode_error
from loaders.specs.document import READABLE_FORMATS

SPEC_FORMATS = {"0.9.3": 1, "5": 1, "6": 3, "7": 4, "8": 5, "9": 6}
"""The spec format of the nodes in each version of the index."""

_START = re.compile(rb'\s*\{\s*"database"\s*:\s*\{')
_INSTALLS = "/database/installs"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Index:
    """An index to read.

    :ivar place: what to call it in problems, such as its path.
    :ivar stream: its JSON, unpacked.
    :ivar upstream: whether it is that of an upstream store.
    """

    place: str
    stream: BinaryIO
    upstream: bool = False


class InstallRecord(msgspec.Struct):
    """What a record says beside its `spec`."""

    path: str | None = None
    installed: bool = False
    explicit: bool | None = None
    installation_time: float | None = None
    deprecated_for: str | None = None
    origin: str | None = None
    in_buildcache: bool = False


class _Spec(msgspec.Struct):
    spec: msgspec.Raw


_SPEC = msgspec.json.Decoder(_Spec)
_RECORD = msgspec.json.Decoder(InstallRecord)

RowOf = Callable[[Index, str, Outline, InstallRecord], Row]


def looks_like(head: bytes) -> bool:
    """Whether a file that starts so is the index of an install tree.

    That of a build cache has the same shape; its records say `in_buildcache`.
    """
    return is_database(head) and b'"in_buildcache"' not in head


def is_database(head: bytes) -> bool:
    """Whether a file that starts so is an index, of a store or of a build cache."""
    return bool(_START.match(head))


def read(indexes: Sequence[Index]) -> Iterator[Installation | WholeDocument | Problem]:
    """Read a store's index, and those of its upstream stores.

    Records of all are resolved against each other; of two for one hash the first counts, so the
    local index comes first, as in Spack. Rows come while an index is read, documents at the end.
    Memory: some 300 bytes a record, beside 32 MiB of records at hand.
    """
    return read_rows(indexes, _installation)


def read_rows(
    indexes: Sequence[Index], row_of: RowOf[Row]
) -> Iterator[Row | WholeDocument | Problem]:
    """Read indexes of this shape, with rows as the caller makes them."""
    with Dags() as dags:
        for index in indexes:
            yield from _Reading(index, dags, row_of).run()
        lost_build_specs.restore(dags)
        yield from dags.documents()


def _installation(index: Index, hash_: str, node: Outline, record: InstallRecord) -> Installation:
    path = None if record.path == "None" else record.path
    return Installation(
        spec=SpecName(hash_, node.name, node.version),
        explicit=bool(record.explicit),
        installed_at=record.installation_time,
        prefix_hash=hash_prefix(path) if path else None,
        installed=record.installed,
        external=node.external,
        upstream=index.upstream,
        deprecated_for=record.deprecated_for,
        origin=record.origin,
    )


class _Reading(Generic[Row]):
    """One index, on its way into the DAGs."""

    def __init__(self, index: Index, dags: Dags, row_of: RowOf[Row]) -> None:
        self._index = index
        self._dags = dags
        self._row_of = row_of
        self._origin = dags.new_origin(index.place, _INSTALLS, "/spec")
        self._keyed = False

    def run(self) -> Iterator[Row | Problem]:
        members = JsonMembers(self._index.stream, ("database", "installs"))
        cut_off = False
        try:
            for key, raw in members:
                yield from self._record(key, raw)
        except DocumentError as error:
            cut_off = True
            yield Problem(self._index.place, error)
        if not members.found and not cut_off:
            yield self._problem("there are no installs", "/database")
            return
        try:
            self._origin.spec_format = self._format(members.beside.get("version"), cut_off)
        except DocumentError as error:
            yield Problem(self._index.place, error.prefixed("/database/version"))

    def _record(self, key: str, raw: bytes) -> Iterator[Row | Problem]:
        pointer = f"{_INSTALLS}/{key}"
        try:
            node_raw, node = _node(check_hash(key, ""), raw)
        except DocumentError as error:
            yield Problem(self._index.place, error.prefixed(pointer))
            return
        self._keyed = node.keyed
        try:
            record = _fields(raw)
        except DocumentError as error:
            self._dags.add(key, node, node_raw)
            yield Problem(self._index.place, error.prefixed(pointer))
            return
        from_cray = record.origin == CRAY_ORIGIN
        explicit = bool(record.explicit)
        other = self._dags.add(key, node, node_raw, wanted=explicit, unverifiable=from_cray)
        if other is None:
            yield self._row_of(self._index, key, node, record)
        elif other != node_raw:
            yield self._problem(f"{node.name}/{key[:7]} has a second record", pointer)

    def _problem(self, detail: str, pointer: str) -> Problem:
        return Problem(self._index.place, DocumentError(Fault.INVALID, detail, pointer))

    def _format(self, version: bytes | None, cut_off: bool) -> int:
        """The spec format; of an index that ends before its version, what its records look like."""
        if version is None and cut_off:
            return 1 if self._keyed else 3
        known = None
        if version is not None:
            known = SPEC_FORMATS.get(version.strip(b'"').decode("utf-8", "replace"))
        if known not in READABLE_FORMATS:
            shown = (version or b"none")[:40].decode("utf-8", "replace")
            raise DocumentError(
                Fault.UNKNOWN_FORMAT,
                f"no documents are made of an index of version {shown}, only of 0.9.3 and 5 to 8",
            )
        return known


def _node(key: str, raw: bytes) -> tuple[bytes, Outline]:
    """The record's node, and what it says."""
    try:
        node_raw = bytes(_SPEC.decode(raw).spec)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    try:
        node = outline(node_raw)
        if node.hash and node.hash != key:
            raise DocumentError(Fault.INVALID, f"it is kept under {key}", "/hash")
        if not node.hash and not node.keyed:
            raise DocumentError(Fault.INVALID, f"{node.name} has no hash", "/hash")
    except DocumentError as error:
        raise error.prefixed("/spec") from error
    if not node.hash:
        node_raw = with_member(node_raw, "hash", f'"{key}"')
    return node_raw, node


def _fields(raw: bytes) -> InstallRecord:
    try:
        record = _RECORD.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    if record.deprecated_for is not None:
        check_hash(record.deprecated_for, "/deprecated_for")
    return record
