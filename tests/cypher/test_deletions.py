"""Transactions that find a node which another transaction deletes before they read it."""

from collections.abc import Iterator
from threading import Thread

import pytest
from neo4j import ManagedTransaction

from cypher.run import Database
from tests.waiting import wait_until

# The lock comes between finding the node and reading it.
READ_BEHIND_LOCK = "MATCH (n:Doomed), (l:Lock) SET l.held = false RETURN n"
WAITING = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN count(*)"


@pytest.fixture
def doomed(database: Database) -> Iterator[None]:
    """A node that is deleted, and one whose lock orders the two transactions."""
    database.driver.execute_query("CREATE (:Doomed {name: 'n'}), (:Lock)")
    yield
    database.driver.execute_query("MATCH (n:Doomed|Lock) DELETE n")


def is_waiting(database: Database) -> bool:
    """Return whether a transaction waits for a lock."""
    return bool(database.driver.execute_query(WAITING).records[0][0])


@pytest.mark.usefixtures("doomed")
def test_write_runs_again_if_what_it_found_is_deleted(database: Database) -> None:
    found: list[object] = []

    def find(tx: ManagedTransaction) -> None:
        found.append(None)
        found[-1] = tx.run(READ_BEHIND_LOCK).values()

    with database.driver.session() as session:
        other = session.begin_transaction()
        other.run("MATCH (l:Lock), (n:Doomed) SET l.held = true DELETE n").consume()
        writer = Thread(target=database.write, args=(find,))
        writer.start()
        wait_until(lambda: is_waiting(database))
        other.commit()
        writer.join()
    assert found == [None, []]
