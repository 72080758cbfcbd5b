"""The headline question: built with one package, deployed with another."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.documents import DATA, SPECS, SPLICED, cases, document, dumped, named, node
from tests.service.answers import get, hashes, upload
from tests.service.reading import Reading

pytestmark = pytest.mark.container

CASES = cases()
IDS = [f"{case['id']}-{case['result_hash'][:7]}" for case in CASES]


class Splice:
    """The result of a case, as its document describes it."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.path: Path = DATA / "spliced" / case["result_file"]
        self.reading = Reading(self.path)
        self.root = self.reading.root
        reading = self.reading
        original = reading.original(self.root)
        self.built = reading.built(original)
        self.deployed = reading.runtime(self.root)
        built = {reading.exact(hash_) for hash_ in self.built}
        deployed = {reading.exact(hash_) for hash_ in self.deployed}
        self.taken_out = sorted({reading.exact(h) for h in reading.runtime(original)} - deployed)
        self.put_in = sorted(deployed - built)

    def check_path(self, match: dict[str, Any], wanted: str, *, built: bool) -> None:
        """Check that a match is the wanted spec and that its path is one of the document."""
        reading = self.reading
        side = self.built if built else self.deployed
        assert match["hash"] in side
        assert reading.exact(match["hash"]) == wanted
        path = match["path"]
        assert {key: path[0][key] for key in ("hash", "name", "version")} == reading.label(
            self.root
        )
        assert "by" not in path[0]
        assert path[-1]["hash"] == match["hash"]
        for before, after in itertools.pairwise(path):
            assert after["name"] == reading.nodes[after["hash"]]["name"]
            (arrow,) = (a for a in reading.arrows_of(before["hash"]) if a.target == after["hash"])
            assert after["by"] == arrow.kind
            assert set(after.get("deptypes", ())) == arrow.deptypes
            assert built or arrow.runtime
        if built and self.root != reading.original(self.root):
            assert path[1]["by"] == "SPLICED_FROM"


def _ask(client: FlaskClient, splice: Splice, **more: Any) -> list[dict[str, Any]]:
    """Return the items for the result, among the answers for every pair of versions."""
    found = []
    for out in splice.taken_out:
        for put in splice.put_in:
            page = get(client, "/specs", built_with=out, deployed_with=put, limit=1000, **more)
            assert page["total"] == {"count": len(page["items"]), "type": "EXACT"}
            items = [item for item in page["items"] if item["hash"] == splice.root]
            for item in items:
                assert item["matches"]["built_with"]
                for match in item["matches"]["built_with"]:
                    splice.check_path(match, out, built=True)
                assert item["matches"]["deployed_with"]
                for match in item["matches"]["deployed_with"]:
                    splice.check_path(match, put, built=False)
            found += items
    return found


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_splice_is_found_by_what_it_was_built_with_and_is_deployed_with(
    client: FlaskClient, case: dict[str, Any]
) -> None:
    splice = Splice(case)
    upload(client, splice.path.read_bytes())
    found = _ask(client, splice)
    assert len(found) == len(splice.taken_out) * len(splice.put_in) > 0
    for item in found:
        del item["matches"], item["facts"]
        label = splice.reading.label(splice.root)
        assert item == {**label, "spliced": True, "verified": item["verified"]}


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_with_the_roles_swapped_a_splice_is_not_found(
    client: FlaskClient, case: dict[str, Any]
) -> None:
    splice = Splice(case)
    upload(client, splice.path.read_bytes())
    for out in splice.taken_out:
        for put in splice.put_in:
            swapped = {"built_with": put, "deployed_with": out}
            for given in (swapped, {"built_with": put}, {"deployed_with": out}):
                page = get(client, "/specs", **given)
                assert page == {
                    "items": [],
                    "next": None,
                    "total": {"count": 0, "type": "EXACT"},
                }


def test_every_splice_is_found_among_all_the_others(client: FlaskClient) -> None:
    splices = [Splice(case) for case in CASES]
    upload(client, *(splice.path.read_bytes() for splice in splices))
    for splice in splices:
        assert len(_ask(client, splice)) == len(splice.taken_out) * len(splice.put_in)
        assert len(_ask(client, splice, spliced="true")) > 0
        assert _ask(client, splice, spliced="false") == []


def _found_roots(client: FlaskClient, **question: Any) -> set[str]:
    return set(hashes(get(client, "/specs", limit=1000, **question)))


