"""Parse spec documents: `spec.json` of any format, split into nodes and checked as a whole."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TypeVar

import msgspec
from cachetools import LRUCache

from loaders import limits
from loaders.errors import DocumentError, Fault
from loaders.known_versions import Format, KnownVersion
from loaders.specs import format1, hash_families
from loaders.specs.checks import compact_json, decode_error, refuse_deep
from loaders.specs.closure import Closure, check_acyclic, closure_of
from loaders.specs.contents import identify
from loaders.specs.dag_hash import Proof
from loaders.specs.node import NodeRecord, read_abstract_node, read_node
from loaders.specs.pure_hash import pure_hashes
from loaders.specs.splice_defects import AbstractNode, SeparatedRecords, separate_records

T = TypeVar("T")

FORMAT = Format(
    subject="spec document",
    pointer="/spec/_meta/version",
    kept="every node as it was written, its dependencies, virtuals and build spec, and all else in "
    "the document, so that it is returned exactly",
    versions=(
        KnownVersion(
            "1",
            "up to 0.16",
            "`spec` is a list of nodes keyed by package name; also as YAML, stored as JSON",
        ),
        KnownVersion(
            "2", "0.17", "nodes with `hash`, `full_hash` and `build_hash`; edges by one of them"
        ),
        KnownVersion("3", "0.18 to 0.20", "one hash per node"),
        KnownVersion("4", "0.21 to 0.23", "edges with types and virtuals"),
        KnownVersion("5", "1.0 to 1.2", "compilers are nodes; `annotations`"),
        KnownVersion("6", "1.3 (development)", "`provided_virtuals` of a node"),
    ),
)
_CACHE_BYTES = 64 << 20
# A record, its edges and its strings take about this many times the bytes of its JSON.
_RECORD_OVERHEAD = 4
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def _memory_of(record: NodeRecord) -> int:
    return _RECORD_OVERHEAD * len(record.document)


class _RecordCache:
    """Cache of node records by the bytes they were parsed from.

    The documents of a load share most of their nodes, byte for byte.
    """

    def __init__(self, limit: int) -> None:
        self._records: LRUCache[tuple[int, str, bytes], NodeRecord] = LRUCache(
            limit, getsizeof=_memory_of
        )
        self._lock = Lock()

    def read_record(self, raw: bytes, spec_format: int, identity: str) -> NodeRecord:
        key = (spec_format, identity, raw)
        with self._lock:
            record = self._records.get(key)
        if record is None:
            record = read_node(raw, spec_format, identity)
            with self._lock:
                # A huge record would evict many small ones, which are more likely to come again.
                if _memory_of(record) <= self._records.maxsize // 16:
                    self._records[key] = record
        return record


_CACHE = _RecordCache(_CACHE_BYTES)


@dataclass(frozen=True)
class SpecDocument:
    """A document that was checked and may be stored.

    Attributes:
        spec_format: Format of the document.
        nodes: Every node once, in the document's order.
        order: References to the nodes in the document's order, as stored in `Document.records`.
        envelope: The document's JSON with its nodes replaced by null.
        uids: Identity of each node's content by the node's hash.
        uncertain: Hashes of the nodes whose dependencies may be those of another content.
        received: SHA-256 of the JSON as received, without white space before and after it.
        others: Records of build specs that are abstract, or have the hash of their splice. They are
            kept, but are not specs of the DAG.
        defects: A sentence for each known defect of Spack that the document shows.
    """

    spec_format: int
    nodes: tuple[NodeRecord, ...]
    order: tuple[str, ...]
    envelope: str
    uids: Mapping[str, str]
    uncertain: frozenset[str]
    received: str
    others: tuple[NodeRecord, ...] = ()
    defects: tuple[str, ...] = ()

    @property
    def root(self) -> NodeRecord:
        """Return the root spec, which Spack writes first."""
        return self.nodes[0]

    @cached_property
    def by_hash(self) -> dict[str, NodeRecord]:
        """Return the nodes by their hash."""
        return {node.hash: node for node in self.nodes}

    @cached_property
    def is_plain(self) -> bool:
        """Return whether every hash determines its content: all are proven, nothing was spliced."""
        return all(node.is_verified and node.build_spec is None for node in self.nodes)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the envelope and the nodes in their order."""
        digests = (ref[33:] or self.by_hash[ref].digest for ref in self.order)
        text = "\n".join([self.envelope, *digests])
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @cached_property
    def unverified_nodes(self) -> tuple[NodeRecord, ...]:
        """Return the records whose hash does not match their content."""
        return tuple(node for node in (*self.nodes, *self.others) if not node.is_verified)

    @property
    def has_splices(self) -> bool:
        """Return whether any node was spliced."""
        return any(node.is_spliced for node in self.nodes)

    @cached_property
    def pure_hashes(self) -> dict[str, str]:
        """Return the pure hash of each spliced node by its hash."""
        return pure_hashes(self.by_hash)

    @cached_property
    def closure(self) -> Closure:
        """Return what the root was built with and is deployed with, by this document alone."""
        build_specs = {each.hash: each for each in self.others if each.hash in self.by_hash}
        return closure_of(self.root.hash, self.by_hash, build_specs)


