"""A spec document (spec.json of formats 1 to 5): split into nodes, checked as a whole."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import msgspec
from cachetools import LRUCache

from loaders.errors import DocumentError, Fault
from loaders.specs import format1, hash_families
from loaders.specs.checks import compact, decode_error, refuse_deep
from loaders.specs.closure import Closure, check_acyclic, closure_of
from loaders.specs.node import NodeRecord, read_node

READABLE_FORMATS = (1, 2, 3, 4, 5)
MAX_NODES = 20_000
"""Most nodes in one document."""

_CACHE_BYTES = 64 << 20
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


class _RecordCache:
    """Records by the very bytes they were read from: documents share most of their nodes."""

    def __init__(self, limit: int) -> None:
        self._records: LRUCache[tuple[int, bytes], NodeRecord] = LRUCache(
            limit, getsizeof=lambda record: 4 * len(record.document)
        )
        self._lock = Lock()

    def read(self, raw: bytes, spec_format: int) -> NodeRecord:
        key = (spec_format, raw)
        with self._lock:
            record = self._records.get(key)
        if record is None:
            record = read_node(raw, spec_format)
            with self._lock:
                if 4 * len(record.document) <= self._records.maxsize // 16:
                    self._records[key] = record
        return record


_CACHE = _RecordCache(_CACHE_BYTES)


@dataclass(frozen=True)
class SpecDocument:
    """A document that may be stored.

    :ivar spec_format: 1 to 5.
    :ivar nodes: every node once, in the document's order.
    :ivar order: references in the document's order, as `Document.records` keeps them.
    :ivar envelope: the document's JSON with its nodes replaced by null.
    """

    spec_format: int
    nodes: tuple[NodeRecord, ...]
    order: tuple[str, ...]
    envelope: str

    @property
    def root(self) -> NodeRecord:
        """The spec that somebody asked for: Spack writes it first."""
        return self.nodes[0]

    @cached_property
    def by_hash(self) -> dict[str, NodeRecord]:
        """The nodes by their hash."""
        return {node.hash: node for node in self.nodes}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the envelope and the nodes in their order."""
        text = "\n".join([self.envelope, *(self.by_hash[ref[:32]].digest for ref in self.order)])
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @cached_property
    def unverified(self) -> tuple[NodeRecord, ...]:
        """Nodes whose hash does not match their content."""
        return tuple(node for node in self.nodes if not node.verified)

    @property
    def spliced(self) -> bool:
        """Whether any node was spliced."""
        return any(node.build_spec for node in self.nodes)

    @cached_property
    def closure(self) -> Closure:
        """What the root was built and is deployed with, as this document tells it."""
        return closure_of(self.root.hash, self.by_hash)


def parse_document(raw: bytes, *, allow_unverified: bool = False) -> SpecDocument:
    """Read one spec document.

    :param raw: JSON in UTF-8, unpacked.
    :param allow_unverified: keep nodes whose hash does not match, marked, instead of refusing.
    :raises DocumentError: with the place, where the document cannot be stored.
    """
    members = _members(raw, _OBJECT, "")
    spec = members.get("spec")
    if spec is None:
        raise DocumentError(Fault.UNSUPPORTED, describe_foreign(members))
    if bytes(spec).lstrip()[:1] == b"[":
        raw_nodes = [bytes(node) for node in _members(spec, _ARRAY, "/spec")]
        envelope = _encode({**members, "spec": None})
        spec_format, prefix = 1, "/spec"
    else:
        inner = _members(spec, _OBJECT, "/spec")
        spec_format = _format_of(inner)
        if "nodes" not in inner:
            raise DocumentError(Fault.INVALID, "there are no nodes", "/spec")
        raw_nodes = [bytes(node) for node in _members(inner["nodes"], _ARRAY, "/spec/nodes")]
        envelope = _encode({**members, "spec": {**inner, "nodes": None}})
        prefix = "/spec/nodes"
    refuse_deep(envelope)
    if not raw_nodes:
        raise DocumentError(Fault.INVALID, "there are no nodes", prefix)
    if len(raw_nodes) > MAX_NODES:
        raise DocumentError(Fault.TOO_LARGE, f"more than {MAX_NODES} nodes", prefix)
    strict = not allow_unverified and b'"build_spec"' not in raw
    records = read_records(raw_nodes, spec_format, prefix, refuse_lies=strict)
    _check(records, prefix, allow_unverified)
    return _document(spec_format, records, envelope, prefix)


def _members(raw: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[Any], pointer: str) -> Any:
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error).prefixed(pointer) from error


