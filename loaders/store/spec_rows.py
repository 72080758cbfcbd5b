"""Turn spec documents into rows of the merge statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from loaders.specs.contents import hash_of
from loaders.specs.dag_hash import HASH_KEYS, SUFFIX
from loaders.specs.document import SpecDocument
from loaders.specs.node import Edge, NodeRecord
from loaders.store.rows import Row

_OPTIONAL = (
    *("namespace", "platform", "os", "target", "compiler", "compiler_version"),
    *("compiler_version_key", "package_hash", "runtime_hash", *HASH_KEYS[1:], "stub"),
    *("original_format", "stripped", "build_suffix", "uncertain", "pure_hash"),
)


@dataclass(frozen=True, slots=True)
class Content:
    """A node of a document, and the identities of the document's contents.

    Attributes:
        record: The node.
        uids: Identity of each content of the document by the hash of its node.
        uncertain: Whether its dependencies may be those of another content of its hash.
        pure_hash: The hash that its content has, if it was spliced.
    """

    record: NodeRecord
    uids: Mapping[str, str]
    uncertain: bool = False
    pure_hash: str | None = None

    @classmethod
    def of(cls, record: NodeRecord, document: SpecDocument) -> "Content":
        """Return the content of a document's node."""
        uncertain = record.hash in document.uncertain
        return cls(record, document.uids, uncertain, document.pure_hashes.get(record.hash))

    @property
    def standing(self) -> str:
        """Return the sort key among all records of the same content; the lowest is shown."""
        rank, _, digest = self.record.standing_key.partition(":")
        return f"{rank}:~{digest}" if self.uncertain else f"{rank}:{digest}"

    @property
    def uid(self) -> str:
        """Return the identity of the node's own content."""
        return self.uids[self.record.hash]

    @property
    def build_spec(self) -> str | None:
        """Return the identity of the build spec: its hash, if the document does not have it."""
        if self.record.build_spec is None:
            return None
        hash_ = self.record.build_spec[1]
        # Some splices carry the hash of their build spec, which is another content.
        return hash_ if hash_ == self.record.hash else self.uids.get(hash_, hash_)


class DependencyRow(TypedDict):
    """An edge of a `SpecRow`."""

    uid: str
    deptypes: tuple[str, ...]
    virtuals: tuple[str, ...]
    runtime: bool


class SpecRow(TypedDict):
    """A row of `merge_specs` and `replace_specs`: one spec with its edges.

    Attributes:
        absent: Optional properties that the record does not have, set to None: they are removed if
            the replaced record had them.
        dependencies: Edges sorted by the identity of their target.
        build_specs: Identity of the build spec, if it is named.
    """

    uid: str
    hash: str
    properties: Row
    absent: Row
    dependencies: list[DependencyRow]
    build_specs: list[str]


class RootRow(TypedDict):
    """A row of `merge_roots`: a root, its document, and its closure.

    Attributes:
        claims: Uids of the document's unverified records.
        both: Identities in both closures; `built` and `deployed` are those in only one.
    """

    uid: str
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
    """A row of `merge_virtuals`: a virtual, and the identity of a spec that provides it."""

    virtual: str
    uid: str


def spec_row(content: Content, origin: str) -> SpecRow:
    """Return the row of one spec."""
    record = content.record
    properties: Row = {
        **record.properties,
        "spliced": record.is_spliced,
        "document": record.document,
        "standing": content.standing,
        "verified": record.is_verified,
        "origin": origin,
    }
    if record.is_stripped:
        properties |= {"stripped": True, "build_suffix": record.hash[-SUFFIX:]}
    if content.uncertain:
        properties["uncertain"] = True
    if content.pure_hash is not None:
        properties["pure_hash"] = content.pure_hash
    edges = [_edge_row(edge, content.uids[edge.hash]) for edge in record.edges]
    return {
        "uid": content.uid,
        "hash": record.hash,
        "properties": properties,
        "absent": {key: None for key in _OPTIONAL if key not in properties},
        "dependencies": sorted(edges, key=lambda row: row["uid"]),
        "build_specs": [content.build_spec] if content.build_spec else [],
    }


def _edge_row(edge: Edge, uid: str) -> DependencyRow:
    return {
        "uid": uid,
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
        if node.build_spec
        and (node.build_spec[1] not in document.uids or node.build_spec[1] == node.hash)
    }
    return [{"hash": hash_, "name": name} for hash_, name in sorted(names.items())]


def virtual_rows(documents: Iterable[SpecDocument]) -> list[VirtualRow]:
    """Return rows of the virtuals that specs provide, sorted.

    Up to format 5, a document only says which virtuals are provided to dependents.
    """
    pairs = {
        (virtual, document.uids[hash_])
        for document in documents
        for node in document.nodes
        for hash_, virtuals in (
            (node.hash, node.provides),
            *((edge.hash, edge.virtuals) for edge in node.edges),
        )
        for virtual in virtuals
    }
    return [{"virtual": virtual, "uid": uid} for virtual, uid in sorted(pairs)]


def _claim_uid(record: NodeRecord) -> str:
    return f"{record.hash}:{record.digest}"


def claim_rows(documents: Iterable[SpecDocument]) -> list[ClaimRow]:
    """Return rows of the records that documents refer to by more than their hash, by uid."""
    claims: dict[str, ClaimRow] = {}
    for document in documents:
        referred = {reference for reference in document.order if reference != hash_of(reference)}
        for node in (*document.nodes, *document.others) if referred else ():
            uid = _claim_uid(node)
            if uid in referred:
                properties: Row = {
                    "hash": node.hash,
                    "standing": node.standing_key,
                    "verified": node.is_verified,
                    "name": node.name,
                    "version": node.version,
                    "document": node.document,
                }
                claims[uid] = {"uid": uid, "properties": properties}
    return [claims[uid] for uid in sorted(claims)]


def root_row(document: SpecDocument, origin: str) -> RootRow:
    """Return the row of a document's root."""
    closure = document.closure
    both, built, deployed = (
        # An absent build spec has no other identity than its hash.
        sorted(document.uids.get(hash_, hash_) for hash_ in hashes)
        for hashes in (
            closure.build & closure.runtime,
            closure.build - closure.runtime,
            closure.runtime - closure.build,
        )
    )
    unverified = len(document.unverified_nodes)
    # The rank of the root's record, then the number of unverified nodes: a string, to sort by.
    rank = document.root.standing_key[0]
    return {
        "uid": document.uids[document.root.hash],
        "digest": document.digest,
        "properties": {
            "standing": f"{rank}:{unverified:08d}:{document.digest}",
            "spec_format": document.spec_format,
            "envelope": document.envelope,
            "records": list(document.order),
            "received": [document.received],
            "unverified": unverified,
            "defects": list(document.defects),
            "origin": origin,
        },
        "claims": sorted({ref for ref in document.order if ref != hash_of(ref)}),
        "both": both,
        "built": built,
        "deployed": deployed,
    }
