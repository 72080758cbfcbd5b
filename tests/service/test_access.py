"""Which requests need which scope: one rule for every route."""

import re
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.store import tokens
from loaders.store.tokens import ADMIN, READ, SCOPES, UPLOAD, Token
from service.access import COOKIE, Policy, presented_token, scope_of
from service.app import create_app
from tests.documents import document, dumped, node
from tests.service.answers import API, kind, problem


@pytest.fixture
def closed(database: Database) -> Flask:
    """Return a service that requires tokens even to read."""
    return create_app(database, {"TESTING": True, "REQUIRE_TOKEN_TO_READ": True})


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def held(database: Database) -> dict[str, dict[str, str]]:
    """Return the headers of a token of each scope."""
    made = {scope: tokens.create_token(database, scope, scopes=(scope,))[0] for scope in SCOPES}
    return {scope: bearer(text) for scope, text in made.items()}


def routes(app: Flask) -> list[tuple[str, str]]:
    """Return all pairs of method and path, with an example for each variable part."""
    return sorted(
        (method, re.sub(r"<[^>]*>", "a" * 32, rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS"}
    )


def test_without_a_token_only_what_holds_no_data_is_open(closed: Flask) -> None:
    client = closed.test_client()
    opened = {
        path
        for method, path in routes(closed)
        if client.open(path, method=method).status_code not in (401, 403)
    }
    name = "a" * 32
    assert opened - {f"/static/{name}", f"/docs/assets/{name}"} == {
        *("/healthz", "/readyz", f"{API}/healthz", f"{API}/readyz"),
        *("/ms1/", "/logout", "/login"),
        *("/browser/guide.html", "/browser/favourites.zip", "/browser/specgraph.grass"),
        f"/browser/favourites/{name}.cypher",
    }


def test_every_operation_of_the_openapi_document_holds_to_its_scope(
    closed: Flask, held: dict[str, dict[str, str]]
) -> None:
    client = closed.test_client()
    paths = client.get("/openapi.json", headers=held[READ]).get_json()["paths"]
    seen = set()
    for path, operations in paths.items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            [scope] = operation["security"][1]["bearer"]
            seen.add(scope)
            address = re.sub(r"\{[^}]*\}", "a" * 32, path)
            for given in SCOPES:
                response = client.open(address, method=method.upper(), headers=held[given])
                enough = SCOPES.index(given) >= SCOPES.index(scope)
                refused = response.status_code == 403 and kind(problem(response)) == "scope"
                assert refused is not enough, (method, path, given, response.status_code)
                assert response.status_code != 401
    assert seen >= {READ, UPLOAD, ADMIN}


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/", READ),
        ("HEAD", f"{API}/specs", READ),
        ("POST", f"{API}/specs", UPLOAD),
        ("PUT", "/submit.php", UPLOAD),
        ("POST", f"{API}/specs/missing", READ),
        ("POST", f"{API}/splices/plan", READ),
        ("POST", f"{API}/splices/plans", READ),
        ("POST", f"{API}/splices/fixes", READ),
        ("POST", "/ms1/builds/new/", UPLOAD),
        ("DELETE", f"{API}/specs/abc", ADMIN),
        ("GET", f"{API}/audit", ADMIN),
        ("GET", f"{API}/audit/", ADMIN),
        ("GET", "/audit", ADMIN),
        ("OPTIONS", f"{API}/specs", None),
        ("GET", "/healthz", None),
        ("BREW", "/coffee", UPLOAD),
    ],
)
def test_scope_of_a_request(method: str, path: str, scope: str | None) -> None:
    assert scope_of(method, path) == scope


@pytest.mark.parametrize(
    ("policy", "scopes"),
    [
        (Policy(), set()),
        (Policy(write=True), {UPLOAD, ADMIN}),
        (Policy(read=True), {READ, UPLOAD, ADMIN}),
        (Policy(write=True, read=True), {READ, UPLOAD, ADMIN}),
    ],
)
def test_scopes_that_a_policy_requires(policy: Policy, scopes: set[str]) -> None:
    assert {each for each in SCOPES if policy.requires(each)} == scopes
    assert not policy.requires(None)


def test_a_scope_includes_those_before_it() -> None:
    allowed = {
        given: [each for each in SCOPES if Token("id", "name", (given,)).allows(each)]
        for given in SCOPES
    }
    assert allowed == {READ: [READ], UPLOAD: [READ, UPLOAD], ADMIN: [READ, UPLOAD, ADMIN]}
    assert not Token("id", "name", ("other",)).allows(READ)


