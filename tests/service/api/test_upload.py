"""Uploads of spec documents that are accepted."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.specs.dag_hash import compute_hash
from tests.documents import SPECS, SPLICED, document, dumped, named, node
from tests.service.answers import API, count_nodes, get, hashes, post, upload
from tests.service.reading import Reading

pytestmark = pytest.mark.container

XZ = named("xz-5.6.3")
ZLIB = named("zlib-1.3.1")
NOTHING = {"new_documents": 0, "new_specs": 0, "edges": 0, "unverified": 0, "conflicts": 0}


def _format1(name: str, dependencies: dict[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "version": "1.0",
        "arch": {"platform": "linux", "platform_os": "debian10", "target": "x86_64"},
        "compiler": {"name": "gcc", "version": "8.3.0"},
        "namespace": "builtin",
        "parameters": {"cflags": []},
    }
    if dependencies:
        body["dependencies"] = {
            key: {"hash": child[key]["hash"], "type": ["build", "link"]}
            for key, child in dependencies.items()
        }
    return {name: {**body, "hash": compute_hash({name: body}, 1)}}


def test_a_new_document_is_201_and_a_known_one_200(client: FlaskClient) -> None:
    reading = Reading(XZ)
    edges = len(reading.arrows)
    first = post(client, XZ.read_bytes())
    assert first.status_code == 201
    answer = first.get_json()
    assert answer["roots"] == [reading.root]
    assert answer["counts"] == {
        "documents": 1,
        "new_documents": 1,
        "specs": 5,
        "new_specs": 5,
        "edges": edges,
        "unverified": 0,
        "conflicts": 0,
    }
    digest = answer["documents"][0].pop("digest")
    assert len(digest) == 64
    assert answer["documents"] == [
        {
            "hash": reading.root,
            "name": "xz",
            "version": "5.6.3",
            "new": True,
            "specs": 5,
            "new_specs": 5,
            "edges": edges,
            "unverified": 0,
            "conflicts": [],
            "defects": [],
        }
    ]
    again = post(client, XZ.read_bytes())
    assert again.status_code == 200
    assert again.get_json()["counts"] == {"documents": 1, "specs": 5, **NOTHING}


def test_a_known_document_writes_nothing(client: FlaskClient, database: Database) -> None:
    upload(client, XZ.read_bytes())
    before = count_nodes(database)
    upload(client, XZ.read_bytes())
    upload(client, gzip.compress(XZ.read_bytes()))
    assert count_nodes(database) == before


def test_a_part_of_a_known_document_becomes_a_root(client: FlaskClient) -> None:
    zlib, app = _small()
    upload(client, dumped(document(app, zlib)))
    assert hashes(get(client, "/specs")) == [app["hash"]]
    response = post(client, dumped(document(zlib)))
    assert response.status_code == 201
    assert response.get_json()["counts"]["new_specs"] == 0
    assert hashes(get(client, "/specs")) == [app["hash"], zlib["hash"]]


def _small() -> tuple[dict[str, Any], dict[str, Any]]:
    zlib = node("zlib", "1.3")
    return zlib, node("app", dependencies=[(zlib, ["link"])])


@pytest.mark.parametrize("path", [*SPECS, *SPLICED], ids=lambda path: path.stem[:40])
def test_every_document_is_stored_with_all_its_nodes(client: FlaskClient, path: Path) -> None:
    reading = Reading(path)
    (answer,) = upload(client, path.read_bytes())
    assert answer["roots"] == [reading.root]
    assert answer["counts"]["specs"] == len(reading.nodes)
    assert answer["counts"]["new_specs"] == len(reading.nodes)
    assert answer["counts"]["edges"] == len(reading.arrows)


def test_a_document_of_format_1_is_stored(client: FlaskClient) -> None:
    zlib = _format1("zlib")
    app = _format1("app", {"zlib": zlib})
    given = {"spec": [app, zlib]}
    (answer,) = upload(client, dumped(given))
    assert answer["roots"] == [app["app"]["hash"]]
    assert answer["counts"]["unverified"] == 0
    response = client.get(f"{API}/specs/{app['app']['hash']}/spec.json")
    assert response.text == json.dumps(given)


def test_every_document_of_a_list_is_stored(client: FlaskClient) -> None:
    (answer,) = upload(client, b"[" + XZ.read_bytes() + b",\n" + ZLIB.read_bytes() + b"]")
    assert answer["roots"] == [Reading(XZ).root, Reading(ZLIB).root]
    assert answer["counts"]["new_documents"] == 2


def test_one_document_per_line_is_accepted(client: FlaskClient) -> None:
    lines = [XZ.read_bytes().strip(), b"", ZLIB.read_bytes().strip(), b""]
    (answer,) = upload(client, b"\n".join(lines))
    assert answer["roots"] == [Reading(XZ).root, Reading(ZLIB).root]


def test_a_document_may_have_several_lines(client: FlaskClient) -> None:
    text = json.dumps(json.loads(XZ.read_bytes()), indent=2).encode()
    (answer,) = upload(client, b"\n" + text + b"\n")
    assert answer["roots"] == [Reading(XZ).root]


def test_the_same_document_twice_in_a_list_is_new_once(client: FlaskClient) -> None:
    response = post(client, b"[" + XZ.read_bytes() + b"," + XZ.read_bytes() + b"]")
    assert response.status_code == 201
    answer = response.get_json()
    assert answer["roots"] == [Reading(XZ).root] * 2
    assert [entry["new"] for entry in answer["documents"]] == [True, False]
    assert [entry["new_specs"] for entry in answer["documents"]] == [5, 0]
    assert hashes(get(client, "/specs")) == [Reading(XZ).root]


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (gzip.compress, None),
        (gzip.compress, "gzip"),
        (gzip.compress, "x-gzip"),
        (lambda raw: zstandard.compress(raw), None),
        (lambda raw: zstandard.compress(raw), "zstd"),
        (lambda raw: raw[:0] + raw, "identity"),
        (lambda raw: gzip.compress(raw[:99]) + gzip.compress(raw[99:]), None),
        (lambda raw: zstandard.compress(raw[:99]) + zstandard.compress(raw[99:]), None),
    ],
    ids=["gzip", "gzip named", "x-gzip", "zstd", "zstd named", "plain", "two gzip", "two zstd"],
)
def test_a_compressed_body_is_decompressed(
    client: FlaskClient, pack: Callable[[bytes], bytes], encoding: str | None
) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}
    response = client.post(f"{API}/specs", data=pack(XZ.read_bytes()), headers=headers)
    assert response.status_code == 201, response.text
    assert response.get_json()["roots"] == [Reading(XZ).root]


def test_a_spliced_document_keeps_its_unverified_nodes(client: FlaskClient) -> None:
    path = named("results--lab-sim-2.0-mscfyxf")
    reading = Reading(path)
    (answer,) = upload(client, path.read_bytes())
    assert answer["counts"]["unverified"] == 3
    shown = get(client, f"/specs/{reading.root}/graph")["nodes"]
    assert {entry["hash"] for entry in shown} == set(reading.nodes)
    unverified = [entry["hash"] for entry in shown if not entry["verified"]]
    for hash_ in unverified:
        assert not get(client, f"/specs/{hash_}")["verified"]
    assert len(unverified) == 3


def test_an_unverified_node_is_stored_if_the_client_allows_it(client: FlaskClient) -> None:
    forged = {**node("zlib", "1.3"), "version": "1.4"}
    (answer,) = upload(client, dumped(document(forged)), allow_unverified="true")
    assert answer["counts"]["unverified"] == 1
    shown = get(client, f"/specs/{forged['hash']}")
    assert (shown["version"], shown["verified"]) == ("1.4", False)


def test_a_verified_node_replaces_an_unverified_one(client: FlaskClient) -> None:
    correct = node("zlib", "1.3")
    forged = {**correct, "version": "1.4"}
    upload(client, dumped(document(forged)), allow_unverified="true")
    (answer,) = upload(client, dumped(document(correct)))
    assert answer["counts"]["conflicts"] == 0
    shown = get(client, f"/specs/{correct['hash']}")
    assert (shown["version"], shown["verified"]) == ("1.3", True)
    assert [entry["version"] for entry in shown["conflicts"]] == ["1.4"]


def test_one_bad_document_refuses_the_whole_request(
    client: FlaskClient, database: Database
) -> None:
    bad = dumped(document({**node("zlib"), "version": "9"}))
    for body in (b"[" + XZ.read_bytes() + b"," + bad + b"]", XZ.read_bytes() + b"\n" + bad):
        response = post(client, body)
        assert response.status_code == 422
        assert response.get_json()["pointer"] == "/1/spec/nodes/0/hash"
        assert count_nodes(database) == 0


def test_missing_returns_the_hashes_that_are_not_stored(client: FlaskClient) -> None:
    reading = Reading(XZ)
    upload(client, XZ.read_bytes())
    asked = [*reading.nodes, "a" * 32, "/" + reading.root]
    response = client.post(f"{API}/specs/missing", json={"hashes": asked})
    assert response.get_json() == {"missing": ["a" * 32]}
