"""Logs as pages show them: numbered, marked where errors and warnings are, in windows."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CHUNK = 1_000
"""Lines of a log on one page."""
WHOLE = 160
"""A log of so many lines or fewer is shown whole."""
HEAD, TAIL, AROUND = 5, 20, 6
"""Lines at the start, at the end, and on either side of a marked line that are always shown."""
MOST_WINDOWS = 25
"""Marked lines that have a window of their own."""
_LEFT_OUT = re.compile(r"\[\.\.\. (\d{1,15}) lines left out\]\Z")


@dataclass(frozen=True)
class LogLine:
    """One line.

    :ivar number: from 1, in the whole log of the phase.
    :ivar kind: `error` or `warning` where it is marked, else empty.
    :ivar first: whether it is the first error, of which the build died.
    """

    number: int
    text: str
    kind: str = ""
    first: bool = False


@dataclass(frozen=True)
class Gap:
    """Lines that are not shown.

    :ivar first: number of the first of them; `last` of the last.
    :ivar kept: whether they are stored, and so can be shown.
    """

    first: int
    last: int
    kept: bool = True

    @property
    def lines(self) -> int:
        """How many lines it stands for."""
        return self.last - self.first + 1


Row = LogLine | Gap


def rows_of(
    text: str, findings: Iterable[Mapping[str, Any]], first: int | None, *, capped: bool
) -> list[Row]:
    """A log as rows; what was left out when it was stored is a gap.

    A marked line in such a gap is there all the same: its finding tells it.

    :param text: the log of one phase, as stored.
    :param findings: its errors and warnings.
    :param first: line of the first error, if it is in this phase.
    :param capped: whether a part of it may be left out.
    """
    marks = {each["line"]: each for each in findings}
    rows: list[Row] = []
    number = 1
    for line in text.removesuffix("\n").split("\n") if text else ():
        told = _LEFT_OUT.match(line) if capped else None
        if told:
            rows += _left_out(number, number + int(told[1]) - 1, marks, first)
            number += int(told[1])
            capped = False
            continue
        rows.append(_line(number, line, marks, first))
        number += 1
    return rows


def _line(number: int, text: str, marks: Mapping[int, Mapping[str, Any]], first: Any) -> LogLine:
    kind = marks[number]["kind"] if number in marks else ""
    return LogLine(number, text, kind, kind == "error" and number == first)


def _left_out(
    start: int, end: int, marks: Mapping[int, Mapping[str, Any]], first: Any
) -> Iterator[Row]:
    for number in sorted(marks):
        if start <= number <= end:
            if number > start:
                yield Gap(start, number - 1, kept=False)
            yield _line(number, marks[number]["text"], marks, first)
            start = number + 1
    if start <= end:
        yield Gap(start, end, kept=False)


def windows(rows: Sequence[Row]) -> list[Row]:
    """The rows around the marked lines, with head and tail; gaps in place of the rest."""
    if len(rows) <= WHOLE:
        return list(rows)
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
    """Places of the marked lines: errors first, where there are too many."""
    lines = [(place, row) for place, row in enumerate(rows) if isinstance(row, LogLine)]
    ordered = [place for place, row in lines if row.kind == "error"]
    ordered += [place for place, row in lines if row.kind == "warning"]
    return ordered[:MOST_WINDOWS]


def _folded(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows as gaps: those that are kept apart from those that are not."""
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
    """Number of the last line, 0 of an empty log."""
    if not rows:
        return 0
    last = rows[-1]
    return last.last if isinstance(last, Gap) else last.number


def from_line(rows: Sequence[Row], start: int) -> list[Row]:
    """At most `CHUNK` rows, from a line on."""
    numbers = [row.number if isinstance(row, LogLine) else row.last for row in rows]
    place = bisect_left(numbers, start)
    return list(rows[place : place + CHUNK])


def chunk_start(number: int) -> int:
    """The first line of the page of a log that has some line near its top."""
    return max(number - AROUND, 1)
