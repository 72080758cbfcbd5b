"""Find errors and warnings in the log of a phase.

The findings are those of Spack's own parser (`spack/util/ctest_log_parser.py`, which is CTest's),
identified by line, with these differences:

- A compiler's notes belong to the preceding error or warning; Spack counts them as warnings.
- Ninja and pip first say that a command failed, then print the command's output. The first line is
  not an error of its own if an error follows in that output.
- A message in the line after the first, as Autoconf prints it, is one error with the first.
- Python exceptions, and formats of Cray, NVHPC and Fujitsu unknown to Spack, are found.
- A position alone, as in `file.c:12: some text`, does not make a line an error, nor does `FAILED`
  somewhere in it: the line has to contain a known error message.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from loaders.evidence import Finding
from loaders.logs import log_patterns
from loaders.logs.diagnostics import normalise_message
from loaders.logs.log_patterns import ERROR, NOTE, WARNING, Place, is_generic_failure
from loaders.logs.message_lines import (
    WINDOW,
    MessageContext,
    complete_message,
    continues_message,
)

LIMIT = 50
"""Maximum number of errors, and of warnings, kept from one log."""
MAX_COUNTED = 100_000
"""Number of errors and warnings at which the search in a log stops."""
CONTEXT = 6
"""Number of lines kept before and after each finding."""

# Number of lines that share one search for hints.
_BATCH = 64
# A capped line with the mark that it was cut.
_LONGEST = 4100
_LONGEST_CONTEXT = 1000
_LONGEST_MESSAGE = 2000
_MAX_NOTES = 10
# Number of lines after which a note or a position no longer belongs to a finding.
_MAX_DISTANCE = 12
_FORTRAN_HEADER = re.compile(r"(?P<file>[^\s:][^:]{0,1000}):(?P<line>\d{1,9})[:.]\d+(?:-\d+)?:$")
_FORTRAN_MESSAGE = re.compile(r"(?:Fatal )?Error:|Warning:")
_RUST_ARROW = re.compile(r"\s*--> (?P<file>[^\s:]{1,1000}):(?P<line>\d{1,9})")
_FRAME = re.compile(r'(?P<indent> *)File "(?P<file>[^"]{1,1000})", line (?P<line>\d{1,9})')
_EXCEPTION = re.compile(
    r" *(?:[A-Za-z_]\w{0,100}\.){0,9}(?:[A-Z]\w{0,200}|[a-z]{0,100}error|timeout)(?:: |:?$)"
)
_BUILD_STEP = re.compile(r"\[\d+/\d+\] |ninja: ")


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The errors and warnings of a log.

    Attributes:
        findings: In order of lines; the first `LIMIT` errors and the first `LIMIT` warnings.
        errors: Number of all errors, kept or not.
        warnings: Number of all warnings, kept or not.
        searched: Number of lines that were searched, if there are more; then there may be more
            errors and warnings than are counted.
    """

    findings: tuple[Finding, ...]
    errors: int
    warnings: int
    searched: int | None = None


@dataclass(slots=True)
class _OpenFinding:
    """A finding to which following lines may still be added."""

    kind: str
    line: int
    text: str
    place: Place | None
    before: tuple[str, ...]
    after: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def make_finding(self, *, explained: bool) -> Finding:
        """Return the finding.

        Args:
            explained: Whether any error of the log says more than that a command failed.
        """
        place = self.place or self._place_in_next_lines()
        context = MessageContext(self.before, self.after, explained)
        message = complete_message(self.text, context)
        return Finding(
            self.kind,
            self.line,
            self.text,
            normalise_message(message),
            place.file if place else None,
            place.line if place else None,
            self.before[-CONTEXT:],
            tuple(self.after[:CONTEXT]),
            tuple(self.notes),
            message=_longer(message, self.text),
        )

    def _place_in_next_lines(self) -> Place | None:
        """Return the position that Rust prints in a line after the message."""
        for line in self.after[:3]:
            arrow = _RUST_ARROW.match(line)
            if arrow:
                return Place(arrow["file"], int(arrow["line"]))
        return None


