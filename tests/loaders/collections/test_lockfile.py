import json
from pathlib import Path
from typing import Any

import pytest

from loaders.collections import lockfile
from loaders.collections.lockfile import LockedEnvironment, LockedRoot, looks_like
from loaders.errors import DocumentError, Fault
from loaders.specs.dag_hash import body_of, compute_hash
from loaders.specs.document import parse_document
from tests.documents import SPECS, document, dumped, named, node
from tests.loaders.collections.gathered import (
    COLLECTIONS,
    Gathered,
    gather,
    keyed_hash,
    keyed_node,
)


def read(value: Any, name: str | None = None) -> Gathered:
    raw = value if isinstance(value, bytes) else dumped(value)
    return gather(lockfile.read(raw, "spack.lock", name))


def lock(
    roots: dict[str, str], specs: dict[str, Any], version: int = 6, **more: Any
) -> dict[str, Any]:
    return {
        "_meta": {"file-type": "spack-lockfile", "lockfile-version": version},
        "roots": [{"hash": hash_, "spec": spec} for spec, hash_ in roots.items()],
        "concrete_specs": specs,
        **more,
    }


def by_hash(*nodes: dict[str, Any], key: str = "hash") -> dict[str, Any]:
    return {each[key]: each for each in nodes}


EXPECTED = {
    "hpc023-unify-true": (5, "0.23.0", 6, 6, 51),
    "hpc110-unify-false": (6, "1.1.0", 6, 6, 60),
    "hpc110-unify-true": (6, "1.1.0", 10, 10, 56),
    "lab023-unify-false": (5, "0.23.0", 16, 15, 23),
    "lab023-unify-true": (5, "0.23.0", 8, 8, 11),
    "lab110-spliced": (6, "1.1.0", 3, 3, 25),
    "lab110-unify-false": (6, "1.1.0", 16, 14, 25),
    "lab110-unify-true": (6, "1.1.0", 8, 8, 18),
}
"""Lockfile version, Spack version, and numbers of roots, documents and records, by environment."""


@pytest.mark.parametrize("environment", EXPECTED)
def test_a_real_lockfile_is_read(corpus: Path, environment: str) -> None:
    version, spack, roots, documents, records = EXPECTED[environment]
    raw = (corpus / "env" / environment / "spack.lock").read_bytes()
    value = json.loads(raw)
    found = read(raw, environment)
    assert found.problems == []
    expected = tuple(LockedRoot(root["hash"], root["spec"]) for root in value["roots"])
    assert found.rows == [LockedEnvironment(environment, version, spack, None, expected)]
    assert len(expected) == roots
    assert {each.root for each in found.documents} == {root.hash for root in expected}
    assert len(found.documents) == documents
    seen: dict[str, Any] = {}
    for each in found.documents:
        parsed = found.parsed(each)
        assert parsed.unverified_nodes == ()
        seen |= {known.hash: json.loads(known.document) for known in parsed.nodes}
    assert seen == value["concrete_specs"]
    assert len(seen) == records


def test_documents_of_a_lockfile_equal_those_written_by_spack(corpus: Path) -> None:
    written: dict[str, list[Any]] = {}
    folders = ("v4", "v4-lab", "v5", "v5-lab", "v5-spliced/lab-concretizer/results")
    for path in (path for folder in folders for path in (corpus / folder).glob("*.json")):
        value = json.loads(path.read_bytes())
        written.setdefault(value["spec"]["nodes"][0]["hash"], []).append(value)
    compared = 0
    for environment in EXPECTED:
        found = read((corpus / "env" / environment / "spack.lock").read_bytes())
        for root, value in found.values().items():
            if root in written:
                assert value in written[root]
                compared += 1
    assert compared == 12


def test_a_lockfile_of_spack_0_23_is_read() -> None:
    raw = (COLLECTIONS / "lab-0.23.0.lock").read_bytes()
    found = read(raw, "lab")
    assert found.problems == []
    [environment] = found.rows
    assert environment.name == "lab"
    assert (environment.lockfile_version, environment.spack_version) == (5, "0.23.0")
    assert [root.spec for root in environment.roots] == [
        *("lab-stats@1.2.0", "lab-warn", "lab-sim", "lab-nocode+docs", "lab-h5@1.14.5"),
        *("lab-mpich", "lab-suite", "lab-zx@1.0.0"),
    ]
    names = ["lab-stats", "lab-warn", "lab-sim", "lab-nocode", "lab-h5", "lab-mpich"]
    assert sorted(found.roots()) == sorted([*names, "lab-suite", "lab-zx"])
    assert all(not found.parsed(each).unverified_nodes for each in found.documents)


LATER = [path for path in SPECS if json.loads(path.read_bytes())["spec"]["_meta"]["version"] > 2]


