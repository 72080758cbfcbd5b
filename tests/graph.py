"""The whole graph as plain values, to be compared."""

from typing import Any

from cypher.run import Database

_NODES = """
MATCH (n)
RETURN labels(n) AS labels, properties(n) AS properties
"""
_EDGES = """
MATCH (a)-[r]->(b)
RETURN type(r) AS type, properties(r) AS properties,
  coalesce(a.uid, a.digest, a.hash) AS source, coalesce(b.uid, b.digest, b.hash) AS target
"""
_WHO_AND_WHEN = ("load", "origin")


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(sorted((key, _frozen(each)) for key, each in value.items()))
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def snapshot(database: Database) -> tuple[list[Any], list[Any]]:
    """All nodes and all edges, sorted; who brought them and when left out."""
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
    """The first column of the only record."""
    with database.driver.session() as session:
        return session.run(query, parameters).single(strict=True)[0]
