import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from loaders.collections.dags import DagBuilder
from loaders.collections.outline import insert_member, read_outline
from loaders.errors import DocumentError, Fault
from loaders.limits import Limits, applied
from tests.documents import SPECS, SPLICED, node
from tests.loaders.collections.gathered import Gathered, gather


def assemble(
    nodes: Sequence[dict[str, Any]], *, explicit: Sequence[str] = (), spec_format: int = 5
) -> Gathered:
    key = "full_hash" if spec_format == 2 else "hash"
    with DagBuilder() as dags:
        dags.new_origin("records", "/specs", "/spec").spec_format = spec_format
        for each in nodes:
            raw = json.dumps(each).encode()
            dags.add_record(each[key], read_outline(raw), raw, explicit=each["name"] in explicit)
        return gather(dags.build_documents())


@pytest.mark.parametrize("path", [*SPECS, *SPLICED], ids=lambda path: path.stem[:40])
def test_a_real_document_is_reassembled_in_its_order(path: Path) -> None:
    value = json.loads(path.read_bytes())
    spec = value["spec"]
    nodes = spec["nodes"]
    found = assemble(
        list(reversed(nodes)), explicit=[nodes[0]["name"]], spec_format=spec["_meta"]["version"]
    )
    key = "full_hash" if spec["_meta"]["version"] == 2 else "hash"
    [whole] = [raw for root, raw in found.values().items() if root == nodes[0][key]]
    reached = {each[key] for each in whole["spec"]["nodes"]}
    assert whole == {"spec": {**spec, "nodes": [n for n in nodes if n[key] in reached]}}
    assert len(nodes) - len(reached) <= (2 if "results" in path.name else 0)
    assert found.problems == []


def test_real_documents_are_reassembled_in_their_order(corpus: Path) -> None:
    compared = 0
    for folder in ("v2-spack-0.17.3", "v3-spack-0.18.1", "v4", "v5", "v5-deps"):
        for path in sorted((corpus / folder).glob("*.json")):
            value = json.loads(path.read_bytes())
            nodes = value["spec"]["nodes"]
            version = value["spec"]["_meta"]["version"]
            found = assemble(nodes[::-1], spec_format=version)
            assert list(found.values().values()) == [value], path.name
            compared += 1
    assert compared == 344


def test_roots_are_explicit_records_and_those_nothing_depends_on() -> None:
    leaf = node("leaf")
    middle = node("middle", "1.0", [(leaf, ["link"])])
    top = node("top", "1.0", [(middle, ["link"]), (leaf, ["build"])])
    assert assemble([top, leaf, middle]).roots() == ["top"]
    assert assemble([leaf, middle, top], explicit=["leaf"]).roots() == ["leaf", "top"]
    assert assemble([leaf, middle]).roots() == ["middle"]


def test_a_missing_dependency_is_a_problem_and_complete_records_are_kept() -> None:
    leaf, gone = node("leaf"), node("gone")
    whole = node("whole", "1.0", [(leaf, ["link"])])
    broken = node("broken", "1.0", [(whole, ["link"]), (gone, ["build"])])
    top = node("top", "1.0", [(broken, ["link"])])
    found = assemble([top, broken, whole, leaf])
    assert found.roots() == ["whole"]
    assert found.faults() == [
        (Fault.MISSING_DEPENDENCY, f"/specs/{broken['hash']}/spec"),
        (Fault.MISSING_DEPENDENCY, f"/specs/{top['hash']}/spec"),
    ]
    assert f"gone/{gone['hash']}" in found.problems[0].error.detail
    assert f"/{broken['hash'][:7]}" in found.problems[1].error.detail


def test_a_cycle_is_a_problem_and_its_dependents_have_no_document() -> None:
    leaf = node("leaf")
    one = node("one")
    two = node("two", "1.0", [(one, ["link"]), (leaf, ["link"])])
    top = node("top", "1.0", [(two, ["link"])])
    edge = {"name": "two", "hash": two["hash"], "parameters": {"deptypes": ["run"]}}
    found = assemble([top, {**one, "dependencies": [edge]}, two, leaf])
    assert found.roots() == ["leaf"]
    assert found.faults()[0] == (Fault.CYCLE, f"/specs/{one['hash']}/spec")
    assert found.faults()[1:] == [(Fault.MISSING_DEPENDENCY, f"/specs/{top['hash']}/spec")]
    only = assemble([{**one, "dependencies": [{**edge, "hash": one["hash"]}]}])
    assert only.faults() == [(Fault.CYCLE, f"/specs/{one['hash']}/spec")]


def test_a_build_spec_that_depends_on_its_splice_is_omitted() -> None:
    spliced = node("app", build_spec={"name": "app", "hash": "b" * 32})
    built = {**node("app", "0.9", [(spliced, ["link"])]), "hash": "b" * 32}
    found = assemble([built, spliced], explicit=["app"])
    assert found.faults() == [(Fault.CYCLE, f"/specs/{spliced['hash']}/spec")]
    assert found.values()[spliced["hash"]]["spec"]["nodes"] == [spliced]


