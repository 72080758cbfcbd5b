"""Generated queries, answered by the service and by plain loops over the documents."""

import random
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.document_kinds import Candidate
from loaders.pipeline.loader import Loader, document_store
from service.queries import planner
from spec_syntax import ConcreteNode, parse_query
from tests.documents import SPECS, SPLICED
from tests.effort import scale_effort
from tests.graph import SharedGraph
from tests.service.answers import get, hashes
from tests.service.queries.brute_force import World

pytestmark = pytest.mark.soak
CORPUS = (
    *("v2-spack-0.17.3", "v3-spack-0.18.1", "v4-spack-0.21.2", "v4-lab", "v5-lab", "v5"),
    *("v5-spliced/lab-concretizer/results", "v5-spliced/lab-splice-api/results-recomputed"),
)


@pytest.fixture(scope="module", params=["own documents", "corpus"])
def documents(request: pytest.FixtureRequest) -> tuple[str, World]:
    """A set of documents and its name."""
    paths = [*SPECS, *SPLICED]
    if request.param == "corpus":
        folder: Path = request.getfixturevalue("corpus")
        paths = [path for name in CORPUS for path in sorted((folder / name).glob("*-*.json"))]
    return request.param, World(paths)


@pytest.fixture
def world(
    documents: tuple[str, World], shared_graph: SharedGraph, served_app: Flask
) -> tuple[World, FlaskClient]:
    """A set of documents, and a client of a service that has loaded them."""
    name, found = documents

    def load(database: Database) -> None:
        candidates = [Candidate(path, path.stat().st_size, named=True) for path in found.paths]
        Loader(document_store(database)).run(candidates)

    shared_graph.hold(f"brute force: {name}", load)
    return found, served_app.test_client()


class Questions:
    """Queries made of what the nodes have, so that many match and many do not."""

    def __init__(self, world: World, seed: int) -> None:
        self.random = random.Random(seed)
        self.nodes = sorted(world.nodes.values(), key=lambda node: node.hash)
        self.roots = [world.nodes[hash_] for hash_ in world.roots]

    def query(self) -> str:
        parts = [self.clause() for _ in range(self.random.choice((1, 1, 2, 3)))]
        first = [] if self.random.random() < 0.4 else [self.spec(self.random.choice(self.roots))]
        return " ".join([*first, *parts]) if first else " ".join(parts)

    def clause(self) -> str:
        side = self.random.choice(("built_with", "deployed_with", "deployed_with", "spliced_from"))
        inner = self.alternatives() if self.random.random() < 0.25 else self.spec()
        negation = "not " if self.random.random() < 0.3 else ""
        return f"{negation}{side} {inner}"

    def alternatives(self) -> str:
        count = self.random.choice((2, 2, 3))
        return f"any of ({', '.join(self.spec() for _ in range(count))})"

    def spec(self, node: ConcreteNode | None = None) -> str:
        node = node or self.random.choice(self.nodes)
        name = node.name if self.random.random() < 0.9 else ""
        words = [name + self.version(node)]
        for chosen in (self.variant, self.architecture, self.dependency):
            if self.random.random() < 0.25 or not "".join(words):
                words.append(chosen(node))
        text = " ".join(filter(None, words))
        return text or node.name

    def version(self, node: ConcreteNode) -> str:
        version = node.version
        if "=" in version:
            return ""
        start = ".".join(version.split(".")[: self.random.choice((1, 2))])
        other = self.random.choice(self.nodes).version.partition("=")[0]
        forms = (
            "",
            "",
            f"@{start}",
            f"@={version}",
            f"@{start}:",
            f"@:{start}",
            f"@{start},{other}",
        )
        return self.random.choice(forms)

    def variant(self, node: ConcreteNode) -> str:
        if not node.variants:
            return "+nothing"
        name = self.random.choice(sorted(node.variants))
        value = node.variants[name]
        if isinstance(value, bool):
            return f"{self.random.choice('+~')}{name}"
        if isinstance(value, tuple):
            operator = self.random.choice(("=", ":="))
            return f"{name}{operator}{','.join(value[:2])}" if value else f"{name}=*"
        return self.random.choice((f"{name}=*", f"{name}={value}"))

    def architecture(self, node: ConcreteNode) -> str:
        return self.random.choice(
            (
                f"target={node.target}",
                f"target=:{node.target}",
                "target=x86_64_v2:",
                f"os={node.os}",
            )
        )

    def dependency(self, node: ConcreteNode) -> str:
        if not node.dependencies:
            return f"%{node.compiler[0]}" if node.compiler else "^zlib"
        edge = self.random.choice(list(node.dependencies))
        sigil = self.random.choice("^%")
        if edge.virtuals and self.random.random() < 0.3:
            return f"{sigil}[virtuals={edge.virtuals[0]}] {edge.node.name}"
        if edge.virtuals and self.random.random() < 0.3:
            return f"{sigil}{edge.virtuals[0]}"
        if edge.deptypes and self.random.random() < 0.2:
            return f"{sigil}[deptypes={edge.deptypes[0]}] {edge.node.name}"
        return f"{sigil}{edge.node.name}{self.version(edge.node)}"


