"""Constraints, indexes and the documentation of the schema, all generated from the models."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from neo4j import Driver, ManagedTransaction, ResultSummary, Session
from neo4j.exceptions import ClientError

from graph_models import NODE_MODELS, RELATIONSHIP_MODELS

_OUTDATED = (
    "DROP CONSTRAINT spec_hash_unique IF EXISTS",
    "DROP INDEX root_name_version_key_hash IF EXISTS",
)
"""Statements that drop what older versions created and today's schema replaces."""

_ALREADY_EXISTS = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"


@dataclass(frozen=True)
class SchemaElement:
    """One constraint or index: its name in the database and the statement that creates it."""

    name: str
    statement: str


def _make_constraint(label: str, prop: str) -> SchemaElement:
    name = f"{label.lower()}_{prop}_unique"
    return SchemaElement(
        name,
        f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{prop} IS UNIQUE",
    )


def _make_index(label: str, props: Sequence[str]) -> SchemaElement:
    name = f"{label.lower()}_{'_'.join(props)}"
    columns = ", ".join(f"n.{prop}" for prop in props)
    return SchemaElement(name, f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON ({columns})")


def _make_fulltext(label: str, prop: str) -> SchemaElement:
    """Return a full-text index of words that spaces separate."""
    name = f"{label.lower()}_{prop}"
    return SchemaElement(
        name,
        f"CREATE FULLTEXT INDEX {name} IF NOT EXISTS FOR (n:{label}) ON EACH [n.{prop}] "
        "OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace'}}",
    )


def _make_text(kind: str, prop: str) -> SchemaElement:
    """Return an index of a property of relationships that finds texts by any part of them."""
    name = f"{kind.lower()}_{prop}"
    return SchemaElement(
        name,
        f"CREATE TEXT INDEX {name} IF NOT EXISTS FOR ()-[r:{kind}]-() ON (r.{prop})",
    )


def _model_properties(model: Any) -> dict[str, Any]:
    return dict(model.defined_properties(aliases=False, rels=False))


def schema_elements() -> list[SchemaElement]:
    """Return every constraint and index that the models declare, in a stable order."""
    elements = []
    for model in NODE_MODELS:
        label = model.__label__
        for name, prop in _model_properties(model).items():
            if prop.unique_index:
                elements.append(_make_constraint(label, name))
            elif prop.index:
                elements.append(_make_index(label, [name]))
        elements += [
            _make_index(label, props) for props in getattr(model, "__composite_indexes__", ())
        ]
        elements += [
            _make_fulltext(label, name) for name in getattr(model, "__fulltext_indexes__", ())
        ]
    for rel in RELATIONSHIP_MODELS:
        elements += [_make_text(rel.__type__, p) for p in getattr(rel, "__text_indexes__", ())]
    # Root is a second label of Spec, not a model. Searches page through roots in this order.
    elements.append(_make_index("Root", ["name", "version_key", "uid"]))
    elements.append(_make_index("Root", ["unsealed"]))
    elements.append(_make_index("Root", ["places"]))
    return elements


def install_schema(driver: Driver, database: str | None = None, *, timeout: int = 300) -> list[str]:
    """Create missing constraints and indexes and wait until every index is online.

    Args:
        driver: a driver connected to the server.
        database: name of the database; the server's default database if None.
        timeout: seconds to wait for the indexes to be populated.

    Returns:
        The names of the constraints and indexes that were created.

    Raises:
        neo4j.exceptions.Neo4jError: if the server refuses, for example because existing data
            violate a unique constraint.

    """
    created = []
    # A cold server takes a second to plan those that are there already.
    present = installed_names(driver, database)
    with driver.session(database=database) as session:
        # A constraint on a property and an index on it cannot exist side by side.
        for statement in _OUTDATED:
            session.execute_write(_run_statement, statement)
        for element in schema_elements():
            if element.name in present:
                continue
            if _create(session, element):
                created.append(element.name)
        session.run("CALL db.awaitIndexes($timeout)", timeout=timeout).consume()
    return created


def _create(session: Session, element: SchemaElement) -> bool:
    """Create a constraint or index, and return whether it was not there yet."""
    try:
        counters = session.execute_write(_run_statement, element.statement).counters
    except ClientError as error:
        # Another process created it between Neo4j's check for it and its creation.
        if error.code != _ALREADY_EXISTS:
            raise
        return False
    return bool(counters.indexes_added or counters.constraints_added)


def _run_statement(tx: ManagedTransaction, statement: str) -> ResultSummary:
    """Run a statement in a transaction that the driver retries.

    Two processes that open a new database at the same time deadlock over its schema.
    """
    return tx.run(statement).consume()


def installed_names(driver: Driver, database: str | None = None) -> set[str]:
    """Return the names of all constraints and indexes in the database."""
    with driver.session(database=database) as session:
        constraints = session.run("SHOW CONSTRAINTS YIELD name RETURN collect(name)").single(True)
        indexes = session.run("SHOW INDEXES YIELD name RETURN collect(name)").single(True)
    return {*constraints[0], *indexes[0]}


def index_states(driver: Driver, database: str | None = None) -> dict[str, str]:
    """Return the states of all indexes, those of constraints included, by name."""
    with driver.session(database=database) as session:
        found = session.run("SHOW INDEXES YIELD name, state RETURN collect([name, state])")
        return dict(found.single(True)[0])


def _type_name(prop: Any) -> str:
    name = type(prop).__name__.removesuffix("Property").lower()
    return "list of strings" if name == "array" else name


def _key_column(prop: Any) -> str:
    if getattr(prop, "unique_index", False):
        return "unique"
    return "indexed" if getattr(prop, "index", False) else ""


def _property_table(model: Any) -> Iterator[str]:
    yield "| property | type | key | description |"
    yield "|---|---|---|---|"
    for name, prop in _model_properties(model).items():
        yield f"| `{name}` | {_type_name(prop)} | {_key_column(prop)} | {prop.help_text} |"


def _model_summary(model: Any) -> str:
    paragraphs = (model.__doc__ or "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def relationships_of(model: Any) -> Iterator[tuple[str, str]]:
    """Yield the type of each relationship that starts at a node of this model, and its end label.

    Args:
        model: one of `NODE_MODELS`.

    """
    definitions = model.defined_properties(aliases=False, rels=True, properties=False)
    for relationship in definitions.values():
        relationship.lookup_node_class()  # resolves the name of the class that it points to
        definition = relationship.definition
        yield definition["relation_type"], definition["node_class"].__label__


def schema_markdown() -> str:
    """Return the schema as Markdown: all labels, relationships, properties and indexes."""
    lines = ["# Graph schema", "", "Generated from `graph_models/` by `specgraph schema --docs`."]
    for model in NODE_MODELS:
        lines += [
            "",
            f"## Node `{model.__label__}`",
            "",
            _model_summary(model),
            "",
            *_property_table(model),
            "",
        ]
        optional = getattr(model, "__optional_labels__", ())
        lines += [f"Optional label: `{label}`.\n" for label in optional]
        lines += [
            f"- `(:{model.__label__})-[:{kind}]->(:{target})`"
            for kind, target in relationships_of(model)
        ]
    for rel in RELATIONSHIP_MODELS:
        lines += ["", f"## Relationship `{rel.__type__}`", "", _model_summary(rel)]
        lines += ["", *_property_table(rel)] if _model_properties(rel) else []
    lines += ["", "## Constraints and indexes", ""]
    lines += [f"- `{element.statement}`" for element in schema_elements()]
    return "\n".join(lines) + "\n"
