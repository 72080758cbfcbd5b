"""Parse the arguments of a question."""

from collections.abc import Mapping
from typing import Any

from service.queries.errors import ParameterSyntaxError
from service.queries.filters import SPEC_FILTERS
from service.queries.query import Query
from spec_syntax import (
    AllOf,
    Expression,
    Side,
    SpecConstraint,
    SpecSyntaxError,
    parse_query,
    parse_spec,
)


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


def parse_one(parameter: str, text: str | None) -> SpecConstraint | None:
    """Parse a parameter that is one spec, without `not`, `any of` and sides; None if it is empty.

    Raises:
        ParameterSyntaxError: It is not a spec.
    """
    if text is None or not text.strip():
        return None
    try:
        return parse_spec(text)
    except SpecSyntaxError as error:
        raise ParameterSyntaxError(parameter, error) from error


def query_of(arguments: Mapping[str, Any]) -> Query:
    """Build the query from the values of all filters.

    Args:
        arguments: The value of each filter by its name, None for none; `count` is `exact` to count
            all specs.

    Raises:
        ParameterSyntaxError: One of them is not a query.
    """
    parts: list[Expression] = []
    for each in SPEC_FILTERS:
        assert each.side is not None, "filters in spec syntax have a side"
        parts += parse_expression(each.name, arguments[each.name], each.side)
    return Query(
        expression=parts[0] if len(parts) == 1 else AllOf(tuple(parts)),
        spliced=arguments["spliced"],
        site=name_of(arguments["site"]),
        environment=name_of(arguments["environment"]),
        exact=arguments.get("count") == "exact",
        runs_with=parse_one("runs_with", arguments["runs_with"]),
    )


def name_of(text: str | None) -> str | None:
    """Return the value of a filter by name; None if it is absent or empty."""
    return (text or "").strip() or None
