"""What the DAGs of several specs share."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from loaders.specs.node import NodeRecord
from service.dags.dag import Dag, Tick, no_tick
from service.dags.deptypes import RUNTIME
from service.dags.provenance import label

MAX_PACKAGES = 200
"""Most packages that are told of which each has another spec."""


@dataclass(frozen=True)
class Shared:
    """What some DAGs share.

    :ivar specs: those in all of them, by name, version and hash.
    :ivar packages: those of which each DAG has a spec that not all have, by name, with the
        versions of these specs.
    """

    specs: list[dict[str, Any]]
    packages: list[dict[str, Any]]


def shared(dags: Iterable[Dag], deptypes: Collection[str], tick: Tick = no_tick) -> Shared:
    """What all of some DAGs, at least one, reach; build specs are not looked at.

    :param deptypes: the types that an edge must have one of to be followed.
    """
    reached: list[dict[str, NodeRecord]] = []
    deployed: list[frozenset[str]] = []
    for dag in dags:
        tick()
        reached.append(dag.reached(deptypes))
        deployed.append(frozenset(dag.reached(RUNTIME)))
    common = set.intersection(*(set(nodes) for nodes in reached))
    at_run_time = frozenset.intersection(*deployed)
    specs = [
        {
            **label(node, node.hash),
            "version_key": node.properties["version_key"],
            "deployed": node.hash in at_run_time,
        }
        for node in reached[0].values()
        if node.hash in common
    ]
    specs.sort(key=lambda spec: (spec["name"], spec["version_key"], spec["hash"]))
    return Shared(specs, _packages(reached, common))


def _packages(reached: list[dict[str, NodeRecord]], common: set[str]) -> list[dict[str, Any]]:
    """Packages of which each DAG has a spec that is not in all."""
    others = [[n for n in nodes.values() if n.hash not in common] for nodes in reached]
    names = set.intersection(*({node.name for node in nodes} for nodes in others))
    versions: dict[str, dict[str, str]] = {name: {} for name in sorted(names)}
    for nodes in others:
        for node in nodes:
            if node.name in versions:
                versions[node.name][str(node.properties["version_key"])] = node.version
    return [
        {"name": name, "versions": [found[key] for key in sorted(found)]}
        for name, found in versions.items()
    ]
