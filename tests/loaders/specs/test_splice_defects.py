"""Splices with defects that Spack 1.0 and 1.1 are known to have."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.errors import DocumentError
from loaders.specs.dag_hash import Proof, body_of, compute_hash
from loaders.specs.document import SpecDocument, parse_document
from tests.documents import CASES, document, dumped, node
from tests.graph import value

SAME_HASH = CASES / "splice-with-hash-of-its-build-spec.json"
ABSTRACT = CASES / "abstract-build-spec.json"


def parse_case(name: str) -> SpecDocument:
    return parse_document((CASES / name).read_bytes())


def test_a_splice_with_the_hash_of_its_build_spec_is_kept_and_not_verified() -> None:
    parsed = parse_case(SAME_HASH.name)
    assert parsed.root.proof is Proof.NONE
    assert [edge.name for edge in parsed.root.edges] == ["mp-two"]
    assert [(each.name, each.proof) for each in parsed.others] == [("sp-app", Proof.DIRECT)]
    assert parsed.defects == (
        "sp-app@1.0/d4odvi3 was spliced, but carries the hash of its build spec",
    )
    closure = parsed.closure
    names = {each.hash: each.name for each in parsed.nodes}
    assert {names[hash_] for hash_ in closure.build} == {"sp-app", "mp-one"}
    assert {names[hash_] for hash_ in closure.runtime} == {"sp-app", "mp-two"}


def test_a_splice_with_that_hash_may_lack_its_build_spec_or_be_a_dependency() -> None:
    nodes = json.loads(SAME_HASH.read_text())["spec"]["nodes"]
    alone = parse_document(dumped(document(*nodes[:2])))
    assert alone.root.proof is Proof.NONE
    assert alone.others == ()
    assert len(alone.defects) == 1
    above = node("top", dependencies=[(nodes[0], ["link"])])
    parsed = parse_document(dumped(document(above, *nodes)))
    assert parsed.root.proof is Proof.DIRECT
    assert [each.name for each in parsed.unverified_nodes] == ["sp-app"]


def test_two_records_of_a_hash_without_that_defect_are_refused() -> None:
    one = node("app")
    other = {**one, "version": "2.0"}
    with pytest.raises(DocumentError, match="but other content"):
        parse_document(dumped(document(one, other)), allow_unverified=True)


def test_an_abstract_build_spec_is_kept_and_not_verified() -> None:
    parsed = parse_case(ABSTRACT.name)
    assert [each.name for each in parsed.unverified_nodes] == ["sp-top"]
    assert parsed.unverified_nodes[0].is_abstract
    assert parsed.defects == ("the build spec sp-top/qqqqqqq is abstract",)
    assert parsed.closure.absent == {"q" * 32}


def abstract(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "versions": [":"], "concrete": False, "hash": "q" * 32, **more}


@pytest.mark.parametrize("more", [{}, {"versions": None, "version": "1.0"}, {"dependencies": []}])
def test_abstract_build_specs_have_many_forms(more: dict[str, Any]) -> None:
    original = abstract("app", **more)
    original = {key: each for key, each in original.items() if each is not None}
    spliced = node("app", build_spec=original)
    parsed = parse_document(dumped(document(spliced, original)))
    assert parsed.defects == ("the build spec app/qqqqqqq is abstract",)


def test_an_abstract_spec_whose_versions_are_no_list_is_refused() -> None:
    original = abstract("app", versions=True)
    splice = node("app", "2.0", build_spec=original)
    with pytest.raises(DocumentError):
        parse_document(dumped(document(splice, original)))


def test_an_abstract_spec_that_is_no_build_spec_is_refused() -> None:
    lib = abstract("lib")
    with pytest.raises(DocumentError, match="lib is abstract"):
        parse_document(dumped(document(node("app", dependencies=[(lib, ["link"])]), lib)))
    spliced = node("app", dependencies=[(lib, ["link"])], build_spec=node("app"))
    with pytest.raises(DocumentError, match="lib is abstract"):
        parse_document(dumped(document(spliced, node("app"), lib)))
    with pytest.raises(DocumentError, match="app is abstract"):
        parse_document(dumped(document(abstract("app"), spliced)))
    without_hash = {key: each for key, each in lib.items() if key != "hash"}
    with pytest.raises(DocumentError, match="lib is abstract"):
        parse_document(dumped(document(node("app", build_spec=node("app")), without_hash)))


def test_a_false_record_beside_a_splice_is_still_marked() -> None:
    nodes = json.loads(ABSTRACT.read_text())["spec"]["nodes"]
    nodes[2]["version"] = "9"
    assert nodes[2]["hash"] != compute_hash(body_of(nodes[2]), 5)
    parsed = parse_document(dumped(document(*nodes)))
    assert [each.name for each in parsed.unverified_nodes] == ["mp-two", "sp-top"]


@pytest.mark.parametrize("path", [SAME_HASH, ABSTRACT], ids=lambda path: path.stem)
def test_a_document_with_a_defect_is_stored_and_returned_as_it_was(
    client: FlaskClient, path: Any
) -> None:
    stored = client.post("/api/v1/specs", data=path.read_bytes())
    assert stored.status_code == 201
    (report,) = stored.get_json()["documents"]
    (defect,) = report["defects"]
    assert report["unverified"] == 1
    root = report["hash"]
    returned = client.get(f"/api/v1/specs/{root}/spec.json").data
    assert json.loads(returned) == json.loads(path.read_bytes())
    (shown,) = client.get(f"/api/v1/specs/{root}").get_json()["documents"]
    assert shown["defects"] == [defect]
    again = client.post("/api/v1/specs", data=path.read_bytes())
    assert again.status_code == 200
    assert again.get_json()["counts"]["new_specs"] == 0


def test_a_splice_with_that_hash_is_found_by_both_sides(
    client: FlaskClient, database: Database
) -> None:
    client.post("/api/v1/specs", data=SAME_HASH.read_bytes())
    found = client.get("/api/v1/specs?built_with=mp-one&deployed_with=mp-two").get_json()
    assert [item["name"] for item in found["items"]] == ["sp-app"]
    for question in ("deployed_with=mp-one", "built_with=mp-two"):
        assert client.get(f"/api/v1/specs?q=sp-app&{question}").get_json()["items"] == []
    assert value(database, "MATCH (s:Spec) WHERE s.version IS NULL RETURN count(s)") == 0
