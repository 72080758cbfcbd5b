"""Packages, versions, targets, compilers and providers that some roots have, with their counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.errors import InvalidQuestionError
from service.queries.query import Query
from service.queries.roots import PreparedQuery, find
from service.queries.running import with_running

ADVICE = "narrow the filter: name a package, or what it was built or is deployed with"
"""How to narrow a question that took too long."""
MOST_ROOTS = 20_000
"""About how many roots are looked at; if there are more, a fair sample."""

MAX_VIRTUALS = 10
"""Most virtuals whose providers are counted at once."""

_FACETS = ("package", "version", "compiler", "target", "os")


class FacetValue(TypedDict):
    """A value as in spec syntax, and how many of the roots that were looked at have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one facet.

    Attributes:
        distinct: How many values there are.
        values: The most frequent ones, in that order.
    """

    distinct: int = 0
    values: Sequence[FacetValue] = ()


@dataclass(frozen=True, slots=True)
class Facets:
    """The facets of some roots.

    Attributes:
        roots: How many roots there are.
        looked_at: How many of them were looked at.
        facets: Each facet by its name, and each virtual by its own.
    """

    roots: int
    looked_at: int
    facets: Mapping[str, Facet]

    @property
    def exact(self) -> bool:
        """Whether all roots were looked at."""
        return self.looked_at == self.roots


def parse_virtuals(text: str) -> list[str]:
    """Return the virtuals in a text that has commas between them.

    Raises:
        InvalidQuestionError: They are too many.
    """
    virtuals = [part.strip() for part in text.split(",") if part.strip()]
    if len(virtuals) > MAX_VIRTUALS:
        raise InvalidQuestionError(f"virtuals: at most {MAX_VIRTUALS}")
    return virtuals


def find_facets(database: Database, query: Query, virtuals: Sequence[str], limit: int) -> Facets:
    """Return the facets of the roots that a query asks for.

    Args:
        database: The graph.
        query: The question.
        virtuals: Virtuals of which the providers are counted.
        limit: Most values of a facet.

    Raises:
        AmbiguousHashError: A hash in the query is abbreviated too much.
        TooComplexError: The query has too many alternatives.
        BudgetExceededError: It took too long.
    """

    def find_uids(wider: Query, most: int) -> list[str]:
        return [item["uid"] for item in find(database, wider, Position(), most).items]

    query = with_running(database, query, find_uids)
    roots, total = PreparedQuery.of(database, query).sample(MOST_ROOTS)
    uids = [root["uid"] for root in roots]
    rows = database.read_one("facet_values", uids=uids, virtuals=virtuals, limit=limit)
    found = {row["facet"]: Facet(row["distinct"], row["values"]) for row in rows}
    names = (*_FACETS, *virtuals)
    return Facets(total, len(uids), {name: found.get(name, Facet()) for name in names})
