from typing import Any

import pytest

from spec_syntax import (
    ConcreteEdge,
    ConcreteNode,
    build_dag,
    matching_targets,
    parse_spec,
    satisfies,
    satisfies_node,
    target_satisfies,
)
from tests.spec_syntax.spec_oracle import (
    CORPUS,
    SUBSET,
    corpus_documents,
    root_of,
    roots_by_hash,
    vectors,
    with_corpus,
)


def matching_hashes(roots: dict[str, ConcreteNode], query: str) -> list[str]:
    constraint = parse_spec(query)
    return sorted(each for each, root in roots.items() if satisfies(root, constraint))


def test_lab_specs_match_as_in_spack() -> None:
    roots = roots_by_hash(vectors(SUBSET, "lab-specs"))
    assert len(roots) == 15
    for vector in vectors(SUBSET, "lab-queries"):
        assert matching_hashes(roots, vector["query"]) == sorted(vector["matches"]), vector["query"]


@with_corpus
def test_corpus_specs_match_as_in_spack() -> None:
    roots = roots_by_hash(corpus_documents("v5", "v5-lab"))
    assert len(roots) == 132
    for vector in vectors(CORPUS / "oracle", "spec-queries"):
        assert matching_hashes(roots, vector["query"]) == sorted(vector["matches"]), vector["query"]


@with_corpus
@pytest.mark.parametrize(
    ("folder", "query"),
    [
        ("v2-spack-0.17.3", "petsc@3.16 %gcc@12 ^hdf5 ^openmpi"),
        ("v3-spack-0.18.1", "%gcc@12 ^zlib@1.2:"),
        ("v4-spack-0.21.2", "%c=gcc@11: ^[virtuals=zlib-api] zlib-ng"),
        ("v4", "hdf5+mpi %gcc ^mpi"),
    ],
)
def test_older_formats_match(folder: str, query: str) -> None:
    assert matching_hashes(roots_by_hash(corpus_documents(folder)), query)


def make_node(name: str, version: str = "1.0", **attributes: Any) -> ConcreteNode:
    return ConcreteNode(hash=f"{name}hash", name=name, version=version, **attributes)


@pytest.fixture
def app() -> ConcreteNode:
    """``app`` links mpich, which links hwloc and was built with cmake, which needs ncurses."""
    ncurses = make_node("ncurses", "6.5")
    cmake = make_node("cmake", "3.31", dependencies=[ConcreteEdge(ncurses, ("build", "link"))])
    gcc = make_node("gcc", "12.2.0", external=True, provides=frozenset({"c", "cxx"}))
    hwloc = make_node("hwloc", "2.9", variants={"cuda": False})
    mpich = make_node(
        "mpich",
        "4.2",
        variants={"romio": True, "cuda": False},
        provides=frozenset({"mpi"}),
        dependencies=[ConcreteEdge(hwloc, ("link",)), ConcreteEdge(cmake, ("build",))],
    )
    return make_node(
        "app",
        "2.1",
        namespace="site",
        platform="linux",
        os="debian12",
        target="zen4",
        variants={"shared": True, "libs": ("shared", "static"), "mode": "fast", "cuda": False},
        flags={"cflags": ("-O3", "-g"), "ldflags": ()},
        other_hashes=("fullhash",),
        dependencies=[
            ConcreteEdge(mpich, ("build", "link"), ("mpi",)),
            ConcreteEdge(gcc, ("build",), ("c", "cxx")),
        ],
    )


@pytest.mark.parametrize(
    "query",
    [
        "app",
        "site.app@2",
        "namespace=site",
        "/appha",
        "/fullh",
        "+shared mode=fast",
        "libs=static",
        "libs:=static,shared",
        "libs=*",
        "cflags='-g'",
        "cflags='-g -O3'",
        "platform=linux os=* target=x86_64_v3:",
        "arch=linux-debian12-zen4",
        "target=:zen4,power9",
        "~~cuda",
        "++unknown",
        "^mpi",
        "^mpi@3:",
        "%mpi",
        "^[virtuals=mpi] mpich@4+romio",
        "^[deptypes=link] mpich",
        "%[virtuals=c,fortran] gcc",
        "%c=gcc@12",
        "^hwloc@2:",
        "^mpich %hwloc",
        "^mpi %cmake@3",
        "^ +romio",
        "%[when='+missing'] nothing",
        "%[when=+shared] mpich",
    ],
)
def test_app_satisfies(app: ConcreteNode, query: str) -> None:
    assert satisfies(app, parse_spec(query))


