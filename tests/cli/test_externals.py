"""`specgraph load --external`, and verdicts by the files of external specs."""

from pathlib import Path

import pytest

from cypher.run import Database
from loaders.elf.facts import Export
from tests.cli.commands import Commands
from tests.documents import document, dumped, node
from tests.files_of_specs import elf, store_files
from tests.graph import snapshot, value
from tests.loaders.elf.writer import Library

ELF = Library(soname="libgood.so.1").content()


def external(name: str, path: str) -> dict[str, object]:
    return node(name, "1.0", external={"path": path, "module": None})


def test_libraries_are_stored_for_all_external_specs_with_the_prefix(
    specgraph: Commands, database: Database, tmp_path: Path
) -> None:
    prefix = tmp_path / 'a "quoted" prefix'
    (prefix / "lib").mkdir(parents=True)
    (prefix / "lib/libgood.so.1").write_bytes(ELF)
    specs = [external("vendor", f"{prefix}"), external("other", f"{prefix}/")]
    below = external("below", f"{prefix}/lib")
    root = node("app", "1.0", [(each, ["link"]) for each in (*specs, below)])
    (tmp_path / "app.json").write_bytes(dumped(document(root, *specs, below)))

    words = ("load", "--site", "lab", "--external", str(prefix))
    refused = specgraph.json(*words, status=1)
    assert "no external spec of the graph has this prefix" in str(refused["documents"])
    found = specgraph.run(*words, str(tmp_path / "app.json"))
    assert "1 libraries, 1 of them new, for other@1.0/" in found.stdout
    query = "MATCH (s)-[:INSTALLED_IN]->(p:Prefix {kind: 'external'})-[:AT]->({name: 'lab'}) "
    assert sorted(value(database, f"{query} RETURN collect(s.name)")) == ["other", "vendor"]
    before = snapshot(database)
    again = specgraph.json(*words)
    assert [each["outcome"] for each in again["documents"]] == ["known"]
    assert snapshot(database) == before
    assert "libgood.so.1" in specgraph.run("provides", "libgood.so.1").stdout
    (prefix / "lib/libgood.so.1").write_bytes(ELF[:40])
    damaged = specgraph.run(*words, status=1)
    assert "damaged ELF file" in damaged.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Give PATHS or --external"),
        (("--external-folder", "lib", "."), "--external-folder needs one --external"),
        (("--external", ".", "--url", "http://127.0.0.1:9"), "cannot be used with --url"),
    ],
)
def test_words_that_make_no_sense_are_refused(words: tuple[str, ...], message: str) -> None:
    assert message in Commands().run("load", *words, status=2).stderr


def test_verdicts_find_libraries_in_external_prefixes(
    specgraph: Commands, database: Database, tmp_path: Path
) -> None:
    libc, vendor = external("glibc", "/usr"), external("vendor", "/opt/vendor")
    app = node("app", "1.0", [(libc, ["link"]), (vendor, ["link"])])
    (tmp_path / "app.json").write_bytes(dumped(document(app, libc, vendor)))
    specgraph.run("load", str(tmp_path / "app.json"))
    program = elf(
        needed=["libvendor.so.1", "libsystem.so.1"],
        versions={"libc.so.6": ["GLIBC_2.34"]},
        runpath="/opt/vendor/lib",
    )
    store_files(database, app, {"bin/app": program})
    before = specgraph.run("abi", app["hash"], status=1)
    assert ": unknown" in before.stderr

    exported = (Export("from_glibc_2.34", "GLIBC_2.34", 2, False, False, False),)
    system = {
        "lib/x86_64-linux-gnu/libc.so.6": elf(
            soname="libc.so.6", definitions=["GLIBC_2.34"], exports=exported
        ),
        "lib/x86_64-linux-gnu/libsystem.so.1": elf(soname="libsystem.so.1"),
    }
    files = {"lib/libvendor.so.1": elf(soname="libvendor.so.1")}
    store_files(database, libc, system, kind="external", prefix="/usr")
    store_files(database, vendor, files, kind="external", prefix="/opt/vendor")
    answer = specgraph.json("abi", app["hash"])
    assert (answer["verdict"], answer["unknown"], answer["findings"]) == ("loads", [], [])
    assert {each["name"] for each in answer["runs_with"]} == {"app", "glibc", "vendor"}

    hidden = dict(system)
    hidden["lib/other/libsystem.so.1"] = hidden.pop("lib/x86_64-linux-gnu/libsystem.so.1")
    store_files(database, libc, hidden, kind="external", prefix="/usr", read_at=1.5)
    answer = specgraph.json("abi", app["hash"], status=1)
    assert [each["what"] for each in answer["findings"]] == ["libsystem.so.1"]

    old = {**system, "lib/x86_64-linux-gnu/libc.so.6": elf(soname="libc.so.6", definitions=["A"])}
    store_files(database, libc, old, kind="external", prefix="/usr", read_at=2.0)
    answer = specgraph.json("abi", app["hash"], status=1)
    assert answer["verdict"] == "broken"
    kinds = {(each["kind"], each["what"]) for each in answer["findings"]}
    assert ("missing-version", "GLIBC_2.34") in kinds

    store_files(database, libc, system, kind="external", prefix="/usr", read_at=3.0)
    other = {"lib/libother.so.1": elf(soname="libother.so.1")}
    store_files(database, vendor, other, kind="external", prefix="/opt/vendor", read_at=3.0)
    answer = specgraph.json("abi", app["hash"], status=1)
    assert [each["what"] for each in answer["findings"]] == ["libvendor.so.1"]
    elsewhere = {"lib64/libvendor.so.1": elf(soname="libvendor.so.1")}
    store_files(database, vendor, elsewhere, kind="external", prefix="/opt/vendor", read_at=4.0)
    assert specgraph.json("abi", app["hash"], status=1)["verdict"] == "unknown"
