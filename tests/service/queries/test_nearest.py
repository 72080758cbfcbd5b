"""The nearest stored specs, compared with plain loops over the documents."""

import html
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.document_kinds import Candidate
from loaders.pipeline.loader import Loader, document_store
from spec_syntax import parse_query
from tests.documents import SPECS, SPLICED
from tests.graph import SharedGraph
from tests.service.answers import get
from tests.service.queries.brute_force import World

QUESTIONS = (
    ("zlib-ng", ("@2.2.4", "+compat", "~pic", "target=x86_64_v3", "^gmake@4.4")),
    ("hdf5", ("@1.14", "+mpi", "os=debian12", "%gcc@13", "^mpich@4", "^zlib-api")),
    ("gmake", ("@=4.4.1", "~guile", "build_system=generic", "platform=linux", "%gcc")),
    ("zlib-ng", ()),
)


def _load(database: Database) -> World:
    world = World([*SPECS, *SPLICED])
    candidates = [Candidate(path, path.stat().st_size, named=True) for path in world.paths]
    Loader(document_store(database)).run(candidates)
    return world


@pytest.fixture
def world(shared_graph: SharedGraph) -> World:
    return shared_graph.hold("documents of nearest specs", _load)


@pytest.fixture
def client(session_database: Database, world: World, served_app: Flask) -> FlaskClient:
    return served_app.test_client()


def _nearest(client: FlaskClient, spec: str, limit: int = 50) -> dict[str, Any]:
    return dict(get(client, "/nearest", spec=spec, limit=str(limit)))


@pytest.mark.parametrize(("name", "parts"), QUESTIONS)
def test_parts_that_are_not_satisfied_are_those_of_plain_loops(
    client: FlaskClient, world: World, name: str, parts: tuple[str, ...]
) -> None:
    answer = _nearest(client, f"{name} {' '.join(parts)}")
    missing = {
        hash_: sum(not world.holds(hash_, parse_query(f"{name} {part}")) for part in parts)
        for hash_, node in world.nodes.items()
        if node.name == name
    }
    counts = [len(each["differs"]) for each in answer["items"]]
    assert counts
    assert answer["compared"] == answer["total"]
    assert {each["hash"]: len(each["differs"]) for each in answer["items"]} == {
        each["hash"]: missing[each["hash"]] for each in answer["items"]
    }
    assert counts == sorted(missing.values())[: len(counts)]


def test_a_difference_has_both_values(client: FlaskClient, world: World) -> None:
    (item, *_) = _nearest(client, "zlib-ng@99 ~compat ^gmake@99", 1)["items"]
    node = world.nodes[item["hash"]]
    gmake = next(edge.node for edge in node.dependencies if edge.node.name == "gmake")
    assert item["differs"] == [
        {"aspect": "version", "wanted": ["@99"], "found": [node.version]},
        {"aspect": "variant compat", "wanted": ["~compat"], "found": ["+compat"]},
        {
            "aspect": "dependency gmake",
            "wanted": ["^gmake@99"],
            "found": [f"gmake@{gmake.version}"],
        },
    ]


def test_the_nearest_to_a_stored_spec_are_the_others_of_its_package(
    client: FlaskClient, world: World
) -> None:
    own = next(h for h, node in sorted(world.nodes.items()) if node.name == "hdf5")
    answer = _nearest(client, f"/{own}")
    assert answer["items"]
    page = client.get("/nearest", query_string={"spec": f"/{own}"})
    assert page.status_code == 200
    assert page.text.count('<section class="site-of">') == min(20, len(answer["items"]))
    for item in answer["items"]:
        assert item["hash"] != own or item.get("content")
        aspects = {each["aspect"]: each for each in item["differs"]}
        there, here = world.nodes[item["hash"]], world.nodes[own]
        assert ("version" in aspects) == (there.version != here.version)
        assert ("target" in aspects) == (there.target != here.target)
        assert ("variants" in aspects) == (there.variants != here.variants)


@pytest.mark.parametrize(
    ("spec", "status", "words"),
    [
        ("", 400, "spec: empty"),
        ("+mpi", 400, "name a package"),
        ("hdf5@@", 400, "spec"),
        ("/7777777", 404, "no spec has a hash that starts with 7777777"),
    ],
)
def test_what_cannot_be_compared_is_named(
    client: FlaskClient, spec: str, status: int, words: str
) -> None:
    answer = client.get("/api/v1/nearest", query_string={"spec": spec})
    assert answer.status_code == status
    assert words in html.unescape(answer.text)


def test_of_an_unknown_package_nothing_is_near(client: FlaskClient) -> None:
    assert _nearest(client, "no-such-package@1") == {"items": [], "compared": 0, "total": 0}
