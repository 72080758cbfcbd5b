"""Which part of a DAG is drawn, on DAGs made up for it."""

from typing import Any

from loaders.specs.document import read_records
from service.dags.dag import Dag, Step
from service.web.pictures.explorer import MOST, START, DrawOptions, ExploredDag, explore_dag
from tests.documents import dumped, node


def dag_of(*nodes: dict[str, Any]) -> Dag:
    """The DAG of some nodes, root first."""
    records = read_records([dumped(each) for each in nodes], 5)
    return Dag(
        root=nodes[0]["hash"],
        spec_format=5,
        envelope="",
        order=tuple(each["hash"] for each in nodes),
        nodes={each.hash: each for each in records},
        digest=None,
    )


def names(dag: Dag, hashes: Any) -> list[str]:
    return [dag.nodes[each].name for each in hashes]


def drawn_edges(dag: Dag, explored: ExploredDag) -> set[tuple[str, str]]:
    pairs = ((step.source, step.target) for step in explored.steps)
    return {(dag.nodes[a].name, dag.nodes[b].name) for a, b in pairs}


def a_stack() -> Dag:
    """An app on a chain of ten libraries, each built by gmake and gcc, and on a common leaf."""
    guile = node("guile")
    gmake = node("gmake", dependencies=[(guile, ["build"])])
    gcc, leaf = node("gcc"), node("leaf")
    nodes = [guile, gmake, gcc, leaf]
    below: list[tuple[Any, ...]] = [(gmake, ["build"]), (gcc, ["build"], ["c"]), (leaf, ["link"])]
    last = None
    for number in range(10, 0, -1):
        last = node(f"lib{number}", dependencies=below + ([(last, ["link"])] if last else []))
        nodes.append(last)
    assert last is not None
    third = next(each for each in nodes if each["name"] == "lib3")
    root = node("app", dependencies=[(last, ["link"]), (third, ["build"]), (gmake, ["build"])])
    return dag_of(root, *reversed(nodes))


def test_helpers_are_folded_by_name_and_by_how_many_depend_on_them() -> None:
    dag = a_stack()
    explored = explore_dag(dag, DrawOptions())
    assert names(dag, explored.drawn) == ["app", "lib1", "lib3", "lib2", *LIBS[3:]]
    assert {dag.nodes[each].name: count for each, count in explored.folded.items()} == {
        "gmake": 11,
        "gcc": 10,
        "leaf": 10,
    }
    assert names(dag, explored.behind_helpers) == ["guile"]
    assert explored.size == 15
    assert (explored.left_out, explored.hidden) == ([], {})


LIBS = [f"lib{number}" for number in range(1, 11)]


def test_without_folding_every_node_is_drawn() -> None:
    dag = a_stack()
    explored = explore_dag(dag, DrawOptions(fold=False))
    assert sorted(names(dag, explored.drawn)) == sorted(dag.nodes[each].name for each in dag.nodes)
    assert (explored.folded, explored.behind_helpers) == ({}, [])


def test_nothing_is_folded_in_a_small_dag() -> None:
    gmake = node("gmake")
    dag = dag_of(node("app", dependencies=[(gmake, ["build"])]), gmake)
    assert names(dag, explore_dag(dag, DrawOptions()).drawn) == ["app", "gmake"]


def test_a_helper_with_many_dependencies_of_its_own_stays() -> None:
    below = [node(f"part{number}") for number in range(16)]
    cmake = node("cmake", dependencies=[(each, ["build"]) for each in below])
    dag = dag_of(node("app", dependencies=[(cmake, ["build"])]), cmake, *below)
    assert names(dag, explore_dag(dag, DrawOptions()).drawn)[:2] == ["app", "cmake"]


