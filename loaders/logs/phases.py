"""Phases of an attempt, read from logs: text, errors and warnings in one pass."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from loaders.evidence import Phase, Status
from loaders.logs.cleaning import STAGE, KeptText, phase_marked_by
from loaders.logs.log_lines import Line, LogLines
from loaders.logs.log_parser import Scanner
from loaders.logs.redaction import Redactor

MAX_PHASES = 100
"""Phases told apart in one log; what is behind belongs to the last."""


class _Reading:
    """A phase while its lines are read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.blank = True
        self._kept = KeptText()
        self._scanner = Scanner()

    def add(self, line: Line) -> None:
        self.blank = self.blank and not line.text.strip()
        self._kept.add(line)
        self._scanner.feed(line.text)

    def phase(
        self, order: int, status: Status, seconds: float | None, unread: str | None = None
    ) -> Phase:
        found = self._scanner.finish()
        log = self._kept.log(unread)
        return Phase(
            self.name, order, status, seconds, log, found.findings, found.errors, found.warnings
        )


def read_phase(
    name: str,
    order: int,
    status: Status,
    stream: BinaryIO | bytes,
    redactor: Redactor | None = None,
    seconds: float | None = None,
) -> Phase:
    """A phase with its log, the errors and warnings in it, and their numbers.

    :param order: place among the attempt's phases, from 0.
    :param stream: the phase's log, unpacked; the whole of it is never held.
    :param redactor: takes secrets out of the log and the findings; None keeps them.
    :param seconds: how long the phase took.
    :raises OSError: the stream cannot be read.
    """
    lines = LogLines(stream, redactor=redactor)
    reading = _Reading(name)
    for line in lines:
        reading.add(line)
    return reading.phase(order, status, seconds, lines.unread)


def phases_of_whole_log(
    stream: BinaryIO | bytes,
    status: Status,
    redactor: Redactor | None = None,
    failed_phase: str | None = None,
    seconds: Mapping[str, float] | None = None,
) -> tuple[Phase, ...]:
    """The phases of a log that holds all of them, split at Spack's markers.

    Lines of findings are counted from the marker on, which is line 1 of its phase. What stands
    before the first marker is a phase named `stage`, where any of it is not blank. A phase that
    occurs again gets a number behind its name: `build (2)`.

    :param stream: the log, unpacked; the whole of it is never held.
    :param status: how the attempt ended. The last phase ended so; those before it succeeded.
    :param redactor: takes secrets out of the logs and the findings; None keeps them.
    :param failed_phase: name of the phase that failed, where that is known: it is then this one
        that ended with `status`, and those behind it too.
    :param seconds: how long each phase took, by its name.
    :raises OSError: the stream cannot be read.
    """
    lines = LogLines(stream, redactor=redactor)
    readings = [each for each in _sections(lines) if each.name != STAGE or not each.blank]
    names = [each.name for each in readings]
    last = len(readings) - 1
    ended = names.index(failed_phase) if failed_phase in names else last
    times = seconds or {}
    return tuple(
        reading.phase(
            order,
            status if order >= ended else Status.SUCCEEDED,
            times.get(reading.name),
            lines.unread if order == last else None,
        )
        for order, reading in enumerate(readings)
    )


def _sections(lines: LogLines) -> Iterator[_Reading]:
    seen: dict[str, int] = {}
    reading = _Reading(STAGE)
    for line in lines:
        marked = phase_marked_by(line.text)
        if marked is not None and sum(seen.values()) < MAX_PHASES:
            yield reading
            name = marked[1]
            seen[name] = seen.get(name, 0) + 1
            reading = _Reading(name if seen[name] == 1 else f"{name} ({seen[name]})")
        reading.add(line)
    yield reading
