import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import plans, queries, query_plot, query_report
from benchmarks.baseline_csr import Csr
from benchmarks.bulk_import import write_rows
from benchmarks.generate import Documents, generate
from benchmarks.plan_questions import GraphDraws
from benchmarks.queries import measure_graph
from benchmarks.query_forms import Service, WrongAnswerError, check_counts
from benchmarks.query_mix import Draws, SidesQuestion
from benchmarks.questions import Page
from benchmarks.rows_to_csv import Graph
from cypher.run import Database
from loaders.specs.document import parse_document
from loaders.store.specs import store_documents
from service.app import create_app
from tests.graph import SharedGraph

NODES = 2500


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("rows")
    write_rows(generate(NODES, 3), folder, "plain").save(folder)
    return Graph.load(folder)


@pytest.fixture
def stored(shared_graph: SharedGraph) -> Database:
    """Return the database with the generated graph, for tests that only read."""
    shared_graph.hold("generated for benchmarks", store_generated)
    return shared_graph.database


def store_generated(database: Database) -> None:
    generated = Documents()
    documents = [parse_document(generated.document(root)) for root in generate(NODES, 3)]
    store_documents(database, documents, origin="test")


@pytest.fixture(scope="module")
def figures(
    shared_graph: SharedGraph, graph: Graph, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    shared_graph.hold("generated for benchmarks", store_generated)
    folder = tmp_path_factory.mktemp("sqlite")
    return measure_graph(shared_graph.database, graph, folder, 2, warm=0.0, mix=30)


def test_every_question_has_figures(figures: dict[str, Any]) -> None:
    times = figures["times"]
    for name in queries.FIXED:
        for part in ("count", "page"):
            assert times[f"{name} {part}"].keys() >= {"specgraph", "csr", "sqlite walk"}
    assert times["T1 count"].keys() == query_report.FORMS.keys()
    assert times.keys() >= {"why", "diff", "splice", "spec", "whole DAG", "mix", "mix narrow"}
    assert times["mix"]["specgraph"]["repeats"] == len(figures["mix"]) == 30
    assert times["T1 count"]["specgraph"]["repeats"] == 2
    assert figures["warm_up_requests"] > 100


def test_tables_and_plot(figures: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    larger = copy.deepcopy(figures)
    larger["nodes"] *= 10
    larger["times"]["T1 count"]["specgraph"]["p50"] *= 4
    text = query_report.markdown([figures, larger])
    assert "| T1 count | " in text
    growth = [t for t in query_report.targets([figures, larger]) if t.aim.startswith("growth")]
    assert [target.met for target in growth] == [False, True, True]
    assert growth[0].measured == "4.00"
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    query_plot.draw([figures, larger], first)
    query_plot.draw([figures, larger], second)
    assert first.read_bytes() == second.read_bytes()
    assert b"T1 count, Specgraph" in first.read_bytes()


def test_draws_are_reproducible_for_a_seed(graph: Graph) -> None:
    asked = Draws(graph, 1).questions(60)
    assert asked == Draws(graph, 1).questions(60)
    assert asked != Draws(graph, 2).questions(60)
    assert len(set(asked)) == 60
    sides = [(each.built is None, each.deployed is None) for each in asked]
    assert sides.count((False, False)) == 20
    assert {text for each in asked for text in each.arguments.values() if "@=" in text}
    assert {text for each in asked for text in each.arguments.values() if "@" not in text}


def test_half_of_the_questions_are_about_dependencies_of_one_root(graph: Graph) -> None:
    csr = Csr(graph)
    both = [each for each in Draws(graph, 1).questions(60) if each.built and each.deployed]
    counts = [len(csr.roots(each.question)) for each in both]
    assert sum(count > 0 for count in counts) >= len(both) / 2


def test_drawn_roots_are_roots(graph: Graph) -> None:
    draws = Draws(graph, 1)
    spliced = set(graph.splices[:, 0].tolist())
    assert spliced.issuperset(draws.spliced(10))
    assert all(graph.is_root[root] for root in draws.roots(10))
    assert all(first != second for first, second in draws.pairs(10))
    csr = Csr(graph)
    for root, name in draws.dependencies(10, csr):
        packages = graph.package[csr.dag(root).specs]
        assert name in {graph.packages[int(package)][0] for package in np.unique(packages)}


def test_plain_counts_equal_the_numbers_of_roots(stored: Database, graph: Graph) -> None:
    service = Service(create_app(stored).test_client(), stored)
    csr = Csr(graph)
    for asked in (
        SidesQuestion(built="zlib"),
        SidesQuestion(deployed="zlib@1.2,1.3"),
        SidesQuestion(built="none-such"),
    ):
        assert service.plain_count(asked) == len(csr.roots(asked.question))
    with pytest.raises(ValueError, match="one side"):
        service.plain_count(SidesQuestion(built="zlib", deployed="zlib"))


def test_wrong_answer_ends_the_run(stored: Database, graph: Graph) -> None:
    service = Service(create_app(stored).test_client(), stored)
    asked = SidesQuestion(deployed="zlib")
    right = Csr(graph).page(asked.question)
    service.check_page(asked, right)
    for wrong in (
        Page(right.total, right.hashes[1:]),
        Page(len(right.hashes) - 1, right.hashes),
    ):
        with pytest.raises(WrongAnswerError, match="zlib"):
            service.check_page(asked, wrong)
    with pytest.raises(WrongAnswerError, match="404"):
        service.get("/specs/22222222222222222222222222222222")
    with pytest.raises(WrongAnswerError, match="csr"):
        check_counts(asked, {"csr": 1, "specgraph": 2})
    assert check_counts(asked, {"csr": 2, "specgraph": 2}) == 2


def test_splices_drawn_from_a_graph_are_planned(
    stored: Database,
    graph: Graph,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(plans, "WARM_UP", 1)
    plans.measure_graph(stored, graph, repeat=1, most=3)
    rows = capsys.readouterr().out.splitlines()
    named = [row.split(" | ")[:2] for row in rows]
    size = f"| {len(graph.hashes):,} specs, 3"
    assert named == [
        [f"{size} drawn", "`POST /splices/plan`"],
        [f"{size} drawn", "reading the two DAGs from the graph"],
        [f"{size} drawn", "planning alone"],
        [f"{size} first pages", "`POST /splices/plans`"],
    ]
    draws = GraphDraws(graph, 1)
    names = {name for name, _, _ in graph.packages}
    for asked in draws.pairs(5):
        assert {asked.targets, asked.replacements} <= names
        assert asked.targets != asked.replacements
