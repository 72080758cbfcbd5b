import json
from pathlib import Path
from typing import Any, get_args

import pytest

from loaders.collections import cray_manifest
from loaders.collections.cray_manifest import (
    ManifestCompiler,
    Package,
    Packages,
    Release,
    looks_like,
)
from loaders.errors import Fault
from loaders.evidence import Installation, SpecName, hash_prefix
from tests.documents import dumped
from tests.loaders.collections.gathered import COLLECTIONS, Gathered, gather

PACKAGES: Packages = {
    "cray-mpich": Package(frozenset({"wrappers"}), provides=frozenset({"mpi"})),
    "cray-libsci": Package(frozenset({"mpi", "openmp", "shared"})),
    "hdf5": Package(
        frozenset({"mpi", "shared", "fortran", "build_type"}), requires=frozenset({"mpi"})
    ),
    "netcdf-c": Package(frozenset({"mpi", "parallel-netcdf"}), requires=frozenset({"mpi"})),
    "parallel-netcdf": Package(frozenset({"cxx", "fortran"}), requires=frozenset({"mpi"})),
    "openmpi": Package(frozenset({"internal-hwloc", "fabrics", "cuda", "schedulers"})),
    **{
        name: Package()
        for name in ("cray-pmi", "cray-fftw", "papi", "rocm-opencl", "libfabric", "hwloc")
    },
}
"""The packages of the manifests in Spack's own repository; two packages are not in it."""


def read(value: Any, packages: Packages | None = None, release: Release = "1.1") -> Gathered:
    raw = value if isinstance(value, bytes) else dumped(value)
    return gather(cray_manifest.read(raw, "manifest", packages=packages, release=release))


def entry(name: str, letter: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1.0",
        "arch": {"platform": "cray", "platform_os": "sles15", "target": {"name": "x86_64"}},
        "compiler": {"name": "gcc", "version": "12.2.0"},
        "prefix": f"/opt/{name}",
        "hash": letter * 32,
        **more,
    }


def manifest(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"specs": list(entries), **more}


def nodes_in(found: Gathered) -> dict[str, dict[str, Any]]:
    values = found.values().values()
    return {each["hash"]: each for value in values for each in value["spec"]["nodes"]}


def without_features(value: dict[str, Any]) -> dict[str, Any]:
    """Return the value with targets by name: archspec's descriptions grow with its releases."""
    for each in value["spec"]["nodes"]:
        each["arch"]["target"] = each["arch"]["target"]["name"]
    return value


@pytest.mark.parametrize("release", get_args(Release))
@pytest.mark.parametrize(
    ("name", "specs", "documents"),
    [
        ("full-ex", 60, 36),
        ("small-site", 2, 1),
        ("no-compilers", 1, 1),
        ("duplicate-hash", 2, 1),
        ("empty", 0, 0),
    ],
)
def test_entries_are_converted_as_spack_does(
    corpus: Path, release: Release, name: str, specs: int, documents: int
) -> None:
    raw = (corpus / "cray" / "manifests" / f"{name}.json").read_bytes()
    folder = corpus / "cray" / "expected" / f"spack-{release}.0"
    expected = json.loads((folder / f"{name}.json").read_bytes())
    if "specs" not in expected:
        assert (release, name) == ("0.23", "small-site"), "for its compilers, which are rows here"
        expected = json.loads((folder.parent / "spack-1.1.0" / f"{name}.json").read_bytes())
        expected["specs"] = {}
    found = read(raw, PACKAGES, release)
    entries = {each["hash"]: each for each in json.loads(raw)["specs"]}
    dropped = [
        f"{describe_entry(raw, problem.error.pointer)}"
        for problem in found.problems
        if problem.error.fault is Fault.UNSUPPORTED
    ]
    assert sorted(dropped) == expected["dropped"]
    compared = 0
    for root, value in found.values().items():
        if root in expected["specs"]:
            converted = expected["specs"][root]["spec_json"]
            assert json.dumps(without_features(value)) == json.dumps(without_features(converted))
            compared += 1
    assert compared == (documents if expected["specs"] else 0)
    nodes = nodes_in(found)
    assert len(nodes) == specs
    assert nodes.keys() == (expected["specs"].keys() if expected["specs"] else nodes.keys())
    installed = [each for each in found.rows if isinstance(each, Installation)]
    assert {each.spec.hash: each for each in installed} == {
        hash_: Installation(
            SpecName(hash_, entries[hash_]["name"], entries[hash_]["version"]),
            explicit=False,
            installed_at=None,
            prefix_hash=hash_prefix(entries[hash_]["prefix"]),
            external=True,
            origin="external-db",
        )
        for hash_ in nodes
    }
    assert len(installed) == specs
    assert all(each.unverifiable for each in found.documents)
    assert all(len(found.parsed(each).unverified_nodes) > 0 for each in found.documents)


def describe_entry(raw: bytes, pointer: str) -> str:
    each = json.loads(raw)["specs"][int(pointer.split("/")[2])]
    return f"{each['name']}/{each['hash']}"


