"""The identity of a node's content: its hash alone where that is proven, else with a digest.

Released Spack gives one hash to several splices, drops the build spec from records that pass its
database, and changes copies of build specs without a new hash. `docs/dag-hash.md` describes each
case.
"""

import hashlib
from collections.abc import Mapping

from loaders.specs.closure import dependencies_first
from loaders.specs.node import NodeRecord

HASH_LENGTH = 32
_DIGEST_LENGTH = 32


def hash_of(uid: str) -> str:
    """Return the DAG hash that a content claims."""
    return uid[:HASH_LENGTH]


def content_of(uid: str) -> str | None:
    """Return the digest of a content that its hash does not determine, else None."""
    return uid[HASH_LENGTH + 1 :] or None


class Identities:
    """Derives the identities of nodes, each after its dependencies.

    A node is *plain* if it and everything below it proves its hash and was not spliced. Then the
    hash determines all of its content, so it is the identity. Any other node has in addition a
    digest of the hashes that it reaches over link and run dependencies. This digest is the same for
    a full record and for a stripped one, so both are one content.

    Attributes:
        uids: The identity of each node so far by the node's hash.
        uncertain: Hashes of the nodes that reach a stripped record over link and run dependencies.
            Such records come from Spack's database, which has one record per hash, so the record of
            another content of the same hash may be in its place.
    """

    def __init__(self) -> None:
        self.uids: dict[str, str] = {}
        self.uncertain: set[str] = set()
        self._digests: dict[str, str] = {}

    def add(self, node: NodeRecord) -> str:
        """Return the identity of a node whose dependencies were added before."""
        linked = [
            edge.hash for edge in node.edges if "link" in edge.deptypes or "run" in edge.deptypes
        ]
        if node.is_stripped or not self.uncertain.isdisjoint(linked):
            self.uncertain.add(node.hash)
        digests = sorted(self._digests.get(hash_, hash_) for hash_ in linked)
        text = "\n".join([node.hash, *digests])
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
        self._digests[node.hash] = digest
        plain = (
            node.is_verified
            and node.build_spec is None
            and all(self.uids.get(hash_) == hash_ for hash_ in node.dependencies)
        )
        uid = self.uids[node.hash] = node.hash if plain else f"{node.hash}:{digest}"
        return uid


def identify(nodes: Mapping[str, NodeRecord]) -> Identities:
    """Return the identities of all nodes of a document.

    Args:
        nodes: The nodes by their hash, without a cycle.
    """
    identities = Identities()
    if all(node.is_verified and node.build_spec is None for node in nodes.values()):
        identities.uids = {hash_: hash_ for hash_ in nodes}
    else:
        for node in dependencies_first(nodes):
            identities.add(node)
    return identities
