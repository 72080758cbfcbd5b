"""Changes that a database written by an older version needs, made whenever one is opened."""

from neo4j import ManagedTransaction

from cypher.run import Database, run_one

EDGES_PER_TRANSACTION = 20_000


def migrate_graph(database: Database) -> int:
    """Bring the graph of an older Specgraph into today's form; usually there is nothing to do.

    An interrupted migration continues when the database is opened again.

    Returns:
        Number of edges changed.

    Raises:
        neo4j.exceptions.Neo4jError: The database refused.
    """

    def migrate_some(tx: ManagedTransaction) -> int:
        return int(run_one(tx, "migrate_reaches", limit=EDGES_PER_TRANSACTION))

    total = 0
    while done := database.write(migrate_some):
        total += done
    return total
