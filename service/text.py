"""Times, durations, counts, variants and unprintable characters as text for people."""

import datetime
from collections.abc import Iterable

_SIGNS = {"true": "+", "false": "~"}
"""How Spack writes the values of boolean variants, in front of the name."""


def format_time(seconds: float | None) -> str:
    """Return a time in UTC, to the minute; empty if it is unknown.

    Args:
        seconds: Seconds since 1970. Zero counts as unknown.
    """
    if not seconds:
        return ""
    try:
        return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        # Documents may hold any number, and Python's calendar ends with the year 9999.
        return "?"


def format_duration(seconds: float | None) -> str:
    """Return a duration in seconds, minutes or hours; empty if it is unknown."""
    if seconds is None:
        return ""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def format_variant(entry: str) -> str:
    """Return a stored variant as Spack writes it: `+shared`, `~static`, `build_type=Release`."""
    name, _, value = entry.partition("=")
    return f"{_SIGNS[value]}{name}" if value in _SIGNS else entry


def format_variants(entries: Iterable[str]) -> list[str]:
    """Return stored variants as Spack writes them."""
    return list(map(format_variant, entries))


def describe_attempts(succeeded: int, made: int, skipped: int) -> str:
    """Return how many of the attempts made succeeded; if all were skipped, their number."""
    return f"{succeeded}/{made}" if made else f"{skipped} skipped"


def count_noun(count: int, noun: str) -> str:
    """Return a number with a noun, in the plural unless it is one."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def escape_unprintable(text: str) -> str:
    """Return a text with all characters but printable ones as escapes of Python: one line.

    Names of files may have ends of lines and control characters of terminals.
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
