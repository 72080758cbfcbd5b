"""Errors and warnings in the log of a phase.

They are those that Spack's own parser finds (`spack/util/ctest_log_parser.py`, which is CTest's),
by their lines, but

- a compiler's notes belong to the error or warning before them; Spack counts them as warnings;
- where the output of a command that failed comes behind a line that says that it failed, as Ninja's
  and pip's does, that line is no error of its own where an error of the command follows;
- exceptions of Python, and formats of Cray, NVHPC and Fujitsu that Spack does not know, are found;
- a place alone, as in `file.c:12: some text`, does not make a line an error, nor does `FAILED`
  somewhere in it: something has to be said that is known to be wrong.
"""

import itertools
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from loaders.evidence import Finding
from loaders.logs import log_patterns
from loaders.logs.diagnostics import normalise
from loaders.logs.log_patterns import ERROR, NOTE, WARNING, Place

LIMIT = 50
"""Errors, and warnings, kept of one log."""
CONTEXT = 6
"""Lines kept before and after each."""

_BATCH = 64
_LONGEST = 4100
_LONGEST_CONTEXT = 1000
_MOST_NOTES = 10
_NEAR = 12
_FORTRAN_HEADER = re.compile(r"(?P<file>[^\s:][^:]{0,1000}):(?P<line>\d{1,9})[:.]\d+(?:-\d+)?:$")
_FORTRAN_MESSAGE = re.compile(r"(?:Fatal )?Error:|Warning:")
_RUST_ARROW = re.compile(r"\s*--> (?P<file>[^\s:]{1,1000}):(?P<line>\d{1,9})")
_FRAME = re.compile(r'(?P<indent> *)File "(?P<file>[^"]{1,1000})", line (?P<line>\d{1,9})')
_EXCEPTION = re.compile(
    r" *(?:[A-Za-z_]\w{0,100}\.){0,9}(?:[A-Z]\w{0,200}|[a-z]{0,100}error|timeout)(?:: |:?$)"
)
_BUILD_STEP = re.compile(r"\[\d+/\d+\] |ninja: ")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a log holds.

    :ivar findings: by line; the first `LIMIT` errors and the first `LIMIT` warnings.
    :ivar errors: all errors, also those not kept; `warnings` likewise.
    """

    findings: tuple[Finding, ...]
    errors: int
    warnings: int


@dataclass(slots=True)
class _Open:
    """A finding to which lines may still be added."""

    kind: str
    line: int
    text: str
    place: Place | None
    before: tuple[str, ...]
    after: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def close(self) -> Finding:
        place = self.place or self._place_behind()
        message = self.text
        if log_patterns.is_headed(self.text):
            message = " ".join([self.text, *self._indented()])
        return Finding(
            self.kind,
            self.line,
            self.text,
            normalise(message),
            place.file if place else None,
            place.line if place else None,
            self.before,
            tuple(self.after),
            tuple(self.notes),
        )

    def _place_behind(self) -> Place | None:
        """The place that Rust writes behind the message."""
        for line in self.after[:3]:
            found = _RUST_ARROW.match(line)
            if found:
                return Place(found["file"], int(found["line"]))
        return None

    def _indented(self) -> list[str]:
        """The first paragraph behind the line, if it is indented: it holds the message."""
        lines = [line for line in self.after if line.strip()][:1]
        start = self.after.index(lines[0]) if lines else 0
        block = itertools.takewhile(lambda line: line.startswith((" ", "\t")), self.after[start:])
        return [line.strip() for line in itertools.islice(block, 3) if line.strip()]


def scan(lines: Iterable[str], limit: int = LIMIT) -> Scan:
    """The errors and warnings in the lines of a log.

    :param lines: of the whole log without ends, cleaned (:class:`loaders.logs.log_lines.LogLines`).
    :param limit: errors that are kept, and as many warnings; all are counted.
    """
    scanner = Scanner(limit)
    for line in lines:
        scanner.feed(line)
    return scanner.finish()


class Scanner:
    """Finds errors and warnings in the lines of a log, which are fed in turn.

    Time is linear in the size of the log, memory is bounded by the limit.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._line = 0
        self._waiting: list[str] = []
        self._rules: list[log_patterns.Rule] = []
        self._counts = {ERROR: 0, WARNING: 0}
        self._kept: list[_Open] = []
        self._growing: list[_Open] = []
        self._before: deque[str] = deque(maxlen=CONTEXT)
        self._last: tuple[_Open | None, int] = (None, 0)
        self._header: _Open | None = None
        self._place: tuple[Place, int] | None = None
        self._frame: tuple[Place, int, int] | None = None

    def feed(self, line: str) -> None:
        """Take the next line of the log, without its end."""
        self._waiting.append(line[:_LONGEST].rstrip())
        if len(self._waiting) >= _BATCH:
            self._work()

    def _work(self) -> None:
        """Look through the lines that wait; together they need fewer rules to be tried."""
        waiting, self._waiting = self._waiting, []
        self._rules = log_patterns.rules_for("\n".join(waiting))
        for line in waiting:
            self._look_at(line)

    def _look_at(self, line: str) -> None:
        self._line += 1
        text = line.strip()
        short = line if len(line) <= _LONGEST_CONTEXT else f"{line[:_LONGEST_CONTEXT]} [...]"
        if self._growing:
            for each in self._growing:
                each.after.append(short)
            self._growing = [each for each in self._growing if len(each.after) < CONTEXT]
        if text:
            self._take(line, text)
        self._before.append(short)

    def finish(self) -> Scan:
        """What was found in all lines that were fed."""
        self._work()
        self._settle_header()
        kept = sorted(self._kept, key=lambda each: each.line)
        findings = tuple(each.close() for each in kept)
        return Scan(findings, self._counts[ERROR], self._counts[WARNING])

    def _take(self, line: str, text: str) -> None:
        if text[0] in "[n" and _BUILD_STEP.match(text):
            self._settle_header()
        kind = log_patterns.kind_of(text, self._rules) if self._rules else None
        place = self._exception(line, text) if self._frame else None
        if place is not None:
            kind = ERROR
        if kind == NOTE:
            self._note(text)
        elif kind is not None:
            self._find(kind, text, place)
        else:
            self._look_for_place(line, text)

    def _find(self, kind: str, text: str, place: Place | None) -> None:
        header = kind == ERROR and log_patterns.is_header(text)
        if header or (kind == ERROR and not log_patterns.is_weak(text)):
            self._settle_header(dropped=not header)
        if self._counts[kind] >= self._limit and not header:
            self._counts[kind] += 1
            self._last = None, self._line
            return
        place = place or self._where(text)
        found = _Open(kind, self._line, text, place, tuple(self._before))
        self._growing.append(found)
        if header:
            self._header = found
        else:
            self._keep(found)

    def _keep(self, found: _Open) -> None:
        self._counts[found.kind] += 1
        if self._counts[found.kind] <= self._limit:
            self._kept.append(found)
            self._last = found, self._line

    def _settle_header(self, *, dropped: bool = False) -> None:
        """A header of a command's output is an error itself, unless one follows it."""
        header, self._header = self._header, None
        if header is not None and not dropped:
            self._keep(header)

    def _note(self, text: str) -> None:
        found, line = self._last
        if found is None or self._line - line > _NEAR:
            return
        self._last = (found, self._line)
        if len(found.notes) < _MOST_NOTES:
            found.notes.append(text)

    def _where(self, text: str) -> Place | None:
        if self._place and _FORTRAN_MESSAGE.match(text) and self._line - self._place[1] <= _NEAR:
            return self._place[0]
        return log_patterns.place_in(text)

    def _look_for_place(self, line: str, text: str) -> None:
        """Remember places that are told before the message: gfortran's, and frames of Python."""
        if text.endswith(":"):
            found = _FORTRAN_HEADER.match(text)
            if found:
                self._place = Place(found["file"], int(found["line"])), self._line
        elif text.startswith('File "'):
            frame = _FRAME.match(line)
            if frame:
                place = Place(frame["file"], int(frame["line"]))
                self._frame = place, self._line, len(frame["indent"])

    def _exception(self, line: str, text: str) -> Place | None:
        """Where an exception was raised, if the line is one.

        It is the first line behind the frames that stands out from them.
        """
        assert self._frame is not None
        place, since, indent = self._frame
        if len(line) - len(text) > max(indent - 2, 0) and self._line - since <= _NEAR:
            return None
        self._frame = None
        return place if _EXCEPTION.match(line) else None
