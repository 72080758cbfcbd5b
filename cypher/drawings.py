"""The queries of `cypher/drawing_queries/`: each draws what a page shows, in Neo4j Browser.

A file starts with comment lines that describe the drawing. In the query, `$NAME` stands for a value
of the page. Unlike a parameter it is replaced by a literal, so that the query runs as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cypher import texts_in

_VALUE = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True)
class Drawing:
    """One query.

    Attributes:
        name: Name of its file without the suffix.
        summary: What it draws.
        text: The whole file, with names of values.
    """

    name: str
    summary: str
    text: str

    @property
    def values(self) -> frozenset[str]:
        """Names of the values that it needs."""
        return frozenset(_VALUE.findall(self.text))

    def fill(self, literals: Mapping[str, str]) -> str:
        """Return the query with each value replaced by its literal in Cypher."""
        return _VALUE.sub(lambda found: literals[found[1]], self.text)


@cache
def drawings() -> Mapping[str, Drawing]:
    """Return all drawings by their names, sorted."""
    return {name: _parse_drawing(name, text) for name, text in texts_in("drawing_queries").items()}


def _parse_drawing(name: str, text: str) -> Drawing:
    header = [line[2:].strip() for line in text.splitlines() if line.startswith("//")]
    return Drawing(name, " ".join(header), text)
