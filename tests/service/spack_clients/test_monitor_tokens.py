"""Authenticate as the monitor's clients do."""

import base64
import json
import re
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cypher.run import Database
from loaders.store import tokens
from service.app import create_app
from tests.service.spack_clients.recorded import SAMPLE, Exchange, Replay, exchanges

SOME = "a" * 32
NEW = json.dumps({"full_hash": SOME}).encode()
PATHS = ("specs/new", "builds/new", "builds/update", "builds/phases/update", "analyze/builds")


@pytest.fixture
def closed(database: Database) -> FlaskClient:
    """Return a client of a service that requires tokens."""
    return create_app(database, {"TESTING": True, "REQUIRE_TOKEN": True}).test_client()


def request_bearer(client: FlaskClient, secret: str | None, user: str = "ci") -> TestResponse:
    headers = {"service": "http://localhost", "Accept": "application/json"}
    if secret is not None:
        given = base64.b64encode(f"{user}:{secret}".encode()).decode()
        headers["Authorization"] = f"Basic {given}"
    return client.get("/auth/token/", headers=headers)


def announce(client: FlaskClient, bearer: str | None) -> TestResponse:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return client.post("/ms1/builds/new/", data=NEW, headers=headers)


@pytest.mark.parametrize("path", PATHS)
def test_a_write_without_a_bearer_is_challenged_before_its_body_is_read(
    closed: FlaskClient, path: str
) -> None:
    response = closed.post(f"/ms1/{path}/", data=b"no json")
    assert (response.status_code, response.data) == (401, b"")
    challenge = response.headers["Www-Authenticate"]
    found = dict(re.findall(r'([a-zA-z]+)="(.+?)"', challenge))
    assert found == {
        "realm": "http://localhost/auth/token/",
        "service": "http://localhost",
        "scope": "build",
    }


@pytest.mark.parametrize(
    ("config", "host"),
    [
        ({"ALLOWED_HOSTS": ["spack.example"]}, "spack.example:8000"),
        ({"PUBLIC_URL": "https://spack.example:8000"}, "127.0.0.1:8642"),
    ],
)
def test_the_challenge_names_the_address_that_the_client_uses(
    database: Database, config: dict[str, Any], host: str
) -> None:
    app = create_app(database, {"TESTING": True, "REQUIRE_TOKEN": True, **config})
    headers = {"Host": host, "X-Forwarded-Proto": "https"}
    response = app.test_client().post("/ms1/builds/new/", data=NEW, headers=headers)
    assert 'realm="https://spack.example:8000/auth/token/"' in response.headers["Www-Authenticate"]


def test_a_bearer_stores_builds_at_the_site_of_its_token(
    closed: FlaskClient, database: Database
) -> None:
    secret, _ = tokens.create_token(database, "ci", site="there")
    answer = request_bearer(closed, secret)
    issued = answer.get_json()
    assert (answer.status_code, issued["expires_in"]) == (200, 6000)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", issued["issued_at"])
    response = announce(closed, issued["token"])
    assert response.status_code == 201
    number = response.get_json()["data"]["build"]["build_id"]
    body = json.dumps({"build_id": number, "status": "SUCCESS"}).encode()
    headers = {"Authorization": f"Bearer {issued['token']}"}
    assert closed.post("/ms1/builds/update/", data=body, headers=headers).status_code == 200
    [build] = closed.get("/api/v1/builds").get_json()["items"]
    assert build["site"] == "there"


def test_revoking_a_token_ends_its_bearers(closed: FlaskClient, database: Database) -> None:
    secret, token = tokens.create_token(database, "ci")
    bearer = request_bearer(closed, secret).get_json()["token"]
    assert announce(closed, bearer).status_code == 201
    tokens.revoke_token(database, token.public_id)
    assert announce(closed, bearer).status_code == 401
    assert request_bearer(closed, secret).status_code == 403


