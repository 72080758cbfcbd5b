"""The plan that a stored splice came from: its target, its replacement, and how it was spliced."""

from collections.abc import Iterator
from dataclasses import dataclass

from cypher.run import Database
from loaders.specs.closure import build_chain
from loaders.specs.contents import hash_of
from loaders.specs.pure_hash import pure_hashes
from service.dags.dag import Dag
from service.dags.labels import SpecLabel
from service.queries.errors import UnplannableError
from service.queries.plans import PlannedSplice, plan_dags
from service.queries.stored_dags import load_shown

MOST_CANDIDATES = 6
"""Most specs that are tried as the replacement; each is planned twice."""
ADVICE = "plan it from its target and its replacement instead"


@dataclass(frozen=True)
class SpliceOrigin:
    """Where a stored splice comes from.

    Attributes:
        spec: The splice.
        hash: Its pure hash; None if it is not spliced, or a build spec was lost.
        plan: The plan that gives exactly this splice, None if none was found.
    """

    spec: SpecLabel
    hash: str | None
    plan: PlannedSplice | None


def find_origin(database: Database, spec: SpecLabel, dag: Dag) -> SpliceOrigin:
    """Return where a splice comes from.

    The target is the spec that was really built. What was put in, and specs that were relinked in
    an intransitive splice, are tried as the replacement, those nearest to the root first.

    Args:
        database: The graph.
        spec: Label of the splice.
        dag: The splice, with its build specs.

    Raises:
        BudgetExceededError: It took too long.
    """
    pure = pure_hashes(dag.nodes).get(dag.root)
    if pure is None:
        return SpliceOrigin(spec, None, None)
    target = load_shown(database, hash_of(build_chain(dag.root, dag.nodes)[-1]))
    if target is None:
        return SpliceOrigin(spec, pure, None)
    for count, hash_ in enumerate(_candidates(dag, target)):
        replacement = load_shown(database, hash_) if count < MOST_CANDIDATES else None
        if replacement is None:
            continue
        for transitive in (True, False):
            plan = _plan(database, target, replacement, transitive=transitive)
            if plan is not None and _is_planned(dag, pure, plan):
                return SpliceOrigin(spec, pure, plan)
    return SpliceOrigin(spec, pure, None)


def _is_planned(dag: Dag, pure: str, plan: PlannedSplice) -> bool:
    """Return whether a plan gives a splice, by its content or by the record of its root."""
    digest = dag.nodes[dag.root].digest
    return plan.hash == pure or any(claim.digest == digest for claim in plan.claimed)


def _candidates(dag: Dag, target: Dag) -> Iterator[str]:
    """Yield the hashes of the specs that may have been put in."""
    before = {hash_of(each) for each in target.nodes}
    for hash_, node in dag.reachable_nodes({"link", "run"}).items():
        original = hash_of(node.build_spec[1] if node.build_spec else hash_)
        if original not in before:
            yield original


def _plan(
    database: Database, target: Dag, replacement: Dag, *, transitive: bool
) -> PlannedSplice | None:
    try:
        return plan_dags(database, target, replacement, transitive=transitive)
    except UnplannableError:
        return None
