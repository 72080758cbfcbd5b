"""How to find the roots that satisfy some clauses: a plan, made from estimates alone.

There are two ways to a page. From the sets: the nodes of a clause lead by closure edges to all
roots that can satisfy it, which are then counted and sorted. From the index: roots are read in the
order of the answer until the page is full. The first costs as much as there are roots to find, the
second as much as there are to skip. Estimates choose between them; a walk along the index is cut
off once it costs more than the sets would, so a wrong estimate at most doubles the cost.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypedDict

from service.queries.clauses import Clause, Literal
from service.queries.node_filter import HIGHEST

FEW_ROOTS = 5_000
"""Up to this many roots, by estimate, all are found and counted."""
MOST_READ_IN_ORDER = 8_000
"""Most roots that are read in order if the query could start from sets instead."""
COST_OF_EDGE, COST_OF_NODE, COST_OF_TEST = 1.2, 1.5, 7.0
"""Cost of following an edge from a set to a root, of putting a node into a set, and of testing a
root: microseconds, measured on a graph of a million specs. Only their ratios matter."""
LARGE_SET = 5_000
"""A set of more nodes is not looked up if only some roots are tested."""
UNBOUNDED = 1 << 62
"""A bound that no graph reaches."""

_DRIVABLE = frozenset(
    {"self", "built_with", "deployed_with", "spliced_from", "direct", "at_site", "locked"}
)


class SetEstimate(TypedDict):
    """Size of a node set, and how many roots it leads to, counted with repetition.

    Attributes:
        nodes: Nodes in the set.
        looked_at: Nodes of which the edges were counted: a thousand at most.
        built_with: Roots that were built with these.
        deployed_with: Roots that are deployed with these.
        most_built_with: Most roots that were built with a single one of them; None for no node.
        most_deployed_with: Most roots that are deployed with a single one of them, likewise.
    """

    nodes: int
    looked_at: int
    built_with: int
    deployed_with: int
    most_built_with: int | None
    most_deployed_with: int | None


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates for one query.

    Attributes:
        roots: Roots in the graph.
        sets: Estimate of each set that a clause can start from, by its index.
    """

    roots: int
    sets: Mapping[int, SetEstimate]


class Strategy(Enum):
    """A way to the roots of a page."""

    FROM_SETS = "follow the drivers to all roots, then count and sort these"
    ALL_IN_ORDER = "test every root, and count"
    FROM_INDEX = "read roots in order until the page is full"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to find the roots that satisfy some clauses.

    Attributes:
        strategy: The way to the roots.
        drivers: Indexes of the clauses to start from, if it is from sets: at first, or after
            `bound` roots read in order did not fill the page. Without any, every root is tested.
        bound: How many roots to read in order at most.
        inline: Indexes of sets that are too large to be looked up while roots are read in order.
        names: The lowest and the highest name that a root can have.
        at_least: A lower bound of the number of roots.
        exact_total: The number of roots, if the plan already knows it.
        many: Whether each driver may lead to more than :data:`FEW_ROOTS` roots.
    """

    strategy: Strategy
    drivers: tuple[int, ...]
    bound: int = UNBOUNDED
    inline: frozenset[int] = frozenset()
    names: tuple[str, str] = ("", HIGHEST)
    at_least: int = 0
    exact_total: int | None = None
    many: bool = False


def drivable_clauses(clauses: Sequence[Clause]) -> list[int]:
    """Return the indexes of the clauses whose sets lead to all roots that can satisfy them."""
    return [index for index, clause in enumerate(clauses) if all(map(_is_drivable, clause))]


def sets_to_estimate(clauses: Sequence[Clause]) -> list[int]:
    """Return the indexes of the sets that a query can start from."""
    found = (each.set for index in drivable_clauses(clauses) for each in clauses[index])
    return list(dict.fromkeys(index for index in found if index is not None))


def plan(
    clauses: Sequence[Clause],
    estimates: Estimates,
    *,
    limit: int,
    restricted: bool = False,
) -> Plan:
    """Plan how to find a page of the roots that satisfy some clauses.

    Args:
        clauses: The clauses; they must all hold.
        estimates: Estimates for the sets that :func:`sets_to_estimate` names.
        limit: Most roots of the page.
        restricted: Whether roots must satisfy a condition besides the clauses.
    """
    sizes = {index: _size(clauses[index], estimates) for index in drivable_clauses(clauses)}
    drivers = _drivers(sizes)
    names = _names_of_roots(clauses)
    if sizes and min(sizes.values()) <= FEW_ROOTS:
        return Plan(Strategy.FROM_SETS, drivers, names=names)
    if not clauses and not restricted:
        return Plan(Strategy.FROM_INDEX, (), names=names, exact_total=estimates.roots)
    if estimates.roots <= FEW_ROOTS:
        return Plan(Strategy.ALL_IN_ORDER, drivers, names=names)
    bound = _bound(clauses, sizes, drivers, estimates, limit)
    if not bound:
        return Plan(Strategy.FROM_SETS, drivers, names=names, many=True)
    return Plan(
        Strategy.FROM_INDEX,
        drivers,
        bound=bound,
        inline=frozenset(i for i, each in estimates.sets.items() if each["nodes"] > LARGE_SET),
        names=names,
        at_least=0 if restricted else _at_least(clauses, estimates),
        many=True,
    )


def plan_all(clauses: Sequence[Clause], estimates: Estimates) -> Plan:
    """Plan how to find or count all roots that satisfy some clauses."""
    sizes = {index: _size(clauses[index], estimates) for index in drivable_clauses(clauses)}
    strategy = Strategy.FROM_SETS if sizes else Strategy.ALL_IN_ORDER
    fewest = min(estimates.roots, *sizes.values()) if sizes else estimates.roots
    names = _names_of_roots(clauses)
    return Plan(strategy, _drivers(sizes), names=names, many=fewest > FEW_ROOTS)


def is_implied_by_set(clause: Clause) -> bool:
    """Return whether every root that the clause's sets lead to satisfies the clause."""
    return all(each.kind != "direct" and not each.proper for each in clause)