def test_a_build_spec_follows_its_splice() -> None:
    tool, old, new = node("tool"), node("lib", "1"), node("lib", "2")
    built = node("app", "1.0", [(old, ["link"]), (tool, ["build"])])
    spliced = node("app", "1.0", [(new, ["link"])], build_spec=built)
    [whole] = assemble([new, old, tool, built, spliced]).values().values()
    assert [each["hash"] for each in whole["spec"]["nodes"]] == [
        each["hash"] for each in (spliced, built, old, tool, new)
    ]


def test_a_missing_or_incomplete_build_spec_is_omitted() -> None:
    gone, new = node("gone"), node("lib", "2")
    built = node("app", "1.0", [(gone, ["link"])])
    spliced = node("app", "1.0", [(new, ["link"])], build_spec=built)
    absent = assemble([spliced, new])
    assert absent.problems == []
    [document] = absent.documents
    assert absent.parsed(document).closure.absent == {built["hash"]}
    incomplete = assemble([spliced, new, built])
    assert incomplete.values() == absent.values()
    assert incomplete.faults() == [(Fault.MISSING_DEPENDENCY, f"/specs/{built['hash']}/spec")]


def test_unused_dependencies_come_last() -> None:
    tool, lib = node("a-tool"), node("lib")
    spliced = node("app", "1.0", [(tool, []), (lib, ["link"])], build_spec=node("app", "0.9"))
    found = assemble([spliced, tool, lib])
    [whole] = found.values().values()
    assert [each["name"] for each in whole["spec"]["nodes"]] == ["app", "lib", "a-tool"]
    assert found.parsed(found.documents[0]).nodes


def test_the_first_origin_counts_and_only_compatible_formats_mix() -> None:
    leaf = node("leaf")
    top = node("top", "1.0", [(leaf, ["link"])])
    raws = {each["hash"]: json.dumps(each).encode() for each in (leaf, top)}

    def mixed(lower: int, upper: int) -> Gathered:
        with DagBuilder() as dags:
            for each, spec_format in ((leaf, lower), (top, upper)):
                dags.new_origin("records", "/specs").spec_format = spec_format
                raw = raws[each["hash"]]
                assert dags.add_record(each["hash"], read_outline(raw), raw) is None
            other = b'{"name":"leaf","version":"2"}'
            assert dags.add_record(leaf["hash"], read_outline(other), other) is None
            assert dags.add_record(top["hash"], read_outline(other), other) == raws[top["hash"]]
            return gather(dags.build_documents())

    [whole] = mixed(4, 5).values().values()
    assert whole == {"spec": {"_meta": {"version": 5}, "nodes": [top, leaf]}}
    assert mixed(3, 5).faults() == [(Fault.UNSUPPORTED, f"/specs/{top['hash']}")]


def test_the_number_of_nodes_is_limited() -> None:
    leaves = [node(f"leaf{n}") for n in range(4)]
    top = node("top", "1.0", [(leaf, ["link"]) for leaf in leaves])
    with applied(Limits(nodes=5)):
        assert assemble([top, *leaves]).roots() == ["top"]
    with applied(Limits(nodes=4)):
        found = assemble([top, *leaves]).faults()
    assert found == [(Fault.TOO_LARGE, f"/specs/{top['hash']}/spec")]


def test_a_long_chain_does_not_recurse() -> None:
    chain = [node("n0")]
    for number in range(1, 3000):
        chain.append(node(f"n{number}", "1.0", [(chain[-1], ["link"])]))
    [whole] = assemble(chain[::-1]).values().values()
    assert [each["name"] for each in whole["spec"]["nodes"]] == [
        each["name"] for each in chain[::-1]
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"version": 5}, "/version"),
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"hash": "too-short"}, "/hash"),
        ({"parameters": [1]}, "/parameters"),
        ({"dependencies": {}}, "/dependencies"),
        ({"dependencies": [{"name": "x", "parameters": {"deptypes": []}}]}, "/dependencies/0"),
        ({"dependencies": [{"name": "x", "hash": "y"}]}, "/dependencies/0"),
        ({"dependencies": [{"name": "x", "hash": "a" * 32, "parameters": None}]}, None),
        ({"build_spec": {"name": "x", "hash": "y"}}, "/build_spec"),
        ({"concrete": False}, "/concrete"),
    ],
)
def test_an_invalid_record_is_refused(change: dict[str, Any], pointer: str | None) -> None:
    with pytest.raises(DocumentError) as caught:
        read_outline(json.dumps({**node("a"), **change}).encode())
    assert caught.value.pointer == ("/dependencies/0/parameters" if pointer is None else pointer)


def test_a_member_is_inserted_without_changing_the_others() -> None:
    raw = b'{"name": "a", "f":1.50,"s":"\\u00e9", "hash":"h"}'
    assert insert_member(raw, "new", "{}", before="hash") == (
        b'{"name":"a","f":1.50,"s":"\\u00e9","new":{},"hash":"h"}'
    )
    assert insert_member(b'{"a":{"version":"1"}}', "hash", '"h"') == (
        b'{"a":{"version":"1","hash":"h"}}'
    )
