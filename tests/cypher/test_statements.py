from typing import Any

import pytest

import cypher
from cypher.run import Database

pytestmark = pytest.mark.neo4j

REFUSED = ("AllNodesScan", "NodeByLabelScan", "NodeIndexScan", "CartesianProduct", "TypeScan")


def operators(plan: dict[str, Any]) -> list[str]:
    found = [plan["operatorType"].partition("@")[0]]
    for child in plan.get("children", []):
        found += operators(child)
    return found


@pytest.mark.parametrize("name", cypher.names())
def test_the_plan_holds_nothing_that_the_statement_does_not_own_up_to(
    session_database: Database, name: str
) -> None:
    statement = cypher.statement(name)
    parameters = dict.fromkeys(statement.parameters)
    with session_database.driver.session() as session:
        summary = session.run(f"EXPLAIN {statement.text}", parameters).consume()
    assert summary.plan is not None
    found = [op for op in operators(summary.plan) if any(bad in op for bad in REFUSED)]
    assert set(found) <= set(statement.owns_up_to), found


@pytest.mark.parametrize("name", cypher.names())
def test_variable_length_patterns_are_pruned(session_database: Database, name: str) -> None:
    statement = cypher.statement(name)
    with session_database.driver.session() as session:
        summary = session.run(
            f"EXPLAIN {statement.text}",
            dict.fromkeys(statement.parameters),
        ).consume()
    assert summary.plan is not None
    walks = [op for op in operators(summary.plan) if op.startswith("VarLengthExpand")]
    if name != "directly_below":
        assert all("Pruning" in walk for walk in walks), walks


@pytest.mark.parametrize("name", cypher.names())
def test_the_header_names_the_parameters_and_the_columns(name: str) -> None:
    statement = cypher.statement(name)
    body = "\n".join(line for line in statement.text.splitlines() if not line.startswith("//"))
    for parameter in statement.parameters:
        assert f"${parameter}" in body
    assert _parameters(body) == set(statement.parameters)
    assert statement.summary.endswith(".")
    assert statement.columns


def _parameters(body: str) -> set[str]:
    found = set()
    for part in body.split("$")[1:]:
        name = ""
        for character in part:
            if not (character.isalnum() or character == "_"):
                break
            name += character
        found.add(name)
    return found