def _encode(value: dict[str, Any]) -> str:
    try:
        return compact(msgspec.json.encode(value))
    except UnicodeDecodeError as error:
        raise decode_error(error) from error


def _format_of(spec: dict[str, msgspec.Raw]) -> int:
    pointer = "/spec/_meta/version"
    try:
        version = msgspec.json.decode(spec["_meta"])["version"]
    except (KeyError, TypeError, msgspec.MsgspecError, RecursionError) as error:
        raise DocumentError(
            Fault.UNKNOWN_FORMAT, "the spec format's version is missing", pointer
        ) from error
    if isinstance(version, bool) or version not in READABLE_FORMATS or version == 1:
        raise DocumentError(
            Fault.UNKNOWN_FORMAT, f"spec format {str(version)[:40]} is not one of 1 to 5", pointer
        )
    return int(version)


def describe_foreign(members: dict[str, msgspec.Raw]) -> str:
    """What a JSON object without a `spec` seems to be."""
    kinds = {
        "database": "a Spack database or buildcache index",
        "concrete_specs": "a Spack lockfile",
        "compilers": "a Cray manifest",
    }
    for key, kind in kinds.items():
        if key in members:
            return f"{kind}, which is not a spec document"
    return "not a spec document: there is no `spec`"


def read_records(
    raw_nodes: Sequence[bytes],
    spec_format: int,
    prefix: str = "",
    *,
    refuse_lies: bool = False,
) -> list[NodeRecord]:
    """Check the nodes of one document.

    :param refuse_lies: stop at the first node whose hash does not match.
    :raises DocumentError: with a pointer that starts with `prefix`.
    """
    if spec_format == 1:
        return format1.read_nodes(raw_nodes, prefix)
    records = []
    for index, raw in enumerate(raw_nodes):
        try:
            records.append(_CACHE.read(raw, spec_format))
            if refuse_lies:
                _refuse_lie(records[-1])
        except DocumentError as error:
            raise error.prefixed(f"{prefix}/{index}") from error
    if spec_format == 2:
        records = hash_families.check_format2(records)
    return records


def _check(records: list[NodeRecord], prefix: str, allow_unverified: bool) -> None:
    seen: dict[str, tuple[int, NodeRecord]] = {}
    for index, record in enumerate(records):
        other = seen.setdefault(record.hash, (index, record))
        if other[1].digest != record.digest:
            raise DocumentError(
                Fault.INVALID,
                f"{record.name} has the hash of node {other[0]} but other content",
                f"{prefix}/{index}",
            )
    for index, record in enumerate(records):
        if record.dependencies <= seen.keys():
            continue
        for position, edge in enumerate(record.edges):
            if edge.hash not in seen:
                raise DocumentError(
                    Fault.MISSING_DEPENDENCY,
                    f"{record.name} depends on {edge.name}/{edge.hash[:7]}, which no node has",
                    f"{prefix}/{index}/dependencies/{position}",
                )
    if not allow_unverified and not any(record.build_spec for record in records):
        for index, record in enumerate(records):
            try:
                _refuse_lie(record)
            except DocumentError as error:
                raise error.prefixed(f"{prefix}/{index}") from error
    check_acyclic({record.hash: record for record in records}, prefix)


def _refuse_lie(record: NodeRecord) -> None:
    if not record.verified and not record.rewritten:
        raise DocumentError(
            Fault.HASH_MISMATCH,
            f"{record.name}@{record.version} claims the hash {record.hash}, "
            f"but its content has {record.computed}",
            "/hash",
        )


def _document(
    spec_format: int, records: list[NodeRecord], envelope: str, prefix: str
) -> SpecDocument:
    order = tuple(
        record.hash if record.proof == 0 else f"{record.hash}:{record.digest}" for record in records
    )
    unique = {record.hash: record for record in records}
    return SpecDocument(spec_format, tuple(unique.values()), order, envelope)


def split_documents(raw: bytes) -> Iterator[bytes]:
    """The documents in one upload: a single document, a JSON list, or one document a line.

    :raises DocumentError: where it is no JSON at all.
    """
    text = raw.strip()
    if text[:1] == b"[":
        yield from (bytes(part) for part in _members(text, _ARRAY, ""))
    elif b"\n" in text and is_json_object(text.split(b"\n", 1)[0]):
        yield from (line for line in text.split(b"\n") if line.strip())
    else:
        yield text


def is_json_object(line: bytes) -> bool:
    """Whether a line is a JSON object by itself."""
    try:
        _OBJECT.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
