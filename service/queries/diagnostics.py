"""Distinct errors and warnings in logs of builds: which are frequent, and which builds hit one."""

import re
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from cypher.run import Database
from service.queries.choices import MOST_VALUES
from service.queries.errors import InvalidQuestionError, NotInGraphError
from service.queries.stub_selection import select_attempted
from spec_syntax import SpecConstraint

_FINGERPRINT = re.compile(r"[0-9a-f]{4,64}\Z")
_FACETS = ("packages", "compilers", "targets", "sites")


class DiagnosticItem(TypedDict):
    """A diagnostic in a list.

    `builds` is the number of attempts that reported it, `stopped` of those that it was the first
    error of, `occurrences` the number of lines in logs. `packages` and `sites` name at most ten.
    """

    fingerprint: str
    kind: str
    text: str
    builds: int
    stopped: int
    occurrences: int
    packages: list[str]
    packages_count: int
    sites: list[str | None]


class ValueCount(TypedDict):
    """A value, and the number of attempts that have it."""

    value: str
    count: int


class DiagnosticSummary(TypedDict):
    """A diagnostic, with the most frequent values of the attempts that reported it.

    There are at most `MOST_VALUES` packages, compilers, targets and sites each.
    """

    fingerprint: str
    kind: str
    text: str
    builds: int
    stopped: int
    occurrences: int
    packages: list[ValueCount]
    compilers: list[ValueCount]
    targets: list[ValueCount]
    sites: list[ValueCount]


@dataclass(frozen=True, slots=True)
class DiagnosticFilter:
    """Which diagnostics to list.

    Attributes:
        constraint: Count only attempts at specs that satisfy it.
        site: Count only attempts made at this site.
        kind: `error` or `warning`; both if None.
        text: A part of the text, with upper and lower case as they are.
        causes: Count only first errors of the phase that an attempt died in.
    """

    constraint: SpecConstraint | None = None
    site: str | None = None
    kind: str | None = None
    text: str | None = None
    causes: bool = False


def rank_diagnostics(
    database: Database, criteria: DiagnosticFilter, skip: int, limit: int
) -> list[DiagnosticItem]:
    """Return a part of the diagnostics, the most frequent first.

    Args:
        database: The graph.
        criteria: Which diagnostics.
        skip: Number of diagnostics before that part.
        limit: Most diagnostics.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    parameters: dict[str, Any] = {
        "kind": criteria.kind,
        "causes": criteria.causes,
        "text": criteria.text,
        "skip": skip,
        "limit": limit,
    }
    # If all attempts count, relationships are counted at the diagnostics, and no attempt is read.
    if criteria.constraint is None and criteria.site is None:
        return list(database.read_one("ranked_diagnostics", **parameters))
    hashes = None
    if criteria.constraint is not None:
        hashes = select_attempted(database, criteria.constraint)
    statement = "ranked_diagnostics_of_attempts"
    return list(database.read_one(statement, hashes=hashes, site=criteria.site, **parameters))


def resolve_fingerprint(database: Database, prefix: str) -> str:
    """Return the fingerprint of the diagnostic that a fingerprint, or the start of one, names.

    Raises:
        InvalidQuestionError: It is not a fingerprint, or several diagnostics have it.
        NotInGraphError: No diagnostic has it.
    """
    _check_fingerprint(prefix)
    found = database.read("diagnostics_by_prefix", prefix=prefix)
    _check_unique(prefix, len(found))
    return str(found[0]["fingerprint"])


def summarize_diagnostic(database: Database, prefix: str) -> DiagnosticSummary:
    """Return which packages, compilers, targets and sites hit a diagnostic.

    Args:
        database: The graph.
        prefix: The diagnostic's fingerprint, or the start of it.

    Raises:
        InvalidQuestionError: It is not a fingerprint, or several diagnostics have it.
        NotInGraphError: No diagnostic has it.
    """
    _check_fingerprint(prefix)
    found = database.read("diagnostic_summaries", prefix=prefix, most=MOST_VALUES)
    _check_unique(prefix, len(found))
    record = found[0]
    facets = {name: record[name] for name in _FACETS}
    return cast(DiagnosticSummary, {**record["diagnostic"], **facets})


def _check_fingerprint(prefix: str) -> None:
    if not _FINGERPRINT.match(prefix):
        raise InvalidQuestionError(
            f"{prefix[:40]!r} is not a fingerprint; use 4 to 64 hexadecimal digits"
        )


def _check_unique(prefix: str, count: int) -> None:
    """Check that a prefix names one diagnostic, given how many have it, counted up to two.

    Raises:
        InvalidQuestionError: Several have it.
        NotInGraphError: None has it.
    """
    if count == 0:
        raise NotInGraphError(f"no diagnostic has a fingerprint that starts with {prefix}")
    if count > 1:
        raise InvalidQuestionError(
            f"several fingerprints start with {prefix}; write more of its digits"
        )
