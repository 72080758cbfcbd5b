"""Stored specs that may be put in by a splice."""

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.all_specs import find_all
from service.queries.errors import InvalidQuestionError
from service.queries.parsing import parse_expression
from service.queries.query import Query, SpecItem
from spec_syntax import AllOf, Side

_LOOKED_AT = 200
"""Most stored specs of which the newest are chosen; of more the first ones, by name and version."""


def find_replacements(
    database: Database, text: str, most: int, site: str | None = None
) -> tuple[list[SpecItem], bool]:
    """Return the newest stored specs that satisfy a query and were not spliced.

    Args:
        database: The graph.
        text: The query, the value of the parameter `with`.
        most: Most specs to return.
        site: Name of a site where they must be; None for any.

    Returns:
        The specs, the newest version first, and whether these are all.

    Raises:
        ParameterSyntaxError: It is not a query.
        InvalidQuestionError: It is empty.
    """
    expression = parse_expression("with", text, Side.SELF)
    if not expression:
        raise InvalidQuestionError("with: empty; name a spec to put in")
    query = Query(AllOf(tuple(expression)), spliced=False, site=site)
    items = find_all(database, query, Position(), _LOOKED_AT).items
    newest = sorted(items, key=lambda item: item["version_key"], reverse=True)
    return newest[:most], len(items) <= most
