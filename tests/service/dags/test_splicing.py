"""Planned splices agree with those that Spack made, and say why others cannot be planned."""

import json
from pathlib import Path
from typing import Any

import pytest

from loaders.specs.pure_hash import pure_hashes
from service.dags.dag import Dag, part_of_dag
from service.dags.splicing.objects import SplicingError
from service.dags.splicing.plan import (
    MAX_DEPTH,
    Plan,
    plan_automatic_splice,
    plan_splice,
)
from tests.documents import DATA, SPLICED, cases, document, dumped, node
from tools.splice_figures import Agreement, compare, read_dag, virtuals_in

FOLDER = DATA / "spliced"
PROVIDES = virtuals_in(SPLICED)
STORE = DATA / "spliced-store" / "opt"
EXPLICIT = [case for case in cases() if case["kind"] != "automatic"]


def installed(prefix: str) -> Dag:
    """Return the spec of an install folder of the store, by the start of its name."""
    (path,) = STORE.glob(f"{prefix}*/.spack/spec.json")
    return read_dag(path)


def dag_of(tmp_path: Path, *nodes: dict[str, Any], version: int = 5) -> Dag:
    path = tmp_path / f"{nodes[0]['hash']}.json"
    path.write_bytes(dumped(document(*nodes, version=version)))
    return read_dag(path)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case['base_file'][:2]}-{case['id']}")
def test_a_recorded_splice_is_planned_again(case: dict[str, Any]) -> None:
    comparison = compare(FOLDER, case, PROVIDES)
    consistent = case["recomputed_json_hashes_consistent"] or case["kind"] == "automatic"
    assert comparison.agreement is (Agreement.EQUAL if consistent else Agreement.CONTENT)
    assert comparison.claimed is not False


def test_the_hash_that_spack_stores_is_predicted_unless_an_input_is_spliced() -> None:
    claimed = {case["id"]: compare(FOLDER, case, PROVIDES).claimed for case in EXPLICIT}
    spliced = {case["id"] for case in EXPLICIT if "of-splice" in case["kind"]}
    assert {id_ for id_, equal in claimed.items() if equal is None} == spliced | {"s011", "e10"}


def store_provides() -> dict[str, set[str]]:
    return virtuals_in(STORE.glob("*/.spack/spec.json"))


@pytest.mark.parametrize(
    ("replacement", "transitive", "stored"),
    [
        ("fmpi-b", True, "dv7fgjom544xh3342astq3sfl5lcipow"),
        ("fmpi-b", False, "ezflhktdn46r4docgb6227vv5h4633m7"),
        ("fmpi-c", False, "5dkacqud2ekduntvitzi3meqth4633m7"),
        ("libfoo-1.1", True, "ekhqpr4b4u7qf5ww7g22ucnxr5lcipow"),
        ("libfoo-1.2", True, "ekhqpr4b4u7qf5ww7g22ucnxr5lcipow"),
        ("libfoo-1.3", False, "53qonj3xrn4a65hfoynlnlgw4h4633m7"),
        ("libfoo-1.4", True, "ekhqpr4b4u7qf5ww7g22ucnxr5lcipow"),
        ("libfoo-2.0", True, "ekhqpr4b4u7qf5ww7g22ucnxr5lcipow"),
    ],
)
def test_the_hash_of_an_installed_splice_is_predicted(
    replacement: str, transitive: bool, stored: str
) -> None:
    put_in = {"fmpi-b": "fmpi-b-1.0-cwna5og"}.get(replacement, replacement)
    plan = plan_splice(
        installed("app-1.0-rduow63"), installed(put_in), store_provides(), transitive=transitive
    )
    assert [(claim.spack, claim.hash) for claim in plan.claimed] == [("1.1", stored)]


@pytest.mark.parametrize(
    ("replacement", "transitive"),
    [
        ("fmpi-b-1.0-cwna5og", True),
        ("fmpi-b-1.0-cwna5og", False),
        ("fmpi-c", False),
        ("libfoo-1.3", False),
        ("libfoo-1.4", True),
    ],
)
def test_the_record_of_an_installed_splice_is_predicted(replacement: str, transitive: bool) -> None:
    plan = plan_splice(
        installed("app-1.0-rduow63"),
        installed(replacement),
        store_provides(),
        transitive=transitive,
    )
    (claim,) = plan.claimed
    stored = installed(f"app-1.0-{claim.hash}")
    assert stored.nodes[stored.root].digest == claim.digest


def test_one_hash_of_spack_stands_for_four_contents() -> None:
    target = installed("app-1.0-rduow63")
    plans = [
        plan_splice(target, installed(f"libfoo-{version}"), {}, transitive=True)
        for version in ("1.1", "1.2", "1.4", "2.0")
    ]
    assert len({plan.document.root for plan in plans}) == 4
    assert len({plan.claimed[0].hash for plan in plans}) == 1


