"""Documents as the rows that the merge statements take."""

from collections.abc import Iterable
from typing import Any

from loaders.specs.dag_hash import HASH_KEYS, Proof
from loaders.specs.document import SpecDocument
from loaders.specs.node import NodeRecord

_OPTIONAL = (
    *("namespace", "platform", "os", "target", "compiler", "compiler_version"),
    *("compiler_version_key", "package_hash", "runtime_hash", *HASH_KEYS[1:], "stub"),
    "original_format",
)


def spec_row(record: NodeRecord, origin: str) -> dict[str, Any]:
    """A row of `merge_specs` and `replace_specs`: one spec with its edges, sorted by hash.

    `absent` clears what the record that is replaced may have had.
    """
    properties = {
        **record.properties,
        "document": record.document,
        "standing": record.standing,
        "verified": record.verified,
        "origin": origin,
    }
    return {
        "hash": record.hash,
        "properties": properties,
        "absent": {key: None for key in _OPTIONAL if key not in properties},
        "dependencies": [
            {
                "hash": edge.hash,
                "deptypes": edge.deptypes,
                "virtuals": edge.virtuals,
                "runtime": edge.runtime,
            }
            for edge in sorted(record.edges, key=lambda edge: edge.hash)
        ],
        "build_specs": [record.build_spec[1]] if record.build_spec else [],
    }


def stub_rows(documents: Iterable[SpecDocument]) -> list[dict[str, str]]:
    """Build specs that a document names but does not hold, sorted by hash."""
    named = {
        node.build_spec[1]: node.build_spec[0]
        for document in documents
        for node in document.nodes
        if node.build_spec and node.build_spec[1] not in document.by_hash
    }
    return [{"hash": hash_, "name": name} for hash_, name in sorted(named.items())]


def virtual_rows(documents: Iterable[SpecDocument]) -> list[dict[str, str]]:
    """Which specs provide which virtuals on any edge of the documents, sorted."""
    pairs = {
        (virtual, edge.hash)
        for document in documents
        for node in document.nodes
        for edge in node.edges
        for virtual in edge.virtuals
    }
    return [{"virtual": virtual, "hash": hash_} for virtual, hash_ in sorted(pairs)]


def _uid(record: NodeRecord) -> str:
    return f"{record.hash}:{record.digest}"


def claim_rows(documents: Iterable[SpecDocument]) -> list[dict[str, Any]]:
    """Records that are not proven by their hash alone, sorted."""
    claims = {}
    for document in documents:
        for node in document.nodes:
            if node.proof is not Proof.DIRECT:
                claims[_uid(node)] = {
                    "hash": node.hash,
                    "standing": node.standing,
                    "verified": node.verified,
                    "name": node.name,
                    "version": node.version,
                    "document": node.document,
                }
    return [{"uid": uid, "properties": claims[uid]} for uid in sorted(claims)]


def root_row(document: SpecDocument, origin: str) -> dict[str, Any]:
    """A row of `merge_roots`: a root, its document, and what it reaches."""
    closure = document.closure
    unverified = len(document.unverified)
    return {
        "hash": document.root.hash,
        "digest": document.digest,
        "properties": {
            "standing": f"{unverified:08d}:{document.digest}",
            "spec_format": document.spec_format,
            "envelope": document.envelope,
            "records": list(document.order),
            "unverified": unverified,
            "origin": origin,
        },
        "claims": sorted(_uid(node) for node in document.unverified),
        "both": sorted(closure.build & closure.runtime),
        "built": sorted(closure.build - closure.runtime),
        "deployed": sorted(closure.runtime - closure.build),
    }