@pytest.mark.parametrize("path", LATER, ids=lambda path: path.stem[:30])
def test_versions_4_to_7_have_formats_3_to_5(path: Path) -> None:
    value = json.loads(path.read_bytes())
    nodes = value["spec"]["nodes"]
    for version in {3: (4,), 4: (5,), 5: (6, 7)}[value["spec"]["_meta"]["version"]]:
        found = read(lock({"it": nodes[0]["hash"]}, by_hash(*nodes[::-1]), version))
        assert found.problems == []
        assert list(found.values().values()) == [value]


def test_version_1_has_the_hash_only_as_key() -> None:
    tool = keyed_node("tool")
    leaf = keyed_node("leaf")
    tool_hash, leaf_hash = keyed_hash(tool), keyed_hash(leaf)
    top = keyed_node("top", {"leaf": (leaf_hash, ["link"]), "tool": (tool_hash, ["build"])})
    top_hash = keyed_hash(keyed_node("top", {"leaf": (leaf_hash, ["link"])}))
    specs = {top_hash: top, leaf_hash: leaf, tool_hash: tool}
    found = read(lock({"top ^leaf": top_hash}, specs, 1))
    assert found.problems == []
    assert found.rows == [
        LockedEnvironment(None, 1, None, None, (LockedRoot(top_hash, "top ^leaf"),))
    ]
    [whole] = found.documents
    parsed = found.parsed(whole)
    assert [known.hash for known in parsed.nodes] == [top_hash, leaf_hash, tool_hash]
    assert parsed.unverified_nodes == ()
    assert json.loads(whole.raw)["spec"][0] == {"top": {**top["top"], "hash": top_hash}}


def test_version_2_is_keyed_by_build_hash() -> None:
    tools = [keyed_node("tool"), keyed_node("tool")]
    tools[1]["tool"]["version"] = "2.0"
    specs = {}
    build_hashes = []
    for tool in tools:
        tool_hash = keyed_hash(tool)
        specs[tool_hash] = {"tool": {**tool["tool"], "hash": tool_hash}}
        top = keyed_node("top", {"tool": (tool_hash, ["build"])})
        build_hashes.append(keyed_hash(top))
        specs[build_hashes[-1]] = {"top": {**top["top"], "hash": keyed_hash(keyed_node("top"))}}
    assert len({spec["top"]["hash"] for spec in specs.values() if "top" in spec}) == 1
    found = read(lock({"top": build_hashes[0], "top ^tool@2": build_hashes[1]}, specs, 2))
    assert found.problems == []
    assert [each.root for each in found.documents] == build_hashes
    for each in found.documents:
        parsed = found.parsed(each)
        assert parsed.root.hash == each.root
        assert parsed.root.properties["runtime_hash"] == keyed_hash(keyed_node("top"))
        assert parsed.unverified_nodes == ()


@pytest.mark.parametrize("name", ["hdf5-1.10.7", "cmake-3.21.4"])
def test_version_3_identifies_dependencies_by_build_hash(name: str) -> None:
    nodes = json.loads(named(name).read_bytes())["spec"]["nodes"]
    by_full_hash = by_hash(*nodes, key="full_hash")
    specs = {}
    for each in nodes:
        body = {k: v for k, v in body_of(each).items() if k not in ("package_hash", "dependencies")}
        edges = [
            {
                "name": edge["name"],
                "build_hash": by_full_hash[edge["full_hash"]]["build_hash"],
                "type": edge["type"],
            }
            for edge in each.get("dependencies", [])
        ]
        body |= {"dependencies": edges} if edges else {}
        assert compute_hash(body, 2) == each["build_hash"], "what is made here is what 0.17 writes"
        specs[each["build_hash"]] = {**body, "hash": each["hash"]}
    top = nodes[0]["build_hash"]
    found = read(lock({"it": top}, specs, 3))
    assert found.problems == []
    [whole] = found.documents
    assert (whole.root, whole.spec_format) == (top, 2)
    made = json.loads(whole.raw)["spec"]["nodes"]
    assert made[0]["build_hash"] == top
    assert {each["build_hash"]: each for each in made} == {
        hash_: {**each, "build_hash": hash_} for hash_, each in specs.items()
    }
    assert all(list(each)[-2:] == ["hash", "build_hash"] for each in made)
    parsed = parse_document(whole.raw)
    assert parsed.root.hash == top
    assert parsed.root.properties["runtime_hash"] == nodes[0]["hash"]
    assert parsed.unverified_nodes == ()
    broken = whole.raw.replace(b'"' + nodes[0]["version"].encode() + b'"', b'"9.9"', 1)
    with pytest.raises(DocumentError, match="content"):
        parse_document(broken)


def test_a_root_has_a_group_from_version_7_on() -> None:
    app = node("app")
    value = lock({}, by_hash(app), 7)
    value["roots"] = [{"hash": app["hash"], "spec": "app", "group": "tools"}]
    [environment] = read(value).rows
    assert environment.roots == (LockedRoot(app["hash"], "app", "tools"),)


