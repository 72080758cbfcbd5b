import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from loaders.collections import dags as dags_module
from loaders.collections.dags import Dags
from loaders.collections.outline import outline, with_member
from loaders.errors import DocumentError, Fault
from tests.documents import SPECS, SPLICED, node
from tests.loaders.collections.gathered import Gathered, gathered


def put_together(
    nodes: Sequence[dict[str, Any]], *, wanted: Sequence[str] = (), spec_format: int = 5
) -> Gathered:
    key = "full_hash" if spec_format == 2 else "hash"
    with Dags() as dags:
        dags.new_origin("records", "/specs", "/spec").spec_format = spec_format
        for each in nodes:
            raw = json.dumps(each).encode()
            dags.add(each[key], outline(raw), raw, wanted=each["name"] in wanted)
        return gathered(dags.documents())


@pytest.mark.parametrize("path", [*SPECS, *SPLICED], ids=lambda path: path.stem[:40])
def test_a_real_document_comes_back_in_its_order(path: Path) -> None:
    value = json.loads(path.read_bytes())
    spec = value["spec"]
    nodes = spec["nodes"]
    found = put_together(
        list(reversed(nodes)), wanted=[nodes[0]["name"]], spec_format=spec["_meta"]["version"]
    )
    key = "full_hash" if spec["_meta"]["version"] == 2 else "hash"
    [whole] = [raw for root, raw in found.values().items() if root == nodes[0][key]]
    reached = {each[key] for each in whole["spec"]["nodes"]}
    assert whole == {"spec": {**spec, "nodes": [n for n in nodes if n[key] in reached]}}
    assert len(nodes) - len(reached) <= (2 if "results" in path.name else 0)
    assert found.problems == []


def test_every_real_document_of_the_corpus_comes_back_in_its_order(corpus: Path) -> None:
    compared = 0
    for folder in ("v2-spack-0.17.3", "v3-spack-0.18.1", "v4", "v5", "v5-deps"):
        for path in sorted((corpus / folder).glob("*.json")):
            value = json.loads(path.read_bytes())
            nodes = value["spec"]["nodes"]
            version = value["spec"]["_meta"]["version"]
            found = put_together(nodes[::-1], spec_format=version)
            assert list(found.values().values()) == [value], path.name
            compared += 1
    assert compared == 344


def test_roots_are_what_was_asked_for_and_what_nothing_needs() -> None:
    leaf = node("leaf")
    middle = node("middle", "1.0", [(leaf, ["link"])])
    top = node("top", "1.0", [(middle, ["link"]), (leaf, ["build"])])
    assert put_together([top, leaf, middle]).roots() == ["top"]
    assert put_together([leaf, middle, top], wanted=["leaf"]).roots() == ["leaf", "top"]
    assert put_together([leaf, middle]).roots() == ["middle"]


def test_a_missing_dependency_is_named_and_what_is_whole_below_still_has_its_document() -> None:
    leaf, gone = node("leaf"), node("gone")
    whole = node("whole", "1.0", [(leaf, ["link"])])
    broken = node("broken", "1.0", [(whole, ["link"]), (gone, ["build"])])
    top = node("top", "1.0", [(broken, ["link"])])
    found = put_together([top, broken, whole, leaf])
    assert found.roots() == ["whole"]
    assert found.faults() == [
        (Fault.MISSING_DEPENDENCY, f"/specs/{broken['hash']}/spec"),
        (Fault.MISSING_DEPENDENCY, f"/specs/{top['hash']}/spec"),
    ]
    assert f"gone/{gone['hash']}" in found.problems[0].error.detail
    assert f"/{broken['hash'][:7]}" in found.problems[1].error.detail


def test_a_cycle_is_named_and_nothing_above_it_has_a_document() -> None:
    leaf = node("leaf")
    one = node("one")
    two = node("two", "1.0", [(one, ["link"]), (leaf, ["link"])])
    top = node("top", "1.0", [(two, ["link"])])
    edge = {"name": "two", "hash": two["hash"], "parameters": {"deptypes": ["run"]}}
    found = put_together([top, {**one, "dependencies": [edge]}, two, leaf])
    assert found.roots() == ["leaf"]
    assert found.faults()[0] == (Fault.CYCLE, f"/specs/{one['hash']}/spec")
    assert found.faults()[1:] == [(Fault.MISSING_DEPENDENCY, f"/specs/{top['hash']}/spec")]
    only = put_together([{**one, "dependencies": [{**edge, "hash": one["hash"]}]}])
    assert only.faults() == [(Fault.CYCLE, f"/specs/{one['hash']}/spec")]