def drop_guessed_reasons(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings that were read one by one, without reasons that another of them gives.

    A line that only says that a command failed was joined with output next to it. If another
    finding explains the failure, it is not, as in a log that is read as a whole.
    """
    if not any(each.kind == ERROR and not is_generic_failure(each.text) for each in findings):
        return list(findings)
    return [_without_guess(each) if is_generic_failure(each.text) else each for each in findings]


def _without_guess(finding: Finding) -> Finding:
    context = MessageContext(finding.before, finding.after, explained=True)
    message = complete_message(finding.text, context)
    normal = normalise_message(message)
    return replace(finding, normal=normal, message=_longer(message, finding.text))


def _longer(message: str, text: str) -> str | None:
    return None if message == text else message[:_LONGEST_MESSAGE]


def scan_lines(lines: Iterable[str], limit: int = LIMIT) -> ScanResult:
    """Find the errors and warnings in the lines of a log.

    Args:
        lines: All lines of the log, cleaned, without line ends (`loaders.logs.log_lines.LogLines`).
        limit: Maximum number of errors, and of warnings, to keep; all are counted.
    """
    scanner = LogScanner(limit)
    for line in lines:
        scanner.feed_line(line)
    return scanner.finish_scan()


class LogScanner:
    """Finds errors and warnings in lines that are fed one by one.

    Time is linear in the size of the log; memory is bounded by the limit. After `MAX_COUNTED`
    errors and warnings, further lines are left out: nobody reads so many.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._line = 0
        self._searched: int | None = None
        self._is_full = False
        self._batch: list[str] = []
        self._rules: list[log_patterns.Rule] = []
        self._counts = {ERROR: 0, WARNING: 0}
        self._kept: list[_OpenFinding] = []
        self._growing: list[_OpenFinding] = []
        self._before: deque[str] = deque(maxlen=WINDOW)
        self._explained = False
        self._last: tuple[_OpenFinding | None, int] = (None, 0)
        self._header: _OpenFinding | None = None
        self._place: tuple[Place, int] | None = None
        self._frame: tuple[Place, int, int] | None = None

    @property
    def is_full(self) -> bool:
        """Whether further lines are not searched."""
        return self._is_full

    def skip_lines(self) -> None:
        """Note that there are further lines, which are not searched."""
        self._searched = self._line

    def feed_line(self, line: str) -> None:
        """Add the next line of the log, without its line end."""
        if self._is_full:
            self.skip_lines()
            return
        self._batch.append(line[:_LONGEST].rstrip())
        if len(self._batch) >= _BATCH:
            self._scan_batch()

    def _scan_batch(self) -> None:
        """Scan the waiting lines; as a batch they need fewer rules to be tried."""
        batch, self._batch = self._batch, []
        self._rules = log_patterns.possible_rules("\n".join(batch))
        for line in batch:
            self._scan_line(line)
        self._is_full = sum(self._counts.values()) >= MAX_COUNTED

    def _scan_line(self, line: str) -> None:
        self._line += 1
        text = line.strip()
        short = line if len(line) <= _LONGEST_CONTEXT else f"{line[:_LONGEST_CONTEXT]} [...]"
        if self._growing:
            for finding in self._growing:
                finding.after.append(short)
            self._growing = [each for each in self._growing if len(each.after) < WINDOW]
        if text:
            self._classify_line(line, text)
        self._before.append(short)

    def finish_scan(self) -> ScanResult:
        """Return the findings in all lines fed so far."""
        self._scan_batch()
        self._settle_header()
        # A header is kept only once it is settled, which may be after the findings that follow it.
        kept = sorted(self._kept, key=lambda finding: finding.line)
        findings = tuple(each.make_finding(explained=self._explained) for each in kept)
        return ScanResult(findings, self._counts[ERROR], self._counts[WARNING], self._searched)

    def _classify_line(self, line: str, text: str) -> None:
        # Ninja's next step ends the output of the command that failed.
        if text[0] in "[n" and _BUILD_STEP.match(text):
            self._settle_header()
        kind = log_patterns.classify_line(text, self._rules) if self._rules else None
        place = self._exception_place(line, text) if self._frame else None
        if place is not None:
            kind = ERROR
        if kind == NOTE:
            self._add_note(text)
        elif kind is not None:
            self._add_finding(kind, text, place)
        else:
            self._remember_place(line, text)

    def _add_finding(self, kind: str, text: str, place: Place | None) -> None:
        if self._continues_last(text):
            return
        header = kind == ERROR and log_patterns.announces_output(text)
        specific = kind == ERROR and not is_generic_failure(text)
        self._explained = self._explained or specific
        if header or specific:
            self._settle_header(dropped=not header)
        # A header beyond the limit is still followed up: it may not count at all.
        if self._counts[kind] >= self._limit and not header:
            self._counts[kind] += 1
            # Notes that follow belong to this finding, which is not kept, and not to the last kept.
            self._last = None, self._line
            return
        place = place or self._find_place(text)
        finding = _OpenFinding(kind, self._line, text, place, tuple(self._before))
        self._growing.append(finding)
        if header:
            self._header = finding
        else:
            self._keep_finding(finding)

    def _continues_last(self, text: str) -> bool:
        last, line = self._last
        return last is not None and self._line == line + 1 and continues_message(last.text, text)

    def _keep_finding(self, finding: _OpenFinding) -> None:
        self._counts[finding.kind] += 1
        if self._counts[finding.kind] <= self._limit:
            self._kept.append(finding)
            self._last = finding, self._line

    def _settle_header(self, *, dropped: bool = False) -> None:
        """Count the pending header as an error of its own, unless an error followed it."""
        header, self._header = self._header, None
        if header is not None and not dropped:
            self._keep_finding(header)

    def _add_note(self, text: str) -> None:
        finding, line = self._last
        if finding is None or self._line - line > _MAX_DISTANCE:
            return
        self._last = (finding, self._line)
        if len(finding.notes) < _MAX_NOTES:
            finding.notes.append(text)

    def _find_place(self, text: str) -> Place | None:
        if (
            self._place
            and _FORTRAN_MESSAGE.match(text)
            and self._line - self._place[1] <= _MAX_DISTANCE
        ):
            return self._place[0]
        return log_patterns.parse_place(text)

    def _remember_place(self, line: str, text: str) -> None:
        """Remember a position printed before its message, as by gfortran and Python tracebacks."""
        if text.endswith(":"):
            header = _FORTRAN_HEADER.match(text)
            if header:
                self._place = Place(header["file"], int(header["line"])), self._line
        elif text.startswith('File "'):
            frame = _FRAME.match(line)
            if frame:
                place = Place(frame["file"], int(frame["line"]))
                self._frame = place, self._line, len(frame["indent"])

    def _exception_place(self, line: str, text: str) -> Place | None:
        """Return the position where an exception was raised if the line is an exception's message.

        It is the first line after the stack frames that is indented less than they are.
        """
        assert self._frame is not None
        place, since, indent = self._frame
        if len(line) - len(text) > max(indent - 2, 0) and self._line - since <= _MAX_DISTANCE:
            return None
        self._frame = None
        return place if _EXCEPTION.match(line) else None
