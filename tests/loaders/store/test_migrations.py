from cypher.run import Database
from loaders.store.migrations import migrate_graph
from tests.documents import SPECS, SPLICED
from tests.graph import snapshot
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
    assert snapshot(database) == before
    assert migrate_graph(database) == 0
