"""Phases of an attempt, read from logs: text, errors and warnings in one pass."""

from collections.abc import Mapping
from typing import BinaryIO

from loaders.evidence import Phase, Status
from loaders.log_parser import scan
from loaders.logs import clean_log, split_phases
from loaders.redaction import Redactor


def read_phase(
    name: str,
    order: int,
    status: Status,
    stream: BinaryIO | bytes,
    redactor: Redactor | None = None,
    seconds: float | None = None,
) -> Phase:
    """A phase with its log, the errors and warnings in it, and their numbers."""
    log = clean_log(stream, redactor=redactor)
    found = scan(log.text.split("\n"))
    return Phase(name, order, status, seconds, log, found.findings, found.errors, found.warnings)


def phases_of_whole_log(
    stream: BinaryIO | bytes,
    status: Status,
    redactor: Redactor | None = None,
    failed_phase: str | None = None,
    seconds: Mapping[str, float] | None = None,
) -> tuple[Phase, ...]:
    """The phases of a log that holds all of them, split at Spack's markers.

    :param status: how the attempt ended; it is that of the last phase, the others succeeded.
    :param failed_phase: name of the phase that failed, where that is known.
    :param seconds: how long each phase took, by its name.
    """
    raw = stream if isinstance(stream, bytes) else stream.read()
    sections = split_phases(raw.decode("utf-8", "replace"))
    times = seconds or {}
    return tuple(
        read_phase(
            each.name,
            order,
            status if each.name == failed_phase or order == len(sections) - 1 else Status.SUCCEEDED,
            each.text.encode(),
            redactor,
            times.get(each.name),
        )
        for order, each in enumerate(sections)
    )
