"""Questions that the service asks itself when it starts."""

import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest
from flask import Flask
from neo4j.exceptions import ServiceUnavailable

from cypher.run import Database, record_reads
from service.access import INTERNAL
from service.app import create_app
from service.cli.warm_up import HEADLINE, RequestCounter, WarmUp, warming_up
from tests.documents import SPECS, SPLICED
from tests.service.answers import get, upload
from tests.waiting import PATIENCE, wait_until


@pytest.fixture
def filled(app: Flask) -> Flask:
    upload(app.test_client(), *(path.read_bytes() for path in [*SPECS[:5], *SPLICED]))
    return app


def test_an_empty_graph_is_asked_nothing(app: Flask) -> None:
    assert WarmUp(app).run() == 0


def test_the_statements_of_likely_questions_have_run_before_the_first_user(filled: Flask) -> None:
    client = filled.test_client()
    with record_reads() as warmed:
        assert WarmUp(filled).run() == len(list(WarmUp(filled).likely_questions()))
    with record_reads() as asked:
        get(client, "/specs", built_with="mpich@3.4", deployed_with="mvapich2")
        get(client, "/specs", q="hdf5 ^zlib-ng", limit=2)
        get(client, "/impact", dependency="xz@5.6.0:5.6.1")
        get(client, "/facets")
        assert client.get("/").status_code == 200
        assert client.get("/?built_with=mpich").status_code == 200
    # A graph without postings is asked for them every few seconds only.
    names = {name for name, _ in asked} - {"posting_index"}
    assert names <= {name for name, _ in warmed}


def test_the_headline_runs_the_statements_that_are_planned_first(filled: Flask) -> None:
    (path, parameters), *_ = WarmUp(filled).likely_questions()
    assert {"built_with", "deployed_with"} <= set(parameters)
    with record_reads() as asked:
        answer = filled.test_client().get(path, query_string=parameters)
    assert answer.get_json()["items"]
    # A graph without postings is asked for them every few seconds only.
    names = {name for name, _ in asked} - {"posting_index"}
    assert names == {name for name, _ in HEADLINE}


def test_the_first_statements_find_nothing_in_a_graph_that_has_something(filled: Flask) -> None:
    database: Database = filled.extensions["specgraph"]
    for statement, parameters in HEADLINE:
        (record,) = database.read(statement, **parameters)
        assert record[0] in ([], 0), statement


def test_it_stops_when_the_service_does(filled: Flask) -> None:
    stopped = WarmUp(filled)
    stopped.stop()
    assert stopped.run() == 0
    with warming_up(filled):
        pass


def test_it_waits_while_users_are_answered(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = threading.Event()
    busy.set()
    asked: list[str] = []
    real = filled.wsgi_app

    def note(environ: Any, start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return real(environ, start_response)

    monkeypatch.setattr(filled, "wsgi_app", note)
    waiting = WarmUp(filled, busy.is_set)
    worker = threading.Thread(target=waiting.run)
    worker.start()
    # The first two requests look for a root to ask about.
    wait_until(lambda: len(asked) == 2)
    time.sleep(0.2)
    assert len(asked) == 2
    busy.clear()
    wait_until(lambda: len(asked) > 2)
    waiting.stop()
    worker.join(PATIENCE)


def test_a_request_counts_while_it_is_answered() -> None:
    seen = []

    def answer(*_: object) -> Iterable[bytes]:
        seen.append(counted.is_busy())
        return []

    counted = RequestCounter(answer)
    counted({}, lambda *_: lambda _: None)
    assert seen == [True]
    assert not counted.is_busy()


@pytest.mark.parametrize("failing", ["the database", "a question"])
def test_a_failure_ends_it_quietly(
    app: Flask, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ServiceUnavailable("no")

    if failing == "the database":
        monkeypatch.setattr(Database, "read", fail)
    else:
        app.view_functions["specs.Specs"] = lambda **_: ("no", 500)
    assert WarmUp(app).run() == 0
    with warming_up(app):
        pass


def test_a_service_whose_readers_need_a_token_warms_up_all_the_same(
    filled: Flask, database: Database
) -> None:
    closed = create_app(database, {"TESTING": True, "REQUIRE_TOKEN_TO_READ": True})
    assert WarmUp(closed).run() == len(list(WarmUp(filled).likely_questions())) > 0
    headers = {INTERNAL: "1", INTERNAL.replace(".", "-"): "1"}
    assert closed.test_client().get("/api/v1/specs", headers=headers).status_code == 401
