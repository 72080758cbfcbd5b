"""Uploads that are refused: the problem says why and where, and nothing is stored."""

import gzip
import json

import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from service.app import create_app
from tests.documents import document, dumped, named, node
from tests.service.answers import API, count_nodes, get, kind, post, problem, upload
from tests.service.bad_documents import ALL, APP, XZ, ZLIB, Bad

BOMB = b" " * 10_000_000 + XZ
LIMIT = 100_000


@pytest.fixture
def small_client(database: Database) -> FlaskClient:
    """A client of a service that takes documents of at most `LIMIT` bytes."""
    app: Flask = create_app(database, {"TESTING": True, "MAX_DOCUMENT_BYTES": LIMIT})
    return app.test_client()


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_a_bad_document_is_refused_with_its_place(
    client: FlaskClient, database: Database, bad: Bad
) -> None:
    response = post(client, bad.body, allow_unverified="true" if bad.lenient else "false")
    body = problem(response)
    assert (response.status_code, kind(body), body["pointer"]) == (
        bad.status,
        bad.kind,
        bad.pointer,
    )
    assert count_nodes(database) == 0


def test_after_every_bad_document_a_good_one_is_taken(
    client: FlaskClient, database: Database
) -> None:
    upload(client, dumped(document(APP, ZLIB)))
    before = count_nodes(database)
    for bad in ALL:
        assert post(client, bad.body).status_code >= 400, bad.name
    assert count_nodes(database) == before
    assert post(client, XZ).status_code == 201


@pytest.mark.parametrize(
    "body",
    [BOMB, gzip.compress(BOMB, mtime=0), zstandard.compress(BOMB), b"\x1f\x8b" + b"\0" * LIMIT],
    ids=["plain", "gzip", "zstd", "packed"],
)
def test_a_document_beyond_the_limit_is_413(
    small_client: FlaskClient, database: Database, body: bytes
) -> None:
    response = post(small_client, body)
    assert (response.status_code, kind(problem(response))) == (413, "too-large")
    assert count_nodes(database) == 0
    assert post(small_client, XZ).status_code == 201


def test_an_encoding_that_cannot_be_unpacked_is_415(client: FlaskClient) -> None:
    for encoding in ("br", "deflate", "gzip, gzip"):
        headers = {"Content-Encoding": encoding}
        response = client.post(f"{API}/specs", data=XZ, headers=headers)
        assert problem(response)["status"] == 415


def test_the_lying_root_of_a_known_document_is_refused(
    client: FlaskClient, database: Database
) -> None:
    upload(client, dumped(document(APP, ZLIB)))
    before = count_nodes(database)
    liar = {**APP, "version": "9"}
    body = problem(post(client, dumped(document(liar, ZLIB))))
    assert (kind(body), body["pointer"]) == ("hash-mismatch", "/spec/nodes/0/hash")
    assert count_nodes(database) == before
    assert get(client, f"/specs/{APP['hash']}")["version"] == APP["version"]


def test_a_lie_that_was_once_let_in_is_still_refused_from_others(client: FlaskClient) -> None:
    lie = dumped(document({**APP, "version": "9"}, ZLIB))
    upload(client, lie, allow_unverified="true")
    body = problem(post(client, lie))
    assert (kind(body), body["pointer"]) == ("hash-mismatch", "/spec/nodes/0/hash")


def test_a_bad_document_in_a_list_or_on_a_line_is_pointed_at(client: FlaskClient) -> None:
    good = dumped(document(APP, ZLIB))
    bad = dumped(document({**node("x"), "version": 1}))
    for body in (b"[" + good + b"," + bad + b"]", good + b"\n" + bad):
        assert problem(post(client, body))["pointer"] == "/1/spec/nodes/0/version"


def test_odd_texts_come_back_exactly(client: FlaskClient) -> None:
    odd = node(
        "odd", "1.0", parameters={"cflags": ["a\0b", "\x1b[31m"], "ß'\"\\": "\U0001f600"}, note="é"
    )
    given = document(odd)
    upload(client, dumped(given))
    assert client.get(f"{API}/specs/{odd['hash']}/spec.json").text == json.dumps(given)


def test_numbers_come_back_digit_by_digit(client: FlaskClient) -> None:
    good = named("xz-5.6.3").read_bytes().strip()
    text = b'{"a": 1.50, "b": 1e5, "c": ' + b"9" * 5000 + b", " + good[1:]
    (answer,) = upload(client, text)
    assert client.get(f"{API}/specs/{answer['roots'][0]}/spec.json").data == text


@pytest.mark.parametrize("number", [b"1e999", b"9" * 5000], ids=["float", "integer"])
def test_a_number_out_of_range_is_refused(app: Flask, client: FlaskClient, number: bytes) -> None:
    text = dumped(document({**ZLIB, "x": "PLACE"})).replace(b'"PLACE"', number)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert problem(post(client, text))["status"] in (400, 422)


def test_invalid_utf8_beside_the_spec_is_refused(app: Flask, client: FlaskClient) -> None:
    text = b'{"x": "\xff", ' + dumped(document(ZLIB))[1:]
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert problem(post(client, text))["status"] == 400


def test_a_cycle_of_build_specs_is_refused(client: FlaskClient) -> None:
    other = {**ZLIB, "hash": "b" * 32, "build_spec": {"name": "zlib", "hash": ZLIB["hash"]}}
    own = {**ZLIB, "build_spec": {"name": "zlib", "hash": other["hash"]}}
    body = problem(post(client, dumped(document(own, other))))
    assert (kind(body), body["pointer"]) == ("cycle", "/spec/nodes")


@pytest.mark.parametrize("text", ["", " ", "a\0b", "\x1b[31m", "a\nb"], ids=repr)
def test_a_name_that_no_package_has_is_refused(client: FlaskClient, text: str) -> None:
    for odd in (node(text), node("zlib", text)):
        assert problem(post(client, dumped(document(odd))))["status"] == 422