def test_targets_are_described_as_by_spack_1_1() -> None:
    expected = json.loads((COLLECTIONS / "cray-small-site-openmpi.spec.json").read_bytes())
    found = read((COLLECTIONS / "cray-small-site.json").read_bytes(), PACKAGES)
    [value] = found.values().values()
    for each, converted in zip(value["spec"]["nodes"], expected["spec"]["nodes"], strict=True):
        target = each["arch"]["target"]
        assert list(target) == list(converted["arch"]["target"])
        assert {*converted["arch"]["target"]["features"]} <= {*target["features"]}
    assert json.dumps(without_features(value)) == json.dumps(without_features(expected))


def test_without_repositories_all_entries_are_kept_without_virtuals() -> None:
    found = read((COLLECTIONS / "cray-small-site.json").read_bytes())
    assert found.problems == []
    assert sorted(found.roots()) == ["openmpi", "vendor-secret-tool"]
    [edge] = next(each for each in nodes_in(found).values() if each["name"] == "openmpi")[
        "dependencies"
    ]
    assert edge["parameters"] == {"deptypes": ["link"], "virtuals": []}


@pytest.mark.parametrize("name", ["invalid-missing-prefix", "invalid-extra-field"])
@pytest.mark.parametrize("release", ["1.1.0", "0.23.0"])
def test_a_manifest_that_spack_rejects_is_refused(corpus: Path, name: str, release: str) -> None:
    expected = corpus / "cray" / "expected" / f"spack-{release}" / f"{name}.json"
    assert "ManifestValidationError" in json.loads(expected.read_bytes())["error"]
    found = read((corpus / "cray" / "manifests" / f"{name}.json").read_bytes())
    assert (found.rows, found.documents) == ([], [])
    assert found.faults() == [(Fault.INVALID, "/specs/0")]


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({}, ""),
        (manifest(more=1), ""),
        (manifest({**entry("a", "a"), "hash": ""}), "/specs/0/hash"),
        (manifest(entry("a", "a", parameters=[])), "/specs/0/parameters"),
        (manifest(entry("a", "a", rpm=5)), "/specs/0/rpm"),
        (manifest(entry("a", "a", arch={"platform": "cray"})), "/specs/0/arch"),
        (manifest(entry("a", "a", dependencies={"b": {"type": []}})), "/specs/0/dependencies"),
        (manifest(compilers=[{"arch": {"os": "sles15"}}]), "/compilers/0/arch"),
        (manifest(compilers=[{"modules": []}]), "/compilers/0"),
        (manifest(_meta={"file-type": ""}), "/_meta/file-type"),
        (manifest(_meta={"site": "x"}), "/_meta"),
    ],
)
def test_a_violation_of_the_schema_refuses_the_whole_manifest(value: Any, pointer: str) -> None:
    found = read(value)
    assert (found.rows, found.documents) == ([], [])
    assert found.faults() == [(Fault.INVALID, pointer)]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"specs":[' + b"[" * 5000])
def test_invalid_json_is_one_problem(text: bytes) -> None:
    found = read(text)
    assert (found.rows, found.documents, len(found.problems)) == ([], [], 1)


@pytest.mark.parametrize(
    ("value", "converted"),
    [
        (True, True),
        (False, False),
        (1, True),
        ("true", True),
        ("False", False),
        ("Release", ["Release"]),
        ("ofi,ucx", ["ofi", "ucx"]),
        (["ucx", "ofi", "ucx"], ["ofi", "ucx"]),
        (["slurm"], ["slurm"]),
    ],
)
def test_a_parameter_becomes_a_variant(value: Any, converted: Any) -> None:
    [node] = nodes_in(read(manifest(entry("a", "a", parameters={"v": value})))).values()
    assert node["parameters"] == {"v": converted}


@pytest.mark.parametrize("value", [None, 7, 2.5, [1], [], "", "two words", "a;b", [["a"]], 10**40])
def test_an_entry_that_spack_cannot_read_is_a_problem(value: Any) -> None:
    requires = {"a": {"hash": "a" * 32, "type": ["link"]}}
    found = read(
        manifest(entry("a", "a", parameters={"v": value}), entry("b", "b", dependencies=requires))
    )
    assert found.faults() == [(Fault.INVALID, "/specs/0/parameters/v")]
    assert nodes_in(found).keys() == {"b" * 32}
    assert "dependencies" not in nodes_in(found)["b" * 32]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"hash": "no-dag-hash"}, "/specs/0/hash"),
        ({"name": "a name"}, "/specs/0/name"),
        ({"version": "1\n2"}, "/specs/0/version"),
    ],
)
def test_an_invalid_entry_is_a_problem(more: dict[str, Any], pointer: str) -> None:
    found = read(manifest({**entry("a", "a"), **more}, entry("b", "b")))
    assert found.faults() == [(Fault.INVALID, pointer)]
    assert found.roots() == ["b"]


