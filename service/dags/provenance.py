"""Provenance derived from a single DAG: paths on the built and the deployed side of the root."""

from collections.abc import Callable, Iterator

from service.dags.dag import Dag, Step, shortest_paths
from service.dags.labels import Labels, PathNode, SpecLabel, describe_path, labels_of


class ProvenanceMatch(SpecLabel):
    """A spec that satisfies a query, and a path to it."""

    path: list[PathNode]


def nearest_matches(
    labels: Labels,
    start: str,
    targets: frozenset[str],
    steps: Callable[[str], Iterator[Step]],
    *,
    limit: int,
) -> list[ProvenanceMatch]:
    """Return the targets nearest to `start`, each with a shortest path to it."""
    return [
        {
            **labels(path[-1].target if path else start),
            "path": describe_path(labels, start, path),
        }
        for path in shortest_paths(start, targets.__contains__, steps, limit=limit)
    ]


def built_steps(dag: Dag) -> Callable[[str], Iterator[Step]]:
    """Return the steps of the built side: build specs down to the last, then every edge."""
    chain = {step.source for step in dag.splice_chain()}

    def steps_from(hash_: str) -> Iterator[Step]:
        for step in dag.steps_from(hash_, built=True):
            if hash_ not in chain or step.kind == "SPLICED_FROM":
                yield step

    return steps_from


def deployed_steps(dag: Dag) -> Callable[[str], Iterator[Step]]:
    """Return the steps of the deployed side: link and run dependencies."""
    return lambda hash_: dag.steps_from(hash_, built=False)


def matches_in_dag(
    dag: Dag, hashes: frozenset[str], *, built: bool, limit: int
) -> list[ProvenanceMatch]:
    """Return the nearest nodes of one side of a DAG that are among `hashes`, with paths."""
    side = dag.closure.build if built else dag.closure.runtime
    steps = built_steps(dag) if built else deployed_steps(dag)
    return nearest_matches(labels_of(dag), dag.root, side & hashes, steps, limit=limit)
