"""Questions that the service asks itself when it starts."""

import time

import click
import pytest
from flask import Flask

from cypher.run import record_reads
from service.cli.api import Api, in_process_api
from service.cli.warm_up import ask_all, likely_questions, warming_up
from tests.documents import SPECS, SPLICED
from tests.service.answers import get, upload


@pytest.fixture
def api(app: Flask) -> Api:
    return in_process_api(app)


def test_an_empty_graph_is_asked_nothing(api: Api) -> None:
    assert ask_all(api) == 0


def test_the_statements_of_likely_questions_have_run_before_the_first_user(
    app: Flask, api: Api
) -> None:
    client = app.test_client()
    upload(client, *(path.read_bytes() for path in [*SPECS[:5], *SPLICED]))
    with record_reads() as warmed:
        assert ask_all(api) == len(list(likely_questions(api)))
    with record_reads() as asked:
        get(client, "/specs", built_with="mpich@3.4", deployed_with="mvapich2")
        get(client, "/specs", q="hdf5 ^zlib-ng", limit=2)
        get(client, "/impact", dependency="xz@5.6.0:5.6.1")
        get(client, "/facets")
    assert {name for name, _ in asked} <= {name for name, _ in warmed}


def test_it_stops_when_the_service_does(api: Api, app: Flask) -> None:
    upload(app.test_client(), SPECS[0].read_bytes())
    assert ask_all(api, stopped=lambda: True) == 0
    with warming_up(api):
        pass


def test_a_question_that_fails_ends_it_quietly(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise click.ClickException("no")

    monkeypatch.setattr(Api, "get", fail)
    assert ask_all(api) == 0
    with warming_up(api):
        time.sleep(0.01)
