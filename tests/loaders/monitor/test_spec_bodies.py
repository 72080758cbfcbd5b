"""The specs in a client's requests have verifiable hashes."""

import json
from typing import Any

import pytest

from loaders.errors import DocumentError
from loaders.monitor.spec_bodies import SentSpec, UnconcretizedSpec, read_spec
from tests.documents import SPECS, document, dumped, node
from tests.service.spack_clients.recorded import SAMPLE, exchanges

DAG_HASHES = {
    "0.17.3": "tztgvheop6n3wkkw6ghnwkjjugsysde6",
    "0.18.1": "ilrvqngjdl4yl3jkkq7fi3ar4x7pt25y",
}


def parse(spec: Any) -> SentSpec:
    found = read_spec(spec)
    assert isinstance(found, SentSpec)
    return found


@pytest.mark.parametrize("release", sorted(DAG_HASHES))
def test_every_sent_node_has_a_verifiable_hash(release: str) -> None:
    bodies = [each for each in exchanges(SAMPLE) if each.scenario == f"v{release}-install-success"]
    body = next(each.message for each in bodies if each.path == "/ms1/specs/new/")
    found = parse(body["spec"])
    assert found.document.root.hash == DAG_HASHES[release]
    assert found.document.unverified_nodes == ()
    assert found.hash == body["spec"]["nodes"][0]["full_hash"]
    [edge] = body["spec"]["nodes"][0]["dependencies"]
    assert found.dependencies == {"tinylib": edge["full_hash"]}


def test_the_full_hash_of_the_0_18_client_is_kept() -> None:
    body = next(each.message for each in exchanges(SAMPLE) if each.seq == 5)
    assert parse(body["spec"]).full_hashes == {
        "ilrvqngjdl4yl3jkkq7fi3ar4x7pt25y": "py2wxyjsqcxbtmovqnqtg67ezvmogbvd"
    }


@pytest.mark.parametrize("odd", ["\ud800", "a\0b", "z" * 5000, 5, None, ["a"], ""])
def test_an_invalid_full_hash_is_dropped(odd: Any) -> None:
    body = next(each.message for each in exchanges(SAMPLE) if each.seq == 5)
    body["spec"]["nodes"][0]["full_hash"] = odd
    found = parse(body["spec"])
    assert found.full_hashes == {}
    assert found.document.root.hash == DAG_HASHES["0.18.1"]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_documents_of_all_formats_are_accepted(path: Any) -> None:
    given = json.loads(path.read_text())
    for spec in (given["spec"], given, {"spec": given}):
        found = parse(spec)
        assert found.document.unverified_nodes == ()
        assert found.document.spec_format == given["spec"]["_meta"]["version"]


def test_format_1_is_accepted() -> None:
    inner: dict[str, Any] = {"version": "1.0", "arch": None, "hash": "a" * 32, "parameters": {}}
    assert parse([{"zlib": inner}]).document.root.hash == "a" * 32


def test_nodes_with_only_a_dag_hash_are_accepted() -> None:
    nodes = [
        {
            "name": "a",
            "version": "1",
            "hash": "a" * 32,
            "dependencies": [{"name": "b", "hash": "b" * 32}],
        },
        {"name": "b", "version": "1", "hash": "b" * 32},
    ]
    for meta in ({"_meta": {"version": 2}}, {"_meta": {"version": 3}}, {}):
        found = parse({**meta, "nodes": nodes})
        assert [each.hash for each in found.document.nodes] == ["a" * 32, "b" * 32]
        assert found.dependencies == {"b": "b" * 32}


def test_a_node_with_a_wrong_hash_is_kept_and_marked() -> None:
    made = json.loads(dumped(document(node("zlib"))))
    made["spec"]["nodes"][0]["version"] = "2.0"
    assert [each.name for each in parse(made["spec"]).document.unverified_nodes] == ["zlib"]


def test_an_abstract_spec_is_kept_unchanged() -> None:
    spec = {"_meta": {"version": 3}, "nodes": [{"name": "bad", "versions": [":"]}]}
    assert read_spec(spec, "0.18.1") == UnconcretizedSpec("bad", json.dumps(spec), "0.18.1")


@pytest.mark.parametrize(
    "spec", [None, 1, "x", [], {}, {"nodes": []}, {"nodes": [1]}, {"nodes": [{"name": "a"}]}]
)
def test_a_missing_spec_is_refused(spec: Any) -> None:
    with pytest.raises(DocumentError):
        read_spec(spec)
