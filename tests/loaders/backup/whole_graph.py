"""A graph with everything that the models have, and its content as comparable values."""

from pathlib import Path
from typing import Any

from cypher.run import Database
from loaders.backup.archive import Backup, read_backup
from loaders.backup.dump import WrittenBackup, write_backup
from loaders.backup.kinds import DERIVED_KINDS, DERIVED_PROPERTIES
from loaders.load_options import LoadOptions
from loaders.store.migrations import SCHEMA_VERSION, migrate_graph
from service.app import create_app
from tests.documents import DATA
from tests.graph import wipe
from tests.graph_models.test_written_schema import (
    fail_without_phases,
    replay_monitor,
    store_files,
    submit_to_cdash,
    use_token,
    write_rare_documents,
)
from tests.loading import load
from tests.service.spack_clients.recorded import SAMPLE

_KEY = "coalesce({0}.uid, {0}.digest, {0}.fingerprint, {0}.public_id, {0}.name)"
_NODES = "MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties"
_EDGES = f"""
MATCH (a)-[r]->(b)
RETURN [[l IN labels(a) WHERE l <> 'Root'][0], {_KEY.format("a")}] AS start, type(r) AS type,
  [[l IN labels(b) WHERE l <> 'Root'][0], {_KEY.format("b")}] AS end, properties(r) AS properties
"""


def write_everything(database: Database, folder: Path) -> None:
    """Write the test data in every way that there is, into an empty database."""
    migrate_graph(database)
    load(database, [DATA], LoadOptions(site="lab"))
    load(database, [write_rare_documents(folder)], LoadOptions(site="lab"))
    store_files(database)
    client = create_app(database, {"TESTING": True}).test_client()
    use_token(database, client)
    replay_monitor(client, SAMPLE)
    fail_without_phases(client)
    submit_to_cdash(client, DATA / "reports")


def content(database: Database) -> tuple[list[str], list[str]]:
    """Return all nodes and relationships with all of their properties, sorted; no postings."""
    with database.driver.session() as session:
        nodes = [
            repr((sorted(row["labels"]), _kept(row["properties"])))
            for row in session.run(_NODES)
            if DERIVED_KINDS.isdisjoint(row["labels"])
        ]
        edges = [
            repr((row["start"], row["type"], row["end"], sorted(row["properties"].items())))
            for row in session.run(_EDGES)
        ]
    return sorted(nodes), sorted(edges)


def _kept(properties: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted((k, v) for k, v in properties.items() if k not in DERIVED_PROPERTIES)


def back_up(database: Database, path: Path) -> WrittenBackup:
    return write_backup(database, path, program="of the tests")


def checked(path: Path) -> Backup:
    return read_backup(path, SCHEMA_VERSION)


def make_empty(database: Database) -> None:
    """Leave nothing but the version of the schema."""
    wipe(database)
    migrate_graph(database)


def properties(database: Database, match: str) -> list[dict[str, Any]]:
    """Return the properties of the nodes `n` that a pattern finds."""
    with database.driver.session() as session:
        return [row["p"] for row in session.run(f"MATCH {match} RETURN properties(n) AS p")]
