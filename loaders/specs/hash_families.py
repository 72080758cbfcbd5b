"""The further hashes that nodes of formats 1 and 2 carry, checked against each other.

Spack before 0.18 wrote `hash` (link and run dependencies, no recipe), `build_hash` (build
dependencies too) and `full_hash` (the recipe too); see `lib/spack/spack/hash_types.py` of those
releases. One follows from another's text by leaving out keys and edges and by naming the
dependencies by the same kind of hash.
"""

import json
from dataclasses import replace
from typing import Any

from loaders.specs.dag_hash import Proof, body_of, compute
from loaders.specs.node import NodeRecord


def check_format2(records: list[NodeRecord]) -> list[NodeRecord]:
    """Mark as unverified every node of format 2 whose `hash` or `build_hash` is not its own."""
    nodes = {record.hash: json.loads(record.document) for record in records}
    return [_checked(record, nodes) for record in records]


def _checked(record: NodeRecord, nodes: dict[str, dict[str, Any]]) -> NodeRecord:
    node = nodes[record.hash]
    for kind, runtime_only in (("hash", True), ("build_hash", False)):
        if kind not in node:
            continue
        computed = _derived(node, nodes, kind, runtime_only)
        if computed is not None and computed != node[kind]:
            return replace(record, proof=Proof.NONE, computed=computed)
    return record


def _derived(
    node: dict[str, Any], nodes: dict[str, dict[str, Any]], kind: str, runtime_only: bool
) -> str | None:
    """The hash of that kind, None where a dependency does not carry it."""
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
    return compute(body, 2)