def parse_document(raw: bytes, *, allow_unverified: bool = False) -> SpecDocument:
    """Parse and check one spec document.

    Args:
        raw: JSON in UTF-8, decompressed.
        allow_unverified: Keep nodes whose hash does not match, marked as such, instead of refusing
            the document.

    Raises:
        DocumentError: The document cannot be stored; the error points to the place.
    """
    limits.check_json(raw)
    members = _decode_members(raw, _OBJECT, "")
    spec = members.get("spec")
    # Format 1 holds the list of nodes directly; later formats hold an object with `nodes`.
    if spec is None:
        raise DocumentError(Fault.UNSUPPORTED, describe_foreign(members))
    if bytes(spec).lstrip()[:1] == b"[":
        raw_nodes = [bytes(node) for node in _decode_members(spec, _ARRAY, "/spec")]
        envelope = _encode_compact({**members, "spec": None})
        spec_format, prefix = 1, "/spec"
    else:
        inner = _decode_members(spec, _OBJECT, "/spec")
        spec_format = _format_of(inner)
        if "nodes" not in inner:
            raise DocumentError(Fault.INVALID, "there are no nodes", "/spec")
        raw_nodes = [bytes(node) for node in _decode_members(inner["nodes"], _ARRAY, "/spec/nodes")]
        envelope = _encode_compact({**members, "spec": {**inner, "nodes": None}})
        prefix = "/spec/nodes"
    refuse_deep(envelope)
    if not raw_nodes:
        raise DocumentError(Fault.INVALID, "there are no nodes", prefix)
    most = limits.current().nodes
    if len(raw_nodes) > most:
        raise DocumentError(Fault.TOO_LARGE, f"more than {most} nodes", prefix)
    # Spack itself writes wrong hashes into some spliced documents, so those are only marked. In
    # all others, stopping at the first mismatch saves hashing the rest.
    strict = not allow_unverified and b'"build_spec"' not in raw
    read = _read_nodes(raw_nodes, spec_format, prefix, refuse_mismatch=strict)
    separated = separate_records(read)
    _check_records(separated.nodes, prefix, allow_unverified)
    records = [each.record if isinstance(each, AbstractNode) else each for each in read]
    received = hashlib.sha256(raw.strip()).hexdigest()
    return _build_document(spec_format, records, envelope, received, separated)


def _decode_members(raw: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T], pointer: str) -> T:
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error).with_prefix(pointer) from error


def _encode_compact(value: Mapping[str, object]) -> str:
    try:
        return compact_json(msgspec.json.encode(value))
    except UnicodeDecodeError as error:
        raise decode_error(error) from error


