"""What the files of a splice still name and load of the specs that it took out."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from service.app import create_app
from service.queries import running
from tests import serving
from tests.cli.commands import Commands
from tests.documents import document, dumped, node
from tests.files_of_specs import elf, store_files
from tests.graph import SharedGraph
from tests.service.answers import API, get, problem, upload

CMAKE = node("cmake", "3.30")
OLD, NEW = (node("libfoo", version) for version in ("1.0", "1.1"))
MID_BUILT = node("mid", "3.0", [(OLD, ["link"]), (CMAKE, ["build"])])
APP_BUILT = node("app", "2.0", [(OLD, ["link"]), (MID_BUILT, ["link"])])
MID = node("mid", "3.0", [(NEW, ["link"])], MID_BUILT)
APP = node("app", "2.0", [(NEW, ["link"]), (MID, ["link"])], APP_BUILT)
PLAIN = node("plain", "1.0", [(OLD, ["link"])])


def fill(database: Database) -> None:
    client = create_app(database, {"TESTING": True}).test_client()
    built = (APP_BUILT, OLD, MID_BUILT, CMAKE)
    upload(client, dumped(document(APP, NEW, MID, *built)), dumped(document(PLAIN, OLD)))
    old, mid, other = OLD["hash"], MID_BUILT["hash"], CMAKE["hash"]
    program = elf(needed=["libfoo.so.1"], rpath=f"/opt/libfoo-1.0-{old}/lib")
    texts = {"lib/cmake/app.cmake": [old, NEW["hash"]], "lib/pkgconfig/app.pc": [mid, other]}
    store_files(database, APP, {"bin/app": program}, texts=texts)
    library = elf(soname="libfoo.so.1")
    for spec in (OLD, NEW):
        store_files(database, spec, {"lib/libfoo.so.1": library}, texts={"share/log": [mid]})


@pytest.fixture
def client(shared_graph: SharedGraph, shared_app: Flask) -> FlaskClient:
    shared_graph.hold("files of a splice", fill)
    return shared_app.test_client()


def test_texts_that_name_what_was_taken_out_or_relinked_are_listed(client: FlaskClient) -> None:
    answer = get(client, f"/specs/{APP['hash']}/splice")
    found = [
        (each["file"]["name"], each["file"]["path"], each["names"]["hash"])
        for each in answer["stale_texts"]
    ]
    assert found == [
        ("app", "lib/cmake/app.cmake", OLD["hash"]),
        ("app", "lib/pkgconfig/app.pc", MID_BUILT["hash"]),
    ]
    assert answer["stale_text_count"] == 2
    assert [each["hash"] for each in answer["texts_unread"]] == [MID["hash"]]


def test_a_spec_that_was_not_spliced_has_no_stale_texts(client: FlaskClient) -> None:
    answer = get(client, f"/specs/{PLAIN['hash']}/splice")
    assert (answer["stale_texts"], answer["stale_text_count"]) == ([], 0)
    assert answer["texts_unread"] == []


def test_the_page_of_the_splice_lists_them(client: FlaskClient) -> None:
    page = client.get(f"/spec/{APP['hash']}/splice").text
    assert 'id="stale"' in page
    assert "<code>lib/cmake/app.cmake</code>" in page
    assert "Of 1 more relinked specs no texts were read." in page


@pytest.fixture
def specgraph(client: FlaskClient) -> Iterator[Commands]:
    """The commands on a service over that database."""
    with serving.served(client.application) as address:
        yield Commands("--url", address)


def test_the_command_lists_them(specgraph: Commands) -> None:
    rows = [line.split("\t") for line in specgraph.run("splice", APP["hash"]).stdout.splitlines()]
    name = f"app@2.0/{APP['hash']}"
    assert [row for row in rows if row[0] == "stale"] == [
        ["stale", f"{name}: lib/cmake/app.cmake", f"names libfoo@1.0/{OLD['hash']}"],
        ["stale", f"{name}: lib/pkgconfig/app.pc", f"names mid@3.0/{MID_BUILT['hash']}"],
    ]
    assert "2 texts name specs from before" in specgraph.table("splice", APP["hash"])


def names(client: FlaskClient, **question: str) -> list[str]:
    return [
        f"{each['name']}@{each['version']}" for each in get(client, "/specs", **question)["items"]
    ]


def test_specs_are_found_by_what_they_really_load(client: FlaskClient) -> None:
    assert names(client, deployed_with="libfoo@1.0") == ["plain@1.0"]
    # Of plain no file was read.
    assert names(client, runs_with="libfoo@1.0") == ["app@2.0"]
    assert names(client, runs_with="libfoo@1.0", deployed_with="not libfoo@1.0") == ["app@2.0"]
    assert names(client, runs_with="libfoo@1.0", spliced="false") == []
    assert names(client, runs_with="libfoo@1.1") == []
    assert names(client, runs_with="libfoo@1.0", scope="all") == ["app@2.0", "libfoo@1.0"]
    assert names(client, runs_with=f"/{NEW['hash'][:7]}", scope="all") == ["libfoo@1.1"]
    assert names(client, runs_with="nothing") == []


def test_facets_count_them(client: FlaskClient) -> None:
    assert get(client, "/facets", runs_with="libfoo@1.0")["roots"]["count"] == 1


def test_too_many_candidates_are_refused_unless_other_conditions_leave_few(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MOST", 1)
    body = problem(client.get(f"{API}/specs?runs_with=libfoo"))
    assert (body["status"], "more than 1 specs" in body["detail"]) == (400, True)
    assert names(client, runs_with="libfoo", q="app") == ["app@2.0"]
    wrong = problem(client.get(f"{API}/specs?runs_with=libfoo@@"))
    assert (wrong["status"], wrong["parameter"]) == (400, "runs_with")


def test_the_command_and_the_pages_ask_for_them(specgraph: Commands, client: FlaskClient) -> None:
    found = specgraph.json("query", "--runs-with", "libfoo@1.0")
    assert [each["hash"] for each in found["items"]] == [APP["hash"]]
    assert f"/spec/{APP['hash']}" in client.get("/?runs_with=libfoo@1.0").text
    assert "still loaded" in client.get(f"/spec/{APP['hash']}/splice").text
