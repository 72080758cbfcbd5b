"""Scans of indexes in transactions that deleted nodes before, on which Neo4j fails."""

import pytest
from neo4j.exceptions import ClientError

from cypher.run import Database
from tests.cypher.test_statements import FILL, operators, plan_of

pytestmark = [pytest.mark.container, pytest.mark.clears_plans]

AFTER_DELETIONS = ("drop_copies", "infer_build_specs", "roots_reaching", "derive_closures")
"""Statements that run after others have deleted nodes in the same transaction."""


@pytest.mark.parametrize("name", AFTER_DELETIONS)
def test_a_statement_after_deletions_scans_no_index_of_an_empty_graph(
    database: Database, name: str
) -> None:
    """Indexes are sampled rarely: where nothing was stored, a scan seems to cost nothing."""
    with database.driver.session() as session:
        session.run("CALL db.prepareForReplanning(120)").consume()
        session.run(FILL, specs=200).consume()
        session.run("CALL db.clearQueryCaches()").consume()
        plan = plan_of(session, name)
    assert [op for op in operators(plan) if "Scan" in op] == []


def test_a_scan_fails_on_a_node_that_was_changed_and_deleted(database: Database) -> None:
    """If this fails, Neo4j has mended its scans, and `AFTER_DELETIONS` need no hints."""
    with database.driver.session() as session:
        session.run("CREATE (:Spec {uid: 'a'}), (:Spec {uid: 'c'})").consume()
        tx = session.begin_transaction()
        tx.run("MATCH (s:Spec {uid: 'a'}) SET s.uid = 'b'").consume()
        tx.run("MATCH (s:Spec {uid: 'b'}) DETACH DELETE s").consume()
        sought = tx.run("UNWIND ['a', 'c'] AS u MATCH (s:Spec {uid: u}) RETURN s.uid").value()
        assert sought == ["c"]
        with pytest.raises(ClientError, match="has been deleted in this transaction"):
            tx.run("MATCH (s:Spec) WHERE s.uid IS NOT NULL RETURN s.uid").consume()
        tx.close()
