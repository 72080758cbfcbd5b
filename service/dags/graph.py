"""A DAG as nodes and edges, to draw it elsewhere."""

from dataclasses import dataclass, replace

from loaders.specs.contents import content_of, hash_of
from service.dags.dag import Dag, Step


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node of a DAG.

    Attributes:
        hash: Its DAG hash.
        content: Digest of its content, None if the hash determines it.
        name: Name of its package.
        version: Its version.
        namespace: Namespace of its package.
        target: Its target architecture.
        external: Whether it was built outside Spack.
        spliced: Whether it was spliced.
        verified: Whether its hash was recomputed and matches.
        built: Whether the root was built with it.
        deployed: Whether the root is deployed with it.
    """

    hash: str
    content: str | None
    name: str
    version: str
    namespace: str | None
    target: str | None
    external: bool
    spliced: bool
    verified: bool
    built: bool
    deployed: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The nodes and edges of a DAG, build specs included."""

    root: str
    nodes: list[GraphNode]
    edges: list[Step]


def graph_of(dag: Dag) -> Graph:
    """Return a DAG as nodes and edges, build specs included."""
    closure = dag.closure
    nodes = [
        GraphNode(
            hash=hash_of(uid),
            content=content_of(uid),
            name=node.name,
            version=node.version,
            namespace=node.properties.get("namespace"),
            target=node.properties.get("target"),
            external=node.properties["external"],
            spliced=node.is_spliced,
            verified=node.is_verified,
            built=uid in closure.build,
            deployed=uid in closure.runtime,
        )
        for uid, node in dag.nodes.items()
    ]
    edges = [
        replace(step, source=hash_of(step.source), target=hash_of(step.target))
        for uid in dag.nodes
        for step in dag.steps_from(uid, built=True)
    ]
    return Graph(hash_of(dag.root), nodes, edges)
