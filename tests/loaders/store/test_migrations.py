import gzip
import json
from pathlib import Path
from typing import Any

from cypher.run import Database
from loaders.backup.archive import read_backup
from loaders.backup.dump import write_backup
from loaders.backup.restore import restore_backup
from loaders.doctor.examination import examine
from loaders.specs.document import parse_document
from loaders.store.migrations import SCHEMA_VERSION, migrate_graph, stored_version
from service.queries.stored_dags import load_document
from tests.documents import DATA, SPECS, SPLICED
from tests.graph import snapshot, value, wipe
from tests.loaders.backup.whole_graph import content
from tests.loaders.store.test_contents import CONTENTS
from tests.loaders.store.test_specs import read, store

_RESTORE_REACHES = """
MATCH (r:Root)-[:BUILT_WITH|DEPLOYED_WITH]->(x:Spec)
WITH DISTINCT r, x
CREATE (r)-[:REACHES {
  build: EXISTS { (r)-[:BUILT_WITH]->(x) }, runtime: EXISTS { (r)-[:DEPLOYED_WITH]->(x) }
}]->(x)
"""


def test_closure_edges_of_an_older_database_are_migrated(database: Database) -> None:
    store(database, *(read(path) for path in [*SPECS, *SPLICED]))
    before = snapshot(database)
    with database.driver.session() as session:
        session.run(_RESTORE_REACHES).consume()
        session.run("MATCH ()-[old:BUILT_WITH|DEPLOYED_WITH]->() DELETE old").consume()
    assert snapshot(database) != before
    assert migrate_graph(database) > 0
    assert migrate_graph(database) == 0
    with database.driver.session() as session:
        session.run("MATCH (c:Counter {name: 'schema'}) DELETE c").consume()
    assert snapshot(database) == before


def restore_older_graph(database: Database, name: str = "graph") -> None:
    """Write a graph that an older version wrote; by default that before contents."""
    with gzip.open(DATA / "older-graph" / f"{name}.json.gz") as file:
        graph = json.load(file)

    def revive(stored: Any) -> Any:
        return bytes.fromhex(stored["__bytes__"]) if isinstance(stored, dict) else stored

    nodes = [
        {"place": place, "labels": labels, "p": {k: revive(v) for k, v in properties.items()}}
        for place, (labels, properties) in enumerate(graph["nodes"])
    ]
    edges = [
        {"a": a, "type": kind, "b": b, "p": properties}
        for a, kind, b, properties in graph["relationships"]
    ]
    with database.driver.session() as session:
        session.run(
            "UNWIND $nodes AS n CREATE (x:$(n.labels)) SET x = n.p, x.place = n.place", nodes=nodes
        ).consume()
        session.run(
            "UNWIND $edges AS e MATCH (a {place: e.a}) MATCH (b {place: e.b}) "
            "CREATE (a)-[r:$(e.type)]->(b) SET r = e.p",
            edges=edges,
        ).consume()
        session.run("MATCH (x) REMOVE x.place").consume()


def test_a_graph_of_hashes_becomes_one_of_contents(database: Database) -> None:
    restore_older_graph(database)
    documents = "MATCH (d:Document) WITH d ORDER BY d.digest RETURN collect(d.digest)"
    loads = "MATCH (d:Document) WITH d ORDER BY d.digest RETURN collect(d.load)"
    before = value(database, documents), value(database, loads)
    events = "MATCH (x)-[e:BUILT|OF]->(s) WITH type(e) + left(s.hash, 7) AS event ORDER BY event "
    events += "RETURN collect(event)"
    happened = value(database, events)
    assert migrate_graph(database) > 0
    assert (value(database, documents), value(database, loads)) == before
    assert value(database, events) == happened
    assert value(database, "MATCH (s:Spec) WHERE s.stub RETURN count(s)") == 0
    assert value(database, "MATCH (x:Outdated|Disputed) RETURN count(x)") == 0
    assert value(database, CONTENTS) == [
        ["53qonj3", True, "rduow63", "1.3"],
        ["5dkacqu", True, "rduow63", "1.0"],
        ["dv7fgjo", True, "rduow63", "1.0"],
        ["ekhqpr4", True, "rduow63", "1.4"],
        ["ezflhkt", True, "rduow63", "1.0"],
        ["rduow63", False, None, "1.0"],
        ["zyvos4c", True, "ekhqpr4", "1.1"],
    ]
    for digest in before[0]:
        uid = value(database, f"MATCH (:Document {{digest: '{digest}'}})-->(s:Spec) RETURN s.uid")
        dag = load_document(database, uid, digest)
        assert dag is not None
        assert parse_document(dag.original_document(), allow_unverified=True).digest == digest
    assert migrate_graph(database) == 0


def test_a_graph_of_version_2_is_opened_and_nothing_is_wrong(
    database: Database, tmp_path: Path
) -> None:
    restore_older_graph(database, "version-2")
    assert stored_version(database) == 2
    write_backup(database, tmp_path / "backup", program="0")
    migrate_graph(database)
    assert stored_version(database) == SCHEMA_VERSION
    wrong = {check.name: finding for check, finding in examine(database) if finding.wrong}
    assert wrong.keys() <= {"orphans"}, wrong
    assert value(database, "MATCH (d:Document) RETURN count(d)") == 53
    assert value(database, "MATCH (b:Build) RETURN count(b)") == 41
    migrated = content(database)
    # A backup from before the migration is migrated when it is restored.
    wipe(database)
    restore_backup(database, read_backup(tmp_path / "backup", SCHEMA_VERSION))
    migrate_graph(database)
    assert content(database) == migrated


def test_splices_of_an_older_graph_get_their_pure_hashes(database: Database) -> None:
    store(database, *(read(path) for path in SPLICED))
    pure = "MATCH (s:Spec {spliced: true})<-[:BUILT_WITH|DEPLOYED_WITH]-() WITH DISTINCT s "
    pure += "ORDER BY s.uid RETURN collect([s.uid, s.pure_hash])"
    before = value(database, pure)
    assert all(hash_ for _, hash_ in before)
    with database.driver.session() as session:
        session.run("MATCH (s:Spec) REMOVE s.pure_hash").consume()
        session.run("MERGE (c:Counter {name: 'schema'}) SET c.value = 3").consume()
    assert migrate_graph(database) > 0
    assert value(database, pure) == before
