"""What one DAG tells of its provenance: paths to its nodes, and what a splice changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from loaders.specs.closure import build_chain
from loaders.specs.node import Edge, NodeRecord
from service.dags.dag import Dag, Step, shortest_paths

Labels = Callable[[str], dict[str, Any]]
"""Tells the words by which an answer names the spec of a hash."""


def label(node: NodeRecord | None, hash_: str) -> dict[str, Any]:
    """The three words by which an answer names a spec."""
    return {
        "hash": hash_,
        "name": node.name if node else None,
        "version": node.version if node else None,
    }


def labels_of(dag: Dag) -> Labels:
    """The words for each of a DAG's nodes."""
    return lambda hash_: label(dag.nodes.get(hash_), hash_)


def describe_path(labelled: Labels, start: str, path: Iterable[Step]) -> list[dict[str, Any]]:
    """A path as an answer shows it: the nodes in order, each with the step that led to it."""
    described = [labelled(start)]
    for step in path:
        entry = {**labelled(step.target), "by": step.kind}
        if step.kind == "DEPENDS_ON":
            entry |= {"deptypes": list(step.deptypes), "virtuals": list(step.virtuals)}
        described.append(entry)
    return described


def nearest(
    labelled: Labels,
    start: str,
    wanted: frozenset[str],
    steps: Callable[[str], Iterator[Step]],
    *,
    limit: int,
) -> list[dict[str, Any]]:
    """The wanted nodes nearest to `start`, each with a shortest path as an answer shows it."""
    return [
        {
            **labelled(path[-1].target if path else start),
            "path": describe_path(labelled, start, path),
        }
        for path in shortest_paths(start, wanted.__contains__, steps, limit=limit)
    ]


def built_steps(dag: Dag) -> Callable[[str], Iterator[Step]]:
    """Steps of the built side: from the root by build specs to what was built, below that all."""
    chain = {step.source for step in dag.splice_chain()}

    def steps(hash_: str) -> Iterator[Step]:
        for step in dag.steps(hash_, built=True):
            if hash_ not in chain or step.kind == "SPLICED_FROM":
                yield step

    return steps


def deployed_steps(dag: Dag) -> Callable[[str], Iterator[Step]]:
    """Steps of the deployed side: link and run dependencies."""
    return lambda hash_: dag.steps(hash_, built=False)


def matches(dag: Dag, hashes: frozenset[str], *, built: bool, limit: int) -> list[dict[str, Any]]:
    """The nearest nodes of one side that are among `hashes`, each with its path."""
    side = dag.closure.build if built else dag.closure.runtime
    wanted = side & hashes
    steps = built_steps(dag) if built else deployed_steps(dag)
    return nearest(labels_of(dag), dag.root, wanted, steps, limit=limit)


@dataclass
class SpliceSummary:
    """What a splice kept, relinked, took out and put in.

    :ivar relinked: pairs of a spliced spec and the spec before the splice that it was built as.
    """

    kept: list[str] = field(default_factory=list)
    relinked: list[tuple[str, str]] = field(default_factory=list)
    taken_out: list[str] = field(default_factory=list)
    put_in: list[str] = field(default_factory=list)


def splice_summary(
    dag: Dag, deptypes: frozenset[str], step: tuple[str, str] | None = None
) -> SpliceSummary:
    """Compare what two specs of the root's chain of build specs reach.

    :param deptypes: the types that an edge must have one of to be followed.
    :param step: what was built and what it became by splicing: the end of the chain and the root
        by default.
    """
    before, after = step or (dag.original(dag.root), dag.root)
    deployed = dag.reached(deptypes, after).keys()
    built = {before} | dag.reached(deptypes, before).keys()
    summary = SpliceSummary(kept=sorted(deployed & built, key=_by_name(dag)))
    replaced = set()
    for hash_ in sorted(deployed - built, key=_by_name(dag)):
        chain = build_chain(hash_, dag.nodes)[1:]
        origin = next((each for each in reversed(chain) if each in built), None)
        if origin is not None:
            summary.relinked.append((hash_, origin))
            replaced.add(origin)
        else:
            summary.put_in.append(hash_)
    summary.taken_out = sorted(built - deployed - replaced, key=_by_name(dag))
    return summary


def _by_name(dag: Dag) -> Callable[[str], tuple[str, str]]:
    return lambda hash_: (dag.nodes[hash_].name if hash_ in dag.nodes else "", hash_)


def replacements(dag: Dag, summary: SpliceSummary, deptypes: frozenset[str]) -> dict[str, str]:
    """For each spec put in, the one taken out that it stands for.

    That is the one of the same name, or the one that gave the same parent the same virtual, or
    the only one that the same parent lost.
    """
    taken, put_in = set(summary.taken_out), set(summary.put_in)
    by_name = {dag.nodes[h].name: h for h in summary.taken_out if h in dag.nodes}
    found: dict[str, str] = {}
    for hash_ in summary.put_in:
        node = dag.nodes.get(hash_)
        if node is not None and node.name in by_name:
            found[hash_] = by_name[node.name]
    for after, before in summary.relinked:
        old, new = _edges_to(dag, before, taken, deptypes), _edges_to(dag, after, put_in, deptypes)
        for edge in new:
            shared = [e.hash for e in old if set(e.virtuals) & set(edge.virtuals)]
            if edge.hash not in found and (shared or (len(old) == 1 and len(new) == 1)):
                found[edge.hash] = shared[0] if shared else old[0].hash
    return found


def _edges_to(dag: Dag, hash_: str, others: set[str], deptypes: frozenset[str]) -> list[Edge]:
    """The edges of a node that lead to any of some others."""
    node = dag.nodes.get(hash_)
    edges = node.edges if node else ()
    return [e for e in edges if e.hash in others and not deptypes.isdisjoint(e.deptypes)]
