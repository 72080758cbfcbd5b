"""Libraries by name and their symbols, on the install tree of a sample."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.elf.facts import SHARED, ElfFacts, Export, Reference, Use, VersionNeed
from loaders.elf.relocations import X86_64
from loaders.evidence import SpecName
from loaders.prefixes.contents import PrefixContents, library_file
from loaders.store.libraries import store_libraries, store_prefix
from service.app import create_app
from service.queries import installed_libraries
from service.web import spec as spec_page
from tests.cli.commands import Commands
from tests.conftest import Neo4jAddress
from tests.graph import SharedGraph
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


PROVIDER = ElfFacts(
    bits=64,
    little_endian=True,
    os_abi=0,
    machine=X86_64,
    file_type=SHARED,
    soname="libmade.so.2",
    needed=("libc.so.6",),
    definitions=("MADE_1", "MADE_2"),
    exports=(
        *map(exported, (OPEN, OPEN_CONST, "_ZN2H56H5FileC1Ev", PROCEDURE, "h5fopen_", TEMPLATE)),
        exported("made_up", "MADE_1", 2, hidden=True),
        exported("made_up", "MADE_2", 3),
    ),
)
CLIENT = ElfFacts(
    bits=64,
    little_endian=True,
    os_abi=0,
    machine=X86_64,
    file_type=SHARED,
    needed=("libmade.so.2",),
    needs=(VersionNeed("libmade.so.2", "MADE_1", weak=False),),
    references=(
        wanted("made_up", "MADE_1", "libmade.so.2"),
        wanted(OPEN, weak=True),
        Reference(OPEN, "", "", hidden=False, weak=True, use=Use.PLAIN),
    ),
)


def load_all(database: Database) -> None:
    """Load the sample, and made-up files of two of its specs in a build cache."""
    load_sample(database)
    files = {"libfoo": ("lib/libmade.so.2.1", PROVIDER), "stencil": ("lib/plugin.so", CLIENT)}
    for name, (path, facts) in files.items():
        file = library_file(path, name, 1, facts)
        store_libraries(database, [file])
        with database.driver.session() as session:
            hash_ = session.run(
                "MATCH (s:Spec {name: $name}) WHERE s.hash = s.uid RETURN min(s.hash)", name=name
            ).single(strict=True)[0]
        contents = PrefixContents(
            "made up", SpecName(hash_, name), f"/made/{name}-{hash_}", "cache", 1.0, "made-up"
        )
        contents.libraries.append(file)
        assert store_prefix(database, contents, site="default") is not None


@pytest.fixture
def client(shared_graph: SharedGraph) -> FlaskClient:
    """Return a client of a service with the sample and made-up libraries."""
    shared_graph.hold("lab-c with made-up libraries", load_all)
    return create_app(shared_graph.database, {"TESTING": True}).test_client()


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
    assert elsewhere["advice"][0]["known"] == ["default"]


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
    assert rows_of(html, "own-libraries") == [
        ["lib/libxmpi.so.1", XMPI, "libfoo.so.1", "3", "5 specs"]
    ]
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
