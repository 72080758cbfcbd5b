"""Health checks, the OpenAPI document and the API's docs."""

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from neo4j import GraphDatabase

from cypher.run import Database
from service.app import create_app
from tests.documents import document, dumped, node
from tests.service.answers import API, kind, problem

pytestmark = pytest.mark.container

PATHS = {
    "/api/v1/specs": {"get", "post"},
    "/api/v1/specs/missing": {"post"},
    "/api/v1/audit": {"get"},
    "/api/v1/concretizations": {"get"},
    "/api/v1/conflicts": {"get"},
    "/api/v1/diff": {"get"},
    "/api/v1/diff/abi": {"get"},
    "/api/v1/specs/{hash}": {"get", "delete"},
    "/api/v1/specs/{hash}/spec.json": {"get"},
    "/api/v1/specs/{hash}/graph": {"get"},
    "/api/v1/specs/{hash}/why": {"get"},
    "/api/v1/specs/{hash}/splice": {"get"},
    "/api/v1/specs/{hash}/plan": {"get"},
    "/api/v1/specs/{hash}/abi": {"get"},
    "/api/v1/specs/{hash}/needs": {"get"},
    "/api/v1/abi/proposals": {"get"},
    "/api/v1/types": {"post"},
    "/api/v1/splices/plan": {"post"},
    "/api/v1/splices/plans": {"post"},
    "/api/v1/splices/fixes": {"post"},
    "/api/v1/specs/{hash}/dependents": {"get"},
    "/api/v1/specs/{hash}/variations": {"get"},
    "/api/v1/common": {"get"},
    "/api/v1/impact": {"get"},
    "/api/v1/documents": {"post"},
    "/api/v1/builds": {"get"},
    "/api/v1/builds/{uid}": {"get", "delete"},
    "/api/v1/builds/{uid}/log": {"get"},
    "/api/v1/matrix": {"get"},
    "/api/v1/regression": {"get"},
    "/api/v1/diagnostics": {"get"},
    "/api/v1/diagnostics/{fingerprint}": {"get"},
    "/api/v1/installations": {"get"},
    "/api/v1/sites": {"get"},
    "/api/v1/sites/{name}": {"delete"},
    "/api/v1/environments": {"get"},
    "/api/v1/diff/environments": {"get"},
    "/api/v1/environments/{uid}": {"delete"},
    "/api/v1/nearest": {"get"},
    "/api/v1/mirrors": {"get"},
    "/api/v1/mirrors/keep": {"get"},
    "/api/v1/tests": {"get"},
    "/api/v1/owners": {"get"},
    "/api/v1/libraries": {"get"},
    "/api/v1/symbols": {"get"},
    "/api/v1/specs/{hash}/files": {"get"},
    "/api/v1/facets": {"get"},
    "/api/v1/complete": {"get"},
    "/api/v1/resolve": {"get"},
}


@pytest.fixture
def client_without_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """Return a client of a service whose database does not answer, with a short retry time."""
    monkeypatch.setattr("cypher.run.READ_RETRY_SECONDS", 0.1)
    monkeypatch.setattr("cypher.run.WRITE_RETRY_SECONDS", 0.1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        uri = f"bolt://127.0.0.1:{taken.getsockname()[1]}"
        with GraphDatabase.driver(uri) as driver:
            yield create_app(Database(driver), {"TESTING": True}).test_client()


@pytest.mark.parametrize("prefix", ["", API])
def test_a_service_with_its_database_is_alive_and_ready(client: FlaskClient, prefix: str) -> None:
    alive, ready = client.get(f"{prefix}/healthz"), client.get(f"{prefix}/readyz")
    assert (alive.status_code, alive.get_json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.get_json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("prefix", ["", API])
def test_a_service_without_its_database_is_alive_but_not_ready(
    client_without_database: FlaskClient, prefix: str
) -> None:
    assert client_without_database.get(f"{prefix}/healthz").status_code == 200
    body = problem(client_without_database.get(f"{prefix}/readyz"))
    assert (body["status"], kind(body)) == (503, "database")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/specs"),
        ("GET", "/specs?q=zlib"),
        ("GET", "/specs/abc"),
        ("GET", "/specs/abc/graph"),
        ("GET", "/conflicts"),
        ("POST", "/specs"),
    ],
)
def test_a_request_without_a_database_is_answered_with_retry_after(
    client_without_database: FlaskClient, method: str, path: str
) -> None:
    body = dumped(document(node("zlib")))
    response = client_without_database.open(API + path, method=method, data=body)
    assert (problem(response)["status"], kind(problem(response))) == (503, "database")
    assert int(response.headers["Retry-After"]) > 0


