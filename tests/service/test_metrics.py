"""Metrics: what is counted, under which labels, and who may read it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from neo4j.exceptions import ServiceUnavailable
from prometheus_client.parser import text_string_to_metric_families

from cypher.observer import Observer
from cypher.run import Database
from graph_models import schema
from loaders.store import tokens
from service.app import create_app
from service.serving.lanes import HEAVY, LaneState, lane_of
from tests.documents import SPECS
from tests.service.serving.running import ask, running

Sample = tuple[str, frozenset[tuple[str, str]]]


def sample(name: str, **labels: str) -> Sample:
    return name, frozenset(labels.items())


def scrape(client: FlaskClient, **headers: str) -> dict[Sample, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (each.name, frozenset(each.labels.items())): each.value
        for family in text_string_to_metric_families(answer.text)
        for each in family.samples
    }


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client of an app that nothing else has asked."""
    return app.test_client()


@pytest.fixture
def measured(app: Flask, database: Database) -> Iterator[FlaskClient]:
    """Return a client of a service that observes its database, as one that serves does."""
    database.observer = app.extensions["specgraph.metrics"]
    yield app.test_client()
    database.observer = Observer()


def test_requests_are_counted_by_route_and_status(client: FlaskClient) -> None:
    client.get(f"/api/v1/specs/{'a' * 32}")
    client.get(f"/api/v1/specs/{'b' * 32}")
    client.get("/healthz")
    found = scrape(client)
    route = "/api/v1/specs/{hash}"
    assert found[sample("specgraph_requests_total", method="GET", route=route, status="404")] == 2
    healthy = sample("specgraph_requests_total", method="GET", route="/healthz", status="200")
    assert found[healthy] == 1
    assert found[sample("specgraph_request_seconds_count", method="GET", route=route)] == 2


def test_clients_cannot_make_up_series(client: FlaskClient) -> None:
    for number in range(20):
        client.get(f"/no/such/path/{number}")
        client.open("/healthz", method=f"METHOD{number}")
        client.get("/healthz", headers={"Host": f"name{number}.example"})
    requests = {
        tuple(sorted(dict(labels).items()))
        for name, labels in scrape(client)
        if name == "specgraph_requests_total"
    }
    assert requests == {
        (("method", "GET"), ("route", "none"), ("status", "404")),
        (("method", "other"), ("route", "none"), ("status", "405")),
        (("method", "GET"), ("route", "/healthz"), ("status", "421")),
    }


def test_uploads_documents_nodes_and_statements_are_counted(measured: FlaskClient) -> None:
    body = SPECS[0].read_bytes()
    assert measured.post("/api/v1/specs", data=body).status_code == 201
    assert measured.post("/api/v1/specs", data=b"no document").status_code == 400
    assert measured.delete(f"/api/v1/specs/{'a' * 32}").status_code == 404
    found = scrape(measured)
    assert found[sample("specgraph_uploads_total", outcome="accepted")] == 1
    assert found[sample("specgraph_uploads_total", outcome="refused")] == 1
    assert found[sample("specgraph_uploads_total", outcome="failed")] == 0
    assert found[sample("specgraph_upload_bytes_total")] == len(body)
    assert found[sample("specgraph_graph_nodes", label="Document")] == 1
    assert found[sample("specgraph_graph_nodes", label="Spec")] > 1
    assert found[sample("specgraph_graph_nodes", label="all")] > 2
    assert found[sample("specgraph_graph_relationships")] > 1
    merged = sample("specgraph_statement_seconds_count", statement="merge_specs")
    assert found[merged] >= 1
    assert found[sample("specgraph_database_up")] == 1


def test_the_graph_is_not_counted_for_each_scrape(measured: FlaskClient) -> None:
    scrape(measured)
    scrape(measured)
    counted = sample("specgraph_statement_seconds_count", statement="graph_counts")
    assert scrape(measured)[counted] == 1


def test_a_database_that_does_not_answer_leaves_the_other_metrics(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise ServiceUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(database, "read", fail)
        found = scrape(client)
    assert sample("specgraph_graph_relationships") not in found
    assert sample("specgraph_database_up") in found
    assert sample("specgraph_graph_relationships") in scrape(client)


def test_the_free_space_of_an_embedded_database_is_shown(
    database: Database, tmp_path: Path
) -> None:
    app = create_app(database, {"TESTING": True, "DATA_DIR": tmp_path})
    assert scrape(app.test_client())[sample("specgraph_disk_free_bytes")] > 0
    gone = create_app(database, {"TESTING": True, "DATA_DIR": tmp_path / "gone"})
    assert sample("specgraph_disk_free_bytes") not in scrape(gone.test_client())


def test_reading_metrics_needs_a_token_if_reading_does(database: Database) -> None:
    app = create_app(database, {"TESTING": True, "REQUIRE_TOKEN_TO_READ": True})
    client = app.test_client()
    assert client.get("/metrics").status_code == 401
    text, _ = tokens.create_token(database, "prometheus", scopes=(tokens.READ,))
    found = scrape(client, Authorization=f"Bearer {text}")
    refused = sample("specgraph_requests_total", method="GET", route="/metrics", status="401")
    assert found[refused] == 1


def test_openmetrics_is_answered_if_it_is_asked_for(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.content_type.startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_lanes_are_shown(app: Flask, client: FlaskClient) -> None:
    states = [LaneState(HEAVY, busy=4, waiting=2, refused=7)]
    app.extensions["specgraph.metrics"].watch_lanes(lambda: states)
    found = scrape(client)
    assert found[sample("specgraph_lane_workers", lane="heavy")] == HEAVY.workers
    assert found[sample("specgraph_lane_busy", lane="heavy")] == 4
    assert found[sample("specgraph_lane_waiting", lane="heavy")] == 2
    assert found[sample("specgraph_lane_refused_total", lane="heavy")] == 7


def test_metrics_have_a_lane_of_their_own() -> None:
    assert lane_of("GET", "/metrics").key == "metrics"


def test_a_served_service_answers_with_metrics(app: Flask) -> None:
    with running(app) as port:
        assert ask(port, "/metrics") == 200


class Noting(Observer):
    def __init__(self) -> None:
        self.names: list[str] = []
        self.kinds: list[str] = []

    def ran(self, statement: str, seconds: float) -> None:
        assert seconds >= 0
        self.names.append(statement)

    def retried(self, kind: str) -> None:
        self.kinds.append(kind)


def test_repeated_transactions_are_observed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Noting()
    monkeypatch.setattr(database, "observer", observer)
    failures = [ServiceUnavailable("for a moment")]

    def work(_: object) -> int:
        if failures:
            raise failures.pop()
        return 1

    assert database.write(work) == 1
    assert observer.kinds == ["write"]
    failures = [ServiceUnavailable("for a moment")]
    assert database.share_transaction(lambda: work(None)) == 1
    assert observer.kinds == ["write", "read"]


def test_statements_of_every_kind_of_transaction_are_observed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Noting()
    monkeypatch.setattr(database, "observer", observer)
    schema.install_schema(database.driver)
    database.read("graph_size")
    tokens.create_token(database, "someone")
    assert observer.names == ["graph_size", "create_token"]
