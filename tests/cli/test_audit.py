"""`specgraph audit`, and the commands that write."""

import getpass
import json
import socket
from pathlib import Path

from cypher.run import Database
from tests.cli.commands import Commands
from tests.documents import document, dumped, node
from tests.graph import value


def test_commands_that_write_are_recorded_with_their_user(
    specgraph: Commands, tmp_path: Path
) -> None:
    specgraph.run("audit", status=1)
    path = tmp_path / "spec.json"
    path.write_bytes(dumped(document(node("zlib"))))
    specgraph.run("load", str(path), "--site", "lab")
    specgraph.run("token", "create", "--name", "ci")
    specgraph.run("delete", "spec", node("zlib")["hash"], "--yes")
    specgraph.run("gc", status=1)
    specgraph.run("gc", "--dry-run", status=1)
    found = json.loads(specgraph.run("audit", "--json").stdout)["items"]
    assert [(each["method"], each["path"].rpartition("/")[2]) for each in found] == [
        ("COMMAND", "gc"),
        ("DELETE", node("zlib")["hash"]),
        ("COMMAND", "token create"),
        ("COMMAND", "load"),
    ]
    assert {each["name"] for each in found} == {getpass.getuser()}
    assert {each["address"] for each in found} == {socket.gethostname()}
    assert found[-1]["site"] == "lab"
    shown = specgraph.run("audit", "--name", getpass.getuser()).stdout
    assert "COMMAND load" in shown
    specgraph.run("audit", "--name", "nobody", status=1)


def test_old_entries_are_pruned(specgraph: Commands, database: Database) -> None:
    specgraph.run("gc", status=1)
    specgraph.run("prune", "--what", "audit", "--older-than", "1d", "--yes", status=1)
    assert value(database, "MATCH (a:AuditEntry) RETURN count(a)") == 1
    with database.driver.session() as session:
        session.run("MATCH (a:AuditEntry) SET a.uid = '0005' + substring(a.uid, 4)").consume()
    pruned = specgraph.run("prune", "--what", "audit", "--older-than", "1d", "--yes").stdout
    assert pruned == "deleted: 1 AuditEntry\n"
    assert value(database, "MATCH (a:AuditEntry) RETURN a.path") == "prune audit"
