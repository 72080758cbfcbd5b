"""Turn spec documents into rows of the merge statements."""

from collections.abc import Iterable
from typing import TypedDict

from loaders.specs.dag_hash import HASH_KEYS, Proof
from loaders.specs.document import SpecDocument
from loaders.specs.node import Edge, NodeRecord
from loaders.store.rows import Row

_OPTIONAL = (
    *("namespace", "platform", "os", "target", "compiler", "compiler_version"),
    *("compiler_version_key", "package_hash", "runtime_hash", *HASH_KEYS[1:], "stub"),
    "original_format",
)


class DependencyRow(TypedDict):
    """An edge of a `SpecRow`."""

    hash: str
    deptypes: tuple[str, ...]
    virtuals: tuple[str, ...]
    runtime: bool


class SpecRow(TypedDict):
    """A row of `merge_specs` and `replace_specs`: one spec with its edges.

    Attributes:
        absent: Optional properties that the record does not have, set to None: they are removed if
            the replaced record had them.
        dependencies: Edges sorted by hash.
        build_specs: Hash of the build spec, if it was spliced.
    """

    hash: str
    properties: Row
    absent: Row
    dependencies: list[DependencyRow]
    build_specs: list[str]


class RootRow(TypedDict):
    """A row of `merge_roots`: a root, its document, and its closure.

    Attributes:
        claims: Uids of the document's unverified records.
        both: Hashes in both closures; `built` and `deployed` are those in only one.
    """

    hash: str
    digest: str
    properties: Row
    claims: list[str]
    both: list[str]
    built: list[str]
    deployed: list[str]


class ClaimRow(TypedDict):
    """A row of `merge_claims`."""

    uid: str
    properties: Row


class StubRow(TypedDict):
    """A row of `merge_stubs`."""

    hash: str
    name: str | None


class VirtualRow(TypedDict):
    """A row of `merge_virtuals`: a virtual, and the hash of a spec that provides it."""

    virtual: str
    hash: str


def spec_row(record: NodeRecord, origin: str) -> SpecRow:
    """Return the row of one spec."""
    properties: Row = {
        **record.properties,
        "document": record.document,
        "standing": record.standing_key,
        "verified": record.is_verified,
        "origin": origin,
    }
    build_spec = record.build_spec[1] if record.build_spec else None
    return {
        "hash": record.hash,
        "properties": properties,
        "absent": {key: None for key in _OPTIONAL if key not in properties},
        "dependencies": [
            _edge_row(edge) for edge in sorted(record.edges, key=lambda edge: edge.hash)
        ],
        # A splice that carries the hash of its build spec is the same node of the graph.
        "build_specs": [build_spec] if build_spec not in (None, record.hash) else [],
    }


def _edge_row(edge: Edge) -> DependencyRow:
    return {
        "hash": edge.hash,
        "deptypes": edge.deptypes,
        "virtuals": edge.virtuals,
        "runtime": edge.runtime,
    }


def stub_rows(documents: Iterable[SpecDocument]) -> list[StubRow]:
    """Return rows of the build specs that a document names but does not contain, by hash."""
    names = {
        node.build_spec[1]: node.build_spec[0]
        for document in documents
        for node in document.nodes
        if node.build_spec and node.build_spec[1] not in document.by_hash
    }
    return [{"hash": hash_, "name": name} for hash_, name in sorted(names.items())]


def virtual_rows(documents: Iterable[SpecDocument]) -> list[VirtualRow]:
    """Return rows of the virtuals that specs provide, sorted.

    Up to format 5, a document only says which virtuals are provided to dependents.
    """
    pairs = {
        (virtual, hash_)
        for document in documents
        for node in document.nodes
        for hash_, virtuals in (
            (node.hash, node.provides),
            *((edge.hash, edge.virtuals) for edge in node.edges),
        )
        for virtual in virtuals
    }
    return [{"virtual": virtual, "hash": hash_} for virtual, hash_ in sorted(pairs)]


def _claim_uid(record: NodeRecord) -> str:
    return f"{record.hash}:{record.digest}"


def claim_rows(documents: Iterable[SpecDocument]) -> list[ClaimRow]:
    """Return rows of the records that are not proven by their hash alone, by uid."""
    claims: dict[str, Row] = {}
    for document in documents:
        claimed = [node for node in document.nodes if node.proof is not Proof.DIRECT]
        for node in (*claimed, *document.others):
            claims[_claim_uid(node)] = {
                "hash": node.hash,
                "standing": node.standing_key,
                "verified": node.is_verified,
                "name": node.name,
                "version": node.version,
                "document": node.document,
            }
    return [{"uid": uid, "properties": claims[uid]} for uid in sorted(claims)]


def root_row(document: SpecDocument, origin: str) -> RootRow:
    """Return the row of a document's root."""
    closure = document.closure
    unverified = len(document.unverified_nodes)
    return {
        "hash": document.root.hash,
        "digest": document.digest,
        "properties": {
            # Sorts as a string: the document with the fewest unverified records counts.
            "standing": f"{unverified:08d}:{document.digest}",
            "spec_format": document.spec_format,
            "envelope": document.envelope,
            "records": list(document.order),
            "received": [document.received],
            "unverified": unverified,
            "defects": list(document.defects),
            "origin": origin,
        },
        "claims": sorted({*map(_claim_uid, (*document.unverified_nodes, *document.others))}),
        "both": sorted(closure.build & closure.runtime),
        "built": sorted(closure.build - closure.runtime),
        "deployed": sorted(closure.runtime - closure.build),
    }
