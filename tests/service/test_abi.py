"""Verdicts on the install tree of a sample, whose README says what really happened."""

import io
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.load_options import LoadOptions
from service.app import create_app
from tests import serving
from tests.cli.commands import Commands
from tests.documents import SPECS
from tests.graph import SharedGraph
from tests.loading import load
from tests.service.answers import API, get, problem
from tests.web.reading import picture_in

SAMPLE = Path(__file__).parents[2] / "service" / "samples" / "lab-c.tar.zst"
MISSING = "libxmpi.so.1"


def load_sample(database: Database) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with (
            zstandard.open(SAMPLE, "rb") as archive,
            tarfile.open(fileobj=io.BytesIO(archive.read())) as tar,
        ):
            tar.extractall(folder, filter="data")
        load(database, [Path(folder) / "opt-store", SPECS[0]], LoadOptions(abi=True))


@pytest.fixture
def client(shared_graph: SharedGraph, shared_app: Flask) -> FlaskClient:
    """Return a client of a service with the sample, and one document without files."""
    shared_graph.hold("lab-c with its libraries", load_sample)
    return shared_app.test_client()


def test_a_splice_that_starts(client: FlaskClient) -> None:
    answer = get(client, "/specs/uun46hb/abi")
    assert (answer["unknown"], answer["findings"]) == ([], [])
    assert (answer["verdict"], answer["level"]) == ("loads", "symbols")
    assert "Types were not compared" in answer["note"]
    assert {each["name"] for each in answer["runs_with"]} == {
        "heat",
        "stencil",
        "fmpi-b",
        "libfoo",
    }


def test_a_splice_that_does_not_start_and_why(client: FlaskClient) -> None:
    answer = get(client, "/specs/nckk5fb/abi")
    assert answer["verdict"] == "broken"
    (finding,) = answer["findings"]
    heat, fmpi = finding.pop("needed_by"), finding.pop("provided_before_by")
    assert finding == {
        "kind": "missing-library",
        "what": MISSING,
        "by_splice": True,
        "runs_with": None,
    }
    assert (heat["name"], heat["version"], heat["path"]) == ("heat", "2.0", "bin/heat")
    assert heat["hash"].startswith("nckk5fb")
    assert (fmpi["name"], fmpi["path"]) == ("fmpi-a", "lib/libxmpi.so.1")


def test_a_spec_without_files_is_not_known_to_start(client: FlaskClient) -> None:
    answer = get(client, f"/specs/{root_without_files(client)}/abi")
    assert (answer["verdict"], answer["findings"]) == ("unknown", [])
    coverage = answer["coverage"]
    assert coverage["without_files"] == coverage["specs"] == len(answer["missing"])


def root_without_files(client: FlaskClient) -> str:
    items = get(client, "/specs", limit=100)["items"]
    names = {"heat", "stencil", "fmpi-a", "fmpi-b", "fmpi-c", "libfoo", "libmid", "app"}
    return str(next(item["hash"] for item in items if item["name"] not in names))


def test_an_unknown_spec_is_named(client: FlaskClient) -> None:
    body = problem(client.get(f"{API}/specs/zzzzzzz/abi"))
    assert body["status"] == 404
    assert "zzzzzzz" in body["detail"]


def test_a_site_that_there_is_not_is_refused(client: FlaskClient) -> None:
    (site,) = (each["name"] for each in get(client, "/sites")["items"])
    assert get(client, "/specs/uun46hb/abi", site=site)["verdict"] == "loads"
    body = problem(client.get(f"{API}/specs/uun46hb/abi?site=nowhere"))
    assert body["status"] == 404
    assert body["detail"] == f"no site is named nowhere; there is {site}"


@pytest.fixture
def specgraph(client: FlaskClient) -> Iterator[Commands]:
    """The commands on a service over that database."""
    with serving.served(client.application) as address:
        yield Commands("--url", address)


def test_the_command_prints_findings_and_the_verdict_beside_them(
    client: FlaskClient, specgraph: Commands
) -> None:
    (broken,) = get(client, "/specs", q="heat ^fmpi-c")["items"]
    found = specgraph.run("abi", "nckk5fb", status=1)
    assert found.stderr.startswith(f"heat@2.0/{broken['hash']}: broken\n")
    assert [line.split("\t")[0] for line in found.stdout.splitlines()] == ["missing-library"]
    loads = specgraph.run("abi", "uun46hb")
    assert (loads.stdout, loads.stderr.endswith(": loads\n")) == ("", True)
    refused = specgraph.run("abi", "uun46hb", "--at", "nowhere", status=4)
    assert "no site is named nowhere" in refused.stderr


def test_the_page_of_a_splice_says_why_it_does_not_start(client: FlaskClient) -> None:
    broken = client.get("/spec/nckk5fb/splice").text
    assert "It does not start" in broken
    assert f"<code>{MISSING}</code>" in broken
    labels = [each["label"] for each in picture_in(broken)["edges"] if each["role"] == "broken"]
    assert labels == [f"no {MISSING}"]
    loads = client.get("/spec/uun46hb/splice").text
    assert "It starts" in loads
    assert "broken" not in [each["role"] for each in picture_in(loads)["edges"]]


def test_the_demonstration_has_a_splice_that_does_not_start(demonstration: Database) -> None:
    client = create_app(demonstration, {"TESTING": True}).test_client()
    verdicts = {hash_: get(client, f"/specs/{hash_}/abi")["verdict"] for hash_ in DEMONSTRATED}
    assert verdicts == DEMONSTRATED
    assert "It does not start" in client.get("/spec/nckk5fb/splice").text
    assert "It starts" in client.get("/spec/uun46hb/splice").text


DEMONSTRATED = {
    **dict.fromkeys(("gw73dky", "uun46hb", "pmkb7bf", "gxqhhji"), "loads"),
    "nckk5fb": "broken",
    "lx3p57l": "unknown",
}
"""The verdict on specs of the demonstration; those of lab-c as the dynamic loader said."""
