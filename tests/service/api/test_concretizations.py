"""Specs that clients could not concretize, over REST and as a command."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.monitor.spec_bodies import UnconcretizedSpec, read_spec
from loaders.monitor.specs import store_unconcretized
from service.queries.concretizations import format_abstract
from tests.cli.commands import Commands
from tests.conftest import Neo4jAddress
from tests.service.answers import get, problem


def abstract(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "versions": [":"], "concrete": False, **more}


def store(database: Database, site: str, *nodes: dict[str, Any], spack: str = "0.18.1") -> None:
    spec = read_spec({"_meta": {"version": 3}, "nodes": list(nodes)}, spack)
    assert isinstance(spec, UnconcretizedSpec)
    store_unconcretized(database, spec, site)


@pytest.fixture
def stored(database: Database) -> None:
    """Three failed concretizations at two sites; that of `bad` was reported twice."""
    store(database, "a", abstract("bad"))
    store(database, "b", abstract("worse", versions=["1.2:"]), abstract("mpi", versions=["3"]))
    store(database, "b", abstract("bad"), spack="0.18.0")
    store(database, "a", abstract("bad"))


@pytest.mark.usefixtures("stored")
def test_those_reported_last_come_first(client: FlaskClient) -> None:
    page = get(client, "/concretizations")
    shown = [(each["spec"], each["site"], each["times"]) for each in page["items"]]
    assert shown == [("bad", "a", 2), ("bad", "b", 1), ("worse@1.2: ^mpi@3", "b", 1)]
    assert page["total"] == {"count": 3, "type": "EXACT"}
    first = page["items"][0]
    assert first["document"]["nodes"] == [abstract("bad")]
    assert (first["name"], first["spack_version"]) == ("bad", "0.18.1")
    assert first["first_seen"] < first["last_seen"]


@pytest.mark.usefixtures("stored")
def test_pages_follow_each_other(client: FlaskClient) -> None:
    whole = get(client, "/concretizations")["items"]
    listed: list[dict[str, Any]] = []
    cursor = None
    while cursor or not listed:
        page = get(client, "/concretizations", limit=1, cursor=cursor)
        assert page["total"]["count"] == 3
        listed += page["items"]
        cursor = page["next"]
    assert listed == whole


@pytest.mark.usefixtures("stored")
def test_each_filter_restricts_the_list(client: FlaskClient) -> None:
    def found(**filters: str) -> list[tuple[str, str]]:
        page = get(client, "/concretizations", **filters)
        assert page["total"]["count"] == len(page["items"])
        return [(each["name"], each["site"]) for each in page["items"]]

    assert found(package="bad") == [("bad", "a"), ("bad", "b")]
    assert found(package="bad", site="b") == [("bad", "b")]
    assert found(package="ba") == []
    assert found(since="2020-01-01", site="a") == [("bad", "a")]
    assert found(until="2020-01-01") == []
    problem(client.get("/api/v1/concretizations?since=never"))
    problem(client.get("/api/v1/concretizations?q=bad"))


@pytest.mark.usefixtures("stored")
def test_the_command_lists_the_same(database: Database, neo4j_address: Neo4jAddress) -> None:
    specgraph = Commands.on(neo4j_address)
    items = specgraph.json("concretizations", "--json")["items"]
    assert [each["name"] for each in items] == ["bad", "bad", "worse"]
    shown = specgraph.run("concretizations", "worse", "--site", "b").stdout
    assert "worse@1.2: ^mpi@3" in shown
    specgraph.run("concretizations", "none", status=1)


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (abstract("a"), "a"),
        (abstract("a", versions=["1.2", "1.4:1.6"]), "a@1.2,1.4:1.6"),
        (abstract("a", compiler={"name": "gcc", "versions": ["12"]}), "a%gcc@12"),
        (
            abstract("a", parameters={"mpi": True, "x11": False, "build_type": "Debug"}),
            "a+mpi~x11 build_type=Debug",
        ),
        (
            abstract("a", parameters={"cflags": ["-O2", "-g"], "fflags": [], "of": ["x", "y"]}),
            'a cflags="-O2 -g" of=x,y',
        ),
        (
            abstract("a", arch={"platform": "linux", "platform_os": None, "target": {"name": "z"}}),
            "a platform=linux target=z",
        ),
    ],
)
def test_an_abstract_spec_is_shown_in_spec_syntax(node: dict[str, Any], text: str) -> None:
    assert format_abstract({"nodes": [node]}) == text


@pytest.mark.parametrize("document", [None, [], {"nodes": [1]}, {"nodes": {}}, "x"])
def test_other_documents_have_no_text(document: object) -> None:
    assert format_abstract(document) is None
