"""Hashes that Spack did not compute from the text that its documents have."""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from loaders.collections import lockfile
from loaders.collections.whole_document import WholeDocument
from loaders.errors import DocumentError, Fault
from loaders.specs.dag_hash import MAX_FLAG_ORDERS, Proof, Text, body_of, compute_hash
from loaders.specs.document import SpecDocument, parse_document
from spec_syntax.draft import FLAG_NAMES
from tests.documents import CASES, document, dumped, node

KINDS = ("hash", "full_hash", "build_hash")


def parse_case(name: str) -> SpecDocument:
    return parse_document((CASES / name).read_bytes())


def proofs(parsed: SpecDocument) -> dict[str, Proof]:
    return {record.name: record.proof for record in parsed.nodes}


def locked_document(path: Path) -> SpecDocument:
    """Return the only document in a lockfile."""
    (found,) = (
        each
        for each in lockfile.read(path.read_bytes(), path.name)
        if isinstance(each, WholeDocument)
    )
    return parse_document(found.raw)


def test_a_null_in_format_1_is_an_empty_scalar_with_a_tag() -> None:
    parsed = parse_case("format1-external-null.json")
    assert proofs(parsed) == {"tool": Proof.DIRECT}


@pytest.mark.parametrize(
    "parameter", [None, "on", "Off", "yes", "NO", "1e5", "1.2e3", "123e45", "0o7"]
)
@pytest.mark.parametrize("text", [Text.YAML12, Text.YAML11])
def test_format_1_is_verified_by_either_version_of_yaml(parameter: Any, text: Text) -> None:
    body = {"version": "1.0", "parameters": {"p": parameter, "q": [parameter]}}
    inner = {**body, "hash": compute_hash({"app": body}, 1, text)}
    parsed = parse_document(dumped({"spec": [{"app": inner}]}))
    assert parsed.root.is_verified


def test_format_2_is_identified_by_the_kind_of_hash_that_its_edges_use() -> None:
    parsed = parse_case("format2-by-build-hash.json")
    assert parsed.root.hash == "vxc2lzjzduv3yqgnobkyxv65nvp3lriv"
    assert all(record.is_verified for record in parsed.nodes)
    properties = parsed.root.properties
    assert properties["runtime_hash"] == "sybjtv3mb4tj76kqdthjrdyylevfmyps"
    assert properties["full_hash"] == "63wjpnv2dsrwywdzaun2royq4xt6e5tq"


def format2(kind: str, *, tool_type: str = "build") -> dict[str, Any]:
    """Return a document as `spack spec --json --hash-type` of 0.17 prints it."""
    bodies: dict[str, dict[str, Any]] = {}
    hashes: dict[str, dict[str, str]] = {}
    edges = {"leaf": [], "tool": [], "top": [("leaf", ["build", "link"]), ("tool", [tool_type])]}
    for name, dependencies in edges.items():
        texts: dict[str, dict[str, Any]] = {}
        for each in KINDS:
            body: dict[str, Any] = {"name": name, "version": "1.0", "parameters": {}}
            if each == "full_hash":
                body["package_hash"] = f"{name:a<52}===="
            kept = [
                {"name": other, each: hashes[other][each], "type": types}
                for other, types in dependencies
                if each != "hash" or {"link", "run"} & set(types)
            ]
            texts[each] = body | ({"dependencies": kept} if kept else {})
        hashes[name] = {each: compute_hash(texts[each], 2) for each in KINDS}
        bodies[name] = texts[kind]
    written = KINDS[:2] if kind == "hash" else KINDS
    nodes = [
        {**bodies[name], **{each: hashes[name][each] for each in written}}
        for name in ("top", "leaf", "tool")
        if kind != "hash" or name != "tool" or tool_type != "build"
    ]
    return document(*nodes, version=2)


@pytest.mark.parametrize("tool_type", ["build", "run"])
@pytest.mark.parametrize("kind", KINDS)
def test_format_2_may_use_any_kind_of_hash(kind: str, tool_type: str) -> None:
    written = format2(kind, tool_type=tool_type)
    parsed = parse_document(dumped(written))
    assert [record.hash for record in parsed.nodes] == [
        each[kind] for each in written["spec"]["nodes"]
    ]
    assert all(record.is_verified for record in parsed.nodes)
    # Only the full hash covers all that the other two do.
    determined = Proof.DIRECT if kind == "full_hash" else Proof.REPAIRED
    assert set(proofs(parsed).values()) == {determined}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["leaf", "tool"])
