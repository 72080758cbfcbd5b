"""The benchmark of faults."""

from pathlib import Path

import requests
from flask import Flask

from benchmarks.faults import Outcome, Service, send
from benchmarks.many_clients import make_document
from cypher.run import Database, WriteRefusedError
from tests.serving import served


def test_a_document_is_sent_until_it_is_acknowledged(
    app: Flask, database: Database, tmp_path: Path
) -> None:
    service, outcome = Service(tmp_path), Outcome()
    refusals = ["the disk is full"] * 2

    def refuse() -> None:
        if refusals:
            raise WriteRefusedError(refusals.pop())

    database.check_write = refuse
    with served(app) as url:
        service.url = url
        try:
            send(service, make_document(1, 1), outcome)
        finally:
            database.check_write = lambda: None
        stored = requests.get(f"{url}/api/v1/specs", timeout=30).json()["total"]["count"]
    assert outcome.acknowledged == stored == 1
    assert outcome.answers == {"507": 2, "201": 1}
