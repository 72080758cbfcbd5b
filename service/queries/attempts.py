"""Which attempts a question asks for: statuses, times, and specs in Spack's syntax."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import BadRequest

from cypher.run import Database
from loaders.evidence import Status
from service.queries.node_filter import HIGHEST, wanted
from service.queries.selection import resolve, select
from spec_syntax import SpecConstraint

STATUSES = tuple(status.value for status in Status)
MOST_COUNTED = 10_000
"""Up to so many attempts are counted exactly."""


@dataclass(frozen=True)
class Filter:
    """Which attempts.

    :ivar hashes: of their specs, None for all specs.
    :ivar since: the lowest sort key; `until` the first that is too high.
    """

    hashes: list[str] | None
    statuses: tuple[str, ...]
    phase: str | None
    site: str | None
    since: str
    until: str
    fingerprint: str | None = None

    def parameters(self) -> dict[str, Any]:
        """As the parameters of the statements that all have."""
        return {
            "statuses": list(self.statuses),
            "phase": self.phase,
            "site": self.site,
            "since": self.since,
        }


def specs_tried(database: Database, constraint: SpecConstraint) -> list[str]:
    """Hashes of the specs that satisfy a constraint, those among them that are only named.

    Of the latter only name and version are known: a constraint that asks for more leaves them out.
    """
    if constraint.abstract_hash and constraint == SpecConstraint(
        name=constraint.name, abstract_hash=constraint.abstract_hash
    ):
        found = resolve(database, constraint.abstract_hash)
        return [found] if found else []
    hashes = select(database, constraint)
    if constraint.name is None or not _only_version(constraint):
        return hashes
    intervals = wanted(constraint)["versions"]
    named = database.read_one("stubs_built", name=constraint.name, versions=intervals)
    return [*hashes, *(hash_ for hash_ in named if hash_ not in set(hashes))]


def specs_installed(database: Database, constraint: SpecConstraint) -> list[str]:
    """Hashes of the specs that satisfy a constraint; by a mere name also those without a DAG."""
    hashes = select(database, constraint)
    if constraint.name is None or constraint != SpecConstraint(name=constraint.name):
        return hashes
    named = database.read_one("installed_stubs", name=constraint.name)
    return list(dict.fromkeys([*hashes, *named]))


def _only_version(constraint: SpecConstraint) -> bool:
    plain = SpecConstraint(name=constraint.name, versions=constraint.versions)
    return constraint == plain and not (constraint.versions and constraint.versions.git_refs)


_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}\Z")


def end_of(parameter: str, text: str | None) -> float | None:
    """As :func:`time_of`, but of a date its last moment."""
    found = time_of(parameter, text)
    whole_day = found is not None and _DATE.match((text or "").strip())
    return found + 86_399.999 if found is not None and whole_day else found


def time_of(parameter: str, text: str | None) -> float | None:
    """Seconds since 1970 of a date or time in ISO 8601, in UTC where it names no zone.

    :raises BadRequest: it is neither.
    """
    if text is None or not text.strip():
        return None
    try:
        found = datetime.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadRequest(
            f"{parameter}: {text[:40]!r} is no date: write 2026-11-25 or 2026-11-25T12:30:00Z"
        ) from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=datetime.UTC)
    return found.timestamp()


def bounds(since: float | None, until: float | None) -> tuple[str, str]:
    """The sort keys between which attempts of such times lie."""
    low = "" if since is None else f"{max(0.0, since):017.6f}"
    high = HIGHEST if until is None else f"{max(0.0, until):017.6f}"
    return low, high


def filter_of(database: Database, arguments: Mapping[str, Any], constraint: Any) -> Filter:
    """The filter in some arguments.

    :raises BadRequest: an unknown status or no time.
    :raises AmbiguousHashError: the constraint has a hash that several specs share.
    """
    statuses = tuple(part.strip() for part in (arguments["status"] or "").split(",") if part)
    for status in statuses:
        if status not in STATUSES:
            raise BadRequest(f"status: {status[:40]!r} is none of {', '.join(STATUSES)}")
    times = (time_of(key, arguments[key]) for key in ("since", "until"))
    return Filter(
        None if constraint is None else specs_tried(database, constraint),
        tuple(dict.fromkeys(statuses)) or STATUSES,
        arguments["phase"],
        arguments["site"],
        *bounds(*times),
    )


def attempts(
    database: Database, wanted_: Filter, before: str, limit: int
) -> tuple[list[dict[str, Any]], int, bool]:
    """A page of attempts, newest first.

    :param before: the sort key of the last one that was seen, empty for the start.
    :returns: the items, how many there are in all, and whether that is exact.
    """
    before = before or wanted_.until
    parameters = wanted_.parameters()
    told: dict[str, Any] = {"until": wanted_.until, "before": before, "limit": limit, **parameters}
    if wanted_.fingerprint is not None:
        return _listed(database.read("builds_hit_by", fingerprint=wanted_.fingerprint, **told))
    if wanted_.hashes is not None:
        return _listed(database.read("builds_of", hashes=wanted_.hashes, **told))
    items = database.read_one("builds_in_order", **parameters, before=before, limit=limit)
    total = database.read_one(
        "builds_counted", **parameters, until=wanted_.until, most=MOST_COUNTED + 1
    )
    return items, min(total, MOST_COUNTED), total <= MOST_COUNTED


def _listed(records: Sequence[Any]) -> tuple[list[dict[str, Any]], int, bool]:
    return records[0]["items"], records[0]["total"], True