def test_an_internal_error_does_not_reveal_its_reason(client: FlaskClient, app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/broken")
    def broken() -> str:
        raise ValueError("the reason")

    response = client.get("/broken")
    assert problem(response)["status"] == 500
    assert "the reason" not in response.text


def _get_openapi(client: FlaskClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").get_json()
    return described


def test_openapi_names_every_path_and_method(client: FlaskClient, app: Flask) -> None:
    paths = _get_openapi(client)["paths"]
    methods = {"get", "post", "put", "patch", "delete"}
    assert {path: set(entry) & methods for path, entry in paths.items()} == PATHS
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"{API}/") and not rule.rule.endswith("z")
    }
    assert rules == set(PATHS)


def test_openapi_is_3_1_and_complete(client: FlaskClient) -> None:
    described = _get_openapi(client)
    assert described["openapi"] == "3.1.0"
    assert described["info"]["title"] == "Specgraph"
    assert described["info"]["version"]
    for reference in re.findall(r'"\$ref": ?"#/([^"]+)"', json.dumps(described)):
        place: Any = described
        for key in reference.split("/"):
            place = place[key]
    operations = [
        (path, method, entry[method])
        for path, entry in described["paths"].items()
        for method in ("get", "post")
        if method in entry
    ]
    for path, method, operation in operations:
        assert operation["summary"], path
        assert {"200", "201"} & set(operation["responses"]), path
        entry = described["paths"][path]
        given = [*entry.get("parameters", []), *operation.get("parameters", [])]
        in_path = {each["name"] for each in given if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        for parameter in given:
            assert parameter.get("schema"), (path, method, parameter)
            assert parameter["in"] == "path" or parameter.get("description"), (path, parameter)


def test_openapi_describes_problem_documents(client: FlaskClient) -> None:
    described = _get_openapi(client)
    schema = described["components"]["schemas"]["Problem"]["properties"]
    assert {"type", "title", "status", "detail", "instance", "pointer"} <= set(schema)


def test_the_docs_load_nothing_from_other_hosts(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    named = re.findall(r'(?:src|href|url)\s*[=:]\s*["\']([^"\']+)', page.text)
    assert "/openapi.json" in named
    assert len(named) > 3
    for place in named:
        assert place.startswith("/")
        assert not place.startswith("//")
        response = client.get(place)
        assert response.status_code == 200
        assert len(response.data) > 100
        response.close()
    for style in (place for place in named if place.endswith(".css")):
        response = client.get(style)
        hosts = re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]+", response.text)
        response.close()
        assert hosts == []


def test_assets_outside_their_folder_are_not_served(client: FlaskClient) -> None:
    for place in ("nothing.js", "../__init__.py", "%2e%2e/__init__.py"):
        assert problem(client.get(f"/docs/assets/{place}"))["status"] == 404


def test_the_start_page_links_to_the_docs(client: FlaskClient) -> None:
    assert 'href="/docs"' in client.get("/").text


def test_the_docs_script_supports_the_version_of_the_openapi_document(
    client: FlaskClient,
) -> None:
    assert client.get("/openapi.json").get_json()["openapi"].startswith("3.1.")
    with client.get("/docs/assets/swagger-ui-bundle.js") as program:
        assert b"isOAS31" in program.data
