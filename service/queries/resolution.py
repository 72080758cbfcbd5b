"""The one stored spec that a text means where a hash is asked for."""

import re

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.all_specs import find_all
from service.queries.errors import AmbiguousHashError, NotInGraphError, SeveralSpecsError
from service.queries.known_names import find_known_names
from service.queries.parsing import parse_expression
from service.queries.query import Query, SpecPage
from service.queries.roots import find
from service.queries.row_facts import mark_facts
from service.queries.selection import resolve_content
from service.queries.suggestions import find_suggestions
from spec_syntax import Side, SpecConstraint, iter_atoms

MOST_CANDIDATES = 20
"""Most specs that an ambiguous text lists."""
_HASH = re.compile(r"/[a-z2-7]{1,32}(:[0-9a-f]*)?|[a-z2-7]{32}|[a-z2-7]{1,32}:[0-9a-f]*")
_PREFIX = re.compile(r"[a-z2-7]{1,31}")
_WHOLE = re.compile(r"[a-z2-7]{32}")


def whole_hash(text: str) -> str | None:
    """Return the hash if a text is a whole one, of no chosen content."""
    text = text.strip().lower().removeprefix("/")
    return text if _WHOLE.fullmatch(text) else None


def resolve_spec(database: Database, text: str, parameter: str = "hash") -> str:
    """Return the identity of the one spec that a text means.

    It may be a hash, or the start of one, with the start of a content's digest after a colon; or a
    spec that only one root satisfies, or else only one of all specs. A word that may be both is
    the name of a package, if there is one.

    Args:
        database: The graph.
        text: The text.
        parameter: Name of the parameter that holds it.

    Raises:
        ParameterSyntaxError: It is neither a hash nor a spec.
        NotInGraphError: No spec is meant.
        AmbiguousHashError: It is the start of several hashes.
        SeveralSpecsError: Several specs satisfy it.
    """
    text = text.strip()
    if _HASH.fullmatch(text.lower()):
        return _resolve_hash(database, text)
    if _PREFIX.fullmatch(text.lower()) and text not in find_known_names(database, [text]):
        try:
            return _resolve_hash(database, text)
        except NotInGraphError as error:
            suggestions = find_suggestions(database, [SpecConstraint(name=text)])
            advice = (each["message"] for each in suggestions)
            raise NotInGraphError("; ".join((str(error), *advice))) from None
    return _resolve_by_query(database, text, parameter)


def find_meant(database: Database, query: Query) -> SpecPage:
    """Return the roots that satisfy a query, or all specs that do if no root does.

    Args:
        database: The graph.
        query: The conditions.

    Returns:
        At most :data:`MOST_CANDIDATES` specs.
    """
    roots = find(database, query, Position(), MOST_CANDIDATES)
    return roots if roots.items else find_all(database, query, Position(), MOST_CANDIDATES)


def _resolve_hash(database: Database, text: str) -> str:
    try:
        return resolve_content(database, text)
    except AmbiguousHashError as error:
        mark_facts(database, error.candidates)  # type: ignore[arg-type]
        raise


def _resolve_by_query(database: Database, text: str, parameter: str) -> str:
    expressions = parse_expression(parameter, text, Side.SELF)
    if not expressions:
        raise NotInGraphError("no spec is named: give a hash or a spec")
    query = Query(expressions[0])
    page = find_meant(database, query)
    if len(page.items) == 1:
        return page.items[0]["uid"]
    if page.items:
        keys = ("uid", "hash", "name", "version", "spliced", "content", "contents")
        candidates = [{k: v for k, v in item.items() if k in keys} for item in page.items]
        mark_facts(database, candidates)
        raise SeveralSpecsError(parameter, text, candidates)
    constraints = [atom.constraint for atom in iter_atoms(query.expression)]
    advice = [each["message"] for each in find_suggestions(database, constraints)]
    raise NotInGraphError("; ".join((f"no spec satisfies {text}", *advice)))
