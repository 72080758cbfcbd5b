"""Read the phases of an attempt from logs: text, errors and warnings in one pass."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from loaders.evidence import Phase, Status
from loaders.logs.cleaning import STAGE, CappedText, parse_phase_marker
from loaders.logs.log_lines import LineBatch, LogLine, LogLines
from loaders.logs.log_parser import LogScanner
from loaders.logs.redaction import Redactor

MAX_PHASES = 100
"""Maximum number of phases in one log; the rest of the log belongs to the last one."""
_MARKED = "Executing phase"
"""A text in each line that `parse_phase_marker` recognizes."""


class _PhaseReader:
    """A phase while its lines are being read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.blank = True
        self._kept = CappedText()
        self._scanner = LogScanner()

    def add_line(self, line: LogLine) -> None:
        self.blank = self.blank and not line.text.strip()
        self._kept.add_line(line)
        self._scanner.feed_line(line.text)

    def add_batch(self, batch: LineBatch) -> None:
        self.blank = self.blank and not "".join(batch.raw).strip()
        if self._scanner.is_full:
            self._kept.add_unread(batch)
            self._scanner.skip_lines()
            return
        self._kept.add_batch(batch)
        for text in batch.texts:
            self._scanner.feed_line(text)

    def make_phase(
        self, order: int, status: Status, seconds: float | None, unread: str | None = None
    ) -> Phase:
        scanned = self._scanner.finish_scan()
        return Phase(
            self.name,
            order,
            status,
            seconds,
            self._kept.make_log(unread, scanned.searched),
            scanned.findings,
            scanned.errors,
            scanned.warnings,
        )


def read_phase(
    name: str,
    order: int,
    status: Status,
    stream: BinaryIO | bytes,
    redactor: Redactor | None = None,
    seconds: float | None = None,
) -> Phase:
    """Read a phase with its log and the errors and warnings in it.

    Args:
        name: Name of the phase.
        order: Position among the attempt's phases, starting at 0.
        status: How the phase ended.
        stream: The phase's uncompressed log; it is never held in memory as a whole.
        redactor: Removes secrets from the log and the findings; None keeps them.
        seconds: Duration of the phase.

    Raises:
        OSError: The stream cannot be read.
    """
    lines = LogLines(stream, redactor=redactor)
    reader = _PhaseReader(name)
    for batch in lines.batches():
        reader.add_batch(batch)
    return reader.make_phase(order, status, seconds, lines.unread)


def read_phases(
    stream: BinaryIO | bytes,
    status: Status,
    redactor: Redactor | None = None,
    failed_phase: str | None = None,
    seconds: Mapping[str, float] | None = None,
) -> tuple[Phase, ...]:
    """Read the phases of a log that covers all of them, split at Spack's markers.

    Lines of findings count from the marker, which is line 1 of its phase. Text before the first
    marker is a phase named `stage`, unless it is blank. A repeated phase gets a number after its
    name: `build (2)`.

    Args:
        stream: The uncompressed log; it is never held in memory as a whole.
        status: How the attempt ended. The last phase gets this status, those before it succeeded.
        redactor: Removes secrets from the logs and the findings; None keeps them.
        failed_phase: Name of the phase that failed, if known: this phase and those after it get
            `status` instead of only the last one.
        seconds: Duration of each phase, by name.

    Raises:
        OSError: The stream cannot be read.
    """
    lines = LogLines(stream, redactor=redactor)
    readers = [each for each in _split_lines(lines) if each.name != STAGE or not each.blank]
    names = [reader.name for reader in readers]
    last = len(readers) - 1
    ended = names.index(failed_phase) if failed_phase in names else last
    durations = seconds or {}
    return tuple(
        reader.make_phase(
            order,
            status if order >= ended else Status.SUCCEEDED,
            durations.get(reader.name),
            lines.unread if order == last else None,
        )
        for order, reader in enumerate(readers)
    )


def _split_lines(lines: LogLines) -> Iterator[_PhaseReader]:
    counts: dict[str, int] = {}
    reader = _PhaseReader(STAGE)
    for batch in lines.batches():
        if not any(_MARKED in line for line in batch.raw):
            reader.add_batch(batch)
            continue
        for line in batch.lines():
            marker = parse_phase_marker(line.text)
            if marker is not None and sum(counts.values()) < MAX_PHASES:
                yield reader
                name = marker[1]
                counts[name] = counts.get(name, 0) + 1
                reader = _PhaseReader(name if counts[name] == 1 else f"{name} ({counts[name]})")
            reader.add_line(line)
    yield reader
