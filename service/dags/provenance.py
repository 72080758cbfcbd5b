"""Provenance: the built side of a root, and the matches that an answer shows."""

from collections.abc import Callable, Iterator

from service.dags.dag import Dag, Step
from service.dags.labels import PathNode, SpecLabel


class ProvenanceMatch(SpecLabel):
    """A spec that satisfies a query, and a path to it."""

    path: list[PathNode]


def built_steps(dag: Dag) -> Callable[[str], Iterator[Step]]:
    """Return the steps of the built side: build specs down to the last, then every edge."""
    chain = {step.source for step in dag.splice_chain()}

    def steps_from(hash_: str) -> Iterator[Step]:
        for step in dag.steps_from(hash_, built=True):
            if hash_ not in chain or step.kind == "SPLICED_FROM":
                yield step

    return steps_from
