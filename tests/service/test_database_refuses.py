"""Requests while the database refuses the service's own user and password."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from service.app import create_app
from tests.conftest import Neo4jAddress
from tests.documents import document, dumped, node


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
