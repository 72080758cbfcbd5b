"""Logs for pages: lines numbered and marked if they hold an error or warning, and excerpts."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.queries.attempt_details import Finding

CHUNK = 1_000
"""Lines of a log on one page."""
WHOLE = 160
"""Lines of the longest log that is shown whole."""
HEAD, TAIL, AROUND = 5, 20, 6
"""Lines of an excerpt at the start, at the end, and on either side of a marked line."""
MOST_WINDOWS = 25
"""Marked lines that an excerpt shows; errors come before warnings."""
_LEFT_OUT = re.compile(r"\[\.\.\. (\d{1,15}) lines left out\]\Z")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line.

    Attributes:
        number: Its number in the whole log of the phase, from 1.
        text: The line.
        kind: `error` or `warning` if it is marked, else empty.
        first: Whether it is the first error, the one that the build died of.
    """

    number: int
    text: str
    kind: str = ""
    first: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines that are not shown.

    Attributes:
        first: Number of the first of them.
        last: Number of the last of them.
        kept: Whether they are stored, and so can be shown.
    """

    first: int
    last: int
    kept: bool = True

    @property
    def lines(self) -> int:
        """Return the number of lines that it stands for."""
        return self.last - self.first + 1


Row = LogLine | Gap
Marks = Mapping[int, Finding]
"""Errors and warnings by the number of their line."""


def rows_of(
    text: str, findings: Iterable[Finding], first: int | None, *, capped: bool
) -> list[Row]:
    """Split a log into rows; the lines left out when it was stored become a gap.

    A marked line in such a gap is a row nevertheless, with the text of its finding.

    Args:
        text: The log of one phase, as stored.
        findings: Its errors and warnings.
        first: Number of the line with the first error, if that is in this phase.
        capped: Whether a part of the log may be left out.
    """
    marks = {each["line"]: each for each in findings}
    rows: list[Row] = []
    number = 1
    for line in text.removesuffix("\n").split("\n") if text else ():
        gap = _LEFT_OUT.match(line) if capped else None
        if gap:
            rows += _left_out(number, number + int(gap[1]) - 1, marks, first)
            number += int(gap[1])
            # A log has one such gap: a later line that looks like one is the build's own.
            capped = False
            continue
        rows.append(_line(number, line, marks, first))
        number += 1
    return rows


def _line(number: int, text: str, marks: Marks, first: int | None) -> LogLine:
    kind = marks[number]["kind"] if number in marks else ""
    return LogLine(number, text, kind, kind == "error" and number == first)


def _left_out(start: int, end: int, marks: Marks, first: int | None) -> Iterator[Row]:
    for number in sorted(marks):
        if start <= number <= end:
            if number > start:
                yield Gap(start, number - 1, kept=False)
            yield _line(number, marks[number]["text"], marks, first)
            start = number + 1
    # Lines after the last marked one; none if that is the last line of the gap.
    if start <= end:
        yield Gap(start, end, kept=False)


def excerpt(rows: Sequence[Row]) -> list[Row]:
    """Return the rows around the marked lines, the head and the tail, with gaps between them."""
    if len(rows) <= WHOLE:
        return list(rows)
    # The head shows the command, the tail how the phase ended.
    shown: set[int] = {*range(HEAD), *range(len(rows) - TAIL, len(rows))}
    for place in _marked(rows):
        shown.update(range(max(place - AROUND, 0), min(place + AROUND + 1, len(rows))))
    found: list[Row] = []
    before = -1
    for place in sorted(shown):
        if place > before + 1:
            found += _folded(rows[before + 1 : place])
        found.append(rows[place])
        before = place
    return found


def _marked(rows: Sequence[Row]) -> list[int]:
    """Return the indexes of the marked lines to show, errors first."""
    lines = [(place, row) for place, row in enumerate(rows) if isinstance(row, LogLine)]
    # Of too many marked lines the warnings are left out first.
    ordered = [place for place, row in lines if row.kind == "error"]
    ordered += [place for place, row in lines if row.kind == "warning"]
    return ordered[:MOST_WINDOWS]


def _folded(rows: Sequence[Row]) -> Iterator[Row]:
    """Fold rows into gaps; lines that are stored and lines that are not are never in one gap."""
    start: int | None = None
    for row in rows:
        if isinstance(row, Gap):
            if start is not None:
                yield Gap(start, row.first - 1)
            yield row
            start = None
        elif start is None:
            start = row.number
    if start is not None:
        last = rows[-1]
        yield Gap(start, last.last if isinstance(last, Gap) else last.number)


def last_line(rows: Sequence[Row]) -> int:
    """Return the number of the last line, 0 for an empty log."""
    if not rows:
        return 0
    last = rows[-1]
    return last.last if isinstance(last, Gap) else last.number


def from_line(rows: Sequence[Row], start: int) -> list[Row]:
    """Return at most `CHUNK` rows, starting with the one that has a line."""
    # A gap is found by any of its lines, so that a link to a line that was left out works.
    numbers = [row.number if isinstance(row, LogLine) else row.last for row in rows]
    place = bisect_left(numbers, start)
    return list(rows[place : place + CHUNK])


def chunk_start(number: int) -> int:
    """Return the first line of a page of a log that shows a line near its top."""
    return max(number - AROUND, 1)
