"""Stored specs that may be put in by a splice."""

from collections.abc import Sequence

from cypher.run import Database
from service.queries.all_specs import find_newest
from service.queries.errors import InvalidQuestionError
from service.queries.parsing import parse_expression
from service.queries.query import Query
from spec_syntax import AllOf, Side

_LOOKED_AT = 200
"""Most stored specs that are looked at, the newest versions of them."""


def find_replacements(
    database: Database,
    text: str,
    most: int,
    site: str | None = None,
    *,
    parameter: str = "with",
) -> tuple[list[str], bool]:
    """Return the newest stored specs that satisfy a query and were not spliced.

    Specs whose builds all failed are left out, see `drop_failed`.

    Args:
        database: The graph.
        text: The query.
        most: Most specs to return.
        site: Name of a site where they must be; None for any.
        parameter: Name of the parameter that has the query, for errors.

    Returns:
        Uids of the specs, the newest version first, and whether these are all.

    Raises:
        ParameterSyntaxError: It is not a query.
        InvalidQuestionError: It is empty.
    """
    expression = parse_expression(parameter, text, Side.SELF)
    if not expression:
        raise InvalidQuestionError(f"{parameter}: empty; name a spec")
    query = Query(AllOf(tuple(expression)), spliced=False, site=site)
    newest, total = find_newest(database, query, _LOOKED_AT)
    left = drop_failed(database, newest)
    return left[:most], total <= _LOOKED_AT and len(left) <= most


def drop_failed(database: Database, uids: Sequence[str]) -> list[str]:
    """Return specs without those that were attempted, but of which no build is known to exist.

    Those are neither built with success, nor installed, nor offered by a build cache. A spec
    without any recorded attempt stays: its build may not have been recorded.
    """
    failed = set(database.read_one("only_failed", uids=list(uids)))
    return [uid for uid in uids if uid not in failed]
