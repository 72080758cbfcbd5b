"""Times, durations and variants as text for people."""

import datetime
from collections.abc import Iterable

_SIGNS = {"true": "+", "false": "~"}


def when(seconds: float | None) -> str:
    """A time in UTC, to the minute; empty for none."""
    if not seconds:
        return ""
    try:
        return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return "?"


def duration(seconds: float | None) -> str:
    """How long something took; empty for none."""
    if seconds is None:
        return ""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def as_written(entry: str) -> str:
    """A stored entry as Spack writes it: `+shared`, `~static`, `build_type=Release`."""
    name, _, value = entry.partition("=")
    return f"{_SIGNS[value]}{name}" if value in _SIGNS else entry


def written(entries: Iterable[str]) -> list[str]:
    """Stored entries as Spack writes them."""
    return list(map(as_written, entries))