def _is_drivable(literal: Literal) -> bool:
    """Return whether the set or the place of a literal leads to all roots that can satisfy it."""
    leads = literal.set is not None or literal.edges is not None
    return leads and not literal.negated and literal.kind in _DRIVABLE


def _size(clause: Clause, estimates: Estimates) -> float:
    """Return how many roots the sets of a clause lead to, counted with repetition."""
    return sum(_size_of(literal, estimates) for literal in clause)


def _size_of(literal: Literal, estimates: Estimates) -> float:
    if literal.edges is not None:
        return float(literal.edges)
    assert literal.set is not None, "a literal that leads to roots has a set or a place"
    estimate = estimates.sets[literal.set]
    match literal.kind:
        case "built_with":
            edges = estimate["built_with"]
        case "deployed_with":
            edges = estimate["deployed_with"]
        case "direct":
            edges = estimate["built_with"] + estimate["deployed_with"]
        case _:
            return float(estimate["nodes"])
    return edges * estimate["nodes"] / max(1, estimate["looked_at"])


def _drivers(sizes: Mapping[int, float]) -> tuple[int, ...]:
    """Return the clauses to start from: the smallest, and those cheaper to join than to test."""
    most = min(sizes.values(), default=0.0) * COST_OF_TEST / COST_OF_EDGE
    return tuple(index for index, size in sizes.items() if size <= most)


def _bound(
    clauses: Sequence[Clause],
    sizes: Mapping[int, float],
    drivers: Sequence[int],
    estimates: Estimates,
    limit: int,
) -> int:
    """Return how many roots to read in order before the sets are tried; 0 for none.

    As many as cost no more than the sets would.
    """
    if not sizes:
        return UNBOUNDED
    share = math.prod(min(1.0, size / estimates.roots) for size in sizes.values())
    expected = limit / max(share, 1e-9)
    edges = sum(sizes[index] for index in drivers)
    tests = min(sizes.values()) * (len(clauses) - len(drivers))
    sources = {each.set for index in sizes for each in clauses[index] if each.set is not None}
    nodes = sum(estimates.sets[source]["nodes"] for source in sources)
    from_sets = edges * COST_OF_EDGE + tests * COST_OF_TEST + nodes * COST_OF_NODE
    worth = from_sets / COST_OF_TEST
    return 0 if expected > worth else max(500, min(MOST_READ_IN_ORDER, int(worth)))


def _at_least(clauses: Sequence[Clause], estimates: Estimates) -> int:
    """Return a lower bound of the number of roots, 0 unless a single clause decides."""
    if len(clauses) != 1 or not drivable_clauses(clauses) or not is_implied_by_set(clauses[0]):
        return 0
    found = [0]
    for literal in clauses[0]:
        if literal.set is None:
            continue
        estimate = estimates.sets[literal.set]
        if literal.kind == "built_with":
            found.append(estimate["most_built_with"] or 0)
        elif literal.kind == "deployed_with":
            found.append(estimate["most_deployed_with"] or 0)
    return max(found)


def _names_of_roots(clauses: Sequence[Clause]) -> tuple[str, str]:
    """Return the lowest and the highest name that a root can have."""
    for clause in clauses:
        if len(clause) == 1 and clause[0].kind == "self" and not clause[0].negated:
            name = clause[0].filter["name"] if clause[0].filter else None
            if name is not None:
                return name, name
    return "", HIGHEST
