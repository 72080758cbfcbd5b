"""Requests of hostile pages in a browser: foreign names of the service, writes across sites."""

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from service.app import create_app
from service.guard import Guard
from tests.service.answers import problem

GUARD = Guard.of(["lab.example.org"], "https://Specgraph.example.org/")


def status(method: str, **headers: str) -> int | None:
    """Return the status of the refusal of a request, None if it may pass."""
    given = {name.replace("_", "-").title(): value for name, value in headers.items()}
    refusal = GUARD.check(method, given)
    return None if refusal is None else refusal.status


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:8642", "app.localhost", "127.0.0.1:8642", "[::1]:8642", ""),
        *("10.0.0.7", "lab.example.org", "Lab.Example.Org.:80", "specgraph.example.org"),
    ],
)
def test_service_answers_under_its_own_names(host: str) -> None:
    assert status("GET", host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example.com", "evil.example.com:8642", "localhost.evil.com", "127.0.0.1.evil.com"),
        *("lab.example.org.evil.com", "notlocalhost", "[evil]:8642", "127.0.0.1@evil.com"),
    ],
)
def test_name_that_resolves_to_the_service_is_not_its_name(host: str) -> None:
    assert status("GET", host=host) == status("POST", host=host) == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example.com"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "http://127.0.0.1:8642.evil.example.com"},
    ],
)
def test_pages_of_other_sites_may_not_write(method: str, headers: dict[str, str]) -> None:
    assert status(method, host="127.0.0.1:8642", **headers) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1:8642", "sec_fetch_site": "same-origin"},
        {"origin": "https://specgraph.example.org", "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
    ],
)
def test_programs_and_own_pages_may_write(headers: dict[str, str]) -> None:
    assert status("POST", host="127.0.0.1:8642", **headers) is None


def test_links_from_other_sites_may_be_followed() -> None:
    assert status("GET", host="localhost", sec_fetch_site="cross-site") is None


@pytest.mark.parametrize("url", ["specgraph.example.org", "ftp://x", "https://x/path", "https://"])
def test_public_address_has_to_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a service"):
        Guard.of((), url)


def test_refused_request_is_answered_with_a_problem(client: FlaskClient) -> None:
    answer = client.get("/api/v1/specs", headers={"Host": "evil.example.com"})
    assert answer.status_code == 421
    assert problem(answer)["type"] == "urn:specgraph:problem:unknown-host"
    answer = client.post("/api/v1/specs", data=b"{}", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert problem(answer)["type"] == "urn:specgraph:problem:cross-site"


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/docs", "/docs/assets/swagger-ui.css", "/openapi.json", "/static/site.css"),
        *("/api/v1/specs", "/api/v1/specs/zzz", "/no-such-page", "/healthz"),
    ],
)
def test_every_answer_restricts_what_browsers_do_with_it(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_public_address_is_shown_to_users(database: Database) -> None:
    app = create_app(database, {"TESTING": True, "PUBLIC_URL": "https://specgraph.example.org/"})
    page = app.test_client().get("/").get_data(as_text=True)
    assert "https://specgraph.example.org" in page
    assert "http://localhost" not in page
