"""Tell apart the several hashes of nodes of format 2, and check them against each other.

Spack before 0.18 wrote `hash` (link and run dependencies, no recipe), `build_hash` (build
dependencies as well) and `full_hash` (the recipe as well); see `lib/spack/spack/hash_types.py` of
those releases. A document names its nodes by one of them: installed packages and build caches by
`full_hash`, lockfiles and `spack spec --json` by `build_hash`, and by any with `--hash-type`. The
text of one follows from the text of another by leaving out keys and edges and by referring to the
dependencies with the same kind of hash.
"""

import json
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from loaders.specs.dag_hash import HASH_KEYS, JsonObject, Proof, body_of, compute_hash
from loaders.specs.node import NodeRecord

_PREFERRED = ("full_hash", "build_hash", "hash")
"""Kinds of hashes in the order in which Spack 0.17 looks for them in an edge."""
# Kinds that can be computed from a document that names nodes by a kind: those that cover less.
_DERIVABLE = {"full_hash": ("hash", "build_hash"), "build_hash": ("hash",), "hash": ()}


class _Edge(msgspec.Struct):
    full_hash: str | None = None
    build_hash: str | None = None
    hash: str | None = None


class _Node(_Edge):
    package_hash: str | None = None
    dependencies: list[_Edge] = []


_NODE = msgspec.json.Decoder(_Node)


def identity_key(raw_nodes: Sequence[bytes]) -> str:
    """Return the key of the hash by which the edges of a document of format 2 name nodes.

    Without edges, it is the kind of hash that covers the keys that are there.
    """
    nodes = []
    for raw in raw_nodes:
        try:
            nodes.append(_NODE.decode(raw))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # The node is read again, and refused, by whoever asks.
            continue
    edges = [edge for node in nodes for edge in node.dependencies]
    if edges:
        shared = (key for key in _PREFERRED if all(getattr(edge, key) for edge in edges))
        return next(shared, "full_hash")
    with_recipe = any(node.package_hash for node in nodes)
    written = _PREFERRED if with_recipe else _PREFERRED[1:]
    present = (key for key in written if nodes and all(getattr(node, key) for node in nodes))
    return next(present, "full_hash")


def check_format2(records: list[NodeRecord], identity: str) -> list[NodeRecord]:
    """Check the other hashes of nodes of format 2.

    A node with a hash that does not match becomes unverified. One with a hash that cannot be
    recomputed counts as repaired, since its identity does not determine that hash.

    Args:
        records: All nodes of a document.
        identity: Key of the hash by which the document's edges name nodes.
    """
    nodes = {record.hash: json.loads(record.document) for record in records}
    return [_checked(record, nodes, identity) for record in records]


def _checked(record: NodeRecord, nodes: dict[str, JsonObject], identity: str) -> NodeRecord:
    node = nodes[record.hash]
    complete = True
    for kind in HASH_KEYS:
        if kind == identity or not node.get(kind):
            continue
        computed = _compute_kind(node, nodes, kind) if kind in _DERIVABLE[identity] else None
        if computed is not None and computed != node[kind]:
            return replace(record, proof=Proof.NONE, computed=computed)
        complete = complete and computed is not None
    if record.proof is Proof.DIRECT and not complete:
        return replace(record, proof=Proof.REPAIRED)
    return record


def _compute_kind(node: JsonObject, nodes: dict[str, JsonObject], kind: str) -> str | None:
    """Recompute one kind of hash; None if a spec that the node names does not carry that kind."""
    body = {key: value for key, value in body_of(node).items() if key != "package_hash"}
    entries = []
    for entry in body.pop("dependencies", []):
        if kind == "hash" and not {"link", "run"} & set(entry["type"]):
            continue
        other = _named_hash(entry, nodes, kind)
        if other is None:
            return None
        entries.append({"name": entry["name"], kind: other, "type": entry["type"]})
    # Spack writes these two last.
    build_spec = body.pop("build_spec", None)
    if entries:
        body["dependencies"] = entries
    if build_spec:
        other = _named_hash(build_spec, nodes, kind)
        if other is None:
            return None
        body["build_spec"] = {"name": build_spec["name"], kind: other}
    return compute_hash(body, 2)


def _named_hash(reference: JsonObject, nodes: dict[str, JsonObject], kind: str) -> str | None:
    """Return one kind of hash of the node that an edge or `build_spec` names."""
    named = next((reference[key] for key in _PREFERRED if reference.get(key)), "")
    found = nodes.get(named, {}).get(kind)
    return found if isinstance(found, str) else None