def test_a_bearer_expires_with_its_token(closed: FlaskClient, database: Database) -> None:
    secret, _ = tokens.create_token(database, "ci", expires=time.time() + 3600)
    bearer = request_bearer(closed, secret).get_json()["token"]
    assert announce(closed, bearer).status_code == 201
    with database.driver.session() as session:
        session.run("MATCH (t:Token) SET t.expires = t.expires - 3600").consume()
    assert announce(closed, bearer).status_code == 401


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("builds/update", {"status": "FAILED"}),
        ("builds/phases/update", {"phase_name": "build", "status": "ERROR", "output": "no"}),
        ("analyze/builds", {"metadata": {"config_args": "--no"}}),
    ],
)
def test_a_token_bound_to_a_site_cannot_change_builds_of_another(
    closed: FlaskClient, database: Database, path: str, message: dict[str, Any]
) -> None:
    here, there = (tokens.create_token(database, site, site=site)[0] for site in ("here", "there"))
    number = announce(closed, here).get_json()["data"]["build"]["build_id"]
    body = json.dumps({**message, "build_id": number}).encode()
    responses = [
        closed.post(f"/ms1/{path}/", data=body, headers={"Authorization": f"Bearer {each}"})
        for each in (there, here)
    ]
    assert [response.status_code for response in responses] == [404, 200]
    [build] = closed.get("/api/v1/builds").get_json()["items"]
    assert build["site"] == "here"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("builds/update", {"status": "FAILED"}),
        ("builds/phases/update", {"phase_name": "build", "status": "ERROR", "output": "no"}),
        ("analyze/builds", {"metadata": {"config_args": "--no"}}),
    ],
)
def test_only_the_owner_of_a_build_changes_it(
    database: Database, path: str, message: dict[str, Any]
) -> None:
    client = create_app(database, {"TESTING": True}).test_client()
    first, second = (tokens.create_token(database, name)[0] for name in ("ci", "other"))
    renewed = tokens.create_token(database, "ci")[0]
    build = announce(client, first).get_json()["data"]["build"]
    body = json.dumps({**message, "build_id": build["build_id"]}).encode()
    bearers = [second, None, renewed]
    responses = [
        client.post(f"/ms1/{path}/", data=body, headers=_bearer_header(each)) for each in bearers
    ]
    assert [response.status_code for response in responses] == [404, 404, 200]
    # Each user has an announcement of the same spec.
    assert announce(client, second).status_code == 201
    assert announce(client, renewed).get_json()["data"]["build"] == build


def _bearer_header(bearer: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}"} if bearer else {}


@pytest.mark.parametrize("secret", [None, "", "wrong", "sg_0123456789ab_" + "x" * 43])
def test_without_a_valid_token_no_bearer_is_issued(closed: FlaskClient, secret: str | None) -> None:
    response = request_bearer(closed, secret)
    assert (response.status_code, response.data) == (403, b"")


def test_the_name_of_a_token_is_that_of_its_user(closed: FlaskClient, database: Database) -> None:
    secret, _ = tokens.create_token(database, "ci")
    statuses = [request_bearer(closed, secret, user).status_code for user in ("ci", "other", "")]
    assert statuses == [200, 403, 403]


@pytest.mark.parametrize("bearer", ["wrong", "eyJ.a.b", "x" * 5000])
def test_an_invalid_bearer_is_challenged(closed: FlaskClient, bearer: str) -> None:
    assert announce(closed, bearer).status_code == 401


def test_the_recorded_flow_has_the_recorded_statuses(
    closed: FlaskClient, database: Database
) -> None:
    secret, _ = tokens.create_token(database, "ci")
    bearer = None
    for exchange in exchanges(SAMPLE):
        if exchange.scenario not in ("v0.17.3-install-success", "v0.17.3-bad-token"):
            continue
        if exchange.path == "/auth/token/":
            response = request_bearer(closed, secret if exchange.status == 200 else "wrong")
            bearer = (response.get_json() or {}).get("token") if response.data else None
        elif exchange.method == "GET":
            response = closed.get(exchange.path)
        else:
            response = _post_recorded(closed, exchange, bearer)
        assert response.status_code == exchange.status, exchange
        if exchange.seq == 16:
            break


def _post_recorded(client: FlaskClient, exchange: Exchange, bearer: str | None) -> TestResponse:
    replay = Replay(client)
    if exchange.status == 401:
        return replay.post(exchange.path, exchange.body or b"")
    return client.post(
        exchange.path, data=exchange.body, headers={"Authorization": f"Bearer {bearer}"}
    )


def test_a_bearer_is_signed_for_one_token_only(closed: FlaskClient, database: Database) -> None:
    first, second = (tokens.create_token(database, "ci") for _ in range(2))
    bearer = request_bearer(closed, first[0]).get_json()["token"]
    assert announce(closed, bearer).status_code == 201
    changed = bearer.replace(first[1].public_id, second[1].public_id)
    for forged in (changed, bearer[:-1], bearer + "x", first[1].public_id, "", "a.b.c"):
        assert announce(closed, forged).status_code == 401
