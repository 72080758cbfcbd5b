"""How answers name a spec, and the steps of a path between specs."""

from collections.abc import Callable, Iterable
from typing import NotRequired, TypedDict

from loaders.specs.node import NodeRecord
from service.dags.dag import Dag, Step


class SpecLabel(TypedDict):
    """A spec as answers name it; name and version are None for a spec that is not stored."""

    hash: str
    name: str | None
    version: str | None


class PathNode(SpecLabel):
    """A node of a path, with the step that leads to it; the first node has no step.

    `by` is `DEPENDS_ON` or `SPLICED_FROM`; only dependencies have deptypes and virtuals.
    """

    by: NotRequired[str]
    deptypes: NotRequired[list[str]]
    virtuals: NotRequired[list[str]]


Labels = Callable[[str], SpecLabel]
"""Returns the label of the spec with a hash."""


def label_node(node: NodeRecord | None, hash_: str) -> SpecLabel:
    """Return the label of a node, or of a hash without a node."""
    return {
        "hash": hash_,
        "name": node.name if node else None,
        "version": node.version if node else None,
    }


def labels_of(dag: Dag) -> Labels:
    """Return a function that labels the nodes of a DAG by their hashes."""
    return lambda hash_: label_node(dag.nodes.get(hash_), hash_)


def label_root(dag: Dag) -> SpecLabel:
    """Return the label of a DAG's root."""
    return label_node(dag.nodes[dag.root], dag.root)


def describe_path(labels: Labels, start: str, path: Iterable[Step]) -> list[PathNode]:
    """Return the nodes of a path in order, each with the step that leads to it."""
    label = labels(start)
    described = [PathNode(hash=label["hash"], name=label["name"], version=label["version"])]
    for step in path:
        label = labels(step.target)
        node = PathNode(
            hash=label["hash"], name=label["name"], version=label["version"], by=step.kind
        )
        if step.kind == "DEPENDS_ON":
            node["deptypes"] = list(step.deptypes)
            node["virtuals"] = list(step.virtuals)
        described.append(node)
    return described
