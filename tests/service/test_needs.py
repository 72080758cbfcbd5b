"""What deployments need of the system, and whether sites have it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from service.app import create_app
from tests import serving
from tests.cli.commands import Commands
from tests.documents import document, dumped, node
from tests.files_of_specs import elf, load_index, store_files
from tests.graph import SharedGraph
from tests.service.answers import API, get, problem, upload

GLIBCS = {site: node("glibc", version, external={"path": "/usr", "module": None})
          for site, version in (("old", "2.17"), ("new", "2.36"))}  # fmt: skip
GCC = node("gcc", "8.5.0", external={"path": "/usr", "module": None})
RUNTIME = node("gcc-runtime", "12.2.0")
LIBZ = node("libz", "1.3", [(RUNTIME, ["link"])])
APP = node("app", "2.0", [(LIBZ, ["link"]), (GLIBCS["new"], ["link"])])
BARE = node("bare", "1.0", [(GLIBCS["new"], ["link"])])
WITHOUT_FILES = node("unread", "1.0")
PARTLY = node("partly", "1.0", [(WITHOUT_FILES, ["link"]), (GLIBCS["new"], ["link"])])
STATIC = node("static", "1.0")


def fill(database: Database) -> None:
    client = create_app(database, {"TESTING": True}).test_client()
    roots = ((APP, LIBZ, RUNTIME, GLIBCS["new"]), (BARE, GLIBCS["new"]), (STATIC,))
    for nodes in (*roots, (PARTLY, WITHOUT_FILES, GLIBCS["new"])):
        upload(client, dumped(document(*nodes)))
    with tempfile.TemporaryDirectory() as folder:
        for site, glibc in GLIBCS.items():
            load_index(database, Path(folder) / site, [glibc, GCC], site)
        load_index(database, Path(folder) / "mixed", list(GLIBCS.values()), "mixed")
        load_index(database, Path(folder) / "read", [GLIBCS["old"]], "read")
    versions = {"libc.so.6": ["GLIBC_2.4", "GLIBC_2.17"], "libm.so.6": ["GLIBC_2.29"]}
    store_files(database, LIBZ, {
        "lib/libz.so.1": elf(soname="libz.so.1", versions={
            "libc.so.6": ["GLIBC_2.14", "GLIBC_2.38"], "libstdc++.so.6": ["GLIBCXX_3.4.9"],
        }, weak=["GLIBC_2.38"]),
    })  # fmt: skip
    store_files(database, APP, {
        "bin/app": elf(versions=versions),
        "bin/app2": elf(versions={"libm.so.6": ["GLIBC_2.29"], "libc.so.6": ["GLIBC_PRIVATE"]}),
        "bin/cxx": elf(versions={
            "libstdc++.so.6": ["GLIBCXX_3.4.30", "CXXABI_1.3.13", "CXXABI_FLOAT128"],
            "libgcc_s.so.1": ["GCC_3.0"],
        }),
    })  # fmt: skip
    cxx = {"bin/cxx": elf(versions={"libstdc++.so.6": ["GLIBCXX_3.4.26"],
                                    "libc.so.6": ["GLIBC_ABI_DT_RELR"]})}  # fmt: skip
    store_files(database, BARE, cxx)
    store_files(database, PARTLY, {"bin/p": elf(versions={"libc.so.6": ["GLIBC_2.3.4"]})})
    store_files(database, STATIC, {"bin/s": elf(interpreter=None, is_dynamic=False)})
    libc = elf(soname="libc.so.6", definitions=["GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.40"])
    store_files(
        database, GLIBCS["old"], {"lib64/libc.so.6": libc}, kind="external", site="read",
        prefix="/usr",
    )  # fmt: skip


@pytest.fixture
def client(shared_graph: SharedGraph, shared_app: Flask) -> FlaskClient:
    shared_graph.hold("needs of the system", fill)
    return shared_app.test_client()


def needs(client: FlaskClient, spec: dict[str, Any], **more: str) -> Any:
    return get(client, f"/specs/{spec['hash']}/needs", **more)


def newest(answer: Any) -> dict[str, tuple[str, str]]:
    return {
        each["family"]: (each["version"], each["needed_by"]["path"]) for each in answer["needs"]
    }


def starts(answer: Any) -> dict[str, str]:
    return {each["family"]: each["starts"] for each in answer["needs"]}


def test_the_newest_version_counts_not_the_last_as_text(client: FlaskClient) -> None:
    answer = needs(client, APP)
    assert newest(answer) == {
        "GLIBC": ("2.29", "bin/app"),
        "GLIBCXX": ("3.4.30", "bin/cxx"),
        "CXXABI": ("1.3.13", "bin/cxx"),
        "GCC": ("3.0", "bin/cxx"),
    }
    (glibc,) = (each for each in answer["needs"] if each["family"] == "GLIBC")
    assert (glibc["library"], glibc["symbol_version"]) == ("libc.so.6", "GLIBC_2.29")
    assert glibc["symbols"] == ["from_glibc_2.29"]
    assert (glibc["provided_by"], glibc["starts"], answer["starts"]) == (None, None, None)
    assert answer["coverage"] == {"specs": 3, "without_files": 0}


def test_the_runtime_that_is_deployed_provides_its_versions(client: FlaskClient) -> None:
    answer = needs(client, APP, on="glibc=2.28")
    provided = {
        each["family"]: (each["provided_by"] or {"name": None})["name"] for each in answer["needs"]
    }
    runtime = dict.fromkeys(("GLIBCXX", "CXXABI", "GCC"), "gcc-runtime")
    assert provided == {"GLIBC": None, **runtime}
    assert starts(answer) == {"GLIBC": "no", **dict.fromkeys(runtime, "yes")}
    assert answer["starts"] == "no"
    assert needs(client, APP, on="GLIBC=2.29")["starts"] == "yes"


def test_a_marker_of_the_loader_counts_as_the_release_that_has_it(client: FlaskClient) -> None:
    assert newest(needs(client, BARE)) == {
        "GLIBC": ("2.36", "bin/cxx"),
        "GLIBCXX": ("3.4.26", "bin/cxx"),
    }
    assert needs(client, BARE, on="GLIBC=2.36")["starts"] == "unknown"
    assert needs(client, BARE, on="GLIBC=2.36,GLIBCXX=3.4.25")["starts"] == "no"
    assert needs(client, BARE, on="GLIBC=2.36,GLIBCXX=3.4.26")["starts"] == "yes"


def test_sites_are_known_by_their_external_specs(client: FlaskClient) -> None:
    old, new = (needs(client, BARE, site=site) for site in ("old", "new"))
    assert starts(old) == {"GLIBC": "no", "GLIBCXX": "no"}
    assert starts(new) == {"GLIBC": "yes", "GLIBCXX": "no"}
    assert [(each["there"], each["source"]) for each in new["needs"]] == [
        (["2.36"], "specs"),
        (["3.4.25"], "specs"),
    ]
    assert needs(client, BARE, site="old", on="GLIBC=2.36,GLIBCXX=3.4.26")["starts"] == "yes"
    mixed = needs(client, APP, site="mixed")
    assert (starts(mixed)["GLIBC"], mixed["starts"]) == ("unknown", "unknown")
    assert mixed["needs"][0]["there"] == ["2.17", "2.36"]


def test_libraries_that_were_read_at_a_site_come_first(client: FlaskClient) -> None:
    (glibc,) = (
        each for each in needs(client, APP, site="read")["needs"] if each["family"] == "GLIBC"
    )
    assert (glibc["there"], glibc["source"], glibc["starts"]) == (["2.40"], "libraries", "yes")


def test_specs_without_files_may_need_more(client: FlaskClient) -> None:
    answer = needs(client, PARTLY, on="GLIBC=2.17")
    assert newest(answer) == {"GLIBC": ("2.3.4", "bin/p")}
    assert (starts(answer), answer["starts"]) == ({"GLIBC": "yes"}, "unknown")
    assert [each["name"] for each in answer["missing"]] == ["unread"]
    assert answer["coverage"] == {"specs": 2, "without_files": 1}
    assert needs(client, WITHOUT_FILES)["needs"] == []
    static = needs(client, STATIC, on="GLIBC=2.0")
    assert (static["needs"], static["starts"]) == ([], "yes")


@pytest.mark.parametrize("on", ["GLIBC", "GLIBC=new", "MUSL=1.2", "GLIBC=2.17,,=1", "GLIBC=1²"])
def test_what_is_no_version_of_a_system_is_refused(client: FlaskClient, on: str) -> None:
    body = problem(client.get(f"{API}/specs/{APP['hash']}/needs", query_string={"on": on}))
    assert body["status"] == 400
    assert "GLIBC, GLIBCXX, CXXABI, GFORTRAN, GCC" in body["detail"]


def test_a_site_that_there_is_not_is_refused(client: FlaskClient) -> None:
    body = problem(client.get(f"{API}/specs/{APP['hash']}/needs?site=nowhere"))
    assert (body["status"], "no site is named nowhere" in body["detail"]) == (404, True)


def test_the_page_of_a_spec_says_what_it_needs(client: FlaskClient) -> None:
    page = client.get(f"/spec/{APP['hash']}").text
    assert "GLIBC 2.29" in page
    assert "GLIBCXX 3.4.30" in page
    assert "Needs at least" not in client.get(f"/spec/{WITHOUT_FILES['hash']}").text


@pytest.fixture
def specgraph(client: FlaskClient) -> Iterator[Commands]:
    """The commands on a service over that database."""
    with serving.served(client.application) as address:
        yield Commands("--url", address)


def test_the_command_lists_needs_and_says_whether_it_starts(specgraph: Commands) -> None:
    name = APP["hash"]
    rows = [line.split("\t") for line in specgraph.run("needs", name).stdout.splitlines()]
    assert [(row[0], row[1].split(": ")[1]) for row in rows] == [
        ("GLIBC 2.29", "bin/app"),
        ("GLIBCXX 3.4.30", "bin/cxx"),
        ("CXXABI 1.3.13", "bin/cxx"),
        ("GCC 3.0", "bin/cxx"),
    ]
    assert "has all of these versions" in specgraph.table("needs", name, "--on", "GLIBC=2.29")
    done = specgraph.run("needs", name, "--on", "GLIBC=2.28", status=1)
    assert done.stderr == f"app@2.0/{name}: it does not start there\n"
    assert "unread" in specgraph.run("needs", PARTLY["hash"]).stderr
    specgraph.run("needs", name, "--at", "nowhere", status=4)
    specgraph.run("needs", name, "--on", "nothing", status=2)
