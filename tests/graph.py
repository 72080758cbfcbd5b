"""Emptying the tests' database, sharing its graph, and comparing it as plain values."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from cypher.run import Database

_NODES = """
MATCH (n) WHERE NOT n:AuditEntry
RETURN labels(n) AS labels, properties(n) AS properties
"""
_EDGES = """
MATCH (a)-[r]->(b)
RETURN type(r) AS type, properties(r) AS properties,
  coalesce(a.uid, a.digest, a.hash) AS source, coalesce(b.uid, b.digest, b.hash) AS target
"""
_WHO_AND_WHEN = ("load", "origin", "read_at")

Loaded = TypeVar("Loaded")


def wipe(database: Database) -> None:
    """Delete every node and relationship; constraints and indexes stay."""
    with database.driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 2000 ROWS").consume()


class SharedGraph:
    """A graph in the tests' database for several tests that only read it.

    Loading takes longer than most questions, so a loaded graph is kept for the next test that
    asks for it, in this or another module, unless anything was written in between.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._name = ""
        self._bookmark: frozenset[str] = frozenset()
        self._loaded: Any = None

    def hold(self, name: str, load: Callable[[Database], Loaded]) -> Loaded:
        """Load a graph into the emptied database, unless it is still there.

        Args:
            name: Identifies the graph; use one name for one graph only.
            load: Fills the empty database.

        Returns:
            The result of `load`, which may be that of an earlier call.
        """
        if self._name != name or self._bookmark != _last_write(self.database):
            wipe(self.database)
            loaded = load(self.database)
            self._name, self._bookmark = name, _last_write(self.database)
            self._loaded = loaded
            return loaded
        return cast("Loaded", self._loaded)


def _last_write(database: Database) -> frozenset[str]:
    """Return the server's bookmark, which changes only if a transaction has written something."""
    with database.driver.session() as session:
        session.run("RETURN 1").consume()
        return session.last_bookmarks().raw_values


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(sorted((key, _frozen(each)) for key, each in value.items()))
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def snapshot(database: Database) -> tuple[list[Any], list[Any]]:
    """Return all nodes and all edges, sorted, without the origin and time of their load."""
    with database.driver.session() as session:
        nodes = [
            (
                tuple(sorted(record["labels"])),
                _frozen({k: v for k, v in record["properties"].items() if k not in _WHO_AND_WHEN}),
            )
            for record in session.run(_NODES)
        ]
        edges = [
            (record["type"], record["source"], record["target"], _frozen(record["properties"]))
            for record in session.run(_EDGES)
        ]
    return sorted(nodes, key=repr), sorted(edges, key=repr)


def value(database: Database, query: str, **parameters: Any) -> Any:
    """Return the first column of the only record."""
    with database.driver.session() as session:
        return session.run(query, parameters).single(strict=True)[0]


def count_by_type(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return the number of nodes by their first label, and of relationships by their type.

    The version of the schema, which is written when a service connects, and the audit do not count.
    """
    with database.driver.session() as session:
        nodes = session.run(
            "MATCH (n) WHERE NOT n:Counter|AuditEntry "
            "RETURN labels(n)[0] AS l, count(*) AS n ORDER BY l"
        ).data()
        edges = session.run("MATCH ()-[r]->() RETURN type(r) AS t, count(*) AS n ORDER BY t").data()
    return {"nodes": nodes, "edges": edges}
