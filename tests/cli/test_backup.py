import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from cypher.run import Database
from loaders.store.migrations import SCHEMA_VERSION
from service.cli import main
from tests.cli.commands import Commands, run
from tests.documents import SPECS
from tests.loaders.backup.whole_graph import content, make_empty
from tests.loaders.store.test_specs import read, store


def without_audit(database: Database) -> tuple[list[str], list[str]]:
    """Return the graph's content, but not that a command has restored it."""
    nodes, edges = content(database)
    return [node for node in nodes if not node.startswith("(['AuditEntry']")], edges


@pytest.fixture
def filled(database: Database) -> Database:
    make_empty(database)
    store(database, read(SPECS[0]))
    return database


def test_a_backup_is_private_complete_and_restorable(
    specgraph: Commands, filled: Database, tmp_path: Path
) -> None:
    before = without_audit(filled)
    file = tmp_path / "graph.zst"
    assert "1 Document" in specgraph.run("backup", str(file)).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["graph.zst"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    checked = json.loads(run("backup", "--check", "--json", str(file)).stdout)
    assert (checked["nodes"]["Document"], checked["schema"]) == (1, SCHEMA_VERSION)
    make_empty(filled)
    created = specgraph.json("restore", str(file))["created"]
    assert created == checked["nodes"]
    assert without_audit(filled) == before


def test_a_backup_goes_through_a_pipe(specgraph: Commands, filled: Database) -> None:
    before = without_audit(filled)
    backup = specgraph.run("backup", "-").stdout_bytes
    make_empty(filled)
    assert "1 Document" in specgraph.run("restore", "-", given=backup).stdout
    assert without_audit(filled) == before


def test_a_refused_file_stores_nothing(
    specgraph: Commands, filled: Database, tmp_path: Path
) -> None:
    file = tmp_path / "graph.zst"
    specgraph.run("backup", str(file))
    file.write_bytes(file.read_bytes()[:-100])
    make_empty(filled)
    before = without_audit(filled)
    assert "cannot be restored" in specgraph.run("restore", str(file), status=1).stderr
    assert "truncated" in run("backup", "--check", str(file), status=1).stderr
    assert "not a backup" in specgraph.run("restore", str(SPECS[0]), status=1).stderr
    assert without_audit(filled) == before


def test_a_file_that_cannot_be_written_leaves_nothing_behind(
    specgraph: Commands, filled: Database, tmp_path: Path
) -> None:
    missing = tmp_path / "missing" / "graph.zst"
    assert "cannot be written" in specgraph.run("backup", str(missing), status=3).stderr
    (tmp_path / "folder").mkdir()
    specgraph.run("backup", str(tmp_path / "folder"), status=2)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_newer_graph_is_refused_and_left_as_it_is(
    specgraph: Commands, filled: Database, tmp_path: Path
) -> None:
    with filled.driver.session() as session:
        session.run("MATCH (c:Counter {name: 'schema'}) SET c.value = 99").consume()
    before = without_audit(filled)
    for words in (("backup", str(tmp_path / "x")), ("load", str(SPECS[1])), ("token", "list")):
        assert "has version 99 of the schema" in specgraph.run(*words, status=3).stderr
    assert without_audit(filled) == before


def test_an_older_graph_is_backed_up_first_if_that_is_asked_for(
    specgraph: Commands, filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if a later version of this program opened the graph.
    monkeypatch.setattr("loaders.store.migrations.SCHEMA_VERSION", 1_000)
    file = tmp_path / "first.zst"
    specgraph.run("load", "--backup-first", str(file), str(SPECS[0]))
    checked = json.loads(run("backup", "--check", "--json", str(file)).stdout)
    assert (checked["schema"], checked["nodes"]["Document"]) == (SCHEMA_VERSION, 1)
    assert specgraph.json("doctor")[0]["ok"]
    file.unlink()
    specgraph.run("load", "--backup-first", str(file), str(SPECS[0]))
    assert not file.exists()


def test_an_older_graph_is_migrated_after_a_notice(specgraph: Commands, filled: Database) -> None:
    with filled.driver.session() as session:
        session.run("MATCH (c:Counter {name: 'schema'}) SET c.value = 1").consume()
    notice = specgraph.run("token", "list", status=1).stderr
    assert "has version 1 of the schema and is migrated" in notice
    assert "copy the data directory" in notice
    assert "migrated" not in specgraph.run("token", "list", status=1).stderr


def test_a_backup_says_whose_graph_it_is_and_that_it_is_empty(
    specgraph: Commands, database: Database, tmp_path: Path
) -> None:
    make_empty(database)
    runner = CliRunner(env={"SPECGRAPH_URL": "http://127.0.0.1:9"})
    said = runner.invoke(main, ["backup", str(tmp_path / "graph.zst"), *specgraph.options]).stderr
    assert "not the service in SPECGRAPH_URL" in said
    assert "backed up: nothing, as the graph is empty" in said
