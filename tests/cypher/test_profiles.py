"""The cost of questions on generated graphs, in database hits, which no machine changes."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

import cypher
from benchmarks.generate import Documents, GeneratedRoot, generate
from cypher.run import Database
from loaders.specs.document import parse_document
from loaders.store.specs import store_documents
from service.paging.cursors import Position
from service.queries import planner
from service.queries.query import Query, SpecPage
from service.queries.roots import find
from spec_syntax import parse_query
from tests.cypher.test_statements import REFUSED, operators
from tests.graph import SharedGraph

pytestmark = pytest.mark.clears_plans

FIRST, THEN = 700, 2_100
"""Roots of the graph at first, and after it has grown."""

Asked = list[tuple[str, dict[str, Any]]]


class Graph:
    """A generated graph that grows, and the questions that are asked of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._documents = Documents()
        self._roots: Iterator[GeneratedRoot] = generate(1_000_000, seed=3)
        self.size = 0

    def grow(self, roots: int) -> None:
        for start in range(self.size, roots, 200):
            chosen = list(islice(self._roots, min(200, roots - start)))
            documents = [parse_document(self._documents.document(each)) for each in chosen]
            store_documents(self.database, documents, origin="generated")
        self.size = roots
        with self.database.driver.session() as session:
            session.run("CALL db.prepareForReplanning(120)").consume()

    def profile(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        with self.database.driver.session() as session:
            text = f"PROFILE {cypher.statement(name).text}"
            plan = session.run(text, cypher.query_parameters(parameters)).consume().profile
        assert plan is not None
        return plan


@pytest.fixture
def graph(shared_graph: SharedGraph) -> Graph:
    return shared_graph.hold("generated roots", generated)


def generated(database: Database) -> Graph:
    graph = Graph(database)
    graph.grow(FIRST)
    return graph


@pytest.fixture
def ask(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[SpecPage, Asked]]:
    """Return a function that asks for a first page and returns it with the statements it took."""
    real = Database.read

    def first_page(text: str, site: str | None = None) -> tuple[SpecPage, Asked]:
        asked: Asked = []

        def read(self: Database, name: str, /, **parameters: Any) -> Any:
            asked.append((name, {k: v for k, v in parameters.items() if k != "seconds"}))
            return real(self, name, **parameters)

        with monkeypatch.context() as patched:
            patched.setattr(Database, "read", read)
            page = find(graph.database, Query(parse_query(text), site=site), Position(), 51)
        return page, asked

    return first_page


def hits(plan: dict[str, Any]) -> int:
    """Database hits of a plan."""
    own = int(plan["args"].get("DbHits") or 0)
    return own + sum(hits(child) for child in plan.get("children", ()))


def rows_of(plan: dict[str, Any], operator: str) -> list[int]:
    found = [int(plan["rows"])] if plan["operatorType"].startswith(operator) else []
    for child in plan.get("children", ()):
        found += rows_of(child, operator)
    return found


def test_a_package_that_does_not_exist_costs_one_seek(
    graph: Graph, ask: Callable[[str], tuple[SpecPage, Asked]]
) -> None:
    for text in ("deployed_with nobody-has-this@1.2", "nobody-has-this", "hdf5 ^nobody-has-this"):
        page, asked = ask(text)
        assert (page.items, page.total, page.exact) == ([], 0, True)
        assert [name for name, _ in asked] == ["find_known_names"]
    ((name, parameters),) = ask("built_with nobody-has-this")[1]
    plan = graph.profile(name, parameters)
    assert hits(plan) <= 10


def test_the_headline_query_starts_from_its_rarer_side(
    graph: Graph, ask: Callable[[str], tuple[SpecPage, Asked]]
) -> None:
    for common, rare in (("built_with", "deployed_with"), ("deployed_with", "built_with")):
        page, asked = ask(f"{common} zlib-ng {rare} mvapich2")
        parameters = dict(asked)["find_roots_of_packages"]
        ((package,), *_) = parameters["drivers"]
        assert (package["kind"], package["name"]) == (rare, "mvapich2")
        plan = graph.profile("find_roots_of_packages", parameters)
        assert not [op for op in operators(plan) if any(bad in op for bad in REFUSED)]
        assert page.exact


def test_no_question_scans_a_label(
    graph: Graph, ask: Callable[[str], tuple[SpecPage, Asked]], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = (
        *("hdf5", "hdf5@1.14: ^mpich", "^mpi", "built_with mpich@3.4 deployed_with mvapich2"),
        *("deployed_with xz@5.6.0:5.6.1", "not built_with xz", "deployed_with +mpi", "%gcc@12"),
        *("any of (hdf5, zlib) spliced_from hdf5", "target=x86_64_v3", "deployed_with mpi"),
    )
    for few in (planner.FEW_ROOTS, -1):
        monkeypatch.setattr(planner, "FEW_ROOTS", few)
        for text in questions:
            for name, parameters in ask(text)[1]:
                plan = graph.profile(name, parameters)
                scans = [op for op in operators(plan) if any(bad in op for bad in REFUSED)]
                assert set(scans) <= set(cypher.statement(name).owns_up_to), (text, name, scans)


def test_the_cost_of_proposals_is_bounded(graph: Graph) -> None:
    given = {"prefix": "", "above": "\uffff", "value": "", "name": "gcc-runtime"}
    bounds = {"most": 20, "counted": 5, "looked_at": 50, "limit": 20, "languages": ["c", "cxx"]}
    (specs,) = graph.database.read("graph_size")
    assert specs["specs"] > 2_000
    for name in (each for each in cypher.statement_names() if each.startswith("complete_")):
        parameters = {key: {**given, **bounds}[key] for key in cypher.statement(name).parameters}
        plan = graph.profile(name, parameters)
        assert hits(plan) <= 1_000, (name, hits(plan))


def test_first_pages_do_not_cost_more_when_the_graph_grows(
    graph: Graph, ask: Callable[[str], tuple[SpecPage, Asked]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "FEW_ROOTS", -1)
    questions = (
        *("built_with gcc", "deployed_with gcc-runtime", "not built_with mvapich2"),
        *("built_with gmake deployed_with gcc-runtime", "not nobody-has-this"),
    )
    assert graph.size == FIRST
    cost: dict[int, list[int]] = {}
    for size in (FIRST, THEN):
        graph.grow(size)
        cost[size] = []
        for text in questions:
            asked = dict(ask(text)[1])
            name = "find_roots" if "find_roots" in asked else "find_roots_in_order"
            plan = graph.profile(name, asked[name])
            seeks = rows_of(plan, "NodeIndexSeek")
            assert max(seeks) < size / 2, (text, seeks)
            cost[size].append(hits(plan))
    assert all(then <= 1.5 * first for first, then in zip(*cost.values(), strict=True)), cost


INSTALL = """
MERGE (t:Site {name: $site})
MERGE (x:Store {uid: $site}) ON CREATE SET x.as_of = 1.0
MERGE (x)-[:AT]->(t)
WITH t, x
MATCH (r:Root)
WITH t, x, r ORDER BY r.hash LIMIT $roots
MERGE (i:Installation {uid: $site + r.hash})
  ON CREATE SET i.hash = r.hash, i.installed = true, i.last_seen = 1.0
MERGE (i)-[:OF]->(r)
MERGE (i)-[:IN]->(x)
MERGE (i)-[:AT]->(t)
"""


def test_a_small_site_costs_what_is_there(
    graph: Graph, ask: Callable[..., tuple[SpecPage, Asked]]
) -> None:
    with graph.database.driver.session() as session:
        session.run(INSTALL, site="small", roots=20).consume()
        session.run("CALL db.prepareForReplanning(120)").consume()
    for text in ("not nobody-has-this", "not deployed_with gcc-runtime"):
        page, asked = ask(text, "small")
        parameters = dict(asked)["find_roots_at_place"]
        assert [literal["kind"] for (literal,) in parameters["drivers"]] == ["at_site"]
        plan = graph.profile("find_roots_at_place", parameters)
        assert not [op for op in operators(plan) if any(bad in op for bad in REFUSED)]
        assert page.total <= 20
        assert hits(plan) <= 10_000
