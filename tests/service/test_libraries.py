"""Libraries by name and their symbols, on the install tree of a sample."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.elf.facts import SHARED, ElfFacts, Export, Reference, Use, VersionNeed
from loaders.elf.relocations import X86_64
from loaders.evidence import SpecName
from loaders.prefixes.contents import PrefixContents, library_file
from loaders.store.libraries import store_libraries, store_prefix
from service.queries import installed_libraries
from service.web import spec as spec_page
from tests.cli.commands import Commands
from tests.conftest import Neo4jAddress
from tests.graph import SharedGraph, value
from tests.service.answers import API, get, problem
from tests.service.test_abi import load_sample, root_without_files
from tests.web.reading import html_of, links_in, queries_in, rows_of, text_in

HEATS = [("heat", "2.0")] * 4 + [("heat", "2.1")]
XMPI = "libxmpi.so.1"


OPEN = "_ZN2H56H5File8openFileEPKcj"
OPEN_CONST = "_ZNK2H56H5File8openFileEv"
PROCEDURE = "__hdf5_MOD_h5open_f"
TEMPLATE = "_ZN2H57convertIiEEvT_"


def exported(name: str, version: str = "", index: int = 1, *, hidden: bool = False) -> Export:
    return Export(name, version, index, hidden, thread_local=False, is_stub=False)


def wanted(name: str, version: str = "", file: str = "", *, weak: bool = False) -> Reference:
    return Reference(name, version, file, hidden=False, weak=weak, use=Use.CALL)


LIBRARY = ElfFacts(bits=64, little_endian=True, os_abi=0, machine=X86_64, file_type=SHARED)
PROVIDER = replace(
    LIBRARY,
    soname="libmade.so.2",
    needed=("libc.so.6",),
    definitions=("MADE_1", "MADE_2"),
    exports=(
        *map(exported, (OPEN, OPEN_CONST, "_ZN2H56H5FileC1Ev", PROCEDURE, "h5fopen_", TEMPLATE)),
        exported("made_up", "MADE_1", 2, hidden=True),
        exported("made_up", "MADE_2", 3),
    ),
)
CLIENT = replace(
    LIBRARY,
    needed=("libmade.so.2",),
    needs=(VersionNeed("libmade.so.2", "MADE_1", weak=False),),
    references=(
        wanted("made_up", "MADE_1", "libmade.so.2"),
        wanted(OPEN, weak=True),
        Reference(OPEN, "", "", hidden=False, weak=True, use=Use.PLAIN),
    ),
)
GROWN = "libgrown.so.1"
GONE = "_ZN5grown4goneEi"
OLD = replace(
    LIBRARY,
    soname=GROWN,
    exports=(
        *map(exported, (GONE, "kept", "unused")),
        exported("moved", "G_1", 2),
        exported("plain", "G_1", 2),
    ),
)
NEW = replace(
    LIBRARY,
    soname=GROWN,
    exports=(
        *map(exported, ("kept", "plain", "fresh")),
        exported("moved", "G_1", 2, hidden=True),
        exported("moved", "G_2", 3),
    ),
)
NEWEST = replace(NEW, exports=(*map(exported, ("kept", "plain")), exported("moved", "G_2", 3)))
USER = replace(
    LIBRARY,
    needed=(GROWN, "libother.so.1"),
    references=(
        *(wanted("kept"), wanted(GONE), wanted("unused", "O_1", "libother.so.1")),
        *(wanted("moved", "G_1", GROWN), wanted("plain", "G_1", GROWN)),
    ),
)
CONTENT = replace(LIBRARY, needed=(GROWN,), references=(wanted("kept"), wanted("moved")))
MADE_UP = (
    ("libfoo", None, "lib/libmade.so.2.1", PROVIDER),
    ("stencil", None, "lib/plugin.so", CLIENT),
    ("fmpi-a", "made-up", "lib/libgrown.so.1", OLD),
    ("fmpi-b", "made-up", "lib/libgrown.so.1", NEW),
    ("fmpi-c", "made-up", "lib64/libgrown.so.1.7", NEWEST),
    ("heat", "made-up", "lib/user.so", USER),
    ("stencil", "made-up", "lib/content.so", CONTENT),
)
"""Made-up files: the spec, the site or None for a build cache, the path, the facts."""


def load_all(database: Database) -> None:
    """Load the sample, and made-up files of some of its specs."""
    load_sample(database)
    for name, site, path, facts in MADE_UP:
        file = library_file(path, f"{name} {path}", 1, facts)
        store_libraries(database, [file])
        contents = PrefixContents(
            place="made up",
            spec=SpecName(hash_of(database, name), name),
            prefix=f"/made/{name}",
            kind="store" if site else "cache",
            read_at=1.0,
            mirror=None if site else "made-up",
            libraries=[file],
        )
        assert store_prefix(database, contents, site=site or "") is not None


def hash_of(database: Database, name: str) -> str:
    """Return the first hash of a package."""
    return str(
        value(database, "MATCH (s:Spec {name: $n}) WHERE s.hash = s.uid RETURN min(s.hash)", n=name)
    )


@pytest.fixture
def client(shared_graph: SharedGraph, shared_app: Flask) -> FlaskClient:
    """Return a client of a service with the sample and made-up libraries."""
    shared_graph.hold("lab-c with made-up libraries", load_all)
    return shared_app.test_client()


@pytest.fixture
def commands(client: FlaskClient, neo4j_address: Neo4jAddress) -> Commands:
    """Return commands on the database of the client."""
    assert client
    return Commands.on(neo4j_address)


def test_the_libraries_of_a_soname_and_who_needs_it(client: FlaskClient) -> None:
    answer = get(client, "/libraries", soname=XMPI)
    assert [(each["name"], each["path"], each["soname"]) for each in answer["items"]] == [
        *[("fmpi-a", "lib/libxmpi.so.1", XMPI)] * 2,
        ("fmpi-b", "lib/libxmpi.so.1", XMPI),
    ]
    first = answer["items"][0]
    assert first["prefix"].endswith(f"fmpi-a-1.0-{first['hash']}")
    assert (first["site"], first["mirror"], first["kind"]) == ("default", None, "store")
    assert (first["needed"], first["versions"], first["exports"]) == (["libfoo.so.1"], [], 3)
    assert first["needed_by"] == {"count": 5, "exact": True}
    assert first["facts"].keys() == {"compiler"}
    needed_by = answer["needed_by"]
    assert (needed_by["name"], needed_by["count"], needed_by["exact"]) == (XMPI, 5, True)
    assert [(each["name"], each["version"]) for each in needed_by["specs"]] == HEATS
    needing = get(client, "/libraries", needs=XMPI)["items"]
    assert [(each["name"], each["version"]) for each in needing] == HEATS
    assert {each["path"] for each in needing} == {"bin/heat"}


def test_libraries_by_file_name_spec_and_site(client: FlaskClient) -> None:
    for name in ("heat", "bin/heat"):
        assert len(get(client, "/libraries", soname=name)["items"]) == 5
    assert get(client, "/libraries", soname="eat")["items"] == []
    (heat,) = get(client, "/libraries", spec="nckk5fb")["items"]
    assert (heat["hash"][:7], heat["soname"], heat["exports"]) == ("nckk5fb", None, 0)
    assert heat["needed"] == ["libstencil.so.1", XMPI, "libc.so.6"]
    assert get(client, "/libraries", spec="nckk5fb", needs=XMPI)["total"]["count"] == 1
    assert get(client, "/libraries", spec="nckk5fb", soname=XMPI)["total"]["count"] == 0
    assert get(client, "/libraries", soname=XMPI, site="default")["total"]["count"] == 3
    elsewhere = get(client, "/libraries", soname=XMPI, site="nowhere")
    assert (elsewhere["items"], elsewhere["needed_by"]["count"]) == ([], 0)
    assert elsewhere["advice"][0]["known"] == ["default", "made-up"]


def test_the_pages_of_a_list_of_libraries_are_its_parts(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [each["hash"] for each in get(client, "/libraries", needs=XMPI)["items"]]
    found: list[str] = []
    cursor = None
    while len(found) < len(whole):
        page = get(client, "/libraries", needs=XMPI, limit=2, cursor=cursor)
        assert page["total"] == {"count": 5, "type": "EXACT"}
        found += [each["hash"] for each in page["items"]]
        cursor = page["next"]
    assert (found, cursor) == (whole, None)
    monkeypatch.setattr(installed_libraries, "MOST_NEEDING", 3)
    needed_by = get(client, "/libraries", soname=XMPI)["needed_by"]
    assert (needed_by["count"], needed_by["exact"]) == (3, False)


def test_a_library_that_there_is_not_or_everything(client: FlaskClient) -> None:
    nothing = get(client, "/libraries", soname="libxmpi.so.7")
    assert (nothing["items"], nothing["needed_by"]["count"]) == ([], 0)
    (advice,) = nothing["advice"]
    assert (advice["kind"], advice["known"]) == ("library", [XMPI])
    for given in ({}, {"site": "default"}, {"soname": " "}):
        body = problem(client.get(f"{API}/libraries", query_string=given))
        assert body["status"] == 400
        assert "give soname, needs or spec" in body["detail"]
    assert problem(client.get(f"{API}/libraries?spec=zzzzzzz"))["status"] == 404


def test_the_page_of_a_soname(client: FlaskClient) -> None:
    html = html_of(client, f"/libraries?soname={XMPI}")
    rows = rows_of(html, "libraries")
    assert [row[1] for row in rows] == ["lib/libxmpi.so.1"] * 3
    assert {row[4] for row in rows} == {"libfoo.so.1"}
    assert "Needed by 5 specs" in text_in(html)
    needing = html_of(client, links_in(html)["All files that need it"])
    assert [row[1] for row in rows_of(needing, "libraries")] == ["bin/heat"] * 5
    (query,), _ = queries_in(html)
    with client.application.extensions["specgraph"].driver.session() as session:
        drawn = session.run(query).graph()
    assert {next(iter(each.labels)) for each in drawn.nodes} >= {"Library", "Soname", "Prefix"}
    empty = html_of(client, "/libraries?soname=libxmpi.so.7")
    assert links_in(empty)[XMPI] == f"/libraries?soname={XMPI}"
    assert "Enter the SONAME" in text_in(html_of(client, "/libraries"))


def symbols_of(client: FlaskClient, name: str, **more: object) -> list[tuple[str, str, list[str]]]:
    """Return the role, the path and the symbols of each file with a symbol."""
    return [
        (each["role"], each["path"], [symbol["name"] for symbol in each["symbols"]])
        for each in get(client, "/symbols", name=name, **more)["items"]
    ]


def test_who_exports_a_symbol_and_who_imports_it(client: FlaskClient) -> None:
    answer = get(client, "/symbols", name="made_up")
    assert (answer["names"], answer["is_cut"], answer["next"]) == (
        ["made_up", "made_up_"],
        False,
        None,
    )
    provider, user = answer["items"]
    assert (provider["role"], provider["name"], provider["path"]) == (
        *("exports", "libfoo"),
        "lib/libmade.so.2.1",
    )
    assert (provider["soname"], provider["mirror"], provider["site"]) == (
        *("libmade.so.2", "made-up"),
        None,
    )
    assert [(each["version"], each["default"]) for each in provider["symbols"]] == [
        ("MADE_1", False),
        ("MADE_2", True),
    ]
    assert (user["role"], user["name"], user["soname"]) == ("imports", "stencil", None)
    assert user["symbols"] == [
        {
            "name": "made_up",
            "demangled": None,
            "version": "MADE_1",
            "default": None,
            "wanted_of": "libmade.so.2",
            "weak": False,
        }
    ]
    assert symbols_of(client, "made_up@MADE_2") == [("exports", "lib/libmade.so.2.1", ["made_up"])]
    assert symbols_of(client, "made_up@MADE_3") == []
    assert symbols_of(client, "made_up", role="imports") == [
        ("imports", "lib/plugin.so", ["made_up"])
    ]
    assert symbols_of(client, "made_up", site="default") == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (OPEN, [OPEN]),
        ("H5::H5File::openFile", [OPEN_CONST, OPEN]),
        ("H5::H5File::openFile(char const*,unsigned int)", [OPEN]),
        ("H5::H5File::openFile() const", [OPEN_CONST]),
        ("H5::H5File::openFile(int)", []),
        ("H5::H5File::H5File", ["_ZN2H56H5FileC1Ev"]),
        ("hdf5::H5open_f", [PROCEDURE]),
        ("H5Fopen", ["h5fopen_"]),
        ("H5::convert", []),
        (TEMPLATE, [TEMPLATE]),
    ],
)
def test_a_symbol_by_its_name_in_cpp_or_fortran(
    client: FlaskClient, asked: str, found: list[str]
) -> None:
    files = symbols_of(client, asked, role="exports")
    assert sorted(name for _, _, names in files for name in names) == sorted(found)


def test_symbols_are_shown_without_mangling_and_once(client: FlaskClient) -> None:
    (user,) = get(client, "/symbols", name=OPEN, role="imports")["items"]
    (symbol,) = user["symbols"]
    assert symbol["demangled"] == "H5::H5File::openFile(char const*, unsigned int)"
    assert symbol["weak"] is True
    (provider,) = get(client, "/symbols", name=PROCEDURE)["items"]
    assert provider["symbols"][0]["demangled"] == "hdf5::h5open_f"


def test_the_pages_of_the_files_with_a_symbol(client: FlaskClient) -> None:
    whole = [each["sort"] for each in _places(get(client, "/symbols", name="foo_add"))]
    assert len(whole) > 2
    found: list[str] = []
    cursor = None
    while True:
        page = get(client, "/symbols", name="foo_add", limit=1, cursor=cursor)
        found += [each["sort"] for each in _places(page)]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole


def _places(answer: dict[str, Any]) -> list[dict[str, str]]:
    return [{"sort": f"{each['role']} {each['hash']} {each['path']}"} for each in answer["items"]]


def test_a_symbol_that_there_is_not_or_that_is_none(client: FlaskClient) -> None:
    assert get(client, "/symbols", name="no_such_symbol")["items"] == []
    for name in ("", " ", "@V", "x" * 9_000):
        assert problem(client.get(f"{API}/symbols", query_string={"name": name}))["status"] == 400
    assert client.get(f"{API}/symbols?name=a&role=b").status_code == 422
    # Words of the index would mean something to it.
    for name in ('"', "a AND b", "*", "a:b", "\\", "~", "(", "::", "a::", "std::"):
        assert get(client, "/symbols", name=name)["items"] == []


def test_the_page_of_a_symbol(client: FlaskClient) -> None:
    html = html_of(client, "/symbols?name=made_up")
    assert [row[1] for row in rows_of(html, "symbols")] == ["exports", "imports"]
    assert links_in(html)["libmade.so.2"] == "/libraries?soname=libmade.so.2"
    cpp = html_of(client, f"/symbols?name={OPEN}")
    assert "H5::H5File::openFile(char const*, unsigned int)" in text_in(cpp)
    assert "No file that was read" in text_in(html_of(client, "/symbols?name=no_such_symbol"))
    assert "Enter a symbol" in text_in(html_of(client, "/symbols"))


def test_the_page_of_a_spec_has_its_libraries(client: FlaskClient) -> None:
    (fmpi, *_) = get(client, "/libraries", soname=XMPI)["items"]
    html = html_of(client, f"/spec/{fmpi['hash']}")
    rows = rows_of(html, "own-libraries")
    assert ["lib/libxmpi.so.1", XMPI, "libfoo.so.1", "3", "5 specs"] in rows
    assert links_in(html)[XMPI] == f"/libraries?soname={XMPI}"
    assert "All its programs" not in html
    start = html_of(client, links_in(html)["Does it start?"])
    assert "It starts" in text_in(start)
    assert XMPI in html_of(client, links_in(start)["Its programs and libraries"])
    assert "own-libraries" not in html_of(client, f"/spec/{root_without_files(client)}")


def test_more_libraries_than_the_page_shows_are_in_a_list(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spec_page, "_MOST_LIBRARIES", 1)
    provider = get(client, "/symbols", name="made_up", role="exports")["items"][0]
    html = html_of(client, f"/spec/{provider['hash']}")
    assert len(rows_of(html, "own-libraries")) == 1
    every = html_of(client, links_in(html)["All its programs and libraries"])
    assert len(rows_of(every, "libraries")) == 2


def test_a_finding_leads_to_the_library_that_is_missing(client: FlaskClient) -> None:
    for page in ("/spec/nckk5fb/abi", "/spec/nckk5fb/splice"):
        html = html_of(client, page)
        assert "It does not start" in text_in(html)
        assert links_in(html)[XMPI] == f"/libraries?soname={XMPI}"
    assert "nowhere" in text_in(html_of(client, "/spec/nckk5fb/abi?site=nowhere", 404))
    assert html_of(client, "/spec/nckk5fb/abi?site=default")


def compared(client: FlaskClient, a: str, b: str, **more: object) -> dict[str, Any]:
    """Return how the libraries of two packages differ, by SONAME."""
    database = client.application.extensions["specgraph"]
    sides = {"a": hash_of(database, a), "b": hash_of(database, b)}
    answer = get(client, "/diff/abi", **sides, **more)
    assert (answer["a"]["name"], answer["b"]["name"]) == (a, b)
    return {each["soname"]: each for each in answer["libraries"]}


def test_a_library_that_is_gone_is_used_by_all_that_need_it(client: FlaskClient) -> None:
    libraries = compared(client, "fmpi-b", "fmpi-c")
    assert list(libraries) == [XMPI, "libfmpi.so.7"]
    gone, new = libraries.values()
    assert (gone["change"], gone["before"], gone["after"]) == ("removed", "lib/libxmpi.so.1", None)
    assert (gone["removed"], gone["clients_count"], gone["clients_exact"]) == (3, 5, True)
    assert [(each["spec"]["name"], each["path"]) for each in gone["clients"]] == [
        ("heat", "bin/heat")
    ] * 5
    assert (new["change"], new["added"], new["clients"]) == ("added", 3, [])


def test_symbols_that_are_gone_and_who_uses_them(client: FlaskClient) -> None:
    library = compared(client, "fmpi-a", "fmpi-b", site="made-up")[GROWN]
    assert library["change"] == "changed"
    assert (library["added"], library["removed"], library["versions"]) == (1, 2, 2)
    changes = {each["name"]: each for each in library["symbols"]}
    assert next(iter(changes)) == GONE
    assert changes[GONE]["demangled"] == "grown::gone(int)"
    assert {name: (each["change"], each["used_by"]) for name, each in changes.items()} == {
        GONE: ("removed", 1),
        "moved": ("versions", 0),
        "plain": ("versions", 0),
        "unused": ("removed", 0),
        "fresh": ("added", 0),
    }
    assert (changes["moved"]["before"], changes["moved"]["after"]) == (
        ["@@G_1"],
        ["@@G_2", "@G_1"],
    )
    (user,) = library["clients"]
    assert (user["spec"]["name"], user["path"], user["symbols"]) == ("heat", "lib/user.so", [GONE])


def test_versions_that_are_gone(client: FlaskClient) -> None:
    library = compared(client, "fmpi-b", "fmpi-c", site="made-up")[GROWN]
    assert (library["before"], library["after"]) == ("lib/libgrown.so.1", "lib64/libgrown.so.1.7")
    (user,) = library["clients"]
    assert user["symbols"] == ["moved"]
    shown = compared(client, "fmpi-b", "fmpi-c", site="made-up", limit=1)[GROWN]["symbols"]
    assert [each["name"] for each in shown] == ["moved"]
    assert compared(client, "fmpi-b", "fmpi-b", site="made-up")[GROWN]["change"] == "same"


def test_specs_without_files_are_not_compared(client: FlaskClient) -> None:
    without = root_without_files(client)
    answer = client.get(f"{API}/diff/abi", query_string={"a": "nckk5fb", "b": without})
    body = problem(answer)
    assert body["status"] == 404
    assert "load the install tree" in body["detail"]
    answer = client.get(f"{API}/diff/abi?a=nckk5fb&b=nckk5fb&site=nowhere")
    assert problem(answer)["status"] == 404


def test_the_page_that_compares_libraries(client: FlaskClient) -> None:
    database = client.application.extensions["specgraph"]
    a, b = (hash_of(database, name) for name in ("fmpi-a", "fmpi-b"))
    html = html_of(client, f"/libraries/diff?a={a}&b={b}&site=made-up")
    text = text_in(html)
    assert "1 symbol added, 2 removed, 2 with other versions" in text
    assert "Used by 1 file" in text
    assert links_in(html)["grown::gone(int)"] == f"/symbols?name={GONE}"
    assert "Enter two specs" in text_in(html_of(client, "/libraries/diff"))


def test_the_commands(commands: Commands) -> None:
    printed = commands.table("provides", XMPI)
    assert "fmpi-b@1.0/ftfckej" in printed
    assert f"{XMPI} is needed by 5 specs: heat@2.0/gw73dky" in printed
    lines = commands.run("provides", XMPI).stdout.splitlines()
    assert len({line.partition("\t")[0] for line in lines}) == len(lines) == 3
    assert len(commands.json("provides", "--needs", XMPI, "--limit", "2")["items"]) == 2
    nothing = commands.run("provides", "libxmpi.so.7", status=1)
    assert f"there is {XMPI}" in nothing.stderr
    commands.run("provides", "--spec", "zzzzzzz", status=4)
    commands.run("provides", status=2)
    printed = commands.table("symbol", "made_up")
    assert "made_up@MADE_1, made_up@@MADE_2" in printed
    assert "made_up@MADE_1 of libmade.so.2" in printed
    printed = commands.table("symbol", "H5::H5File::openFile", "--imports")
    assert f"{OPEN} (weak)" in printed
    assert f"{OPEN} is H5::H5File::openFile(char const*, unsigned int)" in printed
    assert len(commands.run("symbol", "made_up", "--exports").stdout.splitlines()) == 1
    commands.run("symbol", "no_such_symbol", status=1)
    names = (GROWN, "libfmpi.so.7")
    pair = [f"/{commands.json('provides', name)['items'][0]['hash']}" for name in names]
    printed = commands.table("diff", "--abi", *pair, "--at", "made-up")
    assert f"{GROWN} is used by" in printed
    assert f"lib/user.so: {GONE}, moved" in printed
    lines = commands.run("diff", "--abi", *pair, "--at", "made-up").stdout.splitlines()
    assert {tuple(line.split("\t")[1:3]) for line in lines} >= {("removed", "unused")}
    assert commands.json("diff", "--abi", *pair)["libraries"]
    commands.run("diff", "--abi", "--runtime", *pair, status=2)
    commands.run("diff", "--at", "made-up", *pair, status=2)


def test_owners_are_found_by_soname_and_without_a_manifest(client: FlaskClient) -> None:
    """The manifest lists the file of `fmpi-b`, and none lists the made-up libraries."""
    items = get(client, "/owners", path=XMPI)["items"]
    keys = [(each["spec"], each["path"], each["hash"]) for each in items]
    assert len(keys) == len(set(keys))
    assert {each[:2] for each in keys} >= {
        ("fmpi-a", "lib/libxmpi.so.1"),
        ("fmpi-b", "lib/libxmpi.so.1"),
    }
    (made,) = get(client, "/owners", path="libmade.so.2")["items"]
    assert (made["spec"], made["path"], made["kind"]) == ("libfoo", "lib/libmade.so.2.1", "file")
    assert (made["size"], made["checksum"]) == (1, None)
    for path in ("libmade.so.2.1", "lib/libmade.so.2.1", f"/x/{made['hash']}/lib/libmade.so.2.1"):
        found = get(client, "/owners", path=path)["items"]
        assert [each["path"] for each in found] == ["lib/libmade.so.2.1"]
    assert get(client, "/owners", path="ade.so.2.1")["items"] == []
    assert get(client, "/owners", path=f"/x/{'a' * 32}/lib/libmade.so.2.1")["items"] == []


def test_owners_are_listed_in_pages(client: FlaskClient) -> None:
    every = [each["path"] for each in get(client, "/owners", path="libgrown.so.1")["items"]]
    assert sorted(every) == ["lib/libgrown.so.1", "lib/libgrown.so.1", "lib64/libgrown.so.1.7"]
    paged, cursor = [], None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = get(client, "/owners", path="libgrown.so.1", limit=1, **more)
        paged += [each["path"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert paged == every