def test_a_build_spec_that_needs_what_it_was_spliced_into_is_left_out() -> None:
    spliced = node("app", build_spec={"name": "app", "hash": "b" * 32})
    built = {**node("app", "0.9", [(spliced, ["link"])]), "hash": "b" * 32}
    found = put_together([built, spliced], wanted=["app"])
    assert found.faults() == [(Fault.CYCLE, f"/specs/{spliced['hash']}/spec")]
    assert found.values()[spliced["hash"]]["spec"]["nodes"] == [spliced]


def test_a_build_spec_comes_right_behind_what_was_spliced() -> None:
    tool, old, new = node("tool"), node("lib", "1"), node("lib", "2")
    built = node("app", "1.0", [(old, ["link"]), (tool, ["build"])])
    spliced = node("app", "1.0", [(new, ["link"])], build_spec=built)
    [whole] = put_together([new, old, tool, built, spliced]).values().values()
    assert [each["hash"] for each in whole["spec"]["nodes"]] == [
        each["hash"] for each in (spliced, built, old, tool, new)
    ]


def test_a_build_spec_that_is_absent_or_incomplete_is_left_out() -> None:
    gone, new = node("gone"), node("lib", "2")
    built = node("app", "1.0", [(gone, ["link"])])
    spliced = node("app", "1.0", [(new, ["link"])], build_spec=built)
    absent = put_together([spliced, new])
    assert absent.problems == []
    [document] = absent.documents
    assert absent.parsed(document).closure.absent == {built["hash"]}
    incomplete = put_together([spliced, new, built])
    assert incomplete.values() == absent.values()
    assert incomplete.faults() == [(Fault.MISSING_DEPENDENCY, f"/specs/{built['hash']}/spec")]


def test_what_is_no_longer_in_use_comes_last_but_is_there() -> None:
    tool, lib = node("a-tool"), node("lib")
    spliced = node("app", "1.0", [(tool, []), (lib, ["link"])], build_spec=node("app", "0.9"))
    found = put_together([spliced, tool, lib])
    [whole] = found.values().values()
    assert [each["name"] for each in whole["spec"]["nodes"]] == ["app", "lib", "a-tool"]
    assert found.parsed(found.documents[0]).nodes


def test_of_two_origins_the_first_record_counts_and_formats_mix_only_where_they_can() -> None:
    leaf = node("leaf")
    top = node("top", "1.0", [(leaf, ["link"])])
    raws = {each["hash"]: json.dumps(each).encode() for each in (leaf, top)}

    def mixed(below: int, above: int) -> Gathered:
        with Dags() as dags:
            for each, spec_format in ((leaf, below), (top, above)):
                dags.new_origin("records", "/specs").spec_format = spec_format
                raw = raws[each["hash"]]
                assert dags.add(each["hash"], outline(raw), raw) is None
            other = b'{"name":"leaf","version":"2"}'
            assert dags.add(leaf["hash"], outline(other), other) is None
            assert dags.add(top["hash"], outline(other), other) == raws[top["hash"]]
            return gathered(dags.documents())

    [whole] = mixed(4, 5).values().values()
    assert whole == {"spec": {"_meta": {"version": 5}, "nodes": [top, leaf]}}
    assert mixed(3, 5).faults() == [(Fault.UNSUPPORTED, f"/specs/{top['hash']}")]


def test_a_document_has_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = [node(f"leaf{n}") for n in range(4)]
    top = node("top", "1.0", [(leaf, ["link"]) for leaf in leaves])
    monkeypatch.setattr(dags_module, "MAX_NODES", 5)
    assert put_together([top, *leaves]).roots() == ["top"]
    monkeypatch.setattr(dags_module, "MAX_NODES", 4)
    assert put_together([top, *leaves]).faults() == [
        (Fault.TOO_LARGE, f"/specs/{top['hash']}/spec")
    ]


def test_a_long_chain_is_no_deep_recursion() -> None:
    chain = [node("n0")]
    for number in range(1, 3000):
        chain.append(node(f"n{number}", "1.0", [(chain[-1], ["link"])]))
    [whole] = put_together(chain[::-1]).values().values()
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
def test_a_record_that_is_not_as_spack_writes_it_is_refused(
    change: dict[str, Any], pointer: str | None
) -> None:
    with pytest.raises(DocumentError) as caught:
        outline(json.dumps({**node("a"), **change}).encode())
    assert caught.value.pointer == ("/dependencies/0/parameters" if pointer is None else pointer)


def test_a_member_is_put_in_without_touching_the_others() -> None:
    raw = b'{"name": "a", "f":1.50,"s":"\\u00e9", "hash":"h"}'
    assert with_member(raw, "new", "{}", before="hash") == (
        b'{"name":"a","f":1.50,"s":"\\u00e9","new":{},"hash":"h"}'
    )
    assert with_member(b'{"a":{"version":"1"}}', "hash", '"h"') == (
        b'{"a":{"version":"1","hash":"h"}}'
    )
