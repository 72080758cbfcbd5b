"""Derive the sides of a root, built with and deployed with, from a single document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from loaders.errors import DocumentError, Fault
from loaders.specs.dag_hash import Proof
from loaders.specs.node import NodeRecord


@dataclass(frozen=True)
class Closure:
    """Hashes of the specs on which one root depends, directly or not.

    Attributes:
        runtime: The root and its transitive link and run dependencies.
        build: The root's build spec and its transitive dependencies of every type. If one of them
            was spliced, its build spec and the dependencies of that count too. Empty if the record
            of the build spec, or a chain of them, was lost.
        absent: Build specs in `build` that the document names but does not contain.
    """

    runtime: frozenset[str]
    build: frozenset[str]
    absent: frozenset[str]


def closure_of(
    root: str,
    nodes: Mapping[str, NodeRecord],
    build_specs: Mapping[str, NodeRecord] = MappingProxyType({}),
) -> Closure:
    """Return the closure of `root` as defined in `docs/queries.md`.

    Args:
        root: Hash of the root.
        nodes: All nodes by their hash.
        build_specs: Records of build specs whose splice has the same hash, by that hash.
    """
    runtime = transitive_dependencies([root], nodes, runtime_only=True)
    built = {**nodes, **build_specs} if build_specs else nodes
    end = build_chain(root, built)[-1]
    # Nothing is known of the build of a root that lost its build spec.
    starts = [] if end == root and end in built and built[end].is_stripped else [end]
    build = transitive_dependencies(starts, built, runtime_only=False)
    absent = frozenset(hash_ for hash_ in build if hash_ not in nodes)
    return Closure(runtime, build, absent)


def build_chain(start: str, nodes: Mapping[str, NodeRecord]) -> list[str]:
    """Return a spec, its build spec, the build spec of that, up to the spec that was really built.

    Only the spec itself if it was not spliced.
    """
    chain = [start]
    # Hashes that are not proven could form a cycle.
    while (node := nodes.get(chain[-1])) and node.build_spec and node.build_spec[1] not in chain:
        chain.append(node.build_spec[1])
    return chain


def transitive_dependencies(
    starts: Iterable[str], nodes: Mapping[str, NodeRecord], *, runtime_only: bool
) -> frozenset[str]:
    """Return some specs and their transitive dependencies.

    Args:
        starts: Hashes of the specs.
        nodes: All nodes by their hash; a spec without a node has no dependencies.
        runtime_only: Follow link and run dependencies only. Otherwise follow dependencies of every
            type, and from spliced specs to their build specs.
    """
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
    """Return the nodes in an order in which each follows its dependencies and its build spec.

    Raises:
        DocumentError: The dependencies form a cycle.
    """
    ordered: dict[str, NodeRecord] = {}
    for start in nodes:
        _append_in_order(start, nodes, ordered)
    return list(ordered.values())


def _prerequisite_hashes(node: NodeRecord, nodes: Mapping[str, NodeRecord]) -> list[str]:
    """Return the hashes of a node's dependencies and build spec, if they are among `nodes`."""
    hashes = [edge.hash for edge in node.edges if edge.hash in nodes]
    # Some splices carry the hash of their build spec.
    if node.build_spec and node.build_spec[1] in nodes and node.build_spec[1] != node.hash:
        hashes.append(node.build_spec[1])
    return hashes


def _append_in_order(
    start: str, nodes: Mapping[str, NodeRecord], ordered: dict[str, NodeRecord]
) -> None:
    """Append a node to `ordered` after its prerequisites, depth first.

    Iterative, since a chain of dependencies may be longer than Python's recursion limit.
    """
    if start in ordered:
        return
    path = [start]
    pending = {start: _prerequisite_hashes(nodes[start], nodes)}
    while path:
        remaining = pending[path[-1]]
        if remaining:
            child = remaining.pop()
            if child in pending:
                names = [nodes[hash_].name for hash_ in path[path.index(child) :]]
                raise DocumentError(
                    Fault.CYCLE, f"cyclic dependencies: {' -> '.join([*names, names[0]])[:500]}"
                )
            if child not in ordered:
                path.append(child)
                pending[child] = _prerequisite_hashes(nodes[child], nodes)
        else:
            hash_ = path.pop()
            del pending[hash_]
            ordered[hash_] = nodes[hash_]


def check_acyclic(nodes: Mapping[str, NodeRecord], pointer: str) -> None:
    """Check that the nodes form a DAG.

    Raises:
        DocumentError: There is a cycle; the message names its packages.
    """
    # If every hash is proven there is no cycle, because a hash covers those of its dependencies.
    if all(
        node.proof is Proof.DIRECT for node in nodes.values() if _prerequisite_hashes(node, nodes)
    ):
        return
    try:
        dependencies_first(nodes)
    except DocumentError as error:
        raise error.with_prefix(pointer) from error
