"""What a root was built with and is deployed with, read off one document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loaders.errors import DocumentError, Fault
from loaders.specs.dag_hash import Proof
from loaders.specs.node import NodeRecord


@dataclass(frozen=True)
class Closure:
    """Reach of one root.

    :ivar runtime: the root and what it reaches by link and run dependencies.
    :ivar build: its build spec and what that reaches by every dependency; the build specs of
        spliced nodes on the way, and what they reach, count too.
    :ivar absent: build specs that the document names but does not hold, all among `build`.
    """

    runtime: frozenset[str]
    build: frozenset[str]
    absent: frozenset[str]


def closure_of(root: str, nodes: Mapping[str, NodeRecord]) -> Closure:
    """The reach of `root` as `docs/queries.md` defines it."""
    runtime = transitive_dependencies([root], nodes, runtime_only=True)
    build = transitive_dependencies([build_chain(root, nodes)[-1]], nodes, runtime_only=False)
    absent = frozenset(hash_ for hash_ in build if hash_ not in nodes)
    return Closure(runtime, build, absent)


def build_chain(start: str, nodes: Mapping[str, NodeRecord]) -> list[str]:
    """A spec, the build spec that it names, the one that this names, up to what was really built.

    Only the spec itself where it was not spliced.
    """
    chain = [start]
    while (node := nodes.get(chain[-1])) and node.build_spec and node.build_spec[1] not in chain:
        chain.append(node.build_spec[1])
    return chain


def transitive_dependencies(
    starts: Iterable[str], nodes: Mapping[str, NodeRecord], *, runtime_only: bool
) -> frozenset[str]:
    """What some specs reach, themselves included: by link and run, or by every edge and splice."""
    reached = set(starts)
    frontier = list(reached)
    while frontier:
        node = nodes.get(frontier.pop())
        if node is None:
            continue
        new = (node.runtime_dependencies if runtime_only else node.dependencies) - reached
        if node.build_spec and not runtime_only:
            new |= {node.build_spec[1]} - reached
        reached |= new
        frontier += new
    return frozenset(reached)


def dependencies_first(nodes: Mapping[str, NodeRecord]) -> list[NodeRecord]:
    """The nodes so that each comes after what it depends on and after its build spec.

    :raises DocumentError: where dependencies form a cycle.
    """
    ordered: dict[str, NodeRecord] = {}
    for start in nodes:
        _visit(start, nodes, ordered)
    return list(ordered.values())


def _below(node: NodeRecord, nodes: Mapping[str, NodeRecord]) -> list[str]:
    below = [edge.hash for edge in node.edges if edge.hash in nodes]
    if node.build_spec and node.build_spec[1] in nodes:
        below.append(node.build_spec[1])
    return below


def _visit(start: str, nodes: Mapping[str, NodeRecord], ordered: dict[str, NodeRecord]) -> None:
    if start in ordered:
        return
    path = [start]
    open_ = {start: _below(nodes[start], nodes)}
    while path:
        below = open_[path[-1]]
        if below:
            child = below.pop()
            if child in open_:
                names = [nodes[hash_].name for hash_ in path[path.index(child) :]]
                raise DocumentError(
                    Fault.CYCLE, f"cyclic dependencies: {' -> '.join([*names, names[0]])[:500]}"
                )
            if child not in ordered:
                path.append(child)
                open_[child] = _below(nodes[child], nodes)
        else:
            hash_ = path.pop()
            del open_[hash_]
            ordered[hash_] = nodes[hash_]


def check_acyclic(nodes: Mapping[str, NodeRecord], pointer: str) -> None:
    """Check that the nodes form a DAG.

    Nodes that all prove their hashes do: a hash covers the hashes below it.

    :raises DocumentError: naming the packages of a cycle.
    """
    if all(node.proof is Proof.DIRECT for node in nodes.values() if _below(node, nodes)):
        return
    try:
        dependencies_first(nodes)
    except DocumentError as error:
        raise error.prefixed(pointer) from error
