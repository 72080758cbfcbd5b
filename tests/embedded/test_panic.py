"""A database that panicked is noticed and restarted; its process does not end by itself."""

import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import Neo4jError, ServiceUnavailable

from service.embedded import EmbeddedNeo4j, RestartPolicy, launch, panic
from tests.waiting import wait_until

PANIC = "Neo.DatabaseError.Transaction.TransactionStartFailed"
SYNTAX = "Neo.ClientError.Statement.SyntaxError"


def driver_that_raises(error: Exception) -> Any:
    def execute_query(*_: object, **__: object) -> None:
        raise error

    return SimpleNamespace(execute_query=execute_query)


def neo4j_error(code: str) -> Neo4jError:
    return Neo4jError._hydrate_neo4j(code=code, message="as the server says")  # noqa: SLF001


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (neo4j_error(PANIC), True),
        (neo4j_error(SYNTAX), False),
        (ServiceUnavailable("away"), False),
    ],
)
def test_only_a_refusal_until_the_restart_is_a_panic(error: Exception, expected: bool) -> None:
    assert panic.has_panicked(driver_that_raises(error)) is expected


@pytest.mark.embedded
def test_panicked_database_is_restarted_with_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Driver] = []
    lines: list[str] = []
    kept = threading.Event()
    panics: list[Driver] = []

    def panics_once(driver: Driver) -> bool:
        calls.append(driver)
        if not kept.is_set() or panics:
            return False
        panics.append(driver)
        return True

    monkeypatch.setattr(panic, "INTERVAL", 0.2)
    # Of this server only: others of this process are watched too.
    watch = partial(panic.PanicWatch, check=panics_once)
    monkeypatch.setattr(launch, "PanicWatch", watch)
    server = EmbeddedNeo4j(
        tmp_path / "data", quick=True, restart=RestartPolicy(pause=0.01), on_log=lines.append
    )
    with server as connection:
        auth = (connection.user, connection.password)
        with GraphDatabase.driver(connection.uri, auth=auth) as driver:
            driver.execute_query("CREATE (:Kept)")
            kept.set()
            wait_until(lambda: any("Neo4j is back" in line for line in lines))
            found = driver.execute_query("MATCH (k:Kept) RETURN count(k)").records[0][0]
    assert found == 1
    assert "refuses all transactions" in lines[0]
    assert len(calls) > 2