def test_nothing_is_read_of_a_lockfile_of_an_unknown_version() -> None:
    app = node("app")
    found = read(lock({"app": app["hash"]}, by_hash(app), 9))
    assert (found.rows, found.documents) == ([], [])
    assert found.faults() == [(Fault.UNKNOWN_FORMAT, "/_meta/lockfile-version")]
    assert "docs/formats.md" in found.problems[0].error.detail


def test_included_environments_are_read_with_roots_and_specs() -> None:
    lib, tool, app = node("lib"), node("tool"), node("app")
    app = node("app", "1.0", [(lib, ["link"])])
    inner = {"roots": [{"hash": tool["hash"], "spec": "tool"}], "concrete_specs": by_hash(tool)}
    outer = {
        "roots": [{"hash": lib["hash"], "spec": "lib@1"}],
        "concrete_specs": by_hash(lib),
        "include_concrete": {"/data/~user/environments/inner": inner},
    }
    value = lock(
        {"app": app["hash"]},
        by_hash(app, lib),
        spack={"version": "1.1.0", "type": "git", "commit": "abc123"},
        include_concrete={"/data/environments/outer": outer},
    )
    found = read(value, "mine")
    assert found.problems == []
    innermost, middle, own = found.rows
    assert innermost == LockedEnvironment(
        "inner-5f75861b", 6, "1.1.0", "abc123", (LockedRoot(tool["hash"], "tool"),)
    )
    assert middle == LockedEnvironment(
        "outer-42c43195",
        6,
        "1.1.0",
        "abc123",
        (LockedRoot(lib["hash"], "lib@1"),),
        (innermost.digest,),
    )
    assert (own.name, own.included) == ("mine", (middle.digest,))
    assert sorted(found.roots()) == ["app", "lib", "tool"]
    alone = read(lock({"tool": tool["hash"]}, by_hash(tool), 7), "elsewhere").rows[0]
    assert alone.digest == innermost.digest
    assert own.digest != middle.digest != innermost.digest


def test_a_digest_identifies_roots_and_included_environments() -> None:
    app, other = node("app"), node("app", "2.0")
    specs = by_hash(app, other)
    digests = {
        read(lock(roots, specs, version)).rows[0].digest
        for roots in ({"app": app["hash"]}, {"app": other["hash"]}, {"app@1": app["hash"]})
        for version in (6, 7)
    }
    assert len(digests) == 3
    empty: dict[str, Any] = {"/e": {"roots": [], "concrete_specs": {}}}
    including = lock({"app": app["hash"]}, specs, include_concrete=empty)
    assert read(including).rows[-1].digest not in digests


def test_an_included_environment_may_use_specs_of_another() -> None:
    lib = node("lib")
    app = node("app", "1.0", [(lib, ["link"])])
    one = {"roots": [{"hash": lib["hash"], "spec": "lib"}], "concrete_specs": by_hash(lib)}
    two = {"roots": [{"hash": app["hash"], "spec": "app"}], "concrete_specs": by_hash(app)}
    found = read(lock({}, {}, include_concrete={"/one": one, "/two": two}))
    assert found.problems == []
    assert found.values()[app["hash"]] == document(app, lib)


def test_a_corrupt_record_is_a_problem_and_other_roots_are_read() -> None:
    lib, app = node("lib"), node("app")
    broken = node("broken", "1.0", [(lib, ["link"])])
    needs = node("needs", "1.0", [(broken, ["link"])])
    specs = by_hash(app, lib, broken, needs)
    specs[broken["hash"]] = {**broken, "version": 5}
    roots = {"app": app["hash"], "needs": needs["hash"]}
    found = read(lock(roots, specs))
    assert found.faults() == [
        (Fault.INVALID, f"/concrete_specs/{broken['hash']}/version"),
        (Fault.MISSING_DEPENDENCY, f"/concrete_specs/{needs['hash']}"),
    ]
    assert found.roots() == ["app", "lib"]
    assert [root.spec for root in found.rows[0].roots] == ["app", "needs"]


def test_a_wrong_key_and_a_second_record_are_problems() -> None:
    app, other = node("app"), node("other")
    found = read(lock({"app": app["hash"]}, {app["hash"]: other}))
    assert found.faults() == [
        (Fault.INVALID, f"/concrete_specs/{app['hash']}/hash"),
        (Fault.MISSING_DEPENDENCY, "/roots/0"),
    ]
    twice = dumped(lock({"app": app["hash"]}, by_hash(app)))
    second = dumped({app["hash"]: {**app, "namespace": "mine"}})[1:-1]
    twice = twice.replace(b'"concrete_specs": {', b'"concrete_specs": {' + second + b",")
    found = read(twice)
    assert found.faults() == [(Fault.INVALID, f"/concrete_specs/{app['hash']}")]
    assert json.loads(found.documents[0].raw)["spec"]["nodes"][0]["namespace"] == "mine"


