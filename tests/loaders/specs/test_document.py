import json
from typing import Any

import pytest

from loaders.errors import DocumentError, Fault
from loaders.limits import Limits, applied
from loaders.specs.document import is_json_object, parse_document, split_documents
from tests.documents import SPECS, SPLICED, document, dumped, node


def fault_of(raw: bytes, **options: Any) -> tuple[Fault, str]:
    with pytest.raises(DocumentError) as caught:
        parse_document(raw, **options)
    return caught.value.fault, caught.value.pointer


@pytest.mark.parametrize("path", [*SPECS, *SPLICED], ids=lambda path: path.stem[:40])
def test_a_document_can_be_restored_from_its_parts(path: Any) -> None:
    raw = path.read_bytes()
    parsed = parse_document(raw)
    whole = json.loads(parsed.envelope)
    whole["spec"]["nodes"] = [json.loads(parsed.by_hash[r[:32]].document) for r in parsed.order]
    assert json.dumps(whole) == json.dumps(json.loads(raw))


def test_white_space_does_not_change_the_digest() -> None:
    raw = json.loads(SPECS[0].read_bytes())
    indented = json.dumps(raw, indent=3).encode()
    assert parse_document(dumped(raw)).digest == parse_document(indented).digest


def test_the_order_of_nodes_changes_the_digest() -> None:
    spec = json.loads(SPECS[1].read_bytes())
    nodes = spec["spec"]["nodes"]
    reordered = {"spec": {**spec["spec"], "nodes": [nodes[0], *reversed(nodes[1:])]}}
    assert parse_document(dumped(spec)).digest != parse_document(dumped(reordered)).digest


def deep(levels: int) -> bytes:
    nested: Any = 1
    for _ in range(levels):
        nested = [nested]
    return dumped(document(node("a", external={"path": "/usr", "extra_attributes": nested})))


def test_nesting_is_limited() -> None:
    assert parse_document(deep(Limits().depth - 3)).root.name == "a"
    assert fault_of(deep(Limits().depth)) == (Fault.INVALID, "/spec/nodes/0")


def test_an_object_of_too_many_values_is_refused_before_it_is_decoded() -> None:
    raw = b'{"a":1,"b":2}'
    with applied(Limits(json_values=5)):
        assert is_json_object(raw)
    with applied(Limits(json_values=4)), pytest.raises(DocumentError) as caught:
        is_json_object(raw)
    assert caught.value.fault is Fault.TOO_LARGE


def test_a_format_that_is_not_utf_8_is_unknown() -> None:
    raw = b'{"spec": {"_meta": {"x": "\xed\xa0\x80"}, "nodes": [{}]}}'
    assert fault_of(raw) == (Fault.UNKNOWN_FORMAT, "/spec/_meta/version")


@pytest.mark.parametrize("key", ["name", "hash", "parameters"])
def test_a_missing_dependency_and_a_cycle_are_refused(key: str) -> None:
    child = node("child")
    parent = node("parent", "1.0", [(child, ["link"])])
    assert fault_of(dumped(document(parent))) == (
        Fault.MISSING_DEPENDENCY,
        "/spec/nodes/0/dependencies/0",
    )
    back = {"name": "parent", "hash": parent["hash"], "parameters": {"deptypes": ["run"]}}
    child["dependencies"] = [back]
    assert fault_of(dumped(document(parent, child)), allow_unverified=True)[0] is Fault.CYCLE
    broken = node("parent", "1.0", [(child, ["link"])])
    del broken["dependencies"][0][key]
    assert fault_of(dumped(document(broken, child)))[0] is Fault.INVALID


def test_a_wrong_hash_is_refused_unless_allowed_or_the_document_has_a_splice() -> None:
    forged = {**node("a"), "version": "6.6"}
    raw = dumped(document(forged))
    assert fault_of(raw) == (Fault.HASH_MISMATCH, "/spec/nodes/0/hash")
    assert not parse_document(raw, allow_unverified=True).root.is_verified
    spliced = node("b", build_spec=forged)
    parsed = parse_document(dumped(document(spliced, forged)))
    assert [each.is_verified for each in parsed.nodes] == [True, False]


@pytest.mark.parametrize("version", [0, 1, 7, "5", None, True, 5.5])
def test_an_unknown_format_is_refused(version: Any) -> None:
    raw = dumped(document(node("a"), version=version))
    assert fault_of(raw) == (Fault.UNKNOWN_FORMAT, "/spec/_meta/version")


def test_two_entries_for_one_dependency_become_one_edge() -> None:
    child = node("child")
    parent = node("parent", "1.0", [(child, ["build"]), (child, ["link"])])
    [edge] = parse_document(dumped(document(parent, child))).root.edges
    assert (edge.deptypes, edge.runtime) == (("build", "link"), True)


def test_an_upload_is_split_into_documents() -> None:
    one, two = dumped(document(node("a"))), dumped(document(node("b")))
    assert list(split_documents(one)) == [one]
    assert [json.loads(part) for part in split_documents(b"[" + one + b"," + two + b"]")] == [
        json.loads(one),
        json.loads(two),
    ]
    assert list(split_documents(one + b"\n" + two + b"\n\n")) == [one, two]
    pretty = json.dumps(json.loads(one), indent=1).encode()
    assert list(split_documents(pretty)) == [pretty]
