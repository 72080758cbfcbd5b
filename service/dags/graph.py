"""A DAG as nodes and edges, to draw it elsewhere."""

from dataclasses import dataclass

from service.dags.dag import Dag, Step


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node of a DAG.

    Attributes:
        hash: Its DAG hash.
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
            hash=hash_,
            name=node.name,
            version=node.version,
            namespace=node.properties.get("namespace"),
            target=node.properties.get("target"),
            external=node.properties["external"],
            spliced=node.build_spec is not None,
            verified=node.is_verified,
            built=hash_ in closure.build,
            deployed=hash_ in closure.runtime,
        )
        for hash_, node in dag.nodes.items()
    ]
    edges = [step for hash_ in dag.nodes for step in dag.steps_from(hash_, built=True)]
    return Graph(dag.root, nodes, edges)