@pytest.mark.parametrize(
    ("roots", "pointer"),
    [
        ([{"spec": "app"}], "/roots/0"),
        ([{"hash": "short", "spec": "app"}], "/roots/0/hash"),
        ([{"hash": 5, "spec": "app"}], "/roots/0/hash"),
        (["app"], "/roots/0"),
        ({}, "/roots"),
        (None, "/roots"),
    ],
)
def test_an_invalid_root_is_a_problem(roots: Any, pointer: str) -> None:
    app = node("app")
    found = read({**lock({}, by_hash(app)), "roots": roots})
    assert found.faults() == [(Fault.INVALID, pointer)]
    assert found.rows[0].roots == ()


def test_a_root_without_a_record_is_a_problem() -> None:
    found = read(lock({"gone": "g" * 32}, {}))
    assert found.faults() == [(Fault.MISSING_DEPENDENCY, "/roots/0")]


def test_a_cycle_is_a_problem() -> None:
    one = node("one")
    two = node("two", "1.0", [(one, ["link"])])
    one["dependencies"] = [
        {"name": "two", "hash": two["hash"], "parameters": {"deptypes": ["run"]}}
    ]
    found = read(lock({"two": two["hash"]}, by_hash(two, one)))
    assert found.documents == []
    assert [fault for fault, _ in found.faults()] == [Fault.CYCLE, Fault.MISSING_DEPENDENCY]


def test_complete_records_of_a_truncated_file_are_read() -> None:
    lib, app = node("lib"), node("app")
    raw = dumped(lock({"lib": lib["hash"], "app": app["hash"]}, by_hash(lib, app)))
    found = read(raw[:-40])
    assert found.roots() == ["lib"]
    assert found.faults() == [
        (Fault.MALFORMED, f"/concrete_specs/{app['hash']}"),
        (Fault.MISSING_DEPENDENCY, "/roots/1"),
    ]


@pytest.mark.parametrize(
    ("meta", "fault", "pointer"),
    [
        ({"lockfile-version": 9}, Fault.UNKNOWN_FORMAT, "/_meta/lockfile-version"),
        ({"lockfile-version": 0}, Fault.UNKNOWN_FORMAT, "/_meta/lockfile-version"),
        ({"lockfile-version": 10**30}, Fault.UNKNOWN_FORMAT, "/_meta/lockfile-version"),
        ({"lockfile-version": True}, Fault.INVALID, "/_meta/lockfile-version"),
        ({"lockfile-version": "6"}, Fault.INVALID, "/_meta/lockfile-version"),
        ({}, Fault.INVALID, "/_meta"),
        (5, Fault.INVALID, "/_meta"),
        (None, Fault.UNKNOWN_FORMAT, "/_meta/lockfile-version"),
    ],
)
def test_a_lockfile_of_unknown_version_is_one_problem(
    meta: Any, fault: Fault, pointer: str
) -> None:
    value = {**lock({}, {}), "_meta": meta}
    if meta is None:
        del value["_meta"]
    found = read(value)
    assert (found.rows, found.documents) == ([], [])
    assert found.faults() == [(fault, pointer)]


@pytest.mark.parametrize("include", [5, {"/env": 5}, {"/env": {"roots": []}}, {"/env": {}}])
def test_an_included_environment_may_be_broken(include: Any) -> None:
    app = node("app")
    found = read(lock({"app": app["hash"]}, by_hash(app), include_concrete=include))
    assert found.roots() == ["app"]
    assert found.rows[-1].roots == (LockedRoot(app["hash"], "app"),)
    sound = include == {"/env": {"roots": []}}
    assert [pointer.startswith("/include_concrete") for _, pointer in found.faults()] == (
        [] if sound else [True] * len(found.problems)
    )
    assert bool(found.problems) is not sound


def test_the_nesting_of_environments_is_limited() -> None:
    value: dict[str, Any] = {"roots": [], "concrete_specs": {}}
    for _ in range(60):
        value = {"roots": [], "concrete_specs": {}, "include_concrete": {"/e": value}}
    found = read(lock({}, {}, include_concrete={"/e": value}))
    assert [fault for fault, _ in found.faults()] == [Fault.INVALID]
    assert 1 < len(found.rows) <= lockfile.MAX_NESTING + 2


def test_a_lockfile_is_recognised_by_its_first_bytes() -> None:
    assert looks_like(dumped(lock({}, {})))
    assert looks_like((COLLECTIONS / "lab-0.23.0.lock").read_bytes()[:200])
    assert not looks_like(b'{"spec":{}}')
    assert not looks_like(b'- "lockfile-version"')
