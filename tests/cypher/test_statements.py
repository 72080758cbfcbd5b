import re
from importlib.resources import files
from typing import Any

import pytest
from neo4j import Session

import cypher
from cypher.favourites import favourites
from cypher.run import Database
from tests.graph import SharedGraph

pytestmark = pytest.mark.clears_plans

SPECS = 20_000
FILL = """
UNWIND range(1, $specs) AS i
CREATE (s:Spec {
  uid: 'h' + i, hash: 'h' + i, name: 'package' + (i % 400), version_key: toString(i % 30),
  standing: '0:' + i, spliced: i % 50 = 0, variants: ['shared=true'], document: '{}'
})
FOREACH (_ IN CASE WHEN i % 10 = 0 THEN [1] ELSE [] END | SET s:Root)
"""
LINK = """
UNWIND range(1, $specs) AS i
MATCH (s:Spec {hash: 'h' + i})
UNWIND range(1, 4) AS step
MATCH (d:Spec {hash: 'h' + (1 + (i * 7 + step * 13) % $specs)})
CREATE (s)-[:DEPENDS_ON {runtime: step % 2 = 0}]->(d)
FOREACH (_ IN CASE WHEN i % 10 = 0 THEN [1] ELSE [] END |
  CREATE (s)-[:BUILT_WITH]->(d), (s)-[:DEPLOYED_WITH]->(d))
FOREACH (_ IN CASE WHEN i % 50 = 0 AND step = 1 THEN [1] ELSE [] END |
  CREATE (s)-[:SPLICED_FROM]->(d))
"""
MORE = """
UNWIND range(1, 2000) AS i
MATCH (s:Spec {hash: 'h' + (i * 10)})
CREATE (d:Document {digest: 'd' + i, standing: '0' + i, records: ['h' + i]})-[:DESCRIBES]->(s)
CREATE (c:Claim {uid: 'c' + i, hash: s.hash, name: s.name, standing: '2:' + i})
CREATE (d)-[:HOLDS]->(c)
MERGE (v:Virtual {name: 'virtual' + (i % 20)})
CREATE (s)-[:PROVIDES]->(v)
"""

BUILDS = """
MERGE (t:Site {name: 'here'})
MERGE (x:Store {uid: 'here:store'})
MERGE (x)-[:AT]->(t)
WITH t, x
UNWIND range(1, 4000) AS i
MATCH (s:Spec {hash: 'h' + (i * 5)})
CREATE (b:Build {
  uid: 'b' + i, hash: s.hash, name: s.name, version_key: s.version_key, standing: '0:' + i,
  status: ['succeeded', 'failed', 'skipped'][i % 3], sort_key: toString(1000000 + i)
})-[:BUILT]->(s), (b)-[:AT]->(t)
CREATE (b)-[:RAN]->(p:Phase {uid: 'b' + i + ':build', name: 'build', order: 0})
CREATE (a:Artifact {
  uid: s.hash + ':lib/lib' + i, hash: s.hash, path: 'lib/lib' + i, name: 'lib' + i
})
CREATE (s)-[:INSTALLED_FILE]->(a)
CREATE (n:Installation {
  uid: 'i' + i, hash: s.hash, name: s.name, sort_key: toString(i), installed_at: 1.0 * i,
  first_seen: 1.0, last_seen: 2.0, explicit: true, installed: true
})-[:OF]->(s), (n)-[:AT]->(t), (n)-[:IN]->(x)
CREATE (:TestRun {uid: 'r' + i, hash: s.hash})-[:AT]->(t)
CREATE (:Lockfile {uid: 'l' + i, name: 'env' + i})-[:AT]->(t)
MERGE (d:Diagnostic {fingerprint: 'd' + (i % 300)})
CREATE (p)-[:REPORTED {line: i}]->(d)
FOREACH (_ IN CASE WHEN i % 3 = 1 THEN [1] ELSE [] END | CREATE (b)-[:FAILED_BY]->(d))
MERGE (v:Variable {digest: 'v' + (i % 50)})
CREATE (b)-[:SAW]->(v)
MERGE (y:Blob {digest: 'y' + i})
CREATE (p)-[:HAS_TEXT]->(y), (b)-[:KEPT {name: 'a'}]->(y)
"""


@pytest.fixture
def graph(shared_graph: SharedGraph) -> Database:
    """A graph large enough for the planner to plan as it does for a real one."""
    shared_graph.hold("large enough to plan for", make_large_graph)
    return shared_graph.database


@pytest.fixture(scope="module")
def plans() -> dict[str, dict[str, Any]]:
    """The plans of the statements so far: making one takes longer than all the rest."""
    return {}


