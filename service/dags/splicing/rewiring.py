"""Which prefixes Spack exchanges when it installs a splice.

It copies the files of the build spec and writes the prefixes of the new dependencies over those of
the old ones: `relocate_package` in `lib/spack/spack/binary_distribution.py` of Spack 1.1.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from loaders.specs.contents import hash_of
from loaders.specs.node import NodeRecord
from service.dags.dag import Dag

_UNMASKED = frozenset({"link", "run", "test"})


@dataclass(frozen=True)
class Rewiring:
    """How the files of a spliced node are made from those of its build spec.

    Attributes:
        node: Identity of the spliced node.
        build_spec: Identity of its build spec.
        prefixes: The hash of the spec whose prefix is written, by that of the one whose prefix is
            replaced. The build spec itself is among them.
    """

    node: str
    build_spec: str
    prefixes: Mapping[str, str]


def rewirings_of(
    dag: Dag, nodes: Collection[str], changed: Mapping[str, frozenset[str]] = MappingProxyType({})
) -> list[Rewiring]:
    """Return how the files of the spliced ones of some nodes are made.

    The prefix of a dependency is written over that of the one that it stands for in the build spec:
    of those with the same name or all of its virtuals, the one of the same name, and of these the
    highest version. Nothing is written over a prefix that nothing stands for. The prefix of an
    external spec is never written.

    Spack looks old prefixes up by the hashes in its copy of the build spec. If the copy was made
    after something below it was spliced, that has another hash there, and its prefix stays.

    Args:
        dag: The spliced spec with its build specs.
        nodes: Names of nodes.
        changed: Hashes that the copy of a node's build spec no longer has, by the node's hash.
    """
    found = []
    for name in nodes:
        node = dag.nodes.get(name)
        origin = dag.original_build(name)
        if node is not None and origin != name:
            exchanged = _exchanged_prefixes(dag, node, origin)
            lost = changed.get(hash_of(name), frozenset())
            prefixes = {old: new for old, new in exchanged.items() if old not in lost}
            found.append(Rewiring(dag.identity_of(name), dag.identity_of(origin), prefixes))
    return found


def _exchanged_prefixes(dag: Dag, node: NodeRecord, origin: str) -> dict[str, str]:
    before = dag.reachable_nodes(_UNMASKED, origin)
    offered = _virtuals_below(before)
    after = dag.reachable_nodes({"link"}, node.hash)
    direct = {edge.hash for edge in node.edges if edge.runtime}
    after |= {each: dag.nodes[each] for each in direct if each in dag.nodes}
    needed = _virtuals_below(dag.reachable_nodes(_UNMASKED, node.hash))
    prefixes = {hash_of(origin): hash_of(node.hash)}
    for name, new in after.items():
        if name in before or name == node.hash or new.properties["external"]:
            continue
        virtuals = needed.get(name, frozenset())
        analogs = [
            (old.name == new.name, old.properties["version_key"], hash_of(each))
            for each, old in before.items()
            if old.name == new.name or (virtuals and virtuals <= offered.get(each, frozenset()))
        ]
        if analogs:
            prefixes[max(analogs)[2]] = hash_of(name)
    return prefixes


def _virtuals_below(nodes: Mapping[str, NodeRecord]) -> dict[str, frozenset[str]]:
    """Return the virtuals that the edges among some nodes take from each of them."""
    found: dict[str, frozenset[str]] = {}
    for node in nodes.values():
        for edge in node.edges:
            found[edge.hash] = found.get(edge.hash, frozenset()) | frozenset(edge.virtuals)
    return found