def test_an_automatic_splice_of_a_splice_is_planned() -> None:
    spliced = installed("app-1.0-zyvos4c")
    nodes = {each.hash[:7]: each.hash for each in spliced.nodes.values()}
    target = part_of_dag(nodes["ekhqpr4"], 5, spliced.nodes)
    built = installed("fmpi-b-1.0-cwna5og")
    (old,) = (each.hash for each in built.nodes.values() if each.name == "libfoo")
    library = part_of_dag(nodes["25lc24z"], 5, spliced.nodes)
    provider = plan_automatic_splice(built, {(built.root, old): library})
    assert provider.document.root == nodes["d5erkcn"]
    plan = plan_automatic_splice(
        target,
        {
            (target.root, nodes["jkb7moe"]): provider.document.as_dag(5),
            # Spack had not yet spliced the provider when it came to the second dependent.
            (nodes["o54behp"], nodes["jkb7moe"]): built,
        },
    )
    assert plan.claimed[0].hash == spliced.root


def test_an_installed_splice_has_the_pure_hash_of_its_plan() -> None:
    target, replacement = installed("app-1.0-rduow63"), installed("libfoo-1.3")
    plan = plan_splice(target, replacement, {}, transitive=False)
    stored = installed("app-1.0-53qonj3")
    assert pure_hashes(stored.nodes)[stored.root] == plan.document.root


def test_a_planned_document_is_one_that_can_be_read(tmp_path: Path) -> None:
    plan = plan_splice(installed("app-1.0-rduow63"), installed("libfoo-1.1"), {}, transitive=True)
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(plan.document.as_json(5)))
    read = read_dag(path)
    assert read.root == plan.document.root
    assert all(each.is_verified for each in read.nodes.values())
    assert read.nodes == plan.document.as_dag(5).nodes
    assert [(each.name, each.hash, each.build_spec) for each in plan.document.spliced] == [
        (each.name, each.hash, each.build_spec[1])
        for each in read.nodes.values()
        if each.build_spec
    ]


def splice_app(target: Dag, replacement: Dag, **provides: set[str]) -> Plan:
    return plan_splice(target, replacement, provides, transitive=True)


@pytest.fixture
def library() -> dict[str, Any]:
    return node("library")


@pytest.fixture
def app(library: dict[str, Any], tmp_path: Path) -> Dag:
    root = node("app", dependencies=[(library, ["link"], ["api"])])
    return dag_of(tmp_path, root, library)


def refusal(target: Dag, replacement: Dag, **provides: set[str]) -> str:
    with pytest.raises(SplicingError) as caught:
        splice_app(target, replacement, **provides)
    return str(caught.value)


def test_what_spack_refuses_is_refused_with_the_reason(app: Dag, tmp_path: Path) -> None:
    other = dag_of(tmp_path, node("other"))
    assert refusal(app, other).startswith(f"cannot splice other/{other.root[:7]} into app/")
    assert "can stand for app" in refusal(app, dag_of(tmp_path, node("app", "2.0")))
    same = dag_of(tmp_path, node("library"))
    assert f"is deployed with library/{same.root[:7]}" in refusal(app, same)


def test_a_provider_of_all_virtuals_can_be_put_in(app: Dag, tmp_path: Path) -> None:
    other = dag_of(tmp_path, node("other"))
    plan = splice_app(app, other, other={"api", "more"})
    (root,) = (n for n in plan.document.as_dag(5).nodes.values() if n.build_spec)
    assert [(edge.name, edge.virtuals) for edge in root.edges] == [("other", ("api",))]


def test_specs_of_two_formats_are_refused(app: Dag, tmp_path: Path) -> None:
    older = node("library", "2.0")
    del older["annotations"]
    found = refusal(app, dag_of(tmp_path, older, version=4))
    assert "several spec formats (4, 5)" in found


def test_a_format_without_virtuals_is_refused() -> None:
    path = next((DATA / "specs").glob("*.json"))
    by_format = {read_dag(each).spec_format: read_dag(each) for each in path.parent.glob("*.json")}
    assert "these specs have format 3" in refusal(by_format[3], by_format[3])


def test_a_dag_that_is_too_deep_is_refused(tmp_path: Path) -> None:
    nodes = [node("p0")]
    for number in range(1, MAX_DEPTH):
        nodes.append(node(f"p{number}", dependencies=[(nodes[-1], ["link"])]))
    other = dag_of(tmp_path, node("p0", "2.0"))
    plan = splice_app(dag_of(tmp_path, *nodes[::-1]), other)
    assert len(plan.document.spliced) == MAX_DEPTH - 1
    nodes.append(node("top", dependencies=[(nodes[-1], ["link"])]))
    assert "too deep" in refusal(dag_of(tmp_path, *nodes[::-1]), other)


def test_a_splice_can_be_ended(app: Dag, tmp_path: Path) -> None:
    def end() -> None:
        raise TimeoutError

    other = dag_of(tmp_path, node("library", "2.0"))
    with pytest.raises(TimeoutError):
        plan_splice(app, other, {}, end, transitive=True)
