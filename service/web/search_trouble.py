"""What is wrong with a question, as its page tells it: where, and what to do about it."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from werkzeug.exceptions import BadRequest

from cypher.run import BudgetExceededError, Database
from service.api.problems import ParameterSyntaxError
from service.paging.cursors import CursorError
from service.queries.errors import (
    AmbiguousHashError,
    InvalidQuestionError,
    SpecLabel,
    TooComplexError,
)
from service.web.views import address
from spec_syntax import Side, SpecConstraint, SpecSyntaxError, iter_atoms, parse_query

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
_NEAR = 400


@dataclass(frozen=True)
class Trouble:
    """What a page says of a question that has no answer.

    :ivar message: what is wrong.
    :ivar advice: what to do.
    :ivar parameter: the box at fault, if it is one.
    :ivar error: the place in that box.
    :ivar candidates: specs of which one was meant, each with the address of that question.
    :ivar ways: other questions, as words and addresses.
    """

    status: int
    message: str
    advice: str = ""
    parameter: str = ""
    error: SpecSyntaxError | None = None
    candidates: list[tuple[SpecLabel, str]] = field(default_factory=list)
    ways: list[tuple[str, str]] = field(default_factory=list)


def trouble_of(error: Exception, given: Mapping[str, str]) -> Trouble:
    """What to say of an error that is one of `TROUBLES`.

    :param given: the page's parameters.
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
            message = "This page of the list is not there any more: the question is another one."
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
    return address("/", **kept)


def _time_over(error: BudgetExceededError, given: Mapping[str, str]) -> Trouble:
    ways = []
    if given["scope"] == "all":
        ways.append(("of roots only, which is much faster", _without(given, "scope", "cursor")))
    if given["count"]:
        ways.append(("without counting all of them", _without(given, "count", "cursor")))
    advice = f"{error.advice[:1].upper()}{error.advice[1:]}."
    return Trouble(504, "The time for this question is over.", advice, ways=ways)


def _ambiguous(error: AmbiguousHashError, given: Mapping[str, str]) -> Trouble:
    written = f"/{error.prefix}"
    parameter = next((key for key in _SPECS if written in given[key]), "")
    candidates = []
    for spec in error.candidates:
        text = given.get(parameter, "").replace(written, f"/{spec['hash']}", 1)
        asked = {**given, "cursor": "", parameter: text} if parameter else given
        candidates.append((spec, address("/", **asked)))
    place = None
    if parameter:
        text = given[parameter]
        message = "several specs have a hash that starts so"
        place = SpecSyntaxError(message, text, text.index(written), len(written))
    return Trouble(
        409,
        f"Several specs have a hash that starts with {error.prefix}.",
        "Write more of it, or take one of these:",
        parameter,
        place,
        candidates,
    )


def missing_names(database: Database, given: Mapping[str, str]) -> list[dict[str, str | None]]:
    """The names in a question that nothing in the graph has, each with the nearest that there is.

    :returns: dictionaries of `name`, `near`, and `href`, the question with the nearest name.
    """
    named = [(key, name) for key in _SPECS for name in _names_in(given[key])]
    if not named:
        return []
    names = sorted({name for _, name in named})
    known = database.read_one("names_known", names=names)
    there = {name for name, package, virtual in known if package or virtual}
    return [
        _missing(database, given, key, name)
        for key, name in dict.fromkeys(named)
        if name not in there
    ]


def _missing(
    database: Database, given: Mapping[str, str], key: str, name: str
) -> dict[str, str | None]:
    start = name[:1]
    found = database.read(
        "complete_names", prefix=start, above=f"{start}\uffff", most=_NEAR, counted=1, limit=_NEAR
    )[0]
    others = [each for each, _ in [*found["packages"], *found["virtuals"]]]
    near = next(iter(difflib.get_close_matches(name, others, n=1, cutoff=0.6)), None)
    if near is None:
        return {"name": name, "near": None, "href": None}
    asked = {**given, "cursor": "", key: given[key].replace(name, near, 1)}
    return {"name": name, "near": near, "href": address("/", **asked)}


def _names_in(text: str) -> Iterator[str]:
    if text:
        for atom in iter_atoms(parse_query(text, Side.SELF)):
            yield from _names_of(atom.constraint)


def _names_of(constraint: SpecConstraint) -> Iterator[str]:
    if constraint.name is not None:
        yield constraint.name
    for dependency in constraint.dependencies:
        yield from _names_of(dependency.spec)