def make_large_graph(database: Database) -> None:
    with database.driver.session() as session:
        for text in (FILL, LINK, MORE, BUILDS):
            session.run(text, specs=SPECS).consume()
        session.run("CALL db.prepareForReplanning(120)").consume()
        session.run("CALL db.clearQueryCaches()").consume()


REFUSED = ("AllNodesScan", "NodeByLabelScan", "NodeIndexScan", "CartesianProduct", "TypeScan")


def operators(plan: dict[str, Any]) -> list[str]:
    found = [plan["operatorType"].partition("@")[0]]
    for child in plan.get("children", []):
        found += operators(child)
    return found


def plan_of(session: Session, name: str) -> dict[str, Any]:
    """Return the plan of a statement, as it would be made now."""
    statement = cypher.statement(name)
    parameters = cypher.query_parameters(dict.fromkeys(statement.parameters))
    plan = session.run(f"EXPLAIN {statement.text}", parameters).consume().plan
    assert plan is not None
    return plan


@pytest.fixture
def plan(graph: Database, plans: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """The plan of a statement for the large graph."""
    if name not in plans:
        with graph.driver.session() as session:
            plans[name] = plan_of(session, name)
    return plans[name]


@pytest.mark.parametrize("name", cypher.statement_names())
def test_the_plan_holds_nothing_that_the_statement_does_not_own_up_to(
    plan: dict[str, Any], name: str
) -> None:
    found = [op for op in operators(plan) if any(bad in op for bad in REFUSED)]
    assert set(found) <= set(cypher.statement(name).owns_up_to), found


@pytest.mark.parametrize("name", cypher.statement_names())
def test_variable_length_patterns_are_pruned(plan: dict[str, Any], name: str) -> None:
    walks = [op for op in operators(plan) if op.startswith("VarLengthExpand")]
    owned = cypher.statement(name).owns_up_to
    assert all("Pruning" in walk or walk in owned for walk in walks), walks


@pytest.mark.parametrize("key", favourites())
def test_a_favourite_owns_up_to_what_its_plan_holds(graph: Database, key: str) -> None:
    favourite = favourites()[key]
    with graph.driver.session() as session:
        plan = session.run(f"EXPLAIN {favourite.text}").consume().plan
    assert plan is not None
    found = [
        op
        for op in operators(plan)
        if any(bad in op for bad in REFUSED)
        or (op.startswith("VarLengthExpand") and "Pruning" not in op)
    ]
    assert set(found) <= set(favourite.owns_up_to), found


@pytest.mark.parametrize("name", cypher.statement_names())
def test_the_header_names_the_parameters_and_the_columns(name: str) -> None:
    statement = cypher.statement(name)
    body = "\n".join(line for line in statement.text.splitlines() if not line.startswith("//"))
    for parameter in statement.parameters:
        assert f"$p.{parameter}" in body
    assert _parameters(body) == set(statement.parameters)
    assert statement.summary.endswith(".")
    assert statement.columns


def _parameters(body: str) -> set[str]:
    assert set(re.findall(r"\$(\w+)", body)) <= {"p"}
    return set(re.findall(r"\$p\.(\w+)", body))


IN_ORDER = re.compile(
    r"MATCH \((\w):\w+\)\s+WHERE (.*?)\bWITH \1\b[^\n]* ORDER BY \1\.name", re.DOTALL
)
UNION_OF_SEEKS = re.compile(r"\(\w\.\w+ >=? \$p\.\w+ OR ")


def test_what_follows_a_cursor_in_an_index_is_asked_so_that_the_index_stays_in_order() -> None:
    """An OR of comparisons may be planned as a union of seeks, which reads all and sorts."""
    asked = [
        (name, where)
        for name in cypher.statement_names()
        for _, where in IN_ORDER.findall(cypher.statement(name).text)
        if ".name >" in where
    ]
    assert {"all_specs", "find_roots", "dependents_in_order"} <= {name for name, _ in asked}
    for name, where in asked:
        assert "CASE WHEN" in where or " OR " not in where, name
        assert not UNION_OF_SEEKS.search(where), name


def test_the_node_filter_is_written_once_and_included() -> None:
    folder = files("cypher")
    including = {
        entry.name.removesuffix(".cypher")
        for room in folder.iterdir()
        if room.is_dir()
        for entry in room.iterdir()
        if entry.name.endswith(".cypher") and "// include: node_filter" in entry.read_text()
    }
    assert {
        "find_roots",
        "select_anonymous_specs",
        "matches_built_with",
        "keep_passing",
    } <= including
    for name in cypher.statement_names():
        text = cypher.statement(name).text
        assert ("i.low <= x.compiler_version_key" in text) == (name in including), name
        assert "// include:" not in text
