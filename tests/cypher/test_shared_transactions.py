"""Reads that share the transaction of a request."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from neo4j import Session
from neo4j.exceptions import ServiceUnavailable, TransientError

from cypher.run import Database
from service.app import create_app
from tests.documents import document, dumped, node
from tests.service.answers import API, upload

pytestmark = pytest.mark.container

APP = node("app", "1.0", [(node("zlib"), ["link"])])


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The read transactions that are begun, in order."""
    noted: list[str] = []
    for name in ("begin_transaction", "execute_read"):
        real: Callable[..., Any] = getattr(Session, name)

        def note(
            self: Session, *given: Any, _name: str = name, _real: Any = real, **named: Any
        ) -> Any:
            noted.append(_name)
            return _real(self, *given, **named)

        monkeypatch.setattr(Session, name, note)
    return noted


@pytest.mark.parametrize(
    "path",
    [
        f"{API}/specs?q=app&built_with=zlib&deployed_with=zlib",
        f"{API}/impact?dependency=zlib",
        f"{API}/specs/{APP['hash']}/why?dependency=zlib",
        f"{API}/specs/{APP['hash']}/dependents",
        "/?q=app",
        f"/spec/{APP['hash']}",
    ],
)
def test_a_request_reads_in_one_transaction(
    client: FlaskClient, begun: list[str], path: str
) -> None:
    upload(client, dumped(document(APP, node("zlib"))))
    begun.clear()
    assert client.get(path).status_code == 200
    assert begun == ["begin_transaction"]


def test_a_request_that_reads_nothing_needs_no_database(
    client: FlaskClient, begun: list[str]
) -> None:
    assert client.get(f"{API}/specs?q=@").status_code == 400
    assert begun == []


def test_work_runs_again_after_a_transient_failure(database: Database) -> None:
    seen: list[int] = []

    def work() -> int:
        seen.append(int(database.read_one("count_roots")))
        if len(seen) < 3:
            raise TransientError("try again")
        return len(seen)

    assert database.share_transaction(work) == 3
    assert seen == [0, 0, 0]


def test_work_does_not_run_again_after_another_failure(database: Database) -> None:
    runs: list[None] = []

    def work() -> None:
        runs.append(None)
        raise LookupError("no")

    with pytest.raises(LookupError):
        database.share_transaction(work)
    assert len(runs) == 1


def test_a_database_that_stays_away_is_reported(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cypher.run.READ_RETRY_SECONDS", 0.5)

    def work() -> None:
        raise ServiceUnavailable("away")

    with pytest.raises(ServiceUnavailable):
        database.share_transaction(work)


def test_reads_of_another_database_keep_their_own_transactions(
    app: Flask, database: Database, begun: list[str]
) -> None:
    other = Database.connect("bolt://127.0.0.1:1", None, None)
    assert create_app(other) is not app
    with other:
        other.share_transaction(lambda: database.read_one("count_roots"))
    assert begun == ["execute_read"]