def test_dependencies_are_sorted_by_the_name_of_their_entry() -> None:
    requires = {
        "zeta": {"hash": "b" * 32, "type": ["run", "link"]},
        "alpha": {"hash": "c" * 32, "type": ["build"]},
        "absent": {"hash": "d" * 32, "type": ["link"]},
    }
    found = read(
        manifest(entry("app", "a", dependencies=requires), entry("lib", "b"), entry("tool", "c"))
    )
    assert found.problems == []
    assert [
        (edge["name"], edge["parameters"]["deptypes"])
        for edge in nodes_in(found)["a" * 32]["dependencies"]
    ] == [("lib", ["link", "run"]), ("tool", ["build"])]


@pytest.mark.parametrize("dependency", [{}, {"type": ["linked"]}])
def test_a_dependency_without_known_types_is_a_problem(dependency: dict[str, Any]) -> None:
    requires = {"lib": {"hash": "b" * 32, **dependency}}
    found = read(manifest(entry("app", "a", dependencies=requires), entry("lib", "b")))
    assert found.faults() == [(Fault.INVALID, "/specs/0/dependencies/lib")]
    assert sorted(found.roots()) == ["app", "lib"]


def test_the_last_of_two_entries_counts_with_the_dependencies_of_both() -> None:
    lib, tool = entry("lib", "b"), entry("tool", "c")
    one = entry("app", "a", dependencies={"lib": {"hash": "b" * 32, "type": ["link"]}})
    both = {
        "lib": {"hash": "b" * 32, "type": ["run"]},
        "tool": {"hash": "c" * 32, "type": ["build"]},
    }
    two = entry("app", "a", prefix="/opt/again", dependencies=both)
    found = read(manifest(one, lib, tool, two))
    assert found.faults() == [(Fault.INVALID, "/specs/3/hash")]
    node = nodes_in(found)["a" * 32]
    assert node["external"]["path"] == "/opt/again"
    assert [edge["parameters"]["deptypes"] for edge in node["dependencies"]] == [
        ["link", "run"],
        ["build"],
    ]
    assert [each.prefix_hash for each in found.rows if each.spec.name == "app"] == [
        hash_prefix("/opt/again")
    ]


def test_entries_that_depend_on_each_other_have_no_document() -> None:
    one = entry("a", "a", dependencies={"b": {"hash": "b" * 32, "type": ["link"]}})
    two = entry("b", "b", dependencies={"a": {"hash": "a" * 32, "type": ["link"]}})
    found = read(manifest(one, two, entry("c", "c")))
    assert found.roots() == ["c"]
    assert found.faults()[0][0] is Fault.CYCLE


@pytest.mark.parametrize(
    ("release", "name", "converted"),
    [
        ("1.1", "nvidia", "nvhpc"),
        ("1.1", "rocm", "llvm-amdgpu"),
        ("1.1", "clang", "llvm"),
        ("0.23", "rocm", "rocmcc"),
        ("0.23", "clang", "clang"),
        ("1.1", "cce", "cce"),
    ],
)
def test_compilers_get_the_names_that_spack_uses(
    release: Release, name: str, converted: str
) -> None:
    compiler = {
        "name": name,
        "version": "17.0",
        "prefix": "/opt/compiler/",
        "executables": {"cxx": "c++", "cc": "cc"},
        "arch": {"os": "sles15", "target": "zen3"},
    }
    compiled = entry("a", "a", compiler={"name": name, "version": "17.0"})
    found = read(
        manifest(compiled, compilers=[compiler, {}, {"name": "gcc", "version": "12"}]),
        release=release,
    )
    assert found.rows[:2] == [
        ManifestCompiler(
            converted, "17.0", "sles15", "zen3", hash_prefix("/opt/compiler"), ("cc", "cxx")
        ),
        ManifestCompiler("gcc", "12", None, None, None, ()),
    ]
    [node] = nodes_in(found).values()
    if release == "0.23":
        assert node["compiler"] == {"name": converted, "version": "17.0"}
    else:
        assert "compiler" not in node


@pytest.mark.parametrize(
    ("platform", "converted"),
    [("cray", "linux"), ("Cray", "linux"), ("linux", "linux"), ("aix", "aix")],
)
def test_the_platform_cray_becomes_linux(platform: str, converted: str) -> None:
    arch = {"platform": platform, "platform_os": "sles15", "target": {"name": "unheard-of"}}
    [node] = nodes_in(read(manifest(entry("a", "a", arch=arch)))).values()
    assert node["arch"] == {"platform": converted, "platform_os": "sles15", "target": "unheard-of"}


def test_a_manifest_is_recognised_by_its_first_bytes() -> None:
    assert looks_like(dumped(manifest(entry("a", "a"))))
    assert looks_like(b'{"_meta": {"file-type" : "cray-pe-json"}, "specs": []}')
    assert not looks_like(b'{"specs": []}')
    assert not looks_like(b'[{"file-type": "cray-pe-json"}]')
