"""Verdicts that also compare types, and the comparisons that are sent for them."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.elf.facts import ElfFacts, Export, Reference, Use
from loaders.elf.reader import read_elf
from loaders.evidence import SpecName
from loaders.prefixes.contents import PrefixContents, library_file
from loaders.store.libraries import store_libraries, store_prefix
from service.app import create_app
from service.cli.abi_types import has_debug_information
from tests import serving
from tests.cli.commands import Commands
from tests.documents import document, dumped, node
from tests.files_of_specs import elf, store_files
from tests.service.answers import API, get, problem, upload
from tests.web.reading import picture_in

OLD, NEW = (node("libfoo", version) for version in ("1.0", "1.3"))
APP_BUILT = node("app", "2.0", [(OLD, ["link"])])
APP = node("app", "2.0", [(NEW, ["link"])], APP_BUILT)
NAME = "lib/libfoo.so.1"
TOOLS = {name: shutil.which(name) for name in ("gcc", "abidiff", "strip")}
MISSING = [name for name, place in TOOLS.items() if place is None]


def library(**more: Any) -> ElfFacts:
    exports = tuple(Export(name, "", 0, False, False, False) for name in ("total", "other"))
    return elf(soname="libfoo.so.1", exports=exports, has_version_table=False, **more)


def program(foo: dict[str, Any]) -> ElfFacts:
    uses = (Reference("total", "", "", False, False, Use.CALL),)
    rpath = f"/opt/libfoo-{foo['version']}-{foo['hash']}/lib"
    return elf(needed=["libfoo.so.1"], rpath=rpath, references=uses, has_version_table=False)


@pytest.fixture
def pair(database: Database) -> tuple[str, str]:
    """Store a splice with its files; return the identities of the library before and after."""
    client = create_app(database, {"TESTING": True}).test_client()
    upload(client, dumped(document(APP, NEW, APP_BUILT, OLD)))
    store_files(database, APP, {"bin/app": program(NEW)})
    store_files(database, APP_BUILT, {"bin/app": program(OLD)})
    before = store_files(database, OLD, {NAME: library()})
    after = store_files(database, NEW, {NAME: library(build_id="new")})
    return before[NAME], after[NAME]


@pytest.fixture
def client(database: Database, shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


def send(client: FlaskClient, pair: tuple[str, str], outcome: str, *names: str) -> Any:
    item = {
        "before": pair[0], "after": pair[1], "outcome": outcome, "tool": "abidiff 2.2.0",
        "changes": [{"name": name, "type": "struct pair"} for name in names],
    }  # fmt: skip
    return client.post(f"{API}/types", json={"items": [item]})


def judged(client: FlaskClient, level: str = "types") -> Any:
    return get(client, f"/specs/{APP['hash']}/abi", level=level)


def test_a_verdict_at_the_level_types_needs_each_comparison(
    client: FlaskClient, pair: tuple[str, str]
) -> None:
    symbols, types = judged(client, "symbols"), judged(client)
    assert (symbols["verdict"], symbols["level"], symbols["types"]) == ("loads", "symbols", [])
    assert "Types were not compared" in symbols["note"]
    assert (types["verdict"], types["level"], types["findings"]) == ("unknown", "types", [])
    assert types["unknown"] == [f"types of libfoo@1.3/{NEW['hash'][:7]}: {NAME}"]
    (replaced,) = types["types"]
    assert (replaced["before_library"], replaced["after_library"]) == pair
    assert replaced["before_at"] == f"/opt/libfoo-1.0-{OLD['hash']}/{NAME}"
    assert replaced["outcome"] is None
    assert send(client, pair, "no-debug-information").get_json() == {"stored": 1}
    assert judged(client)["verdict"] == "unknown"
    assert send(client, pair, "same").get_json() == {"stored": 1}
    assert (judged(client)["verdict"], judged(client)["unknown"]) == ("loads", [])


def test_a_change_of_what_the_program_uses_breaks_it(
    client: FlaskClient, pair: tuple[str, str]
) -> None:
    send(client, pair, "changed", "other")
    assert (judged(client)["verdict"], judged(client)["findings"]) == ("loads", [])
    send(client, pair, "changed", "total", "other")
    answer = judged(client)
    assert answer["verdict"] == "broken"
    (finding,) = answer["findings"]
    assert (finding["kind"], finding["what"]) == ("type-change", "total: struct pair")
    assert (finding["needed_by"]["path"], finding["by_splice"]) == ("bin/app", True)
    assert finding["provided_before_by"]["version"] == "1.0"
    assert judged(client, "symbols")["verdict"] == "loads"
    # The name is not that of a symbol, as in C++: whoever loads the library may use it.
    send(client, pair, "changed", "ns::total")
    assert [each["what"] for each in judged(client)["findings"]] == ["ns::total: struct pair"]


def test_pages_count_what_was_compared_if_it_decides(
    client: FlaskClient, pair: tuple[str, str]
) -> None:
    page = f"/spec/{APP['hash']}/splice"
    for outcome in ("", "no-debug-information", "same"):
        if outcome:
            send(client, pair, outcome)
        text = client.get(page).text
        assert 'id="abi">It starts</h2>' in text
        assert ("Types were compared" in text) == (outcome == "same")
    send(client, pair, "changed", "total")
    text = client.get(page).text
    assert "It starts, but with other types" in text
    assert "<code>total: struct pair</code>" in text
    labels = [each["label"] for each in picture_in(text)["edges"] if each["role"] == "broken"]
    assert labels == ["total: struct pair changed"]
    assert "It starts, but with other types" in client.get(f"/spec/{APP['hash']}/abi").text


def test_comparisons_are_checked(client: FlaskClient, pair: tuple[str, str]) -> None:
    assert send(client, ("0" * 64, pair[1]), "same").get_json() == {"stored": 0}
    for wrong in (
        send(client, ("x", pair[1]), "same"),
        send(client, pair, "perhaps"),
        send(client, pair, "same", "total"),
        send(client, pair, "changed"),
        client.post(f"{API}/types", json={"items": []}),
    ):
        assert problem(wrong)["status"] == 422
    wrong = client.get(f"{API}/specs/{APP['hash']}/abi?level=all")
    assert problem(wrong)["status"] == 422
    assert judged(client)["types"][0]["outcome"] is None


HEADER = "struct pair {{ {extra}int a; int b; }}; int total(const struct pair *);\n"
SOURCE = HEADER + "int total(const struct pair *p) {{ return p->a + p->b; }}\n"
MAIN = HEADER + "int main(void) {{ struct pair p = {{1, 2}}; return total(&p) != 3; }}\n"


def compile_into(place: Path, source: str, *options: str) -> None:
    place.parent.mkdir(parents=True)
    (place.parent / "source.c").write_text(source)
    gcc = str(TOOLS["gcc"])
    words = [gcc, "-g", "-fPIC", *options, "-o", str(place), "source.c"]
    subprocess.run(words, cwd=place.parent, check=True, capture_output=True)


def store_prefix_of(database: Database, prefix: Path, spec: dict[str, Any], path: str) -> None:
    content = (prefix / path).read_bytes()
    file = library_file(path, hashlib.sha256(content).hexdigest(), len(content), read_elf(content))
    store_libraries(database, [file])
    name = SpecName(spec["hash"], spec["name"])
    contents = PrefixContents(str(prefix), name, str(prefix), "store", 1.0)
    contents.libraries.append(file)
    assert store_prefix(database, contents, site="lab") is not None


@pytest.fixture
def tree(database: Database, tmp_path: Path) -> Path:
    """Compile a splice in which a struct grew, and store its files; return the install tree."""
    client = create_app(database, {"TESTING": True}).test_client()
    upload(client, dumped(document(APP, NEW, APP_BUILT, OLD)))
    places = {}
    for spec in (OLD, NEW, APP_BUILT, APP):
        places[spec["hash"]] = tmp_path / f"{spec['name']}-{spec['version']}-{spec['hash']}"
    for foo, app, extra in ((OLD, APP_BUILT, ""), (NEW, APP, "long pad; ")):
        prefix = places[foo["hash"]]
        options = ("-shared", "-Wl,-soname,libfoo.so.1")
        compile_into(prefix / NAME, SOURCE.format(extra=extra), *options)
        runpath = ("-Wl,--disable-new-dtags", f"-Wl,-rpath,{prefix}/lib", str(prefix / NAME))
        # Options come before the source, but the library has to follow it.
        main = MAIN.format(extra="")
        program_at = places[app["hash"]] / "bin" / "app"
        compile_into(program_at, main, "-Wl,--no-as-needed", *runpath)
        store_prefix_of(database, prefix, foo, NAME)
        store_prefix_of(database, places[app["hash"]], app, "bin/app")
    return tmp_path


@pytest.fixture
def specgraph(client: FlaskClient) -> Iterator[Commands]:
    """The commands on a service over that database."""
    with serving.served(client.application) as address:
        yield Commands("--url", address)


@pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} not installed")
def test_the_command_compares_types_where_the_files_are(
    tree: Path, specgraph: Commands, client: FlaskClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = APP["hash"]
    assert specgraph.json("abi", name)["verdict"] == "loads"
    moved = tmp_path_factory.mktemp("moved") / "linux-x86_64"
    tree.rename(moved)
    elsewhere = specgraph.run("abi", name, "--types", status=1)
    assert "no file here" in elsewhere.stderr
    assert elsewhere.stderr.splitlines()[-1].endswith(
        f"types of libfoo@1.3/{NEW['hash'][:7]}: {NAME}"
    )
    found = specgraph.run("abi", name, "--types", "--tree", str(moved.parent), status=1)
    assert found.stdout.split("\t")[0:3:2] == ["type-change", "total: struct pair"]
    assert found.stderr == f"app@2.0/{name}: broken\n"
    # The result is kept: nothing is compared again.
    assert specgraph.json("abi", name, "--types", status=1)["verdict"] == "broken"
    assert judged(client)["types"][0]["outcome"] == "changed"


@pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} not installed")
def test_stripped_libraries_and_other_contents_are_no_evidence(
    tree: Path, specgraph: Commands, client: FlaskClient, database: Database
) -> None:
    prefix = tree / f"libfoo-1.3-{NEW['hash']}"
    assert has_debug_information(prefix / NAME)
    subprocess.run([str(TOOLS["strip"]), str(prefix / NAME)], check=True)
    assert not has_debug_information(prefix / NAME)
    assert not has_debug_information(prefix / "lib" / "source.c")
    other = specgraph.run("abi", APP["hash"], "--types", status=1)
    assert "the file here has another content" in other.stderr
    store_prefix_of(database, prefix, NEW, NAME)
    specgraph.run("abi", APP["hash"], "--types", status=1)
    assert judged(client)["types"][0]["outcome"] == "no-debug-information"
    assert judged(client)["verdict"] == "unknown"
