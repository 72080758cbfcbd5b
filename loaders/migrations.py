"""What an older database needs before it is used: run whenever one is opened."""

from cypher import statement
from cypher.run import Database

EDGES_PER_TRANSACTION = 20_000


def migrate(database: Database) -> int:
    """Bring the graph of an older Specgraph into today's form; nothing to do is the usual case.

    A migration that is cut off goes on where it stopped when the database is opened again.

    :returns: the number of edges that were changed.
    :raises neo4j.exceptions.Neo4jError: the database refused.
    """
    text = statement("migrate_reaches").text
    total = 0
    while True:
        done = database.write(
            lambda tx: tx.run(text, {"limit": EDGES_PER_TRANSACTION}).single(strict=True)[0]
        )
        if not done:
            return total
        total += int(done)