@pytest.mark.parametrize(
    "query",
    [
        "mpich",
        "other.app",
        "app@1",
        "/hash",
        "~shared",
        "+missing",
        "missing=*",
        "mode=fast,slow",
        "libs:=static",
        "cflags='-O2'",
        "cxxflags='-O3'",
        "platform=darwin",
        "target=x86_64_v3",
        "target=power9:",
        "++cuda",
        "^mpich~romio",
        "^[virtuals=mpi] hwloc",
        "^[deptypes=run] mpich",
        "^[virtuals=c,fortran] gcc",
        "%hwloc",
        "%cmake",
        "^cmake",
        "^ncurses",
        "^mpich %gcc",
        "^lapack",
        "%[when=+shared] nothing",
    ],
)
def test_app_does_not_satisfy(app: ConcreteNode, query: str) -> None:
    assert not satisfies(app, parse_spec(query))


def test_satisfies_node_ignores_dependencies(app: ConcreteNode) -> None:
    constraint = parse_spec("app+shared %nothing ^nothing")
    assert satisfies_node(app, constraint)
    assert not satisfies(app, constraint)


def test_provider_satisfies_the_name_of_its_virtual(app: ConcreteNode) -> None:
    mpich = app.dependencies[0].node
    assert satisfies(mpich, parse_spec("mpi"))
    assert not satisfies(mpich, parse_spec("lapack"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("%gcc@12", True),
        ("%c=gcc", True),
        ("%c", True),
        ("%@12", True),
        ("%gcc@11", False),
        ("%clang", False),
        ("%gcc+binutils", False),
        ("%zlib", False),
        ("^zlib", True),
        ("^gcc", False),
    ],
)
def test_direct_dependency_is_the_compiler_up_to_format_4(query: str, expected: bool) -> None:
    zlib = make_node("zlib", spec_format=4)
    node = make_node(
        "old",
        spec_format=4,
        compiler=("gcc", "12.2.0"),
        dependencies=[ConcreteEdge(zlib, ("build", "link"))],
    )
    assert satisfies(node, parse_spec(query)) is expected


def test_old_compiler_name_matches_the_name_of_its_package() -> None:
    node = make_node("old", spec_format=3, compiler=("clang", "14.0.6"))
    assert satisfies(node, parse_spec("%clang@14"))
    assert satisfies(node, parse_spec("%llvm@14"))


def test_matching_terminates_on_a_cycle() -> None:
    one, other = make_node("one"), make_node("other")
    one.dependencies = [ConcreteEdge(other, ("link",))]
    other.dependencies = [ConcreteEdge(one, ("link",))]
    assert satisfies(one, parse_spec("++x ^other"))
    assert not satisfies(one, parse_spec("^third"))


def test_deep_dag_does_not_overflow_the_stack() -> None:
    node = make_node("last")
    for number in range(20_000):
        node = make_node(f"n{number}", dependencies=[ConcreteEdge(node, ("link",))])
    assert satisfies(node, parse_spec("++x ^last"))


def test_dag_is_built_with_the_attributes_of_its_edges() -> None:
    document = next(vectors(SUBSET, "lab-specs"))
    root = root_of(document)
    gcc = next(edge for edge in root.dependencies if edge.node.name == "gcc")
    assert (root.name, root.version, root.namespace) == ("lab-fail-build", "1.0", "lab")
    assert (root.platform, root.os, root.target) == ("linux", "debian12", "x86_64_v3")
    assert (gcc.deptypes, gcc.virtuals) == (("build",), ("c",))
    assert gcc.node.provides >= {"c"}
    assert gcc.node.external


def test_annotations_hold_the_compiler_of_a_rewritten_spec() -> None:
    node: dict[str, Any] = {
        "name": "old",
        "version": "1.0",
        "hash": "abc",
        "arch": {"platform": "linux", "platform_os": "debian12", "target": {"name": "zen4"}},
        "parameters": {"patches": ["0123", "4567"], "cflags": [], "x": True},
        "annotations": {"original_specfile_version": 4, "compiler": "gcc@=12.2.0"},
    }
    (built,) = build_dag([node], 5)
    assert (built.spec_format, built.compiler, built.target) == (4, ("gcc", "12.2.0"), "zen4")
    assert satisfies(built, parse_spec("old+x patches=45,01 %gcc@12"))


def test_edge_to_a_missing_node_is_an_error() -> None:
    node = {
        "name": "a",
        "version": "1",
        "hash": "abc",
        "arch": {"platform": "linux", "platform_os": "debian12", "target": "zen4"},
        "dependencies": [{"name": "b", "hash": "xyz", "parameters": {"deptypes": ["link"]}}],
    }
    with pytest.raises(ValueError, match="a depends on xyz, which is not in the document"):
        build_dag([node], 5)


def test_target_ranges_follow_the_ancestry_of_targets() -> None:
    assert target_satisfies("zen4", "x86_64_v4:")
    assert target_satisfies("unheard-of", "unheard-of")
    assert not target_satisfies("unheard-of", ":zen4")
    assert {"zen2", "zen3"} <= set(matching_targets("x86_64_v3:zen3"))
    assert "zen4" not in set(matching_targets("x86_64_v3:zen3"))
    assert list(matching_targets("unheard-of")) == ["unheard-of"]