def test_the_answers_agree_with_the_documents(client: FlaskClient) -> None:
    readings = [Reading(path) for path in SPECS] + [Splice(case).reading for case in CASES]
    upload(client, *(path.read_bytes() for path in SPECS))
    upload(client, *(Splice(case).path.read_bytes() for case in CASES))
    asked = {reading.exact(hash_) for reading in readings for hash_ in reading.nodes}
    for text in sorted(asked)[::5]:
        built: set[str] = set()
        deployed: set[str] = set()
        for reading in readings:
            root = reading.root
            sides = (
                (built, reading.built(reading.original(root))),
                (deployed, reading.runtime(root)),
            )
            for found, side in sides:
                if any(reading.exact(hash_) == text for hash_ in side):
                    found.add(root)
        assert _found_roots(client, built_with=text) == built, text
        assert _found_roots(client, deployed_with=text) == deployed, text
        assert _found_roots(client, built_with=text, deployed_with=text) == built & deployed, text


def test_among_contents_of_one_hash_every_path_is_one_of_the_root_s_own_graph(
    client: FlaskClient,
) -> None:
    upload(client, *(path.read_bytes() for path in [*SPECS, *SPLICED]))
    assert get(client, "/conflicts")["items"]
    for side in ("built_with", "deployed_with"):
        for package in ("lab-zx", "lab-h5", "lab-mvapich", "gcc-runtime"):
            for item in get(client, "/specs", limit=1000, **{side: package})["items"]:
                chosen = {"content": item["content"]} if "content" in item else {}
                graph = get(client, f"/specs/{item['hash']}/graph", **chosen)
                steps = {(edge["source"], edge["target"]) for edge in graph["edges"]}
                _check_steps(steps, item["matches"][side])


def _check_steps(steps: set[tuple[str, str]], found: list[dict[str, Any]]) -> None:
    assert found
    for match in found:
        for before, after in itertools.pairwise(match["path"]):
            assert (before["hash"], after["hash"]) in steps


def test_scope_all_finds_specs_that_are_not_roots(client: FlaskClient) -> None:
    splice = Splice(CASES[0])
    reading = splice.reading
    upload(client, splice.path.read_bytes())
    assert _found_roots(client) == {splice.root}
    assert _found_roots(client, scope="all") == set(reading.nodes)
    spliced = {hash_ for hash_ in reading.nodes if "build_spec" in reading.nodes[hash_]}
    assert _found_roots(client, scope="all", spliced="true") == spliced
    assert _found_roots(client, scope="all", spliced="false") == set(reading.nodes) - spliced
    for hash_ in reading.nodes:
        text = f"/{hash_}"
        built = {h for h in reading.nodes if hash_ in reading.built(reading.original(h))}
        deployed = {h for h in reading.nodes if hash_ in reading.runtime(h)}
        assert _found_roots(client, scope="all", built_with=text) == built
        assert _found_roots(client, scope="all", deployed_with=text) == deployed
        for item in get(client, "/specs", scope="all", built_with=text)["items"]:
            for step in item["matches"]["built_with"][0]["path"]:
                assert {k: step[k] for k in ("hash", "name", "version")} == reading.label(
                    step["hash"]
                )
        both = _found_roots(client, scope="all", built_with=text, deployed_with=text, q="lab-sim")
        assert both == {h for h in built & deployed if reading.nodes[h]["name"] == "lab-sim"}


def test_built_with_includes_the_build_spec_of_a_spliced_dependency(client: FlaskClient) -> None:
    old, new = node("zlib", "1.2"), node("zlib", "1.3")
    plain = node("hdf5", dependencies=[(old, ["link"])])
    relinked = node("hdf5", dependencies=[(new, ["link"])], build_spec=plain)
    app = node("app", dependencies=[(relinked, ["link"])])
    upload(client, dumped(document(app, relinked, new, plain, old)))
    (item,) = get(client, "/specs", built_with="zlib@1.2", deployed_with="zlib@1.3")["items"]
    assert item["spliced"] is False
    path = [(each["name"], each["version"]) for each in item["matches"]["built_with"][0]["path"]]
    assert path == [("app", "1.0"), ("hdf5", "1.0"), ("hdf5", "1.0"), ("zlib", "1.2")]
    assert _found_roots(client, built_with="zlib@1.2", deployed_with="zlib@1.2") == set()


