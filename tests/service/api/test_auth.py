"""Authorize writes by tokens: scopes, sites, expiry."""

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.store import tokens
from service.api import auth
from service.app import create_app
from tests.documents import DATA, document, dumped, node
from tests.service.answers import API, count_nodes, kind, problem

BODY = dumped(document(node("zlib")))


@pytest.fixture
def closed(database: Database) -> Flask:
    """Return a service that requires tokens."""
    return create_app(database, {"TESTING": True, "REQUIRE_TOKEN": True})


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def sites(database: Database) -> set[str]:
    with database.driver.session() as session:
        return set(session.run("MATCH (t:Site) RETURN collect(t.name)").single(strict=True)[0])


@pytest.mark.parametrize("path", ["/specs", "/documents"])
def test_without_a_token_nothing_is_written(closed: Flask, database: Database, path: str) -> None:
    response = closed.test_client().post(API + path, data=BODY)
    assert (problem(response)["status"], kind(problem(response))) == (401, "token")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert count_nodes(database) == 0


def writing_routes(app: Flask) -> set[tuple[str, str]]:
    """Return method and path of all routes that may write."""
    read = {"GET", "HEAD", "OPTIONS"}
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - read
    }


def test_every_write_requires_a_token_before_its_body_is_read(
    closed: Flask, database: Database
) -> None:
    opened = {("POST", f"{API}/specs/missing"), ("POST", "/login"), ("POST", "/logout")}
    opened |= {("POST", f"{API}/splices/{name}") for name in ("plan", "plans", "fixes")}
    found = {each for each in writing_routes(closed) - opened if each[0] != "DELETE"}
    assert {path for _, path in found} == {
        *(f"{API}/specs", f"{API}/documents", f"{API}/types", "/submit.php"),
        *("/ms1/specs/new/", "/ms1/builds/new/", "/ms1/builds/update/"),
        *("/ms1/builds/phases/update/", "/ms1/analyze/builds/"),
    }
    client = closed.test_client()
    for method, path in sorted(found):
        for other in (path, f"/{path}", f"{path}/", path.rstrip("/"), path.replace("/", "//")):
            response = client.open(other, method=method, data=b"no document")
            assert response.status_code in (308, 401, 404, 421), (method, other)
        assert client.open(path, method=method).status_code == 401
    assert count_nodes(database) == 0


def test_reading_requires_no_token(closed: Flask) -> None:
    client = closed.test_client()
    assert client.get(f"{API}/specs").status_code == 200
    assert client.get("/").status_code == 200
    asked = client.post(f"{API}/specs/missing", json={"hashes": ["a" * 32]})
    assert asked.get_json() == {"missing": ["a" * 32]}


def test_documents_are_stored_with_a_token(closed: Flask, database: Database) -> None:
    text, _ = tokens.create_token(database, "ci")
    response = closed.test_client().post(f"{API}/specs", data=BODY, headers=bearer(text))
    assert response.status_code == 201


def test_the_scheme_is_case_insensitive(closed: Flask, database: Database) -> None:
    text, _ = tokens.create_token(database, "ci")
    headers = {"Authorization": f"bearer {text}"}
    response = closed.test_client().post(f"{API}/specs", data=BODY, headers=headers)
    assert response.status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text[:3] + "0" * 12 + text[15:],
        lambda text: text[:-1],
        lambda text: text + "\u00e9",
        lambda text: "",
    ],
    ids=["other secret", "other id", "cut", "not ASCII", "empty"],
)
def test_an_altered_token_is_invalid(closed: Flask, database: Database, change: Any) -> None:
    text, _ = tokens.create_token(database, "ci")
    headers = {"Authorization": f"Bearer {change(text)}"}
    response = closed.test_client().post(f"{API}/specs", data=BODY, headers=headers)
    assert problem(response)["status"] == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_that_is_expired_or_revoked_is_invalid(closed: Flask, database: Database) -> None:
    expired, _ = tokens.create_token(database, "old", expires=time.time() - 1)
    revoked, token = tokens.create_token(database, "lost")
    assert tokens.revoke_token(database, token.public_id)
    for text in (expired, revoked):
        response = closed.test_client().post(f"{API}/specs", data=BODY, headers=bearer(text))
        assert problem(response)["status"] == 401


@pytest.mark.parametrize("config", [{"REQUIRE_TOKEN": True}, {}])
def test_a_token_without_the_scope_is_refused(database: Database, config: dict[str, bool]) -> None:
    text, _ = tokens.create_token(database, "reader", scopes=[tokens.READ])
    client = create_app(database, {"TESTING": True, **config}).test_client()
    response = client.post(f"{API}/specs", data=BODY, headers=bearer(text))
    assert (problem(response)["status"], kind(problem(response))) == (403, "scope")
    challenge = 'Bearer error="insufficient_scope", scope="upload"'
    assert response.headers["WWW-Authenticate"] == challenge


