from typing import Any

import pytest

from spec_syntax import (
    ConcreteEdge,
    ConcreteNode,
    build_dag,
    matching_targets,
    parse,
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


def matches(roots: dict[str, ConcreteNode], query: str) -> list[str]:
    constraint = parse(query)
    return sorted(each for each, root in roots.items() if satisfies(root, constraint))


def test_lab_specs_satisfy_what_spack_says() -> None:
    roots = roots_by_hash(vectors(SUBSET, "lab-specs"))
    assert len(roots) == 15
    for vector in vectors(SUBSET, "lab-queries"):
        assert matches(roots, vector["query"]) == sorted(vector["matches"]), vector["query"]


@with_corpus
def test_corpus_specs_satisfy_what_spack_says() -> None:
    roots = roots_by_hash(corpus_documents("v5", "v5-lab"))
    assert len(roots) == 132
    for vector in vectors(CORPUS / "oracle", "spec-queries"):
        assert matches(roots, vector["query"]) == sorted(vector["matches"]), vector["query"]


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
def test_older_formats_are_read(folder: str, query: str) -> None:
    assert matches(roots_by_hash(corpus_documents(folder)), query)


def a_node(name: str, version: str = "1.0", **attributes: Any) -> ConcreteNode:
    return ConcreteNode(hash=f"{name}hash", name=name, version=version, **attributes)


@pytest.fixture
def app() -> ConcreteNode:
    """``app`` links mpich, which links hwloc and was built with cmake, which needs ncurses."""
    ncurses = a_node("ncurses", "6.5")
    cmake = a_node("cmake", "3.31", dependencies=[ConcreteEdge(ncurses, ("build", "link"))])
    gcc = a_node("gcc", "12.2.0", external=True, provides=frozenset({"c", "cxx"}))
    hwloc = a_node("hwloc", "2.9", variants={"cuda": False})
    mpich = a_node(
        "mpich",
        "4.2",
        variants={"romio": True, "cuda": False},
        provides=frozenset({"mpi"}),
        dependencies=[ConcreteEdge(hwloc, ("link",)), ConcreteEdge(cmake, ("build",))],
    )
    return a_node(
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
def test_what_the_app_satisfies(app: ConcreteNode, query: str) -> None:
    assert satisfies(app, parse(query))


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
def test_what_the_app_does_not_satisfy(app: ConcreteNode, query: str) -> None:
    assert not satisfies(app, parse(query))


def test_a_single_node_is_not_asked_for_its_dependencies(app: ConcreteNode) -> None:
    constraint = parse("app+shared %nothing ^nothing")
    assert satisfies_node(app, constraint)
    assert not satisfies(app, constraint)


def test_a_provider_satisfies_the_name_of_its_virtual(app: ConcreteNode) -> None:
    mpich = app.dependencies[0].node
    assert satisfies(mpich, parse("mpi"))
    assert not satisfies(mpich, parse("lapack"))


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
def test_up_to_format_4_a_direct_dependency_is_the_compiler(query: str, expected: bool) -> None:
    zlib = a_node("zlib", spec_format=4)
    node = a_node(
        "old",
        spec_format=4,
        compiler=("gcc", "12.2.0"),
        dependencies=[ConcreteEdge(zlib, ("build", "link"))],
    )
    assert satisfies(node, parse(query)) is expected


def test_the_old_name_of_a_compiler_is_that_of_its_package() -> None:
    node = a_node("old", spec_format=3, compiler=("clang", "14.0.6"))
    assert satisfies(node, parse("%clang@14"))
    assert satisfies(node, parse("%llvm@14"))


def test_a_circle_in_a_document_ends() -> None:
    one, other = a_node("one"), a_node("other")
    one.dependencies = [ConcreteEdge(other, ("link",))]
    other.dependencies = [ConcreteEdge(one, ("link",))]
    assert satisfies(one, parse("++x ^other"))
    assert not satisfies(one, parse("^third"))


def test_a_deep_dag_does_not_overflow() -> None:
    node = a_node("last")
    for number in range(20_000):
        node = a_node(f"n{number}", dependencies=[ConcreteEdge(node, ("link",))])
    assert satisfies(node, parse("++x ^last"))


def test_a_dag_is_built_with_what_its_edges_tell() -> None:
    document = next(vectors(SUBSET, "lab-specs"))
    root = root_of(document)
    gcc = next(edge for edge in root.dependencies if edge.node.name == "gcc")
    assert (root.name, root.version, root.namespace) == ("lab-fail-build", "1.0", "lab")
    assert (root.platform, root.os, root.target) == ("linux", "debian12", "x86_64_v3")
    assert (gcc.deptypes, gcc.virtuals) == (("build",), ("c",))
    assert gcc.node.provides >= {"c"}
    assert gcc.node.external


def test_annotations_tell_the_compiler_of_a_spec_written_again() -> None:
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
    assert satisfies(built, parse("old+x patches=45,01 %gcc@12"))


def test_an_edge_to_nowhere_is_an_error() -> None:
    node = {
        "name": "a",
        "version": "1",
        "hash": "abc",
        "arch": {"platform": "linux", "platform_os": "debian12", "target": "zen4"},
        "dependencies": [{"name": "b", "hash": "xyz", "parameters": {"deptypes": ["link"]}}],
    }
    with pytest.raises(ValueError, match="a depends on xyz"):
        build_dag([node], 5)


def test_targets_are_compared_by_what_they_extend() -> None:
    assert target_satisfies("zen4", "x86_64_v4:")
    assert target_satisfies("unheard-of", "unheard-of")
    assert not target_satisfies("unheard-of", ":zen4")
    assert {"zen2", "zen3"} <= set(matching_targets("x86_64_v3:zen3"))
    assert "zen4" not in set(matching_targets("x86_64_v3:zen3"))
    assert list(matching_targets("unheard-of")) == ["unheard-of"]
