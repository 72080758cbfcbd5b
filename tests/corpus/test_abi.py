"""Verdicts on a store of real splices, whose README says what the dynamic loader said."""

from pathlib import Path

import pytest
from flask import Flask

from cypher.run import Database
from loaders.load_options import LoadOptions
from service.app import create_app
from tests import serving
from tests.cli.commands import Commands
from tests.graph import SharedGraph
from tests.loading import load
from tests.service.answers import get

STARTS = {
    "rduow63": ("loads", None),
    "ezflhkt": ("loads", None),
    "dv7fgjo": ("loads", None),
    "5dkacqu": ("broken", "libxmpi.so.1"),
    "53qonj3": ("loads", None),
    # Four splices share this hash; the files on disk are those of the one with libfoo 1.4.
    "ekhqpr4": ("broken", "FOO_1"),
    "zyvos4c": ("broken", "libfoo.so.1"),
}


def hold_store(shared_graph: SharedGraph, corpus: Path) -> Database:
    """Return the database with the store and its files."""
    folder = corpus / "spliced-store" / "opt"
    if not folder.is_dir():
        pytest.skip("the corpus has no spliced-store")
    shared_graph.hold(
        "spliced store of the corpus",
        lambda database: load(database, [folder], LoadOptions(abi=True)),
    )
    return shared_graph.database


@pytest.fixture
def store(shared_graph: SharedGraph, corpus: Path) -> Database:
    return hold_store(shared_graph, corpus)


def test_the_verdict_is_that_of_the_loader(store: Database) -> None:
    client = create_app(store, {"TESTING": True}).test_client()
    answers = {hash_: get(client, f"/specs/{hash_}/abi") for hash_ in STARTS}
    assert {hash_: each["verdict"] for hash_, each in answers.items()} == {
        hash_: verdict for hash_, (verdict, _) in STARTS.items()
    }
    for hash_, (_, what) in STARTS.items():
        missing = [each["what"] for each in answers[hash_]["findings"] if each["by_splice"]]
        assert what in missing if what else not missing, hash_
    # A struct grew in libfoo 1.3, which no symbol shows.
    assert "Types were not compared" in answers["53qonj3"]["note"]
    missing = [f for f in answers["5dkacqu"]["findings"] if f["kind"] == "missing-library"]
    assert {each["provided_before_by"]["name"] for each in missing} == {"fmpi-a"}


def test_a_store_loaded_by_url_has_the_same_verdicts(
    database: Database, corpus: Path, served_app: Flask
) -> None:
    folder = corpus / "spliced-store" / "opt"
    if not folder.is_dir():
        pytest.skip("the corpus has no spliced-store")
    with serving.served(served_app) as url:
        done = Commands("--url", url).run("load", str(folder))
    assert "programs and libraries" in done.stderr
    client = served_app.test_client()
    verdicts = {hash_: get(client, f"/specs/{hash_}/abi")["verdict"] for hash_ in STARTS}
    assert verdicts == {hash_: verdict for hash_, (verdict, _) in STARTS.items()}
