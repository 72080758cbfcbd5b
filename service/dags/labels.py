"""How answers name a spec, and the steps of a path between specs."""

from collections.abc import Callable, Iterable
from typing import NotRequired, TypedDict, cast

from loaders.specs.contents import hash_of
from loaders.specs.node import NodeRecord
from service.dags.dag import Dag, Step


class SpecLabel(TypedDict):
    """A spec as answers name it; name and version are None for a spec that is not stored.

    `uid` is its identity. `content` is the digest of its content, if its hash has several.
    """

    uid: str
    hash: str
    name: str | None
    version: str | None
    content: NotRequired[str]


class PathNode(SpecLabel):
    """A node of a path, with the step that leads to it; the first node has no step.

    `by` is `DEPENDS_ON` or `SPLICED_FROM`; only dependencies have deptypes and virtuals.
    """

    by: NotRequired[str]
    deptypes: NotRequired[list[str]]
    virtuals: NotRequired[list[str]]


Labels = Callable[[str], SpecLabel]
"""Returns the label of the spec with an identity."""


def label_node(node: NodeRecord | None, uid: str) -> SpecLabel:
    """Return the label of a node, or of an identity without a node."""
    return make_label(uid, node.name if node else None, node.version if node else None)


def make_label(uid: str, name: str | None, version: str | None) -> SpecLabel:
    """Return the label of a spec."""
    return SpecLabel(uid=uid, hash=hash_of(uid), name=name, version=version)


def labels_of(dag: Dag) -> Labels:
    """Return a function that labels the nodes of a DAG by their identities."""
    return lambda uid: label_node(dag.nodes.get(uid), uid)


def label_root(dag: Dag) -> SpecLabel:
    """Return the label of a DAG's root."""
    return label_node(dag.nodes[dag.root], dag.root)


def describe_path(labels: Labels, start: str, path: Iterable[Step]) -> list[PathNode]:
    """Return the nodes of a path in order, each with the step that leads to it."""
    described = [cast(PathNode, labels(start))]
    for step in path:
        node = cast(PathNode, {**labels(step.target), "by": step.kind})
        if step.kind == "DEPENDS_ON":
            node["deptypes"] = list(step.deptypes)
            node["virtuals"] = list(step.virtuals)
        described.append(node)
    return described