def test_a_cookie_counts_for_reading_only() -> None:
    headers = {"Cookie": f"a=b; {COOKIE}=sg_1"}
    assert presented_token(READ, headers) == "sg_1"
    assert presented_token(UPLOAD, headers) is None
    assert presented_token(ADMIN, headers, "GET") == "sg_1"
    assert presented_token(ADMIN, headers, "DELETE") is None
    assert presented_token(READ, {**headers, "Authorization": "Bearer sg_2"}) == "sg_2"


def log_in(client: FlaskClient, text: str, target: str = "/sites") -> str | None:
    response = client.post("/login", data={"token": text, "next": target})
    assert response.status_code in (303, 403)
    return response.headers.get("Location")


def test_pages_ask_for_a_token_once_and_keep_it(closed: Flask, database: Database) -> None:
    text, _ = tokens.create_token(database, "reader", scopes=(READ,), expires=time.time() + 3600)
    client = closed.test_client()
    html = {"Accept": "text/html"}
    first = client.get("/builds?status=failed", headers=html)
    assert first.status_code == 401
    assert 'name="next" value="/builds?status=failed"' in first.text
    refused = client.post("/login", data={"token": "sg_no", "next": "/sites"})
    assert (refused.status_code, "not valid" in refused.text) == (403, True)
    assert "token_by_id" not in refused.text
    response = client.post("/login", data={"token": text, "next": "/builds?status=failed"})
    assert (response.status_code, response.headers["Location"]) == (303, "/builds?status=failed")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert re.search(r"Max-Age=3[56]\d\d;", cookie)
    page = client.get("/builds?status=failed", headers=html)
    assert page.status_code == 200
    assert "Log out" in page.text
    assert client.post("/logout").headers["Location"] == "/login"
    assert client.get("/builds", headers=html).status_code == 401


def test_a_cookie_is_secure_behind_https(database: Database) -> None:
    config = {"REQUIRE_TOKEN_TO_READ": True, "PUBLIC_URL": "https://graph.example.org"}
    client = create_app(database, {"TESTING": True, **config}).test_client()
    text, _ = tokens.create_token(database, "reader", scopes=(READ,))
    response = client.post("/login", data={"token": text})
    assert "; Secure;" in response.headers["Set-Cookie"]


def test_revoking_a_token_ends_its_cookie(closed: Flask, database: Database) -> None:
    text, token = tokens.create_token(database, "admin", scopes=(ADMIN,))
    client = closed.test_client()
    assert log_in(client, text) == "/sites"
    assert client.get("/sites").status_code == 200
    tokens.revoke_token(database, token.public_id)
    assert client.get("/sites").status_code == 401


def test_a_cookie_writes_nothing(closed: Flask, database: Database) -> None:
    text, _ = tokens.create_token(database, "admin", scopes=(ADMIN,))
    client = closed.test_client()
    log_in(client, text)
    body = dumped(document(node("zlib")))
    assert problem(client.post(f"{API}/specs", data=body))["status"] == 401
    assert client.post(f"{API}/specs", data=body, headers=bearer(text)).status_code == 201


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/login", "/\t/x"],
)
def test_the_login_leads_to_no_other_site(closed: Flask, database: Database, target: str) -> None:
    text, _ = tokens.create_token(database, "reader", scopes=(READ,))
    assert log_in(closed.test_client(), text, target) == "/"


def test_a_program_gets_a_problem_and_not_the_form(closed: Flask) -> None:
    body = problem(closed.test_client().get(f"{API}/specs", headers={"Accept": "text/html"}))
    assert (body["status"], kind(body)) == (401, "token")
    assert body["detail"] == "reading needs a token: send Authorization: Bearer TOKEN"


def test_a_token_of_an_older_specgraph_uploads_and_reads(closed: Flask, database: Database) -> None:
    text, token = tokens.create_token(database, "old")
    assert (token.scopes, token.expires) == (("upload",), None)
    client = closed.test_client()
    response = client.post(
        f"{API}/specs", data=dumped(document(node("zlib"))), headers=bearer(text)
    )
    assert response.status_code == 201
    assert client.get(f"{API}/specs", headers=bearer(text)).status_code == 200
