"""`specgraph why`, `diff`, `splice`, `common` and `variations`: options, pages, exit codes."""

from typing import Any

import pytest

from cypher.run import Database
from service.app import create_app
from service.cli import traversals
from tests.cli.commands import Commands
from tests.documents import document, dumped, named, node
from tests.service.answers import upload
from tests.service.reading import Reading

SPLICE = named("results--lab-sim-2.0-mscfyxf")
HDF5 = named("hdf5-1.14.6")


@pytest.fixture
def stored(specgraph: Commands, database: Database) -> Commands:
    """The commands on a database with some real documents."""
    paths = [SPLICE, HDF5, named("lab-suite"), named("hdf5-1.12.2")]
    upload(create_app(database).test_client(), *(path.read_bytes() for path in paths))
    return specgraph


def _hdf5s(database: Database) -> list[dict[str, Any]]:
    """Three stored roots: two versions, and the first with another zlib."""
    zlibs = [node("zlib", version) for version in ("1.3", "1.4")]
    roots = [
        node("hdf5", version, [(zlib, ["link"])])
        for version, zlib in (("1.14", zlibs[0]), ("1.15", zlibs[0]), ("1.14", zlibs[1]))
    ]
    client = create_app(database).test_client()
    for root, zlib in zip(roots, (zlibs[0], zlibs[0], zlibs[1]), strict=True):
        upload(client, dumped(document(root, zlib)))
    return roots


def _short(label: dict[str, Any]) -> str:
    return f"{label['name']}@{label['version']}/{label['hash'][:7]}"


def test_why_collects_chains_page_by_page(
    stored: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Reading(HDF5).root
    whole = stored.json("why", root, "platform=linux", "--limit", "1001")
    count = whole["total"]["count"]
    assert len(whole["chains"]) == count > 20
    monkeypatch.setattr(traversals, "_PAGE", 7)
    assert stored.json("why", root, "platform=linux", "--limit", "1001") == whole
    some = stored.json("why", root, "platform=linux", "--limit", "20")
    assert some["chains"] == whole["chains"][:20]
    assert some["next"] is not None
    output = stored.table("why", root, "platform=linux", "--limit", "20")
    assert output.splitlines()[-1] == f"20 of {count}; --limit shows more"
    assert len(output.splitlines()) == 21
    assert "--limit" not in stored.table("why", root, "platform=linux", "--limit", "1001")
    stored.run("why", root, "zlib", "--limit", "0", status=2)


def test_splice_collects_its_sections(stored: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Reading(SPLICE).root
    whole = stored.json("splice", root)
    monkeypatch.setattr(traversals, "_PAGE", 3)
    assert stored.json("splice", root) == whole
    some = stored.json("splice", root, "--limit", "2")
    names = ("taken_out", "put_in", "relinked", "kept")
    assert sum(len(some[name]) for name in names) == 2
    every = stored.json("splice", root, "--deptypes", "build,link,run,test")
    assert every["counts"] != whole["counts"]
    stored.run("splice", root, "--deptypes", "built", status=2)


def test_diff_takes_types_and_says_how_many_it_leaves_out(stored: Commands) -> None:
    a, b = Reading(HDF5).root, Reading(named("lab-suite")).root
    linked = stored.json("diff", a, b, "--deptypes", "link,run")
    assert linked == stored.json("diff", a, b, "--runtime")
    stored.run("diff", a, b, "--runtime", "--deptypes", "link", status=2)
    lines = stored.table("diff", a, b, "--limit", "2").splitlines()
    count = stored.json("diff", a, b)["total"]["count"]
    assert lines[-1] == f"2 of {count}; --limit shows more"


def test_diff_prints_pairs_and_compilers(specgraph: Commands, database: Database) -> None:
    roots = []
    for compiler, patch in (("gcc", "1"), ("llvm", "2")):
        made = node(compiler, "17.0")
        pythons = [node("python", f"{line}.{patch}") for line in ("3.9", "3.11")]
        users = [node(f"user{each['version'][:3]}", "1.0", [(each, ["run"])]) for each in pythons]
        below = [(made, ["build"], ["c"]), *((each, ["link"]) for each in users)]
        roots.append(node("app", "1.0", below))
        body = document(roots[-1], made, *users, *pythons)
        upload(create_app(database).test_client(), dumped(body))
    output = specgraph.table("diff", *(root["hash"] for root in roots))
    assert "compilers: gcc@17.0 -> llvm@17.0\n" in output
    words = " ".join(output.split())
    assert "version: 3.9.1 -> 3.9.2" in words
    assert "version: 3.11.1 -> 3.11.2" in words


def test_common_lists_shared_specs(specgraph: Commands, database: Database) -> None:
    one, other, further = _hdf5s(database)
    answer = specgraph.json("common", one["hash"], f"/{other['hash'][:8]}")
    assert [item["name"] for item in answer["items"]] == ["zlib"]
    assert answer["packages"] == [{"name": "hdf5", "versions": ["1.14", "1.15"]}]
    lines = specgraph.table("common", one["hash"], other["hash"]).splitlines()
    assert lines[0] == f"1 specs in {_short(one)}, {_short(other)}"
    zlib = answer["items"][0]
    assert lines[2].split() == [_short(zlib), "yes"]
    assert lines[3] == "packages in all, as differing specs"
    assert lines[5].split() == ["hdf5", "1.14,", "1.15"]
    hashes = [each["hash"] for each in (one, other, further)]
    assert specgraph.json("common", *hashes, status=1)["items"] == []
    cut = specgraph.json("common", *hashes, "--deptypes", "build", status=1)
    assert [each["name"] for each in cut["packages"]] == ["hdf5"]


def test_variations_name_their_difference(specgraph: Commands, database: Database) -> None:
    one, other, further = _hdf5s(database)
    answer = specgraph.json("variations", one["hash"])
    assert [(item["hash"], item["only"]) for item in answer["items"]] == [
        (further["hash"], "package:zlib"),
        (other["hash"], "version"),
    ]
    lines = specgraph.table("variations", f"/{one['hash']}").splitlines()
    assert lines[0].split()[:5] == ["spec", "differs", "in", "here", "there"]
    assert lines[1].split()[:4] == [_short(further), "package:zlib", "zlib@1.3", "zlib@1.4"]
    assert lines[2].split()[:4] == [_short(other), "version", "1.14", "1.15"]
    assert len(lines) == 3
    asked = specgraph.json("variations", one["hash"], "--only", "zlib")
    assert [item["hash"] for item in asked["items"]] == [further["hash"]]
    output = specgraph.table("variations", one["hash"], "--limit", "1")
    assert output.splitlines()[-1] == "1 of 2; --limit shows more"
    empty = specgraph.json("variations", one["hash"], "--only", "target", status=1)
    assert empty["total"] == {"count": 0, "type": "EXACT"}
    specgraph.run("variations", one["hash"], "--only", "hdf5", status=2)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("common", "a" * 32), 2),
        (("common",), 2),
        (("common", "a" * 32, "b?"), 2),
        (("common", "a" * 32, "b" * 32), 4),
        (("variations", "zlib@1"), 4),
        (("variations", "a" * 32), 4),
    ],
)
def test_wrong_hashes_exit_as_for_other_commands(
    specgraph: Commands, words: tuple[str, ...], status: int
) -> None:
    specgraph.run(*words, status=status)
