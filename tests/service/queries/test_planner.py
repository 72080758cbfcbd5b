"""The planner by itself: which way it takes to the roots, by estimates alone."""

from typing import Any

import pytest

from service.queries.clauses import Translation, translate
from service.queries.errors import TooComplexError
from service.queries.known_names import KnownNames
from service.queries.lookups import Lookups
from service.queries.places import Place
from service.queries.planner import (
    FEW_ROOTS,
    LARGE_SET,
    UNBOUNDED,
    Estimates,
    Plan,
    SetEstimate,
    Strategy,
    plan,
    plan_all,
    sets_to_estimate,
)
from spec_syntax import parse_query

MANY = 1_000_000
NAMES = KnownNames(frozenset({"hdf5", "mpich", "mvapich2", "zlib"}), frozenset({"mpi"}))


def translated(text: str, **more: Any) -> Translation:
    return translate(parse_query(text), Lookups(NAMES, **more))


def estimate(nodes: int, roots: int) -> SetEstimate:
    """Return the estimate of a set whose nodes lead to so many roots on either side."""
    return {
        "nodes": nodes,
        "looked_at": min(nodes, 1000),
        "built_with": roots * min(nodes, 1000) // nodes,
        "deployed_with": roots * min(nodes, 1000) // nodes,
        "most_built_with": roots // nodes,
        "most_deployed_with": roots // nodes,
    }


def planned(text: str, sizes: dict[str, tuple[int, int]], *, roots: int = MANY) -> Plan:
    """Return the plan for a query, given nodes and roots of the set of each package."""
    translation = translated(text)
    assert translation.clauses is not None
    sets = {
        index: estimate(*sizes[str(translation.sets[index]["name"])])
        for index in sets_to_estimate(translation.clauses)
    }
    return plan(translation.clauses, Estimates(roots, sets), limit=51)


def test_few_roots_are_taken_from_the_rarer_side() -> None:
    sizes = {"mpich": (50, 300_000), "mvapich2": (5, 200)}
    found = planned("built_with mpich deployed_with mvapich2", sizes)
    assert (found.strategy, found.drivers) == (Strategy.FROM_SETS, (1,))
    found = planned("deployed_with mvapich2 built_with mpich", sizes)
    assert (found.strategy, found.drivers) == (Strategy.FROM_SETS, (0,))


def test_sides_of_similar_size_are_joined() -> None:
    found = planned(
        "built_with mpich deployed_with mvapich2", {"mpich": (5, 900), "mvapich2": (5, 200)}
    )
    assert found.drivers == (0, 1)


def test_many_roots_are_read_in_order_until_the_page_is_full() -> None:
    found = planned("deployed_with zlib", {"zlib": (LARGE_SET + 1, 900_000)})
    assert (found.strategy, found.drivers) == (Strategy.FROM_INDEX, (0,))
    assert 51 < found.bound < UNBOUNDED
    assert found.inline == {0}
    assert found.at_least == 900_000 // (LARGE_SET + 1)


def test_roots_are_not_read_in_order_if_too_many_would_be_skipped() -> None:
    sizes = {"mpich": (50, 6_000), "mvapich2": (50, 6_000)}
    found = planned("built_with mpich deployed_with mvapich2", sizes)
    assert found.strategy is Strategy.FROM_SETS


def test_without_a_set_every_root_may_be_read() -> None:
    found = planned("not deployed_with zlib", {})
    assert (found.strategy, found.drivers, found.bound) == (Strategy.FROM_INDEX, (), UNBOUNDED)
    found = planned("not deployed_with zlib", {}, roots=FEW_ROOTS)
    assert found.strategy is Strategy.ALL_IN_ORDER


def test_a_package_bounds_the_names_that_are_read() -> None:
    found = planned("hdf5 not deployed_with zlib", {"hdf5": (90_000, 0)})
    assert (found.strategy, found.names) == (Strategy.FROM_INDEX, ("hdf5", "hdf5"))


def test_a_small_place_leads_to_its_roots() -> None:
    for place in (Place("alps", None, 900), Place(None, ("uid",), 900)):
        translation = translated("deployed_with zlib", place=place)
        assert translation.clauses is not None
        estimates = Estimates(MANY, {0: estimate(5_000, 900_000)})
        found = plan(translation.clauses, estimates, limit=51)
        assert (found.strategy, found.drivers) == (Strategy.FROM_SETS, (1,))


def test_nothing_is_at_a_place_without_edges() -> None:
    assert translated("hdf5", place=Place("nowhere", None, 0)).clauses is None


def test_an_unknown_name_needs_no_plan() -> None:
    assert translated("deployed_with nobody-has-this").clauses is None
    assert translated("not deployed_with nobody-has-this").clauses == ()


def test_all_roots_without_a_condition_are_known_from_their_count() -> None:
    found = plan((), Estimates(MANY, {}), limit=51)
    assert (found.strategy, found.exact_total) == (Strategy.FROM_INDEX, MANY)
    found = plan((), Estimates(MANY, {}), limit=51, restricted=True)
    assert (found.strategy, found.exact_total) == (Strategy.FROM_INDEX, None)


def test_a_count_starts_from_sets_whatever_their_size() -> None:
    translation = translated("deployed_with zlib not built_with zlib")
    assert translation.clauses is not None
    found = plan_all(translation.clauses, Estimates(MANY, {0: estimate(5_000, 900_000)}))
    assert (found.strategy, found.drivers) == (Strategy.FROM_SETS, (0,))


def test_equal_constraints_share_a_set() -> None:
    translation = translated("built_with zlib deployed_with zlib")
    assert translation.clauses is not None
    assert [clause[0].set for clause in translation.clauses] == [0, 0]
    assert len(translation.sets) == 1


def test_too_many_alternatives_are_refused() -> None:
    product = " or ".join(["(deployed_with zlib built_with mpich)"] * 9)
    with pytest.raises(TooComplexError):
        translated(product)
