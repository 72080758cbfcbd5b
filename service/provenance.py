"""What one DAG tells of its provenance: chains to a dependency, and what a splice changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from loaders.closure import reach
from loaders.records import NodeRecord
from service.dag import Dag, Step, shortest_paths

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


def chains(
    dag: Dag, wanted: frozenset[str], *, deptypes: frozenset[str], limit: int
) -> list[dict[str, Any]]:
    """Shortest chains from the root to wanted nodes, as deployed first, then as built.

    :param deptypes: the types that an edge must have one of to be followed.
    """
    found = []
    reached: set[str] = set()
    sides = [("deployed", lambda hash_: dag.steps(hash_, built=True), False)]
    if dag.splice_chain():
        sides.append(("built", built_steps(dag), True))
    for side, all_steps, with_splices in sides:

        def steps(
            hash_: str,
            all_steps: Callable[[str], Iterator[Step]] = all_steps,
            with_splices: bool = with_splices,
        ) -> Iterator[Step]:
            for step in all_steps(hash_):
                splice = step.kind == "SPLICED_FROM"
                if (splice and with_splices) or (not splice and deptypes & set(step.deptypes)):
                    yield step

        for path in shortest_paths(dag.root, wanted.__contains__, steps, limit=limit):
            target = path[-1].target if path else dag.root
            if target not in reached:
                reached.add(target)
                described = describe_path(labels_of(dag), dag.root, path)
                found.append({"side": side, "length": len(path), "path": described})
    return found[:limit]


@dataclass
class SpliceSummary:
    """What a splice kept, relinked, took out and put in; of what is there at run time.

    :ivar relinked: pairs of a spliced spec and the spec that it was built as.
    """

    kept: list[str] = field(default_factory=list)
    relinked: list[tuple[str, str]] = field(default_factory=list)
    taken_out: list[str] = field(default_factory=list)
    put_in: list[str] = field(default_factory=list)


def splice_summary(dag: Dag) -> SpliceSummary:
    """Compare the root as deployed with its build spec, at run time."""
    deployed = dag.closure.runtime
    built = reach([dag.original(dag.root)], dag.nodes, runtime_only=True)
    summary = SpliceSummary(kept=sorted(deployed & built, key=_by_name(dag)))
    replaced = set()
    for hash_ in sorted(deployed - built, key=_by_name(dag)):
        origin = dag.original(hash_)
        if origin != hash_ and origin in built:
            summary.relinked.append((hash_, origin))
            replaced.add(origin)
        else:
            summary.put_in.append(hash_)
    summary.taken_out = sorted(built - deployed - replaced, key=_by_name(dag))
    return summary


def _by_name(dag: Dag) -> Callable[[str], tuple[str, str]]:
    return lambda hash_: (dag.nodes[hash_].name if hash_ in dag.nodes else "", hash_)


def replacements(dag: Dag, summary: SpliceSummary) -> dict[str, str]:
    """For each spec put in, the one taken out that it stands for.

    That is the one of the same name, or the one that gave the same parent the same virtual, or
    the only one that the same parent lost.
    """
    taken = set(summary.taken_out)
    by_name = {dag.nodes[h].name: h for h in summary.taken_out if h in dag.nodes}
    found: dict[str, str] = {}
    for hash_ in summary.put_in:
        node = dag.nodes.get(hash_)
        if node is not None and node.name in by_name:
            found[hash_] = by_name[node.name]
    for after, before in summary.relinked:
        old = [e for e in dag.nodes[before].edges if e.hash in taken] if before in dag.nodes else []
        new = [e for e in dag.nodes[after].edges if e.hash in summary.put_in]
        for edge in new:
            shared = [e.hash for e in old if set(e.virtuals) & set(edge.virtuals)]
            if edge.hash not in found and (shared or (len(old) == 1 and len(new) == 1)):
                found[edge.hash] = shared[0] if shared else old[0].hash
    return found