def test_a_single_node_of_format_2_is_identified_by_what_its_keys_cover(
    kind: str, name: str
) -> None:
    nodes = format2(kind, tool_type="run")["spec"]["nodes"]
    alone = next(each for each in nodes if each["name"] == name)
    parsed = parse_document(dumped(document(alone, version=2)))
    assert parsed.root.is_verified
    if kind == "full_hash":
        assert parsed.root.hash == alone["full_hash"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_document_of_format_2_is_refused(kind: str) -> None:
    written = format2(kind)
    written["spec"]["nodes"][0]["version"] = "1.1"
    with pytest.raises(DocumentError, match="was changed after Spack wrote it") as caught:
        parse_document(dumped(written))
    assert caught.value.fault is Fault.HASH_MISMATCH


def test_format_4_may_be_hashed_over_indented_text() -> None:
    parsed = parse_case("format4-indented-text.json")
    assert proofs(parsed) == {"top": Proof.REPAIRED, "leaf": Proof.REPAIRED}


def test_format_5_is_never_hashed_over_indented_text() -> None:
    body = body_of(node("app"))
    indented = {**body, "hash": compute_hash(body, 5, Text.INDENTED)}
    with pytest.raises(DocumentError, match="was changed after"):
        parse_document(dumped(document(indented)))


def test_flags_that_were_sorted_after_hashing_are_verified() -> None:
    parsed = locked_document(CASES / "lockfile6-reused-flags.lock")
    assert parsed.root.hash == "hj265gulqsrf3msbklyhngejzdxflyej"
    assert parsed.root.proof is Proof.REPAIRED
    control = locked_document(CASES / "control-unsorted.lock")
    assert control.root.proof is Proof.DIRECT


def with_flags(**flags: list[str]) -> dict[str, Any]:
    """Return a node hashed with flags as given, and written with sorted ones."""
    parameters: dict[str, list[str]] = {name: [] for name in sorted(FLAG_NAMES)}
    given = node("app", parameters={**parameters, **flags})
    ordered = {name: sorted(each) for name, each in flags.items()}
    return {**given, "parameters": {**parameters, **ordered}}


@pytest.mark.parametrize("order", [*permutations(["-g", "-O3", "-flto"])])
def test_every_order_of_sorted_flags_is_tried(order: tuple[str, ...]) -> None:
    app = with_flags(cflags=list(order), ldflags=["-z", "-L/x"])
    assert parse_document(dumped(document(app))).root.is_verified


def test_a_spec_with_too_many_flags_to_try_is_kept_but_not_verified() -> None:
    app = with_flags(cflags=[f"-D{letter}" for letter in "gfedcba"])
    root = parse_document(dumped(document(app))).root
    assert not root.is_verified
    assert root.rewritten


def test_the_orders_of_six_flags_are_tried() -> None:
    assert len([*permutations(range(6))]) == MAX_FLAG_ORDERS
    app = with_flags(cflags=[f"-D{letter}" for letter in "fedcba"])
    assert parse_document(dumped(document(app))).root.is_verified


@pytest.mark.parametrize("count", [2, 6])
def test_a_changed_spec_with_sorted_flags_is_refused(count: int) -> None:
    app = with_flags(cflags=[f"-D{letter}" for letter in "fedcba"[:count]])
    with pytest.raises(DocumentError, match="was changed after Spack wrote it"):
        parse_document(dumped(document({**app, "version": "9"})))


def test_flags_that_are_not_sorted_were_not_sorted_by_spack() -> None:
    app = with_flags(cflags=["-g", "-O3"])
    app["parameters"]["cflags"] = ["-g", "-O3"]
    assert parse_document(dumped(document(app))).root.proof is Proof.DIRECT
    other = with_flags(cflags=["-O3", "-g"])
    other["parameters"]["cflags"] = ["-g", "-O3"]
    with pytest.raises(DocumentError, match="was changed after Spack wrote it"):
        parse_document(dumped(document(other)))


@pytest.mark.parametrize("spec_format", [2, 3])
def test_a_splice_before_spack_0_19_has_a_hash_of_its_own(spec_format: int) -> None:
    """From Spack 0.19 on the hash of a splice ends like that of its build spec."""
    key = "full_hash" if spec_format == 2 else "hash"
    built = {"name": "app", "version": "1.0", "package_hash": "a" * 52 + "===="}
    built_hash = compute_hash(built, spec_format)
    body = {**built, "build_spec": {"name": "app", key: built_hash}}
    # The plain hash of the text, which format 2 shares with format 3.
    spliced_hash = compute_hash(body, 2)
    assert spliced_hash[-7:] != built_hash[-7:]
    nodes = ({**body, "hash": spliced_hash}, {**built, "hash": built_hash})
    if spec_format == 2:
        bare = {"name": "app", "version": "1.0"}
        own = compute_hash(bare, 2)
        spliced = {**bare, "build_spec": {"name": "app", "hash": own}}
        hashes = {"hash": compute_hash(spliced, 2), "full_hash": spliced_hash}
        nodes = ({**body, **hashes}, {**built, "hash": own, "full_hash": built_hash})
    parsed = parse_document(dumped(document(*nodes, version=spec_format)))
    assert parsed.root.build_spec == ("app", built_hash)
    assert [record.is_verified for record in parsed.nodes] == [True, True]
