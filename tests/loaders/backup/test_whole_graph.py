"""A backup of everything that the models have, restored in each way."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from graph_models import schema
from loaders.backup.archive import Unit, read_lines
from loaders.backup.import_files import finish_import, write_import_files
from loaders.backup.kinds import KINDS
from loaders.backup.restore import restore_backup
from service.embedded import EmbeddedNeo4j, import_graph
from tests.cli.commands import run
from tests.documents import SPECS, SPLICED
from tests.effort import SOAK
from tests.graph import wipe
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


@pytest.fixture(scope="session")
def everything(
    session_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Any]:
    """A backup of a graph with everything that the models have, and the graph's content."""
    folder = tmp_path_factory.mktemp("backup")
    wipe(session_database)
    write_everything(session_database, folder)
    with session_database.driver.session() as session:
        session.run(STRANGE, text='a\tb\n"c\r\x1e\\').consume()
    back_up(session_database, folder / "everything")
    return folder / "everything", content(session_database)


def test_a_restored_graph_is_the_one_that_was_backed_up(
    everything: tuple[Path, Any], session_database: Database
) -> None:
    path, before = everything
    make_empty(session_database)
    created = restore_backup(session_database, checked(path))
    assert content(session_database) == before
    assert created == {
        kind: count
        for kind, count in checked(path).manifest.nodes.items()
        if kind not in ("Phase", "PhaseReport")
    }
    # Restoring once more changes nothing.
    assert restore_backup(session_database, checked(path)) == {}
    assert content(session_database) == before


def test_a_backup_of_a_restored_graph_has_the_same_lines(
    everything: tuple[Path, Any], session_database: Database, tmp_path: Path
) -> None:
    path, _ = everything
    make_empty(session_database)
    restore_backup(session_database, checked(path))
    back_up(session_database, tmp_path / "again")
    first, second = checked(path).manifest, checked(tmp_path / "again").manifest
    assert first.digests == second.digests
    assert (first.nodes, first.relationships) == (second.nodes, second.relationships)


def test_a_graph_that_holds_a_part_gets_the_rest(
    everything: tuple[Path, Any], session_database: Database
) -> None:
    path, before = everything
    make_empty(session_database)
    store(session_database, *(read(each) for each in [*SPECS[:20], *SPLICED[:4]]))
    own = content(session_database)
    restore_backup(session_database, checked(path))
    after = content(session_database)
    assert len(after[0]) == len(before[0])
    assert [edge for edge in before[1] if edge not in after[1]] == []
    assert [edge for edge in own[1] if edge not in after[1]] == []


@pytest.mark.embedded
def test_an_imported_graph_is_the_one_that_was_backed_up(
    everything: tuple[Path, Any], tmp_path: Path
) -> None:
    path, before = everything
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
    everything: tuple[Path, Any], tmp_path: Path
) -> None:
    path, before = everything
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


def test_units_that_refer_to_others_come_first(everything: tuple[Path, Any]) -> None:
    path, _ = everything
    with path.open("rb") as file:
        kinds = [line.kind for line in read_lines(file) if isinstance(line, Unit)]
    assert kinds == sorted(kinds, key=KINDS.index)
    assert set(kinds) == set(KINDS)
