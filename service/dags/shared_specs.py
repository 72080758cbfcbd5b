"""The specs that the DAGs of several roots have in common."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from loaders.specs.contents import hash_of
from loaders.specs.node import NodeRecord
from service.dags.dag import Dag, Tick, no_tick
from service.dags.deptypes import RUNTIME
from service.dags.labels import SpecLabel, label_root

MAX_PACKAGES = 200
"""Most packages in an answer for which each DAG has another spec."""


class SharedSpec(TypedDict):
    """A spec that all DAGs have.

    `version_key` is a text whose order is Spack's order of versions. `deployed` says whether all
    roots reach the spec over link and run dependencies.
    """

    hash: str
    name: str
    version: str
    version_key: str
    deployed: bool


def sort_key(spec: SharedSpec) -> tuple[str, str, str]:
    """Return the place of a spec in the list: name, version key and hash."""
    return spec["name"], spec["version_key"], spec["hash"]


@dataclass(frozen=True, slots=True)
class PackageVersions:
    """A package of which each DAG has a spec that not all have, with the versions of these."""

    name: str
    versions: list[str]


@dataclass(frozen=True, slots=True)
class SharedSpecs:
    """The specs that some DAGs have in common.

    Attributes:
        roots: The roots of the DAGs.
        specs: Specs in all of them, by name, version and hash.
        packages: Packages in all of them by differing specs, by name.
    """

    roots: list[SpecLabel]
    specs: list[SharedSpec]
    packages: list[PackageVersions]


def find_shared(dags: Iterable[Dag], types: Collection[str], tick: Tick = no_tick) -> SharedSpecs:
    """Return the specs that all of at least one DAG have in common; build specs do not count.

    Args:
        dags: The DAGs; each is released before the next is taken.
        types: Dependency types of which an edge must have one to be followed.
        tick: Called before each DAG; may raise to end the work.
    """
    roots: list[SpecLabel] = []
    reached: list[dict[str, NodeRecord]] = []
    runtime: list[frozenset[str]] = []
    for dag in dags:
        tick()
        roots.append(label_root(dag))
        reached.append(dag.reachable_nodes(types))
        runtime.append(frozenset(dag.reachable_nodes(RUNTIME)))
    in_all = set.intersection(*(set(nodes) for nodes in reached))
    at_run_time = frozenset.intersection(*runtime)
    specs = [
        SharedSpec(
            hash=hash_of(node.hash),
            name=node.name,
            version=node.version,
            version_key=node.properties["version_key"],
            deployed=node.hash in at_run_time,
        )
        for node in reached[0].values()
        if node.hash in in_all
    ]
    specs.sort(key=sort_key)
    return SharedSpecs(roots, specs, _differing_packages(reached, in_all))


def _differing_packages(
    reached: Sequence[dict[str, NodeRecord]], in_all: set[str]
) -> list[PackageVersions]:
    """Return the packages of which each DAG has a spec that is not in all."""
    # A package may also have a spec in all DAGs; only the specs that differ count here.
    others = [[n for n in nodes.values() if n.hash not in in_all] for nodes in reached]
    names = set.intersection(*({node.name for node in nodes} for nodes in others))
    versions: dict[str, dict[str, str]] = {name: {} for name in sorted(names)}
    for nodes in others:
        for node in nodes:
            if node.name in versions:
                versions[node.name][node.properties["version_key"]] = node.version
    return [
        PackageVersions(name, [found[key] for key in sorted(found)])
        for name, found in versions.items()
    ]
