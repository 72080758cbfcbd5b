"""The pure hash of a splice: the one that its content has, whatever hash Spack stored it under.

Released Spack caches hashes while it splices, so the hash that it stores often is not that of the
document that it writes, and several splices may share it. `docs/dag-hash.md` has the details.
"""

from collections import ChainMap
from collections.abc import Mapping

import msgspec

from loaders.specs.closure import dependencies_first
from loaders.specs.contents import hash_of
from loaders.specs.dag_hash import body_of, compute_hash
from loaders.specs.node import NodeRecord


def pure_hashes(
    nodes: Mapping[str, NodeRecord], known: dict[str, str] | None = None
) -> dict[str, str]:
    """Return the pure hash of each spliced node of a document, as far as it is known.

    It is computed from the node's record with the pure hashes of its dependencies, and ends like
    the hash of its build spec. Specs that were not spliced keep their hashes. If a dependency is a
    splice that lost its build spec, the pure hash is not known.

    Args:
        nodes: The nodes by their hash or identity, without a cycle.
        known: Pure hashes of further nodes that these depend on.
    """
    found: dict[str, str] = {}
    if not any(node.build_spec for node in nodes.values()):
        return found
    both = ChainMap(found, known or {})
    unknown: set[str] = set()
    for node in dependencies_first(nodes):
        if node.is_stripped or (node.build_spec and not unknown.isdisjoint(node.dependencies)):
            unknown.add(node.hash)
        elif node.build_spec is not None:
            found[node.hash] = _rehash(node, both)
    return found


def _rehash(node: NodeRecord, found: Mapping[str, str]) -> str:
    body = body_of(msgspec.json.decode(node.document))
    changed = {hash_of(edge.hash): found[edge.hash] for edge in node.edges if edge.hash in found}
    if changed:
        # Copied, so that the order of the keys stays as the hash covers it.
        body["dependencies"] = [
            {**entry, "hash": changed.get(entry["hash"], entry["hash"])}
            for entry in body["dependencies"]
        ]
    return compute_hash(body, node.properties["spec_format"])
