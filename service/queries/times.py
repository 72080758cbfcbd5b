"""Dates and times as users write them, and the sort keys of lists ordered by time."""

import datetime
import re

from service.queries.errors import InvalidQuestionError
from service.queries.node_filter import HIGHEST

_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}\Z")
_LAST_MOMENT = 86_399.999
"""Seconds from the start of a day to its last millisecond."""


def parse_time(parameter: str, text: str | None) -> float | None:
    """Parse a date or time in ISO 8601, which is in UTC unless it names a time zone.

    Args:
        parameter: Name of the parameter, for the error's message.
        text: Input of the user.

    Returns:
        Seconds since 1970, or None if the text is absent or blank.

    Raises:
        InvalidQuestionError: The text is neither a date nor a time.
    """
    if text is None or not text.strip():
        return None
    try:
        found = datetime.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidQuestionError(
            f"{parameter}: {text[:40]!r} is not a date; use 2026-11-25 or 2026-11-25T12:30:00Z"
        ) from error
    # Spack writes local times without a zone into logs, which are stored as UTC: so are these.
    if found.tzinfo is None:
        found = found.replace(tzinfo=datetime.UTC)
    return found.timestamp()


def parse_end_time(parameter: str, text: str | None) -> float | None:
    """Parse as :func:`parse_time` does, but return the last moment of a date."""
    found = parse_time(parameter, text)
    # Only a date stands for a whole day; a time with hours is exact.
    if found is None or not _DATE.match((text or "").strip()):
        return found
    return found + _LAST_MOMENT


def sort_key_range(since: float | None, until: float | None) -> tuple[str, str]:
    """Return the sort keys between which attempts lie that started in a span of time.

    Args:
        since: Seconds since 1970, or None for no lower limit.
        until: The first moment that is too late, or None for no upper limit.

    Returns:
        The lowest sort key, and the first that is too high. Both compare to the sort keys that
        `loaders.store.attempt_rows.sort_key` writes.
    """
    # Ten digits of seconds, a point and six of microseconds, padded with zeros: text of one length
    # has the order of the times. It has no sign, so times before 1970 count as 1970.
    low = "" if since is None else f"{max(0.0, since):017.6f}"
    high = HIGHEST if until is None else f"{max(0.0, until):017.6f}"
    return low, high


def load_time(load: str) -> float:
    """Return the time at which a load began, in seconds since 1970; 0 if its id has none."""
    try:
        return datetime.datetime.fromisoformat(load.partition("-")[0]).timestamp()
    except ValueError:
        return 0.0
