"""Check the several hashes of a node of format 2 against each other.

Spack before 0.18 wrote `hash` (link and run dependencies, no recipe), `build_hash` (build
dependencies as well) and `full_hash` (the recipe as well); see `lib/spack/spack/hash_types.py` of
those releases. The text of one follows from the text of another by leaving out keys and edges and
by referring to the dependencies with the same kind of hash.
"""

import json
from dataclasses import replace

from loaders.specs.dag_hash import JsonObject, Proof, body_of, compute_hash
from loaders.specs.node import NodeRecord


def check_format2(records: list[NodeRecord]) -> list[NodeRecord]:
    """Mark every node of format 2 as unverified whose `hash` or `build_hash` does not match."""
    nodes = {record.hash: json.loads(record.document) for record in records}
    return [_checked(record, nodes) for record in records]


def _checked(record: NodeRecord, nodes: dict[str, JsonObject]) -> NodeRecord:
    node = nodes[record.hash]
    for kind, runtime_only in (("hash", True), ("build_hash", False)):
        if kind not in node:
            continue
        computed = _compute_kind(node, nodes, kind, runtime_only)
        if computed is not None and computed != node[kind]:
            return replace(record, proof=Proof.NONE, computed=computed)
    return record


def _compute_kind(
    node: JsonObject, nodes: dict[str, JsonObject], kind: str, runtime_only: bool
) -> str | None:
    """Recompute one kind of hash; None if a dependency does not carry that kind."""
    body = {key: value for key, value in body_of(node).items() if key != "package_hash"}
    entries = []
    for entry in body.pop("dependencies", []):
        if runtime_only and not {"link", "run"} & set(entry["type"]):
            continue
        dependency = nodes.get(entry.get("full_hash") or entry.get("build_hash", ""), {})
        if kind not in dependency:
            return None
        entries.append({"name": entry["name"], kind: dependency[kind], "type": entry["type"]})
    if entries:
        body["dependencies"] = entries
    return compute_hash(body, 2)
