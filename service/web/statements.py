"""The Cypher behind a page, as text to paste into Neo4j Browser."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import g

from cypher import query_parameters, statement
from cypher.run import Asked

MOST_CHARACTERS = 4_000
"""Parameters with a longer text are only named."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class ShownStatement:
    """One statement that a page ran.

    Attributes:
        name: Name of the statement.
        summary: Its purpose, from its header.
        parameters: A `:params` line for Neo4j Browser; empty if it has none, or too long ones.
        note: The names of parameters that are too long to show.
        text: The statement.
    """

    name: str
    summary: str
    parameters: str
    note: str
    text: str


def of_request() -> list[ShownStatement]:
    """Return the statements that the page of this request ran, each once."""
    return shown_statements(g.get("statements", []))


def shown_statements(asked: list[Asked]) -> list[ShownStatement]:
    """Return reads ready to show: each statement once, with its first parameters."""
    first: dict[str, dict[str, Any]] = {}
    for name, parameters in asked:
        first.setdefault(name, parameters)
    return [_describe_read(name, parameters) for name, parameters in first.items()]


def _describe_read(name: str, parameters: Mapping[str, Any]) -> ShownStatement:
    found = statement(name)
    line = f":params {cypher_literal(query_parameters(parameters))}" if parameters else ""
    note = ""
    # Lists of thousands of hashes, for example.
    if len(line) > MOST_CHARACTERS:
        line, note = "", f"its parameters are too long to show here: {', '.join(parameters)}"
    return ShownStatement(name, found.summary, line, note, found.text)


def cypher_literal(value: Any) -> str:
    """Return a value as a Cypher literal."""
    # JSON is close to Cypher, but the keys of its maps are quoted, which Cypher does not allow.
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        parts = (f"{_map_key(str(key))}: {cypher_literal(each)}" for key, each in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ", ".join(map(cypher_literal, value)) + "]"
    return json.dumps(value)


def _map_key(name: str) -> str:
    return name if _NAME.match(name) else f"`{name.replace('`', '``')}`"
