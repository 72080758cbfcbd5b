"""The offline import gives the graph that transactions give."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from graph_models import schema
from loaders.backup.archive import Unit
from loaders.backup.closures import Closures
from loaders.backup.import_files import NotImportableError, finish_import, write_import_files
from service.embedded import EmbeddedError, EmbeddedNeo4j, has_database, import_graph
from tests.cli.commands import run
from tests.documents import SPECS
from tests.effort import SOAK
from tests.loaders.backup.whole_graph import (
    back_up,
    checked,
    content,
    make_empty,
    write_everything,
)
from tests.loaders.doctor.test_doctor import findings
from tests.loaders.store.test_specs import read, store

STRANGE = "MATCH (b:Build) WITH b LIMIT 1 SET b.message = $text, b.more = ''"
"""Sets a text that could confuse files of lines and tabs, and an empty one."""


@pytest.fixture
def backup(database: Database, tmp_path: Path) -> tuple[Path, Any]:
    """A backup of everything that the models have, and the graph's content."""
    write_everything(database, tmp_path)
    with database.driver.session() as session:
        session.run(STRANGE, text='a\tb\n"c\r\x1e\\').consume()
    back_up(database, tmp_path / "backup")
    return tmp_path / "backup", content(database)


@pytest.mark.embedded
def test_an_imported_graph_is_the_one_that_was_backed_up(
    backup: tuple[Path, Any], tmp_path: Path
) -> None:
    path, before = backup
    rows, data_dir = tmp_path / "rows", tmp_path / "data"
    rows.mkdir()
    files = write_import_files(checked(path), rows)
    import_graph(data_dir, files.options)
    with (
        EmbeddedNeo4j(data_dir, quick=True) as connection,
        Database.connect(connection.uri, connection.user, connection.password) as imported,
    ):
        schema.install_schema(imported.driver)
        finish_import(imported, files)
        assert content(imported) == before


@pytest.mark.soak
@pytest.mark.skipif(not os.environ.get(SOAK), reason="starts Java four times")
@pytest.mark.embedded
def test_the_command_imports_into_a_new_data_directory(
    backup: tuple[Path, Any], tmp_path: Path
) -> None:
    path, before = backup
    data_dir = tmp_path / "data"
    assert "restored: " in run("restore", "--data-dir", str(data_dir), str(path)).stdout
    assert not list(data_dir.glob("import-*"))
    # Now there is a database, so this one goes by transactions, and finds nothing new.
    again = run("restore", "--json", "--data-dir", str(data_dir), str(path)).stdout
    assert json.loads(again) == {"created": {}}
    with (
        EmbeddedNeo4j(data_dir, quick=True) as connection,
        Database.connect(connection.uri, connection.user, connection.password) as imported,
    ):
        assert content(imported) == before
        assert set(findings(imported)) <= {"orphans"}


@pytest.mark.embedded
def test_a_failed_import_leaves_no_database(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="offline import failed"):
        import_graph(tmp_path / "data", ["--nodes=Spec=/does/not/exist.csv"])
    assert not has_database(tmp_path / "data")


def test_a_database_is_never_imported_over(tmp_path: Path) -> None:
    (tmp_path / "data" / "databases").mkdir(parents=True)
    with pytest.raises(EmbeddedError, match="There is a database"):
        import_graph(tmp_path, [])
    assert (tmp_path / "data" / "databases").is_dir()


def test_a_value_that_the_import_cannot_write_is_refused(
    database: Database, tmp_path: Path
) -> None:
    make_empty(database)
    store(database, read(SPECS[0]))
    for number, strange in enumerate(("[1.5]", "1.5", "['']", "['a\\u001fb']")):
        with database.driver.session() as session:
            session.run(f"MATCH (r:Root) SET r.variants = {strange}").consume()
        back_up(database, tmp_path / "backup")
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(NotImportableError):
            write_import_files(checked(tmp_path / "backup"), folder)


def test_closures_follow_build_specs_to_their_ends() -> None:
    def spec(name: str, *edges: tuple[str, str, bool], stripped: bool = False) -> Unit:
        made = [(kind, key, {"runtime": runtime}) for kind, key, runtime in edges]
        return Unit("Spec", name, {"stripped": True} if stripped else {}, made)

    closures = Closures()
    for unit in (
        spec("splice", ("DEPENDS_ON", "new", True), ("SPLICED_FROM", "original", False)),
        spec("original", ("DEPENDS_ON", "old", True), ("DEPENDS_ON", "tool", False)),
        spec("tool", ("SPLICED_FROM", "tool-original", False)),
        spec("new"),
        spec("lost", ("DEPENDS_ON", "new", True), stripped=True),
    ):
        closures.add(unit)
    assert dict(closures.of("splice")) == {
        "DEPLOYED_WITH": ["new", "splice"],
        "BUILT_WITH": ["old", "original", "tool", "tool-original"],
    }
    assert dict(closures.of("lost")) == {"DEPLOYED_WITH": ["lost", "new"], "BUILT_WITH": []}
