"""Parse nodes of spec format 1, written by Spack up to 0.16, as JSON.

A node is an object with the package's name as its only key. Edges are keyed by name and hold
a dependency's `hash`, which is its build hash if the document was written with build
dependencies; later writers used keys of their own. The hash is taken over YAML in flow style
(`lib/spack/spack/spec.py`, `_spec_hash`, of Spack 0.16).
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec

from loaders.errors import DocumentError, Fault
from loaders.specs import json_shapes
from loaders.specs.checks import (
    check_hash,
    compact_json,
    decode_error,
    refuse_deep,
    refuse_repeated_keys,
)
from loaders.specs.dag_hash import (
    HASH_KEYS,
    TEXTS,
    JsonObject,
    Proof,
    body_of,
    compute_hash,
    hashes_last,
)
from loaders.specs.node import (
    MAX_NODE_BYTES,
    NodeIdentity,
    NodeRecord,
    checked_edge,
    make_record,
    merge_edges,
)

_KEYED = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Node:
    """One node, decoded twice: typed for reading, untyped with all keys for hashing."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) > MAX_NODE_BYTES:
            raise DocumentError(Fault.TOO_LARGE, "a node's record is larger than 1 MiB")
        try:
            keyed = _KEYED.decode(raw)
            if len(keyed) != 1:
                raise DocumentError(Fault.INVALID, "a node of format 1 has its name as only key")
            self.name, inner = next(iter(keyed.items()))
            self.plain: dict[str, Any] = msgspec.json.decode(inner)
            self.typed = json_shapes.DECODER_1.decode(inner)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            _refuse_abstract(raw, error)
            raise decode_error(error) from error
        if self.typed.concrete is False:
            raise DocumentError(Fault.NOT_CONCRETE, f"{self.name[:80]} is abstract")
        self.document = compact_json(raw)
        refuse_deep(self.document)
        refuse_repeated_keys(compact_json(inner), self.plain)
        self.typed.name = self.name

    def claimed_hashes(self) -> dict[str, str]:
        return {key: value for key in HASH_KEYS if (value := getattr(self.typed, key))}

    def edge_references(self) -> list[tuple[str, str, list[str]]]:
        """Return name, hash and dependency types of each edge."""
        found = []
        for name, entry in self.typed.dependencies.items():
            # The oldest documents write no more than a hash: a dependency of both types.
            if isinstance(entry, str):
                found.append((name, entry, ["build", "link"]))
            else:
                value = entry.hash or entry.full_hash or entry.build_hash or ""
                found.append((name, value, entry.type))
        return found


def _refuse_abstract(raw: bytes, error: Exception) -> None:
    if isinstance(error, msgspec.ValidationError) and b'"versions"' in raw[:4096]:
        raise DocumentError(
            Fault.NOT_CONCRETE, "the node is abstract: concretize it first"
        ) from error


def read_nodes(raw_nodes: Sequence[bytes], prefix: str) -> list[NodeRecord]:
    """Parse and check the nodes of a document of format 1.

    Raises:
        DocumentError: A node cannot be stored; the pointer starts with `prefix`.
    """
    nodes = []
    for index, raw in enumerate(raw_nodes):
        try:
            nodes.append(_Node(raw))
        except DocumentError as error:
            raise error.with_prefix(f"{prefix}/{index}") from error
    key = _identity_key(nodes)
    by_identity = {node.claimed_hashes().get(key, ""): node for node in nodes}
    records = []
    for index, node in enumerate(nodes):
        try:
            records.append(_make_node_record(node, key, by_identity))
        except DocumentError as error:
            raise error.with_prefix(f"{prefix}/{index}/{node.name}") from error
    return records


def _identity_key(nodes: list[_Node]) -> str:
    """Return the kind of hash by which the document's edges refer to nodes."""
    referenced = {value for node in nodes for _, value, _ in node.edge_references()}
    for key in ("build_hash", "hash", "full_hash"):
        present = [node.claimed_hashes().get(key) for node in nodes]
        if all(present) and referenced <= set(present):
            return key
    return "hash"


def _make_node_record(node: _Node, key: str, by_identity: dict[str, _Node]) -> NodeRecord:
    claimed = check_hash(node.claimed_hashes().get(key, ""), f"/{key}")
    edges = []
    for name, value, kinds in node.edge_references():
        try:
            edges.append(checked_edge(name, value, tuple(kinds), ()))
        except DocumentError as error:
            raise error.with_prefix(f"/dependencies/{name}") from error
    proof, computed = _prove_node_hash(node, key, claimed, by_identity)
    identity = NodeIdentity(claimed, proof, computed)
    return make_record(node.document, node.typed, 1, identity, merge_edges(edges), None)


def _prove_node_hash(
    node: _Node, key: str, claimed: str, by_identity: dict[str, _Node]
) -> tuple[Proof, str]:
    written = _PossibleHashes(node.name, body_of(node.plain))
    runtime_body = _runtime_body(node, by_identity)
    runtime = None if runtime_body is None else _PossibleHashes(node.name, runtime_body)
    recorded = node.claimed_hashes().get("hash")
    if recorded and runtime and recorded not in runtime and recorded not in written:
        return Proof.NONE, runtime.usual
    if written.usual == claimed and hashes_last(node.plain):
        return Proof.DIRECT, claimed
    if claimed in written or (key == "hash" and runtime and claimed in runtime):
        return Proof.REPAIRED, written.usual
    return Proof.NONE, written.usual


class _PossibleHashes:
    """The hashes of a node's dictionary, one for each way to write it; computed when asked for."""

    def __init__(self, name: str, body: JsonObject) -> None:
        self._dictionary = {name: body}

    @cached_property
    def usual(self) -> str:
        """The hash of the usual text."""
        return compute_hash(self._dictionary, 1, TEXTS[1][0])

    def __contains__(self, hash_: str) -> bool:
        return hash_ == self.usual or any(
            hash_ == compute_hash(self._dictionary, 1, text) for text in TEXTS[1][1:]
        )


def _runtime_body(node: _Node, by_identity: dict[str, _Node]) -> JsonObject | None:
    """Return the part that the hash over link and run dependencies covers.

    None if one of them does not carry its own.
    """
    body = body_of(node.plain)
    body.pop("package_hash", None)
    entries = {}
    for name, value, kinds in node.edge_references():
        if not {"link", "run"} & set(kinds):
            continue
        dependency = by_identity.get(value)
        own = dependency.claimed_hashes().get("hash") if dependency else None
        if own is None:
            return None
        entries[name] = {"hash": own, "type": kinds}
    body.pop("dependencies", None)
    if entries:
        body["dependencies"] = entries
    return body