def _format_of(spec: dict[str, msgspec.Raw]) -> int:
    try:
        version = msgspec.json.decode(spec["_meta"])["version"]
    except (KeyError, TypeError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise FORMAT.unknown(None) from error
    # Format 1 has no `_meta`.
    if not isinstance(version, int) or version == 1:
        raise FORMAT.unknown(str(version))
    return int(FORMAT.check(version))


def describe_foreign(members: dict[str, msgspec.Raw]) -> str:
    """Describe a JSON object that has no `spec`: the kind that its keys suggest."""
    kinds = {
        "database": "a Spack database or buildcache index",
        "concrete_specs": "a Spack lockfile",
        "compilers": "a Cray manifest",
    }
    for key, kind in kinds.items():
        if key in members:
            return f"{kind}, which is not a spec document"
    return "not a spec document: there is no `spec`"


def read_records(raw_nodes: Sequence[bytes], spec_format: int) -> list[NodeRecord]:
    """Parse and check the nodes of one document, without checking them against each other.

    Args:
        raw_nodes: JSON of the nodes, in the document's order.
        spec_format: Format of the document.

    Returns:
        A record for each node, also for those that are not specs of the DAG.

    Raises:
        DocumentError: A node cannot be stored; the pointer starts with its position.
    """
    read = _read_nodes(raw_nodes, spec_format, "", refuse_mismatch=False)
    return [each.record if isinstance(each, AbstractNode) else each for each in read]


def _read_nodes(
    raw_nodes: Sequence[bytes], spec_format: int, prefix: str, *, refuse_mismatch: bool
) -> Sequence[NodeRecord | AbstractNode]:
    """Parse the nodes of one document; abstract ones may be build specs.

    Args:
        raw_nodes: JSON of the nodes, in the document's order.
        spec_format: Format of the document.
        prefix: JSON pointer to the list of nodes.
        refuse_mismatch: Stop at the first node whose hash does not match.

    Raises:
        DocumentError: A node cannot be stored; the pointer starts with `prefix`.
    """
    if spec_format == 1:
        return format1.read_nodes(raw_nodes, prefix)
    identity = hash_families.identity_key(raw_nodes) if spec_format == 2 else "hash"
    records: list[NodeRecord] = []
    abstract: dict[int, AbstractNode] = {}
    for index, raw in enumerate(raw_nodes):
        limits.spend()
        try:
            record = _CACHE.read_record(raw, spec_format, identity)
            if refuse_mismatch:
                _refuse_mismatch(record)
            records.append(record)
        except DocumentError as error:
            error = error.with_prefix(f"{prefix}/{index}")
            if error.fault is not Fault.NOT_CONCRETE or refuse_mismatch:
                raise error from error
            abstract[index] = AbstractNode(read_abstract_node(raw, spec_format, error), error)
    if spec_format == 2:
        records = hash_families.check_format2(records, identity)
    read: list[NodeRecord | AbstractNode] = [*records]
    for index, each in abstract.items():
        read.insert(index, each)
    return read


def _check_records(records: list[NodeRecord], prefix: str, allow_unverified: bool) -> None:
    """Check that the nodes agree, that no dependency is missing, and that they form a DAG."""
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
                _refuse_mismatch(record)
            except DocumentError as error:
                raise error.with_prefix(f"{prefix}/{index}") from error
    check_acyclic({record.hash: record for record in records}, prefix)


def _refuse_mismatch(record: NodeRecord) -> None:
    # A node that Spack rewrote from an older format may keep a hash that is beyond recomputing.
    # A splice that lost its build spec cannot prove its hash either.
    if not record.is_verified and not record.rewritten and not record.is_stripped:
        raise DocumentError(
            Fault.HASH_MISMATCH,
            f"{record.name}@{record.version} claims the hash {record.hash}, but its content has "
            f"{record.computed}: it was changed after Spack wrote it, as nothing that Spack is "
            "known to do explains the difference",
            "/hash",
        )


def _build_document(
    spec_format: int,
    records: list[NodeRecord],
    envelope: str,
    received: str,
    separated: SeparatedRecords,
) -> SpecDocument:
    unique = {record.hash: record for record in separated.nodes}
    identities = identify(unique)
    uids = identities.uids
    # Where a hash is that of the record as written, it is enough.
    order = tuple(
        record.hash
        if record.proof is Proof.DIRECT and unique.get(record.hash) is record
        else f"{record.hash}:{record.digest}"
        for record in records
    )
    others = {(each.hash, each.digest): each for each in separated.others}
    return SpecDocument(
        spec_format,
        tuple(unique.values()),
        order,
        envelope,
        uids,
        frozenset(identities.uncertain),
        received,
        tuple(others.values()),
        tuple(dict.fromkeys(separated.defects)),
    )


def split_documents(raw: bytes) -> Iterator[bytes]:
    """Split an upload into documents: a single one, a JSON list, or one document per line.

    Raises:
        DocumentError: A list is not valid JSON, or has too many items or values.
    """
    text = raw.strip()
    if text[:1] == b"[":
        limits.check_items(text)
        yield from (bytes(part) for part in _decode_members(text, _ARRAY, ""))
    elif b"\n" in text and is_json_object(text.split(b"\n", 1)[0]):
        yield from (line for line in text.split(b"\n") if line.strip())
    else:
        yield text


def is_json_object(line: bytes) -> bool:
    """Return whether a line is a complete JSON object.

    Raises:
        DocumentError: It has too many values.
    """
    limits.check_json(line)
    try:
        _OBJECT.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
