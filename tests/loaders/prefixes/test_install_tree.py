"""Programs and libraries of install folders: read, stored by content, and read again."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cypher.run import Database
from loaders.elf.facts import ElfFacts
from loaders.elf.reader import read_elf
from loaders.load_options import LoadOptions
from loaders.pipeline.reports import Outcome
from loaders.store.removal.garbage import collect_garbage
from service.queries.libraries import PrefixFiles, read_facts, read_prefixes
from service.queries.symbols import AskedSymbol, find_symbol
from tests.documents import REWIRED
from tests.graph import SharedGraph, snapshot, value
from tests.loaders.elf.writer import Library
from tests.loading import load

BUILT = "app-1.0-rduow63atur4sld6ilkyew6sah4633m7"
HASH = BUILT[-32:]
OTHER = "ezflhktbsdgr2zuexbx2ynfmjdqmzwl7"
ABI = LoadOptions(site="lab", abi=True)
GOOD = Library(soname="libgood.so.1", needed=("libbar.so.2", "libc.so.6")).content()


def make_prefix(folder: Path) -> Path:
    """Make a prefix with libraries, links, and files that only look like libraries."""
    prefix = folder / BUILT
    shutil.copytree(REWIRED / "opt" / BUILT, prefix)
    library = prefix / "lib"
    library.mkdir(exist_ok=True)
    (library / "libgood.so.1.3").write_bytes(GOOD)
    (library / "libgood.so.1").symlink_to("libgood.so.1.3")
    (library / "libcopy.so").write_bytes(GOOD)
    (library / "libbig.so").write_bytes(Library(bits=32, order=">", machine=20).content())
    (library / "libbroken.so").write_bytes(GOOD[:30])
    (library / "libcut.so").write_bytes(GOOD[:200])
    (library / "libscript.so").write_text("INPUT(-lgood)\n")
    (library / "libarchive.so").write_bytes(b"!<arch>\nxx")
    (library / "libempty.so").write_bytes(b"")
    (library / "stale.pc").write_text(f"libdir=/old/opt/mpi-1-{OTHER}/lib own=/x/{BUILT}/lib\n")
    os.mkfifo(library / "libpipe.so")
    return prefix


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_prefix(tmp_path_factory.mktemp("opt"))


@pytest.fixture
def loaded(shared_graph: SharedGraph, prefix: Path) -> Database:
    shared_graph.hold(f"a prefix at {prefix}", lambda database: load(database, [prefix], ABI))
    return shared_graph.database


def files_of(database: Database, site: str | None = None) -> PrefixFiles:
    return read_prefixes(database, [HASH], site=site)[HASH][0]


def with_sorted_symbols(facts: ElfFacts) -> ElfFacts:
    return replace(
        facts,
        exports=tuple(sorted(facts.exports)),
        references=tuple(sorted(facts.references)),
    )


def test_files_of_a_prefix_are_read_back(loaded: Database, prefix: Path) -> None:
    files = files_of(loaded)
    assert (files.prefix, files.site, files.kind) == (str(prefix), "lab", "store")
    assert (files.hash, files.name, files.complete) == (HASH, "app", True)
    assert set(files.libraries) >= {"lib/libgood.so.1.3", "lib/libcopy.so", "lib/libbig.so"}
    assert files.libraries["lib/libgood.so.1.3"] == files.libraries["lib/libcopy.so"]
    assert files.links["lib/libgood.so.1"] == "libgood.so.1.3"
    assert {path: reason for path, reason in files.refused.items() if "broken" not in path} == {
        "lib/libscript.so": "a text",
        "lib/libarchive.so": "an archive of object files",
        "lib/libempty.so": "an empty file",
        "lib/libpipe.so": "not a regular file",
    }
    assert "lib/libbroken.so" in files.refused
    assert files.texts["lib/stale.pc"] == [OTHER]
    assert files.texts_naming(OTHER) == ["lib/stale.pc"]


def test_files_that_the_manifest_names_and_the_disk_lacks_are_unknown(loaded: Database) -> None:
    assert files_of(loaded).unknown == {"bin/app": "it is in the manifest, but was not there"}


def test_facts_come_back_as_they_were_read(loaded: Database, prefix: Path) -> None:
    files = files_of(loaded)
    facts = read_facts(loaded, files.libraries.values())
    for path, uid in files.libraries.items():
        expected = read_elf((prefix / path).read_bytes())
        assert facts[uid] == with_sorted_symbols(expected), path


def test_symbols_are_found_by_name(loaded: Database) -> None:
    def found(name: str) -> list[tuple[str, str]]:
        files = find_symbol(loaded, AskedSymbol.parse(name), "", 50)
        assert not files.is_cut
        return [(each["role"], each["path"]) for each in files.items]

    good = ["lib/libcopy.so", "lib/libgood.so.1.3"]
    assert set(found("foo_add")) >= {("exports", path) for path in good}
    assert set(found("bar_call")) >= {("imports", path) for path in good}
    assert not found("foo")


def test_second_load_changes_nothing(loaded: Database, prefix: Path) -> None:
    before = without_time(loaded)
    totals, _ = load(loaded, [prefix], ABI)
    assert (totals.counts["libraries"], totals.counts["new_libraries"]) == (4, 0)
    assert totals.counts["new_prefixes"] == 0
    assert without_time(loaded) == before


def without_time(database: Database) -> object:
    nodes, edges = snapshot(database)
    return [[n for n in nodes if "Prefix" not in n[0]], edges]


def test_damaged_files_are_named_and_the_rest_is_stored(database: Database, tmp_path: Path) -> None:
    totals, reports = load(database, [make_prefix(tmp_path)], ABI)
    bad = [Path(each.source).name for each in reports if each.outcome is Outcome.REFUSED]
    assert sorted(bad) == ["libbroken.so", "libcut.so"]
    assert (totals.counts["libraries"], totals.counts["new_libraries"]) == (4, 3)


def test_other_files_replace_those_of_the_same_place_only(
    database: Database, tmp_path: Path
) -> None:
    prefix = make_prefix(tmp_path)
    load(database, [prefix], ABI)
    load(database, [prefix], replace(ABI, site="other"))
    (prefix / "lib" / "libgood.so.1.3").write_bytes(Library(soname="libnew.so").content())
    load(database, [prefix], ABI)
    reads = read_prefixes(database, [HASH])[HASH]
    assert [each.site for each in reads] == ["lab", "other"]
    assert reads[0].libraries != reads[1].libraries
    assert files_of(database, site="other").site == "other"
    (prefix / "lib" / "libcopy.so").unlink()
    load(database, [prefix], replace(ABI, site="other"))
    load(database, [prefix], ABI)
    assert "lib/libcopy.so" not in files_of(database).libraries


def test_nothing_is_read_without_being_asked_for(database: Database, tmp_path: Path) -> None:
    load(database, [make_prefix(tmp_path)], LoadOptions(site="lab"))
    assert read_prefixes(database, [HASH]) == {}


def test_folder_that_was_copied_without_its_prefix_is_not_read(
    database: Database, tmp_path: Path
) -> None:
    shutil.copytree(REWIRED / "opt" / BUILT / ".spack", tmp_path / BUILT / ".spack")
    load(database, [tmp_path], ABI)
    assert read_prefixes(database, [HASH]) == {}


def test_libraries_without_a_prefix_are_garbage(database: Database, tmp_path: Path) -> None:
    load(database, [make_prefix(tmp_path)], ABI)
    with database.driver.session() as session:
        session.run("MATCH (p:Prefix) DETACH DELETE p").consume()
    assert value(database, "MATCH (l:Library) RETURN count(l)") == 3
    collect_garbage(database, grace=-1)
    left = "MATCH (n:Library|SymbolSet|Soname) RETURN count(n)"
    assert value(database, left) == 0
