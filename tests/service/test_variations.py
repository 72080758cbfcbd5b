"""`variations`: other roots of a package that differ in one thing only."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from loaders.specs.dag_hash import compute_hash
from service.queries import variations as module
from tests.documents import SPECS, SPLICED, document, dumped, node
from tests.service.answers import API, get, hashes, kind, problem, upload
from tests.service.reading import Reading

Node = dict[str, Any]
ARCH = {"platform": "linux", "platform_os": "debian12", "target": "x86_64_v3"}
BUILD, LINK = ["build"], ["link"]


def _hdf5(
    mpi: Node, zlib: Node, cmake: Node, version: str = "1.14", *further: Node, **more: Any
) -> list[Node]:
    """The nodes of a document of hdf5 with these dependencies, root first."""
    below = [(mpi, ["build", "link"], ["mpi"]), (zlib, LINK, ["zlib-api"]), (cmake, BUILD)]
    return [node("hdf5", version, below, **more), mpi, zlib, cmake, *further]


HWLOC = node("hwloc", "2.9")
UCX = node("ucx", "1.15")
MPICH = node("mpich", "4.3", [(HWLOC, LINK)])
NEWER_MPICH = node("mpich", "5.0", [(HWLOC, LINK), (UCX, LINK)])
OPENMPI = node("openmpi", "5.0", [(UCX, LINK)])
ZLIB, NEWER_ZLIB, ZLIB_NG = node("zlib", "1.3"), node("zlib", "1.4"), node("zlib-ng", "2.2")
OPENSSL, NEWER_OPENSSL = node("openssl", "3.3"), node("openssl", "3.4")
CMAKE = node("cmake", "3.31", [(OPENSSL, LINK)])
OTHER_CMAKE = node("cmake", "3.31", [(NEWER_OPENSSL, LINK)])
WITH_MPI: dict[str, Any] = {"parameters": {"mpi": True, "hl": False}}
WITH_HL: dict[str, Any] = {"parameters": {"mpi": True, "hl": True}}

BASE = _hdf5(MPICH, ZLIB, CMAKE, "1.14", HWLOC, OPENSSL, **WITH_MPI)
ROOTS: dict[str, list[Node]] = {
    "version": _hdf5(MPICH, ZLIB, CMAKE, "1.15", HWLOC, OPENSSL, **WITH_MPI),
    "variant": _hdf5(MPICH, ZLIB, CMAKE, "1.14", HWLOC, OPENSSL, **WITH_HL),
    "variants": _hdf5(
        *(MPICH, ZLIB, CMAKE, "1.14", HWLOC, OPENSSL),
        parameters={"mpi": True, "hl": True, "api": "v110"},
    ),
    "target": _hdf5(
        *(MPICH, ZLIB, CMAKE, "1.14", HWLOC, OPENSSL), **WITH_MPI, arch={**ARCH, "target": "zen4"}
    ),
    "os": _hdf5(
        *(MPICH, ZLIB, CMAKE, "1.14", HWLOC, OPENSSL),
        **WITH_MPI,
        arch={**ARCH, "platform_os": "debian13"},
    ),
    "exchanged": _hdf5(OPENMPI, ZLIB, CMAKE, "1.14", UCX, OPENSSL, **WITH_MPI),
    "newer mpi": _hdf5(NEWER_MPICH, ZLIB, CMAKE, "1.14", HWLOC, UCX, OPENSSL, **WITH_MPI),
    "newer zlib": _hdf5(MPICH, NEWER_ZLIB, CMAKE, "1.14", HWLOC, OPENSSL, **WITH_MPI),
    "other zlib": _hdf5(MPICH, ZLIB_NG, CMAKE, "1.14", HWLOC, OPENSSL, **WITH_MPI),
    "far below": _hdf5(MPICH, ZLIB, OTHER_CMAKE, "1.14", HWLOC, NEWER_OPENSSL, **WITH_MPI),
    "version and variant": _hdf5(MPICH, ZLIB, CMAKE, "1.15", HWLOC, OPENSSL, **WITH_HL),
    "mpi and zlib": _hdf5(OPENMPI, NEWER_ZLIB, CMAKE, "1.14", UCX, OPENSSL, **WITH_MPI),
}
TOLD: dict[str, tuple[str, list[str], list[str]]] = {
    "version": ("version", ["1.14"], ["1.15"]),
    "variant": ("variant:hl", ["hl=false"], ["hl=true"]),
    "variants": ("variants", ["hl=false"], ["api=v110", "hl=true"]),
    "target": ("target", ["x86_64_v3"], ["zen4"]),
    "os": ("os", ["debian12"], ["debian13"]),
    "exchanged": ("virtual:mpi", ["mpich@4.3"], ["openmpi@5.0"]),
    "newer mpi": ("package:mpich", ["mpich@4.3"], ["mpich@5.0"]),
    "newer zlib": ("package:zlib", ["zlib@1.3"], ["zlib@1.4"]),
    "other zlib": ("virtual:zlib-api", ["zlib@1.3"], ["zlib-ng@2.2"]),
    "far below": ("package:openssl", ["openssl@3.3"], ["openssl@3.4"]),
}


@pytest.fixture
def place(client: FlaskClient) -> str:
    """The path of the variations of one of several hdf5."""
    upload(client, *(dumped(document(*nodes)) for nodes in [BASE, *ROOTS.values()]))
    upload(client, dumped(document(node("hdf4", "1.14"))))
    return f"/specs/{BASE[0]['hash']}/variations"


def _of(page: dict[str, Any]) -> dict[str, tuple[str, list[str], list[str]]]:
    """What a page tells of each of the roots."""
    names = {nodes[0]["hash"]: name for name, nodes in ROOTS.items()}
    return {names[i["hash"]]: (i["only"], i["a"], i["b"]) for i in page["items"]}


def test_each_root_that_differs_in_one_thing_names_it(client: FlaskClient, place: str) -> None:
    page = get(client, place)
    assert _of(page) == TOLD
    assert page["total"] == {"count": len(TOLD), "type": "EXACT"}
    assert page["next"] is None
    order = [(item["version"], item["hash"]) for item in page["items"]]
    assert order == sorted(order)
    (item,) = (item for item in page["items"] if item["only"] == "version")
    root = ROOTS["version"][0]
    label = {"hash": root["hash"], "name": "hdf5", "version": "1.15"}
    assert item.pop("facts")["target"] == "x86_64_v3"
    assert item == {**label, "only": "version", "a": ["1.14"], "b": ["1.15"]}


@pytest.mark.parametrize(
    ("only", "meant", "found"),
    [
        ("version", "version", ["version"]),
        ("target", "target", ["target"]),
        ("os", "os", ["os"]),
        ("compiler", "compiler", []),
        ("variants", "variants", ["variant", "variants"]),
        ("hl", "variant:hl", ["variant"]),
        ("variant:hl", "variant:hl", ["variant"]),
        ("variant:mpi", "variant:mpi", []),
        ("mpi", "virtual:mpi", ["exchanged", "newer mpi"]),
        ("virtual:mpi", "virtual:mpi", ["exchanged", "newer mpi"]),
        ("virtual:blas", "virtual:blas", []),
        ("mpich", "package:mpich", ["exchanged", "newer mpi"]),
        ("package:openmpi", "package:openmpi", ["exchanged"]),
        ("zlib", "package:zlib", ["newer zlib", "other zlib"]),
        ("zlib-ng", "package:zlib-ng", ["other zlib"]),
        ("openssl", "package:openssl", ["far below"]),
        ("cmake", "package:cmake", ["far below"]),
        ("hwloc", "package:hwloc", []),
        ("no-such-package", "package:no-such-package", []),
    ],
)
def test_only_asks_for_one_thing(
    client: FlaskClient, place: str, only: str, meant: str, found: list[str]
) -> None:
    page = get(client, place, only=only)
    assert sorted(_of(page)) == sorted(found)
    assert {item["only"] for item in page["items"]} <= {meant}
    assert page["total"] == {"count": len(found), "type": "EXACT"}


@pytest.mark.parametrize("only", ["hdf5", "", ":", "variant:", "sort:mpi", "package:hdf5"])
def test_an_impossible_aspect_is_refused(client: FlaskClient, place: str, only: str) -> None:
    body = problem(client.get(API + place, query_string={"only": only}))
    assert (body["status"], body["detail"][:6]) == (400, "only: ")


def test_specs_that_read_the_same_are_shown_with_their_hashes(client: FlaskClient) -> None:
    plain, pic = node("zlib", "1.3"), node("zlib", "1.3", parameters={"pic": True})
    one, other = (node("app", "1.0", [(zlib, LINK)]) for zlib in (plain, pic))
    upload(client, dumped(document(one, plain)), dumped(document(other, pic)))
    (item,) = get(client, f"/specs/{one['hash']}/variations")["items"]
    texts = [[f"zlib@1.3/{zlib['hash'][:7]}"] for zlib in (plain, pic)]
    assert (item["only"], item["a"], item["b"]) == ("package:zlib", *texts)


def _compiled(compiler: Node, *, library: bool, zlib: str = "1.3") -> list[Node]:
    """The nodes of an application whose specs were compiled by this compiler."""
    runtime = node(f"{compiler['name']}-runtime", compiler["version"], [(compiler, BUILD)])
    further = [(runtime, LINK)] if library else []
    below = node("zlib", zlib, [(compiler, BUILD, ["c"]), *further])
    app = node("app", "1.0", [(below, LINK), (compiler, BUILD, ["c", "cxx"]), *further])
    return [app, below, compiler, *([runtime] if library else [])]


def test_a_compiler_differs_together_with_its_runtime_library(client: FlaskClient) -> None:
    gcc, newer, llvm = node("gcc", "12.2"), node("gcc", "14.1"), node("llvm", "19.1")
    here = _compiled(gcc, library=True)
    there = [
        _compiled(newer, library=True),
        _compiled(llvm, library=False),
        _compiled(llvm, library=False, zlib="1.4"),
    ]
    upload(client, *(dumped(document(*nodes)) for nodes in [here, *there]))
    for only in ({}, {"only": "compiler"}):
        page = get(client, f"/specs/{here[0]['hash']}/variations", **only)
        found = {item["hash"]: (item["only"], item["a"], item["b"]) for item in page["items"]}
        assert found == {
            there[0][0]["hash"]: ("compiler", ["gcc@12.2"], ["gcc@14.1"]),
            there[1][0]["hash"]: ("compiler", ["gcc@12.2"], ["llvm@19.1"]),
        }


def _older(made: Node, compiler: str) -> Node:
    """A node as format 4 has it, compiled by that version of gcc."""
    kept = {key: value for key, value in made.items() if key not in ("annotations", "hash")}
    body = {**kept, "compiler": {"name": "gcc", "version": compiler}}
    return {**body, "hash": compute_hash(body, 4)}


def test_the_compiler_of_older_formats_is_an_attribute(client: FlaskClient) -> None:
    documents = []
    for compiler, version in (("12.2.0", "1.0"), ("13.1.0", "1.0"), ("13.1.0", "1.1")):
        zlib = _older(node("zlib", "1.3"), compiler)
        app = _older(node("app", version, [(zlib, LINK)]), compiler)
        documents.append(document(app, zlib, version=4))
    upload(client, *map(dumped, documents))
    roots = [each["spec"]["nodes"][0]["hash"] for each in documents]
    for only in ({}, {"only": "compiler"}):
        (item,) = get(client, f"/specs/{roots[0]}/variations", **only)["items"]
        assert item["hash"] == roots[1]
        assert (item["only"], item["a"], item["b"]) == ("compiler", ["gcc@12.2.0"], ["gcc@13.1.0"])


def test_each_page_continues_the_one_before(
    client: FlaskClient, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = hashes(get(client, place))
    for most, limit in itertools.product((1, 3, 5, 500), (1, 2, 50)):
        monkeypatch.setattr(module, "MAX_CANDIDATES", most)
        shown: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = get(client, place, limit=limit, cursor=cursor)
            assert len(page["items"]) <= min(limit, most)
            shown += hashes(page)
            cursor = page["next"]
            exact = page["total"]["type"] == "EXACT"
            assert exact or page["total"]["count"] <= len(TOLD)
            assert exact or cursor is not None
            assert not exact or page["total"]["count"] == len(TOLD)
        assert shown == expected
        assert exact


def test_a_cursor_of_another_question_is_refused(client: FlaskClient, place: str) -> None:
    cursor = get(client, place, limit=1)["next"]
    for question in ({"only": "mpi", "cursor": cursor}, {"cursor": "nonsense"}):
        response = client.get(API + place, query_string=question)
        assert kind(problem(response)) == "bad-cursor"


def _cut(reading: Reading, other: Reading, thing: str) -> set[str]:
    """The names of the packages that may differ where a thing does, in either of two DAGs."""
    sort, _, name = thing.partition(":")
    languages = {"c", "cxx", "fortran"}
    found: set[str] = set()
    for each in (reading, other):
        edges = [(s["name"], e) for s in _nodes(each) for e in s.get("dependencies", ())]
        given = [(s, e["name"], set(e["parameters"]["virtuals"])) for s, e in edges]
        if sort == "virtual":
            found |= {to for _, to, virtuals in given if name in virtuals}
        if sort == "compiler":
            compilers = {to for _, to, virtuals in given if virtuals & languages}
            found |= compilers
            found |= {s for s, to, v in given if to in compilers and not v & languages}
    return found | ({name} if sort == "package" else set())


def _nodes(reading: Reading, cut: Iterable[str] = ()) -> list[Node]:
    """What the root reaches over dependencies, but for some packages."""
    found = [reading.root]
    for hash_ in found:
        below = [a.target for a in reading.arrows_of(hash_) if a.kind == "DEPENDS_ON"]
        found += [h for h in below if h not in found and reading.nodes[h]["name"] not in cut]
    return [reading.nodes[hash_] for hash_ in found]


def _look(reading: Reading, cut: set[str], thing: str) -> dict[str, Any]:
    """What is to be the same on both sides where only a thing differs."""
    looks: dict[str, Any] = {}
    for each in _nodes(reading, cut):
        arch = dict(each["arch"])
        if isinstance(arch["target"], dict):
            arch["target"] = arch["target"]["name"]
        edges = sorted(
            (e["name"], sorted(e["parameters"]["deptypes"]))
            for e in each.get("dependencies", ())
            if e["name"] not in cut
        )
        look = {
            **{key: each.get(key) for key in ("version", "namespace", "parameters", "compiler")},
            **{"arch": arch, "edges": edges, "spliced": "build_spec" in each},
            "external": bool(each.get("external")),
        }
        if thing in ("target", "os"):
            del arch["platform_os" if thing == "os" else thing]
        if thing == "compiler":
            del look["compiler"]
        if each is reading.nodes[reading.root]:
            look.pop({"version": "version", "variants": "parameters"}.get(thing, ""), None)
        looks[each["name"]] = look
    return looks


def _differ_only_in(a: Reading, b: Reading, thing: str) -> bool:
    cut = _cut(a, b, thing)
    if _look(a, cut, thing) != _look(b, cut, thing) or _look(a, set(), "") == _look(b, set(), ""):
        return False
    if ":" not in thing:
        return True
    sides = [{n["hash"] for n in _nodes(each) if n["name"] in cut} for each in (a, b)]
    return sides[0] != sides[1]


def _roots(client: FlaskClient, package: str, folder: Path) -> dict[str, Reading]:
    """The best documents of all roots of a package, as the service has them."""
    readings = {}
    for hash_ in hashes(get(client, "/specs", q=package, limit=1000)):
        file = folder / hash_
        file.write_bytes(client.get(f"{API}/specs/{hash_}/spec.json").data)
        readings[hash_] = Reading(file)
    return readings


def test_variations_of_real_specs_are_those_of_a_naive_comparison(
    client: FlaskClient, tmp_path: Path
) -> None:
    upload(client, *(path.read_bytes() for path in [*SPECS, *SPLICED]))
    things = ["version", "variants", "target", "os", "compiler", "virtual:lab-mpi"]
    alone = 0
    for package in ("lab-sim", "lab-h5", "lab-zx", "lab-mvapich"):
        readings = _roots(client, package, tmp_path)
        names = {n["name"] for reading in readings.values() for n in reading.nodes.values()}
        packages = [f"package:{name}" for name in sorted(names - {package})]
        for hash_, reading in readings.items():
            page = get(client, f"/specs/{hash_}/variations", limit=1000)
            found = {item["hash"]: item["only"] for item in page["items"]}
            alike = {h: r for h, r in readings.items() if r.format == reading.format and h != hash_}
            fitting = {
                thing: {h for h, other in alike.items() if _differ_only_in(reading, other, thing)}
                for thing in [*things, *packages]
            }
            assert found.keys() & alike.keys() == set().union(*fitting.values())
            assert all(h in fitting[thing] for h, thing in found.items() if h in alike)
            for thing in things:
                asked = get(client, f"/specs/{hash_}/variations", only=thing)
                assert set(hashes(asked)) & alike.keys() == fitting[thing]
            alone += len(found)
    assert alone >= 8
