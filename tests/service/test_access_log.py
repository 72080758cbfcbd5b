"""The access log."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask

from cypher.run import Database
from loaders.store import tokens
from service.access import HEADER_ONLY
from service.access_log import AccessLog, log_refusal
from service.cli.logs import NO_FILE, STANDARD_ERROR, configure_logs
from tests.service.answers import API


@pytest.fixture
def logged(app: Flask) -> Iterator[list[Any]]:
    """Return the lines of the log of an app."""
    app.wsgi_app = AccessLog(app.wsgi_app)  # type: ignore[method-assign]
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_each_request_is_logged_with_the_id_that_its_answer_has(
    app: Flask, logged: list[Any]
) -> None:
    agent = {"User-Agent": "a test"}
    answer = app.test_client().get(f"{API}/specs?q=zlib", headers=agent, buffered=True)
    [line] = logged
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])
    assert line.pop("seconds") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": answer.headers["X-Request-ID"],
        "address": "127.0.0.1",
        "token": None,
        "method": "GET",
        "path": f"{API}/specs",
        "query": "q=zlib",
        "status": 200,
        "bytes": len(answer.data),
        "agent": "a test",
    }


@pytest.mark.parametrize(
    ("given", "kept"), [("abc.1-2_3", True), ("a b", False), ("x" * 65, False)]
)
def test_an_id_from_outside_is_kept_if_it_is_one(
    app: Flask, logged: list[Any], given: str, kept: bool
) -> None:
    answer = app.test_client().get("/healthz", headers={"X-Request-ID": given}, buffered=True)
    assert (answer.headers["X-Request-ID"] == given) is kept
    assert logged[0]["request_id"] == answer.headers["X-Request-ID"]


def test_the_token_is_named_by_its_id_and_never_by_its_secret(
    app: Flask, logged: list[Any], database: Database
) -> None:
    text, token = tokens.create_token(database, "ci")
    sent = {"Authorization": f"Bearer {text}", "X-Request-ID": "first"}
    app.test_client().post(f"{API}/documents", data=b"no document", headers=sent, buffered=True)
    [line] = logged
    assert (line["token"], line["status"]) == (token.public_id, 400)
    assert text not in repr(line)


def test_the_audit_names_the_request(app: Flask, logged: list[Any]) -> None:
    client = app.test_client()
    answer = client.post("/ms1/builds/new/", json={"full_hash": "c" * 32}, buffered=True)
    assert answer.status_code == 201
    [entry] = client.get(f"{API}/audit").get_json()["items"]
    assert entry["request"] == answer.headers["X-Request-ID"] == logged[0]["request_id"]


def test_an_accepted_header_is_logged_with_its_body_only(app: Flask, logged: list[Any]) -> None:
    client = app.test_client()
    accepted = {"environ_overrides": {HEADER_ONLY: True}, "buffered": True}
    assert client.post(f"{API}/specs", **accepted).status_code == 204
    assert client.post("/nothing", **accepted).status_code == 404
    assert [line["status"] for line in logged] == [404]


def test_a_long_path_is_cut(app: Flask, logged: list[Any]) -> None:
    app.test_client().get("/" + "x" * 5000, buffered=True)
    assert len(logged[0]["path"]) == 400
    log_refusal("GET", "/" + "x" * 5000, "127.0.0.1", 503)
    assert (len(logged[1]["path"]), logged[1]["status"]) == (400, 503)


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Restore the handlers that other tests need."""
    root, access = logging.getLogger(), logging.getLogger("specgraph.access")
    before = (root.handlers[:], root.level, access.handlers[:], access.propagate, access.disabled)
    yield
    for handler in {*root.handlers, *access.handlers} - {*before[0], *before[2]}:
        handler.close()
    root.handlers[:], root.level, access.handlers[:], access.propagate, access.disabled = before
    structlog.reset_defaults()


@pytest.mark.usefixtures("restored_logging")
def test_a_line_of_the_file_is_json_and_cannot_be_forged(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    configure_logs("json", str(path))
    app.wsgi_app = AccessLog(app.wsgi_app)  # type: ignore[method-assign]
    app.test_client().get("/a%0Ab", buffered=True)
    logging.getLogger("another").warning("not in this file")
    [line] = path.read_text().splitlines()
    found = json.loads(line)
    assert (found["path"], found["level"], found["logger"]) == ("/a\nb", "info", "specgraph.access")
    assert found["timestamp"].endswith("Z")
    assert "token" not in found


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize(("place", "number"), [(STANDARD_ERROR, 1), (NO_FILE, 0)])
def test_the_log_goes_to_standard_error_or_nowhere(
    app: Flask, capsys: pytest.CaptureFixture[str], place: str, number: int
) -> None:
    configure_logs("text", place)
    app.wsgi_app = AccessLog(app.wsgi_app)  # type: ignore[method-assign]
    app.test_client().get("/healthz", buffered=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("path=/healthz") == number
