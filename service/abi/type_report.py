"""Reports of `abidiff` of libabigail about the types of two libraries.

Its exit code has bits: 1 and 2 for errors, 4 for any change and 8 for one that surely breaks. The
bit 4 is set for an added function as well as for a struct that grew, so the report is read: changes
of functions and variables that both libraries have are those that matter here. Of symbols that were
added or removed the dynamic loader decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

FAILED_BITS = 1 | 2
"""Bits of the exit code for errors, and for a wrong command line."""
MOST_CHANGES = 1_000
"""Most changes that are kept of a report."""

_SUMMARY = re.compile(
    r"^(?:Functions|Variables) changes summary: \d+ Removed, (\d+) Changed"
    r"(?: \((\d+) filtered out\))?",
    re.MULTILINE,
)
_CHANGED = re.compile(r"^  \[C\] '(.+?)' (?:at |was changed|has some )", re.MULTILINE)
_TYPE = re.compile(r"'((?:struct|class|union|enum) [^']+)'")
_CALLED = re.compile(r"([\w:~]+)\(")
_LAST_WORD = re.compile(r"([\w:]+)(?:\[[^\]]*\])*$")
_LONGEST = 200


class Outcome(StrEnum):
    """The result of a comparison of types."""

    SAME = "same"
    CHANGED = "changed"
    NO_DEBUG_INFORMATION = "no-debug-information"


@dataclass(frozen=True, slots=True)
class TypeChange:
    """A function or variable of which a type changed.

    Attributes:
        name: Its name; of C++ without the types of its parameters.
        type: The struct, class, union or enum that changed; empty if it is none.
    """

    name: str
    type: str


class UnreadableReportError(ValueError):
    """A report that is not as expected."""


def read_report(report: str, exit_code: int) -> list[TypeChange]:
    """Return the changes of types in a report of `abidiff --redundant`.

    Args:
        report: Its standard output.
        exit_code: Its exit code.

    Raises:
        UnreadableReportError: It failed, or the changes are not as many as the report counts.
    """
    if exit_code & FAILED_BITS:
        raise UnreadableReportError(f"abidiff ended with exit code {exit_code}")
    found = list(_changes_in(report))
    counted = sum(
        int(changed) - int(filtered or 0) for changed, filtered in _SUMMARY.findall(report)
    )
    if counted != len(found):
        raise UnreadableReportError(f"{counted} changes are counted, and {len(found)} described")
    return found[:MOST_CHANGES]


def _changes_in(report: str) -> Iterator[TypeChange]:
    starts = list(_CHANGED.finditer(report))
    for start, following in zip(starts, [*starts[1:], None], strict=False):
        end = following.start() if following else len(report)
        changed = _TYPE.search(report, start.end(), end)
        yield TypeChange(_name_in(start[1])[:_LONGEST], (changed[1] if changed else "")[:_LONGEST])


def _name_in(declaration: str) -> str:
    """Return the name in a declaration, or all of it if no name is found."""
    found = _CALLED.search(declaration) or _LAST_WORD.search(declaration)
    return found[1] if found else declaration
