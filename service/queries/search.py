"""Find specs: roots by closure edges, all specs by walks."""

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.all_specs import find_all
from service.queries.query import Query, SpecPage
from service.queries.roots import find
from service.queries.running import with_running

ADVICE = (
    "narrow it: name a package and a version range, ask for roots only, or leave out count=exact"
)
"""How to narrow a query that took too long."""


def find_specs(
    database: Database, query: Query, position: Position, limit: int, *, scope: str
) -> SpecPage:
    """Return a page of the specs that a query asks for.

    Args:
        database: The graph.
        query: The question.
        position: The last spec of the page before.
        limit: Most specs of the page.
        scope: `roots` or `all`.

    Raises:
        AmbiguousHashError: A hash in the query is abbreviated too much.
        TooComplexError: The query has too many alternatives.
        BudgetExceededError: It took too long.
        InvalidQuestionError: Too many specs may run with one that the query names.
    """
    search = find if scope == "roots" else find_all

    def find_uids(wider: Query, most: int) -> list[str]:
        return [item["uid"] for item in search(database, wider, Position(), most).items]

    return search(database, with_running(database, query, find_uids), position, limit)
