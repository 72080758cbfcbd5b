"""Parse the filters of a question."""

from collections.abc import Mapping
from typing import Any

from service.queries.errors import ParameterSyntaxError
from service.queries.query import Query
from spec_syntax import AllOf, Expression, Side, SpecSyntaxError, parse_query


def parse_expression(parameter: str, text: str | None, side: Side) -> list[Expression]:
    """Parse a filter in spec syntax with `not`, `any of` and sides; empty if there is no text.

    Args:
        parameter: Name of the filter, for the error.
        text: The filter.
        side: The side of specs that name none themselves.

    Raises:
        ParameterSyntaxError: It is not a query.
    """
    if text is None or not text.strip():
        return []
    try:
        return [parse_query(text, side)]
    except SpecSyntaxError as error:
        raise ParameterSyntaxError(parameter, error) from error


def query_of(arguments: Mapping[str, Any]) -> Query:
    """Build the query from arguments that a `FilterArguments` schema has loaded.

    Raises:
        ParameterSyntaxError: One of them is not a query.
    """
    parts = parse_expression("q", arguments["q"], Side.SELF)
    for side in (Side.BUILT_WITH, Side.DEPLOYED_WITH, Side.SPLICED_FROM):
        parts += parse_expression(side.value, arguments[side.value], side)
    expression = parts[0] if len(parts) == 1 else AllOf(tuple(parts))
    return Query(expression, arguments["spliced"], arguments.get("count") == "exact")
