"""The Cypher behind a page, as text to run in Neo4j Browser."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import current_app, g

from cypher import statement
from cypher.drawings import drawings
from cypher.run import Asked

MOST_CHARACTERS = 4_000
"""Parameters with a longer text are only named."""
MOST_IN_ADDRESS = 6_000
"""Queries with a longer address are only shown, as browsers and servers limit addresses."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ENTRY = re.compile(r"\$p\.(\w+)")


@dataclass(frozen=True)
class ShownStatement:
    """One statement that a page ran.

    Attributes:
        name: Name of the statement.
        summary: Its purpose, from its header.
        note: The names of parameters that are too long to show; empty if there are none.
        text: The statement, with the values in place of its parameters unless they are too long.
        href: Address that opens it in Neo4j Browser, None if there is no such address.
    """

    name: str
    summary: str
    note: str
    text: str
    href: str | None


def of_request() -> list[ShownStatement]:
    """Return the statements that the page of this request ran, each once."""
    return shown_statements(g.get("statements", []))


def draw_page(name: str, **values: Any) -> None:
    """Show, first among the statements of this page, the query that draws what it shows.

    Args:
        name: Name of a file in `cypher/drawing_queries/`.
        values: The values of the page that it needs.
    """
    g.drawing = name, values


def draw_matches(items: Sequence[Mapping[str, Any]]) -> None:
    """Show the query that draws the specs of a list, each with the paths to what it matched."""
    found = []
    for item in items:
        matches = (each for some in (item.get("matches") or {}).values() for each in some)
        found.append(
            {"uid": item["uid"], "matches": list(dict.fromkeys(each["uid"] for each in matches))}
        )
    if found:
        draw_page("matches", found=found)


def drawing_of_request() -> ShownStatement | None:
    """Return the query that draws this page, None if it has none or shows too much to draw."""
    name, values = g.get("drawing", ("", {}))
    if not name:
        return None
    found = drawings()[name]
    literals = {key: cypher_literal(value) for key, value in values.items()}
    if sum(map(len, literals.values())) > MOST_CHARACTERS:
        return None
    text = found.fill(literals)
    return ShownStatement(name, found.summary, "", text, browser_address(text))


def shown_statements(asked: list[Asked]) -> list[ShownStatement]:
    """Return reads ready to show: each statement once, with its first parameters."""
    first: dict[str, dict[str, Any]] = {}
    for name, parameters in asked:
        first.setdefault(name, parameters)
    return [_describe_read(name, parameters) for name, parameters in first.items()]


def _describe_read(name: str, parameters: Mapping[str, Any]) -> ShownStatement:
    found = statement(name)
    literals = {key: cypher_literal(value) for key, value in parameters.items()}
    # Lists of thousands of hashes, for example.
    if sum(map(len, literals.values())) > MOST_CHARACTERS:
        note = f"its parameters are too long to show here: {', '.join(parameters)}"
        return ShownStatement(name, found.summary, note, found.text, None)
    text = _ENTRY.sub(lambda entry: literals.get(entry[1], "null"), found.text)
    return ShownStatement(name, found.summary, "", text, browser_address(text))


def browser_address(text: str) -> str | None:
    """Return the address that opens a query in the editor of Neo4j Browser.

    Returns:
        None if the service knows no Neo4j Browser, or if the address would be too long.
    """
    browser: str | None = current_app.config.get("NEO4J_BROWSER_URL")
    if not browser:
        return None
    address = f"{browser}?cmd=edit&arg={quote(text, safe='')}"
    return address if len(address) <= MOST_IN_ADDRESS else None


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