def test_a_build_dependency_is_not_deployed(client: FlaskClient) -> None:
    tool, library = node("cmake", "3.31"), node("zlib", "1.3")
    app = node("app", dependencies=[(tool, ["build"]), (library, ["build", "link"])])
    upload(client, dumped(document(app, tool, library)))
    assert _found_roots(client, built_with="cmake") == {app["hash"]}
    assert _found_roots(client, deployed_with="cmake") == set()
    assert _found_roots(client, built_with="zlib", deployed_with="zlib") == {app["hash"]}


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("hdf5", ["hdf5-1.10.7", "hdf5-1.12.2", "hdf5-1.14.6"]),
        ("hdf5@1.10:1.12", ["hdf5-1.10.7", "hdf5-1.12.2"]),
        ("hdf5@1.12:", ["hdf5-1.12.2", "hdf5-1.14.6"]),
        ("hdf5@1.14", ["hdf5-1.14.6"]),
        ("hdf5@=1.14", []),
        ("hdf5@=1.14.6", ["hdf5-1.14.6"]),
        ("hdf5@:1.10,1.14:", ["hdf5-1.10.7", "hdf5-1.14.6"]),
        ("hdf5+fortran", ["hdf5-1.14.6"]),
        ("hdf5~fortran", ["hdf5-1.10.7", "hdf5-1.12.2"]),
        ("hdf5+mpi build_type=Release", ["hdf5-1.14.6"]),
        ("hdf5 build_type=RelWithDebInfo", ["hdf5-1.10.7", "hdf5-1.12.2"]),
        ("/s6qujbm", ["hdf5-1.14.6"]),
        ("hdf5/s6qujbm", ["hdf5-1.14.6"]),
        ("zlib/s6qujbm", []),
        ("hdf5%gcc@12", ["hdf5-1.10.7", "hdf5-1.12.2", "hdf5-1.14.6"]),
        ("hdf5%gcc@13", []),
        ("zlib%gcc@14.2.0", ["zlib-1.3.1"]),
        ("xz%clang@17", ["xz-5.6.3"]),
        ("hdf5^zlib@1.2", ["hdf5-1.10.7", "hdf5-1.12.2"]),
        ("hdf5^zlib@1.2.12", ["hdf5-1.12.2"]),
        ("hdf5^mpich@4: ^xz@5.6", ["hdf5-1.14.6"]),
        ("hdf5^[virtuals=mpi] mpich", ["hdf5-1.14.6"]),
        ("^mpich@4:", ["fftw-3.3.10", "hdf5-1.12.2", "hdf5-1.14.6"]),
        ("builtin.hdf5@1.14", ["hdf5-1.14.6"]),
        ("lab.hdf5", []),
        ("xz libs=static", ["xz-5.6.3"]),
        ("fftw precision=float,double", ["fftw-3.3.10"]),
        ("fftw precision:=float", []),
        ("hdf5 target=x86_64_v3", ["hdf5-1.10.7", "hdf5-1.12.2", "hdf5-1.14.6"]),
        ("hdf5 target=zen4:", []),
    ],
)
def test_q_takes_spec_syntax(client: FlaskClient, text: str, prefixes: list[str]) -> None:
    upload(client, *(path.read_bytes() for path in SPECS))
    assert _found_roots(client, q=text) == {Reading(named(prefix)).root for prefix in prefixes}


@pytest.mark.parametrize("text", ["mpi", "mpi@3:", "mpi %gcc@12"])
def test_a_virtual_stands_for_whatever_provides_it(client: FlaskClient, text: str) -> None:
    with_mpich, without = named("hdf5-1.14.6-s6quj"), named("zlib-1.3.1")
    upload(client, with_mpich.read_bytes(), without.read_bytes())
    [item] = get(client, "/specs", built_with=text, deployed_with=text)["items"]
    assert item["hash"] == Reading(with_mpich).root
    assert item["matches"]["deployed_with"][0]["name"] == "mpich"


def any_path(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item without the nodes between: of several shortest paths any may be shown."""
    matches = {
        side: [
            {**match, "path": (match["path"][0], match["path"][-1]["hash"], len(match["path"]))}
            for match in found
        ]
        for side, found in item.get("matches", {}).items()
    }
    return {**item, "matches": matches}


def test_cursors_lead_through_each_item_once_in_order(client: FlaskClient) -> None:
    upload(client, *(path.read_bytes() for path in [*SPECS, *SPLICED]))
    for question in (
        {},
        {"scope": "all"},
        {"spliced": "true"},
        {"q": "lab-sim"},
        {"built_with": "lab-zx"},
        {"deployed_with": "lab-zx", "scope": "all"},
        {"built_with": "lab-zx@1", "deployed_with": "lab-zx@1:"},
    ):
        question = {**question, "facts": "none"}  # Facts are chosen from the items of a page.
        whole = get(client, "/specs", limit=1000, **question)
        pages = [get(client, "/specs", limit=7, **question)]
        while pages[-1]["next"] is not None:
            pages.append(get(client, "/specs", limit=7, cursor=pages[-1]["next"], **question))
        items = [item for page in pages for item in page["items"]]
        assert [any_path(item) for item in items] == [any_path(item) for item in whole["items"]]
        contents = {(item["hash"], item.get("content")) for item in items}
        assert len(contents) == len(items) == whole["total"]["count"] > 7
        assert {page["total"]["count"] for page in pages} == {len(items)}
        assert [item["name"] for item in items] == sorted(item["name"] for item in items)
