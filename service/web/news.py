"""What came in, what broke and what was spliced in the last week, for the first page."""

import time
from dataclasses import dataclass, replace
from typing import Any, cast

from cypher.run import Database
from service.queries.activity import WEEK, RecentRoot, find_recent_roots
from service.queries.attempts import (
    AttemptFilter,
    AttemptItem,
    StatusCount,
    count_by_status,
    find_attempts,
)
from service.queries.listing import Listing
from service.queries.row_facts import mark_facts
from service.text import format_time

_ITEMS = 5
"""Items of each list."""


@dataclass(frozen=True, slots=True)
class News:
    """What happened in the last seven days.

    Attributes:
        since: Their first day, as in an address.
        roots: Roots that were loaded.
        splices: Spliced ones among them.
        builds: How many builds started, by status.
        failures: The newest builds that failed, also if they are older.
    """

    since: str
    roots: Listing[RecentRoot]
    splices: Listing[RecentRoot]
    builds: list[StatusCount]
    failures: list[AttemptItem]


def find_news(database: Database) -> News:
    """Return what happened in the last week."""
    since = time.time() - WEEK
    week = AttemptFilter(since=since)
    failed = replace(AttemptFilter(), statuses=("failed",))
    roots = find_recent_roots(database, since, _ITEMS)
    splices = find_recent_roots(database, since, _ITEMS, spliced=True)
    failures = list(find_attempts(database, failed, "", _ITEMS).items)
    for items, key in ((roots.items, "uid"), (splices.items, "uid"), (failures, "spec_uid")):
        mark_facts(database, cast(list[dict[str, Any]], items), key)
    return News(format_time(since)[:10], roots, splices, count_by_status(database, week), failures)