def test_every_query_answers_the_same_as_plain_loops(world: tuple[World, FlaskClient]) -> None:
    found, client = world
    questions = Questions(found, seed=5)
    wrong: list[Any] = []
    matched = 0
    for _ in range(scale_effort(250)):
        text = questions.query()
        expression = parse_query(text)
        expected = {hash_ for hash_ in found.roots if found.holds(hash_, expression)}
        page = get(client, "/specs", q=text, limit=1000)
        matched += bool(expected) and expected != set(found.roots)
        if set(hashes(page)) != expected or page["total"] != {
            "count": len(expected),
            "type": "EXACT",
        }:
            wrong.append((text, sorted(expected ^ set(hashes(page)))))
    assert wrong == []
    assert matched > 60


def test_every_query_over_all_specs_answers_the_same(world: tuple[World, FlaskClient]) -> None:
    found, client = world
    questions = Questions(found, seed=6)
    wrong: list[Any] = []
    for _ in range(scale_effort(60)):
        text = questions.query()
        expression = parse_query(text)
        expected = {hash_ for hash_ in found.nodes if found.holds(hash_, expression)}
        page = get(client, "/specs", q=text, scope="all", limit=1000)
        if page["total"]["count"] != len(expected) or not set(hashes(page)) <= expected:
            wrong.append((text, len(expected), page["total"]["count"]))
    assert wrong == []


@pytest.mark.parametrize("large", [0, 1000], ids=["sets tested in place", "sets looked up"])
def test_pages_from_the_index_hold_the_same_in_the_same_order(
    world: tuple[World, FlaskClient], monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """As on a graph with too many roots to take them all from the sets."""
    found, client = world
    monkeypatch.setattr(planner, "FEW_ROOTS", -1)
    monkeypatch.setattr(planner, "LARGE_SET", large)
    questions = Questions(found, seed=7)
    for _ in range(scale_effort(80)):
        text = questions.query()
        expression = parse_query(text)
        expected = {hash_ for hash_ in found.roots if found.holds(hash_, expression)}
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = get(client, "/specs", q=text, limit=5, **cursor)
            items += page["items"]
            assert page["total"]["count"] >= len(items), text
            if page["total"]["type"] == "EXACT":
                assert page["total"]["count"] == len(expected), text
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert {item["hash"] for item in items} == expected, text
        assert len(items) == len(expected), text
        assert [item["name"] for item in items] == sorted(item["name"] for item in items)
        exact = get(client, "/specs", q=text, limit=1, count="exact")
        assert exact["total"] == {"count": len(expected), "type": "EXACT"}
