"""All spec documents of the corpus, a large collection of real ones; skipped without it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.pipeline.discovery import discover
from loaders.pipeline.loader import Loader, document_store
from loaders.pipeline.reports import DocumentReport, Outcome
from spec_syntax import parse_spec, satisfies_node
from spec_syntax.concrete import ConcreteNode, build_dag
from tests.graph import SharedGraph

FOLDERS = (
    *("v2-spack-0.17.3", "v3-spack-0.18.1", "v4-spack-0.21.2", "v4", "v4-lab", "v4-spliced"),
    *("v5", "v5-deps", "v5-lab", "v5-spliced"),
)


@pytest.fixture
def reports(shared_graph: SharedGraph, corpus: Path) -> list[DocumentReport]:
    """The reports on all spec documents of the corpus, which the database then holds."""

    def load(database: Database) -> list[DocumentReport]:
        found: list[DocumentReport] = []
        loader = Loader(document_store(database), on_document=found.append)
        loader.run(discover(corpus / folder for folder in FOLDERS))
        return found

    return shared_graph.hold("spec documents of the corpus", load)


@pytest.fixture
def client(
    reports: list[DocumentReport], session_database: Database, served_app: Flask
) -> FlaskClient:
    return served_app.test_client()


def splices(corpus: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for lines in sorted(corpus.glob("*-spliced/*/cases.jsonl")):
        for line in lines.read_text().splitlines():
            yield lines.parent, json.loads(line)


def test_every_spec_document_is_stored_and_none_is_refused(
    reports: list[DocumentReport], corpus: Path
) -> None:
    documents = {
        str(path)
        for folder in FOLDERS
        for path in (corpus / folder).rglob("*.json")
        if path.name != "index.json"
    }
    stored = {r.source for r in reports if r.outcome in (Outcome.STORED, Outcome.KNOWN)}
    assert stored == documents
    assert [report for report in reports if report.outcome is Outcome.REFUSED] == []


def test_every_document_is_returned_exactly(
    reports: list[DocumentReport], client: FlaskClient
) -> None:
    for report in reports:
        if report.stored is not None:
            url = f"/api/v1/specs/{report.stored.root}/spec.json"
            answer = client.get(url, query_string={"document": report.stored.digest})
            assert answer.text == json.dumps(json.loads(Path(report.source).read_bytes()))


def test_the_best_document_of_a_root_is_the_one_with_most_verified_nodes(
    reports: list[DocumentReport], client: FlaskClient
) -> None:
    fewest: dict[str, int] = {}
    for report in reports:
        if report.stored is not None:
            root, unverified = report.stored.root, report.stored.unverified
            fewest[root] = min(unverified, fewest.get(root, unverified))
    for root, unverified in list(fewest.items())[::10]:
        body = client.get(f"/api/v1/specs/{root}").get_json()
        assert body["documents"][0]["unverified"] == unverified


@cache
def sides(path: Path) -> tuple[ConcreteNode, set[str], set[str], list[ConcreteNode]]:
    """Return the root, the hashes of its build spec's DAG and of its runtime DAG, and all nodes."""
    spec = json.loads(path.read_bytes())["spec"]
    nodes = build_dag(spec["nodes"], spec["_meta"]["version"])
    documents = {each["hash"]: each for each in spec["nodes"]}
    by_hash = {node.hash: node for node in nodes}

    def closure(start: str, *, runtime: bool) -> set[str]:
        reached, waiting = {start}, [start]
        while waiting:
            hash_ = waiting.pop()
            below = [
                edge.node.hash
                for edge in by_hash[hash_].dependencies
                if not runtime or {"link", "run"} & set(edge.deptypes)
            ]
            if not runtime and "build_spec" in documents[hash_]:
                below.append(documents[hash_]["build_spec"]["hash"])
            waiting += [each for each in below if each not in reached]
            reached |= set(below)
        return reached

    original = nodes[0].hash
    while "build_spec" in documents[original]:
        original = documents[original]["build_spec"]["hash"]
    built = closure(original, runtime=False)
    return nodes[0], built, closure(nodes[0].hash, runtime=True), nodes


def headline(client: FlaskClient, built: str, deployed: str) -> set[str]:
    found: set[str] = set()
    parameters: dict[str, Any] = {"built_with": built, "deployed_with": deployed, "limit": 1000}
    cursor = None
    while True:
        query = parameters if cursor is None else {**parameters, "cursor": cursor}
        page = client.get("/api/v1/specs", query_string=query).get_json()
        found |= {item["hash"] for item in page["items"]}
        cursor = page["next"]
        if cursor is None:
            return found


def only_in(nodes: list[ConcreteNode], side: set[str], other: set[str], name: str | None) -> str:
    """Return a query for a node of only one side, by name and version if these identify it."""
    others = {(node.name, node.version) for node in nodes if node.hash in other}
    found = [node for node in nodes if node.hash in side - other]
    preferred = [node for node in found if node.name == name] or found
    by_name = [node for node in preferred if (node.name, node.version) not in others]
    if by_name:
        return f"{by_name[0].name}@={by_name[0].version}"
    return f"/{preferred[0].hash}"


def test_every_splice_is_found_by_what_was_removed_and_what_was_added(
    corpus: Path, client: FlaskClient
) -> None:
    asked = 0
    for folder, case in splices(corpus):
        root, built, deployed, nodes = sides(folder / case["result_file"])
        out = only_in(nodes, built, deployed, None)
        new = only_in(nodes, deployed, built, case.get("replacement_name"))
        assert root.hash in headline(client, out, new), (case["id"], out, new)
        assert root.hash not in headline(client, new, out), (case["id"], new, out)
        asked += 1
    assert asked > 150


@pytest.mark.parametrize("query", ["mpich@4", "zlib-ng", "hdf5+mpi", "python@3.10:3.12", "xz~pic"])
def test_both_sides_agree_with_a_search_of_every_document(
    reports: list[DocumentReport], client: FlaskClient, query: str
) -> None:
    constraint = parse_spec(query)
    best: dict[str, tuple[int, str, str]] = {}
    for report in reports:
        if report.stored is not None:
            key = (report.stored.unverified, report.stored.digest, report.source)
            best[report.stored.root] = min(key, best.get(report.stored.root, key))
    expected: dict[str, set[str]] = {"built_with": set(), "deployed_with": set()}
    for root, (_, _, source) in best.items():
        spec = json.loads(Path(source).read_bytes())["spec"]
        if spec["_meta"]["version"] == 2:
            continue
        _, built, deployed, nodes = sides(Path(source))
        for side, reached in (("built_with", built), ("deployed_with", deployed)):
            if any(n.hash in reached and satisfies_node(n, constraint) for n in nodes):
                expected[side].add(root)
    for side, roots in expected.items():
        found: set[str] = set()
        cursor = None
        while True:
            parameters = {side: query, "limit": 1000} | ({"cursor": cursor} if cursor else {})
            page = client.get("/api/v1/specs", query_string=parameters).get_json()
            found |= {item["hash"] for item in page["items"]}
            cursor = page["next"]
            if cursor is None:
                break
        old = {r.stored.root for r in reports if r.stored and "v2-spack" in r.source}
        assert found - old == roots
