"""The benchmark of many clients."""

import psutil
import requests
from flask import Flask

from benchmarks.many_clients import Load, make_document, measure, report
from loaders.specs.document import parse_document
from tests.serving import served


def test_clients_ask_and_upload(app: Flask) -> None:
    with served(app) as url:
        load = measure(url, psutil.Process(), clients=2, seconds=4)
        stored = requests.get(f"{url}/api/v1/specs", timeout=30).json()["total"]["count"]
    assert load.errors == {}
    assert stored == len(load.seconds.get("upload", ()))
    assert load.health
    shown = report(load)
    assert "| /healthz |" in shown
    assert "errors: none" in shown


def test_a_document_is_valid_and_of_one_client() -> None:
    bodies = [make_document(number, seed) for number in (1, 2) for seed in (1, 2)]
    roots = {parse_document(body).root.hash for body in bodies}
    assert len(roots) == 4
    assert all(parse_document(body).root.is_verified for body in bodies)


def test_only_an_answer_that_says_when_to_come_back_is_busy() -> None:
    load = Load()
    answer = requests.Response()
    answer.status_code = 503
    load.note("q", answer, 0.1)
    answer.headers["Retry-After"] = "60"
    assert load.note("q", answer, 0.1) == 5.0
    load.note("q", None, 0.1)
    assert (load.busy, dict(load.errors)) == (1, {"q: 503": 1, "broken connection": 1})
