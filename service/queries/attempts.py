"""Attempts at building specs: lists by time, and counts by status."""

from dataclasses import dataclass
from typing import Any, TypedDict

from cypher.run import Database
from service.queries.choices import STATUSES
from service.queries.diagnostics import resolve_fingerprint
from service.queries.errors import InvalidQuestionError, SpecLabel
from service.queries.listing import MOST_COUNTED, Dated, Listing, capped_listing
from service.queries.stub_selection import select_attempted
from service.queries.times import sort_key_range
from spec_syntax import SpecConstraint

ADVICE = "narrow it: name a package and a version range, a site, or a time"
"""How to narrow a question about attempts that takes too long."""


class Cause(TypedDict):
    """The first error of the phase that an attempt died in; `line` is in the phase's log."""

    phase: str
    line: int
    text: str
    source_file: str | None
    source_line: int | None
    fingerprint: str


class AttemptItem(Dated):
    """An attempt in a list.

    `spec_uid` is the identity of the spec, if it is stored. `started` is in seconds since 1970,
    `seconds` its duration. `binary` is true if the spec was unpacked from a build cache instead of
    built. `culprit` is the dependency whose failure made Spack skip the attempt.
    """

    uid: str
    spec_uid: str | None
    hash: str
    name: str | None
    version: str | None
    status: str
    failed_phase: str | None
    started: float | None
    seconds: float | None
    spack_version: str | None
    binary: bool | None
    errors: int | None
    warnings: int | None
    site: str | None
    compilers: list[str]
    cause: Cause | None
    culprit: SpecLabel | None


@dataclass(frozen=True, slots=True)
class StatusCount:
    """A status, and the number of attempts that have it.

    Attributes:
        status: The status.
        count: The number.
        exact: Whether `count` is all of them, or counting stopped there.
    """

    status: str
    count: int
    exact: bool


@dataclass(frozen=True, slots=True)
class AttemptFilter:
    """Which attempts to list.

    Attributes:
        constraint: Only attempts at specs that satisfy it.
        statuses: Only attempts with any of these statuses.
        phase: Only attempts that died in this phase.
        site: Only attempts made at this site.
        since: Only attempts started at this time or later, in seconds since 1970.
        until: Only attempts started before this time, in seconds since 1970.
        diagnostic: Only attempts that reported a diagnostic: the start of its fingerprint. Not
            together with a constraint.
    """

    constraint: SpecConstraint | None = None
    statuses: tuple[str, ...] = STATUSES
    phase: str | None = None
    site: str | None = None
    since: float | None = None
    until: float | None = None
    diagnostic: str | None = None

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the include `attempt_filter`, and the statuses."""
        low, high = sort_key_range(self.since, self.until)
        return {
            "statuses": list(self.statuses),
            "phase": self.phase,
            "site": self.site,
            "since": low,
            "until": high,
        }


def parse_statuses(text: str | None) -> tuple[str, ...]:
    """Parse a list of statuses with commas between; none at all means all of them.

    Raises:
        InvalidQuestionError: One of them is unknown.
    """
    statuses = tuple(part.strip() for part in (text or "").split(",") if part)
    for status in statuses:
        if status not in STATUSES:
            raise InvalidQuestionError(f"status: {status[:40]!r} is none of {', '.join(STATUSES)}")
    # A status that is given twice would list and count its attempts twice.
    return tuple(dict.fromkeys(statuses)) or STATUSES


def find_attempts(
    database: Database, criteria: AttemptFilter, before: str, limit: int
) -> Listing[AttemptItem]:
    """Return a part of the attempts that a filter lets through, newest first.

    Args:
        database: The graph.
        criteria: Which attempts.
        before: Sort key of the last attempt of the part before, empty at the start.
        limit: Most attempts.

    Raises:
        InvalidQuestionError: The filter has both a diagnostic and a constraint, or its diagnostic
            is not a fingerprint.
        NotInGraphError: There is no such diagnostic.
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    parameters = criteria.parameters()
    # Pages go from new to old: the first one starts at the upper end of the span of time.
    parameters |= {"before": before or parameters["until"], "limit": limit}
    if criteria.diagnostic is not None:
        fingerprint = resolve_fingerprint(database, criteria.diagnostic)
        if criteria.constraint is not None:
            raise InvalidQuestionError("diagnostic: not together with q")
        found = database.read("attempts_with_diagnostic", fingerprint=fingerprint, **parameters)[0]
        return Listing(found["items"], found["total"])
    if criteria.constraint is not None:
        hashes = select_attempted(database, criteria.constraint)
        found = database.read("attempts_of_specs", hashes=hashes, **parameters)[0]
        return Listing(found["items"], found["total"])
    # There may be millions of attempts in all, so their number is counted up to a limit only.
    found = database.read("attempts_by_time", most=MOST_COUNTED + 1, **parameters)[0]
    return capped_listing(found["items"], found["total"])


def find_attempts_at_spec(database: Database, hash_: str, limit: int) -> Listing[AttemptItem]:
    """Return the newest attempts at the spec with a full hash."""
    parameters = {**AttemptFilter().parameters(), "limit": limit}
    parameters["before"] = parameters["until"]
    found = database.read("attempts_of_specs", hashes=[hash_], **parameters)[0]
    return Listing(found["items"], found["total"])


def count_by_status(database: Database, criteria: AttemptFilter) -> list[StatusCount]:
    """Return how many attempts of each status a filter lets through, its diagnostic aside.

    Returns:
        The statuses that any attempt has, in the order of `STATUSES`. Without a constraint each is
        counted up to `MOST_COUNTED`.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    hashes = None
    if criteria.constraint is not None:
        hashes = select_attempted(database, criteria.constraint)
    rows = database.read_one(
        "attempts_counted_by_status",
        hashes=hashes,
        most=MOST_COUNTED + 1,
        **criteria.parameters(),
    )
    counts: dict[str, int] = {row["status"]: row["count"] for row in rows}
    # Attempts at chosen specs are read one by one, and so are always counted exactly.
    most = MOST_COUNTED if hashes is None else max(counts.values(), default=0)
    return [
        StatusCount(status, min(counts[status], most), counts[status] <= most)
        for status in STATUSES
        if status in counts
    ]
