"""The schema of a database's content, and that of the models, as comparable sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from graph_models import NODE_MODELS, RELATIONSHIP_MODELS
from graph_models.bytes_property import BytesProperty
from graph_models.schema import relationships_of

TYPES = {
    "ArrayProperty": "StringArray",
    "BooleanProperty": "Boolean",
    BytesProperty.__name__: "ByteArray",
    "FloatProperty": "Double",
    "IntegerProperty": "Long",
    "StringProperty": "String",
}
"""Neo4j's name of the stored type by the class of the property."""


@dataclass(frozen=True)
class Schema:
    """A schema as sets of tuples.

    Attributes:
        labels: sets of labels that nodes have.
        node_properties: label, property and type; of several labels the one with a model.
        relationships: label of the start, type, label of the end.
        relationship_properties: type of the relationship, property and type.

    """

    labels: frozenset[frozenset[str]]
    node_properties: frozenset[tuple[str, str, str]]
    relationships: frozenset[tuple[str, str, str]]
    relationship_properties: frozenset[tuple[str, str, str]]

    def without(self, other: "Schema") -> "Schema":
        """Return the part of this schema that another one lacks."""
        return Schema(
            self.labels - other.labels,
            self.node_properties - other.node_properties,
            self.relationships - other.relationships,
            self.relationship_properties - other.relationship_properties,
        )


EMPTY = Schema(frozenset(), frozenset(), frozenset(), frozenset())


def _properties(model: Any) -> Iterable[tuple[str, str]]:
    for name, prop in model.defined_properties(aliases=False, rels=False).items():
        yield name, TYPES[type(prop).__name__]


def schema_of_models() -> Schema:
    """Return the schema that the models declare."""
    labels: set[frozenset[str]] = set()
    relationships: set[tuple[str, str, str]] = set()
    for model in NODE_MODELS:
        own = model.__label__
        optional = getattr(model, "__optional_labels__", ())
        labels |= {frozenset({own}), *(frozenset({own, each}) for each in optional)}
        relationships |= {(own, kind, target) for kind, target in relationships_of(model)}
    return Schema(
        frozenset(labels),
        frozenset((m.__label__, *each) for m in NODE_MODELS for each in _properties(m)),
        frozenset(relationships),
        frozenset((m.__type__, *each) for m in RELATIONSHIP_MODELS for each in _properties(m)),
    )


_LABELS = "MATCH (n) RETURN DISTINCT labels(n) AS labels"
_RELATIONSHIPS = """
MATCH (a)-[r]->(b)
RETURN DISTINCT labels(a) AS source, type(r) AS type, labels(b) AS target
"""
_NODE_PROPERTIES = "CALL db.schema.nodeTypeProperties()"
_RELATIONSHIP_PROPERTIES = "CALL db.schema.relTypeProperties()"


def schema_of_database(database: Database) -> Schema:
    """Return the schema of all nodes and relationships in a database."""
    labels = frozenset(frozenset(row["labels"]) for row in _rows(database, _LABELS))
    return Schema(
        labels,
        frozenset(
            (_modelled(row["nodeLabels"]), row["propertyName"], each)
            for row in _rows(database, _NODE_PROPERTIES)
            for each in row["propertyTypes"] or ()
        ),
        frozenset(
            (_modelled(row["source"]), row["type"], _modelled(row["target"]))
            for row in _rows(database, _RELATIONSHIPS)
        ),
        frozenset(
            (row["relType"].strip(":`"), row["propertyName"], each)
            for row in _rows(database, _RELATIONSHIP_PROPERTIES)
            for each in row["propertyTypes"] or ()
        ),
    )


def _modelled(labels: Iterable[str]) -> str:
    """Return the label with a model; all labels, joined, if not exactly one has a model."""
    modelled = {model.__label__ for model in NODE_MODELS} & set(labels)
    return modelled.pop() if len(modelled) == 1 else ":".join(sorted(labels))


def _rows(database: Database, query: str) -> list[dict[str, Any]]:
    with database.driver.session() as session:
        return session.run(query).data()
