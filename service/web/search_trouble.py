"""Explain on the search page why a question cannot be answered, and how to mend it."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.exceptions import BadRequest

from cypher.run import BudgetExceededError, Database
from service.paging.cursors import CursorError
from service.queries.completion import find_similar_names
from service.queries.errors import (
    AmbiguousHashError,
    InvalidQuestionError,
    ParameterSyntaxError,
    SpecLabel,
    TooComplexError,
)
from service.queries.known_names import find_known_names, names_in
from service.web.views import address_of
from spec_syntax import Side, SpecSyntaxError, parse_query

TROUBLES = (
    ParameterSyntaxError,
    AmbiguousHashError,
    InvalidQuestionError,
    TooComplexError,
    CursorError,
    BudgetExceededError,
    BadRequest,
)
_SPECS = ("q", "built_with", "deployed_with", "spliced_from")
_MOST_SIMILAR = 400
"""Names with the same first letter among which a similar one is sought."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An explanation of why a question has no answer.

    Attributes:
        status: HTTP status of the page.
        message: The mistake.
        advice: How to mend it.
        parameter: Name of the box at fault, empty if it is none.
        error: The place in that box.
        candidates: Specs of which one was meant, each with the address of that question.
        ways: Other questions, as words and addresses.
    """

    status: int
    message: str
    advice: str = ""
    parameter: str = ""
    error: SpecSyntaxError | None = None
    candidates: list[tuple[SpecLabel, str]] = field(default_factory=list)
    ways: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MissingName:
    """A name that nothing in the graph has.

    Attributes:
        name: The name.
        near: The most similar name that there is, or None.
        href: Address of the question with that name, or None.
    """

    name: str
    near: str | None = None
    href: str | None = None


def trouble_of(error: Exception, given: Mapping[str, str]) -> Trouble:
    """Return the explanation of an error.

    Args:
        error: One of :data:`TROUBLES`; any other is raised again.
        given: The page's parameters.
    """
    match error:
        case ParameterSyntaxError():
            message = error.error.message
            return Trouble(400, message, parameter=error.parameter, error=error.error)
        case AmbiguousHashError():
            return _ambiguous(error, given)
        case TooComplexError():
            advice = "Ask it in parts: fewer alternatives in any of ( ), fewer conditions at once."
            return Trouble(400, "The question has too many alternatives.", advice)
        case CursorError():
            start = [("from the first page", _without(given, "cursor"))]
            message = "This page does not exist: its cursor belongs to another question."
            return Trouble(400, message, ways=start)
        case BudgetExceededError():
            return _time_over(error, given)
        case InvalidQuestionError():
            return Trouble(400, str(error))
        case BadRequest():
            return Trouble(400, str(error.description or "This cannot be asked."))
    raise error


def _without(given: Mapping[str, str], *keys: str) -> str:
    kept = {key: value for key, value in given.items() if key not in keys}
    return address_of("/", **kept)


def _time_over(error: BudgetExceededError, given: Mapping[str, str]) -> Trouble:
    ways = []
    if given["scope"] == "all":
        ways.append(("of roots only, which is much faster", _without(given, "scope", "cursor")))
    if given["count"]:
        ways.append(("without counting all of them", _without(given, "count", "cursor")))
    advice = f"{error.advice[:1].upper()}{error.advice[1:]}."
    return Trouble(504, "The question took too long.", advice, ways=ways)


def _ambiguous(error: AmbiguousHashError, given: Mapping[str, str]) -> Trouble:
    written = f"/{error.prefix}"
    parameter = next((key for key in _SPECS if written in given[key]), "")
    candidates = []
    for spec in error.candidates:
        text = given.get(parameter, "").replace(written, f"/{spec['hash']}", 1)
        asked = {**given, "cursor": "", parameter: text} if parameter else given
        candidates.append((spec, address_of("/", **asked)))
    place = None
    if parameter:
        text = given[parameter]
        message = "several specs have a hash that starts like this"
        place = SpecSyntaxError(message, text, text.index(written), len(written))
    return Trouble(
        409,
        f"Several specs have a hash that starts with {error.prefix}.",
        "Write more of it, or choose one of these:",
        parameter,
        place,
        candidates,
    )


def find_missing_names(database: Database, given: Mapping[str, str]) -> list[MissingName]:
    """Return the names in a question that nothing in the graph has."""
    named = [
        (key, name)
        for key in _SPECS
        if given[key]
        for name in names_in(parse_query(given[key], Side.SELF))
    ]
    known = find_known_names(database, (name for _, name in named))
    return [
        _missing_name(database, given, key, name)
        for key, name in dict.fromkeys(named)
        if name not in known
    ]


def _missing_name(database: Database, given: Mapping[str, str], key: str, name: str) -> MissingName:
    others = find_similar_names(database, name[:1], _MOST_SIMILAR)
    near = next(iter(difflib.get_close_matches(name, others, n=1, cutoff=0.6)), None)
    if near is None:
        return MissingName(name)
    asked = {**given, "cursor": "", key: given[key].replace(name, near, 1)}
    return MissingName(name, near, address_of("/", **asked))
