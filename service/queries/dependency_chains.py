"""Why a dependency is in a DAG: the specs that satisfy a constraint, and the chains to them."""

from dataclasses import dataclass

from cypher.run import Database
from service.dags.dag import Dag, Step
from service.dags.shortest_chains import Chain, chain_steps, shortest_chains
from service.queries.selection import select_among
from spec_syntax import SpecConstraint

MOST_CHAINS = 1_000_000
"""Largest number of chains that an answer gives, though more are counted."""

ADVICE = "narrow it: name a package, or ask for fewer chains"
"""How to narrow the question if it takes too long."""


@dataclass(frozen=True, slots=True)
class DependencyChains:
    """Why a dependency is in a DAG.

    Attributes:
        dag: The DAG.
        targets: Hashes of its specs that satisfy the constraint.
        deptypes: Dependency types that the chains follow.
        chains: Shortest chains to the targets, nearest first.
        total: Number of shortest chains.
    """

    dag: Dag
    targets: frozenset[str]
    deptypes: frozenset[str]
    chains: list[Chain]
    total: int

    @property
    def shown_total(self) -> int:
        """The number of shortest chains as an answer gives it, at most `MOST_CHAINS`."""
        return min(self.total, MOST_CHAINS)

    @property
    def exact(self) -> bool:
        """Whether `shown_total` is the number of all of them."""
        return self.total <= MOST_CHAINS

    def steps(self, database: Database) -> list[Step]:
        """Return every step of all shortest chains, once, within the time of a question."""
        return chain_steps(self.dag, self.targets, self.deptypes, database.check_clock)


def explain_dependency(
    database: Database,
    dag: Dag,
    constraint: SpecConstraint,
    *,
    deptypes: frozenset[str],
    limit: int,
    skip: int = 0,
) -> DependencyChains:
    """Return the shortest chains from a DAG's root to each spec that satisfies a constraint.

    Args:
        database: The graph, with the time budget of the question.
        dag: The DAG, with the build specs of its root.
        constraint: The dependency to explain.
        deptypes: Types of which an edge must have one to be followed.
        limit: Most chains to return.
        skip: Number of chains to leave out at the start.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
        BudgetExceededError: The time is up.
    """
    names = {dag.identity_of(name): name for name in dag.nodes}
    chosen = select_among(database, names.keys(), constraint)
    targets = frozenset(names[uid] for uid in chosen)
    page = shortest_chains(
        dag, targets, deptypes=deptypes, skip=skip, limit=limit, tick=database.check_clock
    )
    return DependencyChains(dag, targets, deptypes, page.chains, page.total)
