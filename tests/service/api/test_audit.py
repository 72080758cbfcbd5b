"""The audit: an entry for each request that wrote."""

import hashlib
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from neo4j.exceptions import ServiceUnavailable

from cypher.run import Database, WriteRefusedError
from loaders.store import audit, tokens
from service import access
from service.api import auditing
from service.app import create_app
from tests.documents import DATA, document, dumped, node
from tests.service.answers import API, get, problem

BODY = dumped(document(node("zlib")))
REPORT = DATA / "reports" / "spack-1.1.0" / "junit-lab-fail-build-1.1.xml"


def entries(client: FlaskClient, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(client, "/audit", **filters)["items"]
    return found


def test_an_upload_is_recorded_with_who_sent_what_and_when(
    client: FlaskClient, database: Database
) -> None:
    text, token = tokens.create_token(database, "ci", site="lab")
    began = time.time()
    sent = client.post(
        f"{API}/documents", data=REPORT.read_bytes(), headers={"Authorization": f"Bearer {text}"}
    )
    assert sent.status_code == 201
    [entry] = entries(client)
    assert began <= entry.pop("time") <= time.time()
    assert entry.pop("uid")
    assert entry == {
        "method": "POST",
        "path": f"{API}/documents",
        "status": 201,
        "address": "127.0.0.1",
        "token": token.public_id,
        "name": "ci",
        "site": "lab",
        "digest": hashlib.sha256(REPORT.read_bytes()).hexdigest(),
        "bytes": REPORT.stat().st_size,
        "request": None,
    }


def test_what_wrote_nothing_is_not_recorded(client: FlaskClient) -> None:
    assert client.post(f"{API}/specs", data=b"no document").status_code == 400
    assert client.post(f"{API}/specs/missing", json={"hashes": ["a" * 32]}).status_code == 200
    assert client.get(f"{API}/specs").status_code == 200
    assert client.delete(f"{API}/specs/{'a' * 32}").status_code == 404
    assert entries(client) == []
    assert client.post(f"{API}/specs", data=BODY).status_code == 201
    assert client.post(f"{API}/specs", data=BODY).status_code == 200
    assert client.delete(f"{API}/specs/{node('zlib')['hash']}?dry_run=true").status_code == 200
    assert [(each["method"], each["status"]) for each in entries(client)] == [("POST", 201)]


def test_deletions_and_the_clients_of_spack_are_recorded(client: FlaskClient) -> None:
    assert client.post(f"{API}/specs", data=BODY).status_code == 201
    assert client.delete(f"{API}/specs/{node('zlib')['hash']}").status_code == 200
    announced = client.post("/ms1/builds/new/", json={"full_hash": "c" * 32})
    assert announced.status_code == 201
    report = DATA / "reports" / "spack-1.1.0"
    file = next(path for path in sorted(report.rglob("*.xml")) if "cdash" in str(path))
    assert client.put("/submit.php?project=p", data=file.read_bytes()).status_code == 200
    found = [(each["method"], each["path"]) for each in entries(client)]
    assert found == [
        ("PUT", "/submit.php"),
        ("POST", "/ms1/builds/new/"),
        ("DELETE", f"{API}/specs/{node('zlib')['hash']}"),
        ("POST", f"{API}/specs"),
    ]


def test_the_audit_is_filtered_and_paged(client: FlaskClient, database: Database) -> None:
    names = ["ann", "bob", "ann", "ann"]
    for number, name in enumerate(names):
        entry = audit.AuditEntry(
            "POST", f"/{number}", name=name, address="10.0.0.1", digest="d" * 64
        )
        audit.write_entry(database, entry)
    first = get(client, "/audit", name="ann", limit=2)
    assert [each["path"] for each in first["items"]] == ["/3", "/2"]
    second = get(client, "/audit", name="ann", limit=2, cursor=first["next"])
    assert [each["path"] for each in second["items"]] == ["/0"]
    assert second["next"] is None
    assert len(entries(client, digest="d" * 64)) == 4
    assert len(entries(client, digest="d" * 64, name="bob", address="10.0.0.1")) == 1
    assert entries(client, address="10.0.0.2") == entries(client, digest="e" * 64) == []
    assert entries(client, since="2100-01-01") == []
    assert len(entries(client, since="2020-01-01")) == 4
    assert client.get(f"{API}/audit?digest=x").status_code == 422


def test_the_audit_needs_an_administrator(database: Database) -> None:
    client = create_app(database, {"TESTING": True, "REQUIRE_TOKEN": True}).test_client()
    for scope, status in (("upload", 403), ("admin", 200)):
        text, _ = tokens.create_token(database, "x", scopes=(scope,))
        answer = client.get(f"{API}/audit", headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == status
    assert problem(client.get(f"{API}/audit"))["status"] == 401


@pytest.mark.parametrize(
    ("error", "status"),
    [(ServiceUnavailable("away"), 503), (WriteRefusedError("the disk is full"), 507)],
)
def test_a_write_that_cannot_be_recorded_is_to_be_sent_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    client = app.test_client()
    with monkeypatch.context() as patched:
        patched.setattr(auditing, "write_entry", fail)
        refused = client.post(f"{API}/documents", data=BODY)
    assert problem(refused)["status"] == status
    assert "Retry-After" in refused.headers
    assert entries(client) == []
    assert client.post(f"{API}/documents", data=BODY).status_code == 200
    assert len(entries(client)) == 1


def test_old_entries_are_counted_and_deleted(database: Database) -> None:
    for _ in range(3):
        audit.write_entry(database, audit.AuditEntry("POST", "/"))
    now = time.time() + 1
    assert audit.count_entries(database, now - 3600) == 0
    assert audit.count_entries(database, now) == audit.prune_entries(database, now) == 3
    assert audit.count_entries(database, now) == 0


def test_an_upload_whose_header_was_checked_first_has_one_entry(client: FlaskClient) -> None:
    passed = client.post(
        f"{API}/documents", data=BODY, environ_overrides={access.HEADER_ONLY: True}
    )
    assert passed.status_code == 204
    assert entries(client) == []
    assert client.post(f"{API}/documents", data=BODY).status_code == 201
    assert [each["status"] for each in entries(client)] == [201]
