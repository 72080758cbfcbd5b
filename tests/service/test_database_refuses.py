"""Requests while the database refuses the service, or the service refuses to write to it."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from cypher.run import Database, WriteRefusedError
from service.app import create_app
from tests.conftest import Neo4jAddress
from tests.documents import document, dumped, node
from tests.service.answers import problem


@pytest.fixture
def refused_client(neo4j_address: Neo4jAddress) -> Iterator[FlaskClient]:
    # Another user, because the server locks out one whose password is wrong too often.
    with Database.connect(neo4j_address.uri, "nobody", "of-nobody") as database:
        yield create_app(database, {"TESTING": True}).test_client()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/specs?q=zlib", b""),
        ("POST", "/api/v1/specs", dumped(document(node("zlib")))),
        ("POST", "/ms1/builds/new/", b'{"full_hash": "%s"}' % (b"a" * 32)),
        ("POST", "/ms1/builds/update/", b'{"build_id": 1, "status": "SUCCESS"}'),
        (
            "POST",
            "/ms1/builds/phases/update/",
            b'{"build_id": 1, "phase_name": "build", "status": "SUCCESS", "output": ""}',
        ),
    ],
)
def test_a_refused_service_answers_that_its_database_is_unavailable(
    refused_client: FlaskClient, method: str, path: str, body: bytes
) -> None:
    response = refused_client.open(path, method=method, data=body)
    assert response.status_code == 503, response.text
    assert response.get_json()["type"].endswith("database")
    assert int(response.headers["Retry-After"]) > 0


def test_write_that_is_refused_for_lack_of_room_is_answered_before_its_body_is_read(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise WriteRefusedError("12 MiB are free")

    monkeypatch.setattr(database, "check_write", refuse)
    for path in ("/api/v1/specs", "/api/v1/documents"):
        answer = client.post(path, data=b"no document")
        assert answer.status_code == 507
        assert problem(answer)["type"] == "urn:specgraph:problem:insufficient-storage"
        assert problem(answer)["detail"] == "12 MiB are free"
        assert answer.headers["Retry-After"] == "60"
    assert client.get("/api/v1/specs").status_code == 200
    assert client.post("/api/v1/nothing", data=b"no document").status_code == 404
    assert client.put("/api/v1/specs", data=b"no document").status_code == 405
    assert client.post("/api/v1/specs/missing", json={"hashes": []}).status_code == 200
    report = client.post("/ms1/builds/new/", data=b'{"full_hash": "%s"}' % (b"a" * 32))
    assert report.status_code == 507
    # Whoever may not write is not to know.
    closed = create_app(database, {"TESTING": True, "REQUIRE_TOKEN": True}).test_client()
    assert closed.post("/api/v1/specs", data=b"no document").status_code == 401
    assert closed.post("/ms1/builds/new/", data=b"{}").status_code == 401