def test_an_unknown_path_is_not_found_even_without_a_token(closed: Flask) -> None:
    assert problem(closed.test_client().post(f"{API}/nothing"))["status"] == 404
    assert problem(closed.test_client().delete(f"{API}/specs"))["status"] == 405


def report() -> bytes:
    return next((DATA / "reports").rglob("*.xml")).read_bytes()


def test_a_token_bound_to_a_site_uploads_for_it(closed: Flask, database: Database) -> None:
    text, _ = tokens.create_token(database, "ci", site="lab")
    client = closed.test_client()
    response = client.post(f"{API}/documents", data=report(), headers=bearer(text))
    assert response.status_code == 201, response.text
    assert sites(database) == {"lab"}
    named = client.post(f"{API}/documents?site=lab", data=report(), headers=bearer(text))
    assert named.status_code == 200


def test_a_token_bound_to_a_site_uploads_for_no_other(closed: Flask, database: Database) -> None:
    text, _ = tokens.create_token(database, "ci", site="lab")
    response = closed.test_client().post(
        f"{API}/documents?site=other", data=report(), headers=bearer(text)
    )
    body = problem(response)
    assert (body["status"], kind(body), body["parameter"]) == (403, "other-site", "site")
    assert body["detail"] == "this token is for the site lab, not for other"
    assert sites(database) == set()


def test_an_optional_token_still_binds_the_upload_to_its_site(
    client: FlaskClient, database: Database
) -> None:
    text, _ = tokens.create_token(database, "ci", site="lab")
    response = client.post(f"{API}/documents", data=report(), headers=bearer(text))
    assert response.status_code == 201
    assert sites(database) == {"lab"}
    again = client.post(f"{API}/documents", data=report(), headers=bearer("of another service"))
    assert again.status_code in (200, 201)


def test_the_use_of_a_token_is_recorded_at_most_once_a_minute(database: Database) -> None:
    _, token = tokens.create_token(database, "ci")
    tokens.record_use(database, token)
    (first,) = tokens.find_all(database)
    assert first.last_used == pytest.approx(time.time(), abs=60)
    tokens.record_use(database, token)
    assert tokens.find_all(database) == [first]
    with database.driver.session() as session:
        session.run("MATCH (t:Token) SET t.last_used = t.last_used - 61").consume()
    tokens.record_use(database, token)
    (later,) = tokens.find_all(database)
    assert later.last_used is not None
    assert first.last_used is not None
    assert later.last_used >= first.last_used


def test_a_grant_has_the_rights_of_its_token(closed: Flask, database: Database) -> None:
    text, token = tokens.create_token(database, "ci", site="lab")
    with closed.app_context():
        assert auth.required()
        expected = auth.Grant(token.public_id, "ci", ("upload",), "lab")
        assert auth.find_grant(text, "upload") == expected
        assert auth.find_grant(text, "admin") is None
        assert auth.find_grant("sg_" + "0" * 12 + "_" + "A" * 43, "upload") is None
    assert tokens.find_all(database)[0].last_used is not None


def test_the_secret_is_never_stored(database: Database) -> None:
    text, token = tokens.create_token(database, "ci")
    secret = text.removeprefix(f"sg_{token.public_id}_")
    with database.driver.session() as session:
        kept = session.run("MATCH (t:Token) RETURN properties(t) AS t").single(strict=True)["t"]
    assert secret not in repr(kept)
    assert set(kept) == {
        *("public_id", "digest", "name", "scopes", "created", "revoked"),
    }


def outcomes(database: Database) -> set[tuple[str, str]]:
    with database.driver.session() as session:
        query = "MATCH (b:Build)-[:AT]->(t:Site) RETURN collect([t.name, b.status])"
        return {tuple(each) for each in session.run(query).single(strict=True)[0]}


def test_a_token_of_one_site_rewrites_no_build_of_another(
    closed: Flask, database: Database
) -> None:
    here, there = (tokens.create_token(database, site, site=site)[0] for site in ("here", "there"))
    client = closed.test_client()
    report = (DATA / "reports" / "spack-1.1.0" / "junit-lab-fail-build-1.1.xml").read_bytes()
    assert b"<failure" in report
    first = client.post(f"{API}/documents", data=report, headers=bearer(here))
    before = outcomes(database)
    second = client.post(f"{API}/documents", data=report, headers=bearer(there))
    assert (first.status_code, second.status_code) == (201, 201)
    assert {each for each in outcomes(database) if each[0] == "here"} == before
    uids = [
        {each["build"]["uid"] for each in answer.get_json()["documents"] if "build" in each}
        for answer in (first, second)
    ]
    assert uids[0].isdisjoint(uids[1])
