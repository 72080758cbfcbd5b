"""What is folded in pictures, and which edges are left."""

from service.web.pictures.folding import (
    connected_groups,
    contract_edges,
    distances_from,
    reduce_edges,
)

DIAMOND = [("top", "left"), ("top", "right"), ("left", "low"), ("right", "low"), ("top", "low")]


def test_connected_nodes_are_folded_together_the_largest_part_first() -> None:
    arrows = [*DIAMOND, ("top", "alone")]
    assert connected_groups(arrows, {"alone", "low", "right"}) == [["low", "right"], ["alone"]]
    assert connected_groups(arrows, set()) == []


def test_edges_to_folds_are_merged_and_inner_edges_dropped() -> None:
    fold_of = {"right": "fold", "low": "fold"}
    assert contract_edges(DIAMOND, fold_of) == [("top", "left"), ("top", "fold"), ("left", "fold")]


def test_an_edge_that_a_longer_path_implies_is_left_out() -> None:
    assert reduce_edges(DIAMOND) == set(DIAMOND) - {("top", "low")}


def test_a_cycle_is_not_reduced() -> None:
    cycle = {("a", "b"), ("b", "a"), ("b", "c")}
    assert reduce_edges([*cycle, ("c", "d"), ("a", "d")]) == {*cycle, ("c", "d")}


def test_the_distance_from_the_nearest_top_counts() -> None:
    arrows = [("a", "b"), ("b", "c"), ("x", "c"), ("c", "d")]
    assert distances_from(arrows, {"a", "x"}) == {"a": 0, "x": 0, "b": 1, "c": 1, "d": 2}