def test_a_helper_is_drawn_on_request() -> None:
    dag = a_stack()
    gmake = next(each for each in dag.nodes if dag.nodes[each].name == "gmake")
    explored = explore_dag(dag, DrawOptions(expand=(gmake[:7],)))
    assert "gmake" in names(dag, explored.drawn)
    assert "guile" in names(dag, explored.drawn)
    assert names(dag, explored.expanded) == ["gmake"]


def test_helpers_below_an_expanded_node_are_folded() -> None:
    dag = a_stack()
    library = next(each for each in dag.nodes if dag.nodes[each].name == "lib2")
    explored = explore_dag(dag, DrawOptions(expand=(library,)))
    assert explored.folded == explore_dag(dag, DrawOptions()).folded


def test_an_edge_is_left_out_if_a_longer_path_of_its_kind_is_drawn() -> None:
    dag = a_stack()
    chain = set(zip(["app", *LIBS], LIBS, strict=False))
    explored = explore_dag(dag, DrawOptions())
    assert drawn_edges(dag, explored) == chain
    assert len(explored.reduced) == 1
    every = explore_dag(dag, DrawOptions(reduce=False))
    assert drawn_edges(dag, every) == chain | {("app", "lib3")}
    assert every.reduced == explored.reduced


def test_a_link_edge_is_not_implied_by_build_dependencies() -> None:
    low = node("low")
    tool = node("tool", dependencies=[(low, ["link"])])
    dag = dag_of(node("app", dependencies=[(low, ["link"]), (tool, ["build"])]), tool, low)
    edges = drawn_edges(dag, explore_dag(dag, DrawOptions()))
    assert edges == {("app", "low"), ("app", "tool"), ("tool", "low")}


def test_only_the_chosen_types_are_followed() -> None:
    dag = a_stack()
    explored = explore_dag(dag, DrawOptions(types=frozenset({"build"}), fold=False))
    assert sorted(names(dag, explored.drawn)) == ["app", "gcc", "gmake", "guile", "lib3"]


def a_fan(width: int) -> Dag:
    """An app on many libraries, each with one part of its own."""
    parts = [node(f"part{number:03}") for number in range(width)]
    libraries = [
        node(f"lib{number:03}", dependencies=[(part, ["link"])])
        for number, part in enumerate(parts)
    ]
    root = node("app", dependencies=[(each, ["link"]) for each in libraries])
    return dag_of(root, *libraries, *parts)


def test_nodes_that_do_not_fit_are_listed_and_can_be_expanded() -> None:
    dag = a_fan(50)
    explored = explore_dag(dag, DrawOptions())
    assert names(dag, explored.drawn) == [
        "app",
        *(f"lib{number:03}" for number in range(50)),
        *(f"part{number:03}" for number in range(START - 51)),
    ]
    assert len(explored.left_out) == 101 - START
    last = next(each for each in dag.nodes if dag.nodes[each].name == "lib049")
    assert explored.hidden[last] == 1
    grown = explore_dag(dag, DrawOptions(expand=(last,)))
    assert "part049" in names(dag, grown.drawn)
    assert last not in grown.hidden
    assert len(grown.drawn) == START


def test_there_is_always_a_limit() -> None:
    dag = a_fan(200)
    everything = tuple(dag.nodes)
    assert len(explore_dag(dag, DrawOptions(most=MOST)).drawn) == MOST
    assert len(explore_dag(dag, DrawOptions(expand=everything)).drawn) == MOST


def test_a_path_is_always_drawn() -> None:
    dag = a_fan(100)
    library = next(each for each in dag.nodes if dag.nodes[each].name == "lib099")
    part = next(each for each in dag.nodes if dag.nodes[each].name == "part099")
    path = (
        Step(dag.root, library, "DEPENDS_ON", ("link",)),
        Step(library, part, "DEPENDS_ON", ("link",)),
    )
    explored = explore_dag(dag, DrawOptions(path=path))
    assert {("app", "lib099"), ("lib099", "part099")} <= drawn_edges(dag, explored)
    assert len(explored.drawn) == START
