"""What has happened lately: roots that were loaded, and the builds of each week."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from cypher.run import Database
from service.dags.labels import SpecLabel
from service.queries.choices import STATUSES
from service.queries.contents import mark_contents
from service.queries.listing import MOST_COUNTED, Listing, capped_listing
from service.queries.times import sort_key_range

DAY, WEEK = 86_400, 604_800
"""Seconds of a day and of a week."""
_MONDAY = 4 * DAY
"""The first Monday of 1970 began so many seconds after the year."""
# Sorts before the identifiers of all loads of its second, with and without a fraction.
_LOAD_TIME = "%Y%m%dT%H%M%S"
"""How the id of a load begins; see `loaders.store.rows`."""


class RecentRoot(SpecLabel):
    """A root of a document that was loaded lately.

    `load` is the id of the load, `build_spec` what a spliced root was built as.
    """

    load: str
    build_spec: SpecLabel | None


@dataclass(frozen=True, slots=True)
class WeekOfBuilds:
    """The builds that started in one week.

    Attributes:
        start: Its first moment, a Monday in UTC, in seconds since 1970.
        succeeded: How many succeeded.
        failed: How many failed.
        other: How many ended otherwise, or did not end yet.
    """

    start: float
    succeeded: int = 0
    failed: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        """All builds of the week."""
        return self.succeeded + self.failed + self.other


def find_recent_roots(
    database: Database, since: float, limit: int, *, spliced: bool = False
) -> Listing[RecentRoot]:
    """Return the roots of the documents that were loaded last.

    Args:
        database: The graph.
        since: Only documents loaded at this time or later, in seconds since 1970.
        limit: Most roots.
        spliced: Only spliced roots.
    """
    then = datetime.datetime.fromtimestamp(since, datetime.UTC)
    found = database.read(
        "recent_roots",
        since=then.strftime(_LOAD_TIME),
        spliced=spliced,
        limit=limit,
        most=MOST_COUNTED + 1,
    )[0]
    items: list[RecentRoot] = found["items"]
    mark_contents(database, items)
    mark_contents(database, [each["build_spec"] for each in items if each["build_spec"]])
    return capped_listing(items, found["total"])


def newest_build_time(database: Database, site: str | None = None) -> float | None:
    """Return when the newest build started, in seconds since 1970; None if no time is known."""
    found: float | None = database.read_one("newest_attempt", statuses=list(STATUSES), site=site)
    return found


def count_builds_by_week(
    database: Database, until: float, weeks: int, site: str | None = None
) -> Sequence[WeekOfBuilds]:
    """Return the builds of the last weeks, the oldest first; weeks begin on Monday in UTC.

    Args:
        database: The graph.
        until: A moment of the last week, in seconds since 1970.
        weeks: How many weeks.
        site: Only builds at this site.
    """
    last = (until - _MONDAY) // WEEK * WEEK + _MONDAY
    starts = [last + (index - weeks + 1) * WEEK for index in range(weeks + 1)]
    counts = database.read_one(
        "attempts_by_week",
        starts=[sort_key_range(start, None)[0] for start in starts],
        statuses=list(STATUSES),
        site=site,
    )
    found: list[dict[str, int]] = [{} for _ in range(weeks)]
    for each in counts:
        key = each["status"] if each["status"] in ("succeeded", "failed") else "other"
        week = found[each["week"]]
        week[key] = week.get(key, 0) + each["count"]
    return [WeekOfBuilds(start, **week) for start, week in zip(starts, found, strict=False)]
