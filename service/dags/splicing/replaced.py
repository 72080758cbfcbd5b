"""The specs of a target that a replacement stands for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.dags.dag import Dag
from service.dags.deptypes import RUNTIME
from service.dags.labels import SpecLabel, label_node


@dataclass(frozen=True)
class Replaced:
    """A spec that is replaced, with the virtuals that it provides in the target."""

    name: str
    hash: str
    virtuals: tuple[str, ...]

    def is_named(self, name: str) -> bool:
        """Return whether a name is that of the package or of one of the virtuals."""
        return name == self.name or name in self.virtuals


def find_replaced(
    target: Dag, replacement: Dag, provides: Mapping[str, Iterable[str]]
) -> list[Replaced]:
    """Return the deployed specs of a target that a replacement's root can stand for.

    That are those of the same name, and those all of whose virtuals it provides.
    """
    root = replacement.nodes[replacement.root]
    offered = {*provides.get(root.name, ()), *root.provides}
    for dag in (target, replacement):
        for node in dag.nodes.values():
            for edge in node.edges:
                if edge.name == root.name:
                    offered.update(edge.virtuals)
    deployed = target.reachable_nodes({"link", "run"})
    needed: dict[str, set[str]] = {hash_: set() for hash_ in deployed}
    for node in deployed.values():
        for edge in node.edges:
            if edge.hash in needed:
                needed[edge.hash].update(edge.virtuals)
    found = []
    for hash_, node in deployed.items():
        virtuals = needed[hash_]
        same = node.name == root.name or (virtuals and virtuals <= offered)
        if same and hash_ not in (target.root, replacement.root):
            found.append(Replaced(node.name, hash_, tuple(sorted(virtuals))))
    return sorted(found, key=lambda each: (each.name, each.hash))


def replaceable_names(dag: Dag) -> list[tuple[str, SpecLabel]]:
    """Return the packages and virtuals that a spec is deployed with, sorted, each with its spec."""
    deployed = dag.reachable_nodes(RUNTIME)
    found: dict[str, SpecLabel] = {}
    for name, node in deployed.items():
        if name != dag.root:
            found[node.name] = label_node(node, dag.identity_of(name))
    for node in deployed.values():
        for edge in node.edges:
            for virtual in edge.virtuals if edge.hash in deployed else ():
                found.setdefault(
                    virtual, label_node(deployed[edge.hash], dag.identity_of(edge.hash))
                )
    return sorted(found.items(), key=lambda each: each[0])
