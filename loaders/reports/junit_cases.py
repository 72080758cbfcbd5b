"""What a testcase of a JUnit report says of a package: an attempt, or a run of its tests."""

import re
from dataclasses import dataclass, replace
from typing import BinaryIO

from loaders.evidence import Attachment, Attempt, Log, Phase, Source, SpecName, Status
from loaders.logs.cleaning import attempt_key, clean_log, first_timestamp_seconds
from loaders.logs.phases import read_phases
from loaders.logs.redaction import Redactor
from loaders.reports.report import (
    TESTS,
    checked_name,
    clean_text,
    message_phase,
    phase_before_log,
    tail_of,
    version_in,
)
from loaders.reports.test_runs import TestRun, run_of_log, tested_package, time_span

_NO_LOG = re.compile(
    r"Cannot open (?:build )?log for (?P<name>[\w.-]+)(?:@=?(?P<version>[^\s%+~/^@]+))?"
)
_AROUND = re.compile(rb"\n[ \t]*\Z")
_AS_ATTRIBUTE = bytes.maketrans(b"\n\t\r", b"   ")
_OF_TESTS = re.compile(r"\bin (?:test_process|process_test_parts|stand_alone_tests|do_test)\b")
_INTERRUPTED = re.compile(r"^KeyboardInterrupt\b", re.MULTILINE)
_SLACK = 2.0


@dataclass
class Case:
    """A testcase while it is read.

    :ivar result: `failure`, `error` or `skipped`; None where the package was built.
    :ivar message: why it failed or was skipped.
    :ivar details: the traceback, or what else stands in the element.
    :ivar output: whether there is a `system-out`.
    :ivar log: the log in it, None where Spack had none.
    """

    spec: SpecName
    seconds: float | None
    result: str | None = None
    message: str = ""
    details: str = ""
    output: bool = False
    log: Log | None = None
    phases: tuple[Phase, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it was tried and did not end well."""
        return self.result in ("failure", "error")

    @property
    def status(self) -> Status:
        """How the attempt ended."""
        if not self.failed:
            return Status.SUCCEEDED
        return Status.CANCELLED if _INTERRUPTED.search(self.details) else Status.FAILED

    @property
    def tests(self) -> bool:
        """Whether this is about the tests of an installed package."""
        if self.log is not None and tested_package(self.log.text):
            return True
        return self.failed and _OF_TESTS.search(self.details) is not None

    def forget_log(self) -> None:
        """Let go of what takes space; who it is and how it ended stays."""
        self.log, self.phases, self.details = None, (), ""


def read_output(case: Case, text: BinaryIO, redactor: Redactor) -> None:
    """Take what `system-out` holds; `failure` or `error` must have been read before."""
    case.output = True
    begin = _strip(case, text)
    text.seek(begin)
    none = _NO_LOG.match(text.read(1000).decode("utf-8", "replace"))
    if none:
        case.spec = checked_name(case.spec.hash, case.spec.name, none["version"])
        return
    text.seek(begin)
    log = clean_log(text, redactor=redactor)
    if not log.text.strip():
        return
    case.log = log
    version = version_in(log.text, case.spec.name, case.spec.hash)
    case.spec = SpecName(case.spec.hash, case.spec.name, version)
    if not case.tests:
        text.seek(begin)
        case.phases = read_phases(text, case.status, redactor)


def _strip(case: Case, text: BinaryIO) -> int:
    """Cut the output down to the log, so that it is the very log that lies in the stage.

    The template puts a line end before the output and another with some blanks behind it; Spack
    puts the message behind the log. Attributes of XML hold no line ends, so those of the message
    are taken from here.

    :returns: where the log begins.
    """
    wanted = case.message.encode("utf-8", "replace").translate(_AS_ATTRIBUTE)
    tail = tail_of(text, len(wanted) + 1000)
    size = text.tell()
    around = _AROUND.search(tail)
    if around:
        size -= len(tail) - around.start()
        tail = tail[: around.start()]
    if case.failed and wanted and tail.translate(_AS_ATTRIBUTE).endswith(wanted):
        case.message = tail[-len(wanted) :].decode("utf-8", "replace")
        size -= len(wanted)
    text.seek(0)
    begin = 1 if text.read(1) == b"\n" and size > 0 else 0
    text.truncate(max(size, begin))
    return begin


def attempt_of(case: Case, asked: float | None, redactor: Redactor) -> Attempt:
    """The attempt that a testcase tells of.

    Where the log tells of more time than was spent, it came out of a build cache with the package.

    :param asked: when the request began; an attempt without times in its log began then or later.
    """
    text = case.log.text if case.log else ""
    unpacked = not case.failed and _took_longer(text, case.seconds)
    failed_phase, phases = _phases(case, redactor)
    more: dict[str, str | int | float | bool] = {}
    if case.result == "error":
        more["outside_build"] = True
    if unpacked and case.seconds is not None:
        more["unpack_seconds"] = case.seconds
    return Attempt(
        spec=case.spec,
        key=attempt_key(case.log, f"{asked}: {case.message}"),
        status=case.status,
        source=Source.JUNIT,
        failed_phase=failed_phase,
        started=asked if first_timestamp_seconds(text) is None else first_timestamp_seconds(text),
        seconds=None if unpacked else case.seconds,
        message=clean_text(case.message, redactor) or None,
        binary=True if unpacked else None,
        phases=phases,
        attachments=_traceback(case, redactor),
        more=more,
    )


def _took_longer(text: str, seconds: float | None) -> bool:
    span = time_span(text)
    return span is not None and seconds is not None and span > seconds + _SLACK


def _phases(case: Case, redactor: Redactor) -> tuple[str | None, tuple[Phase, ...]]:
    """Name of the phase that failed, and all phases.

    The phase that began last is the one that failed, or the tests at its end: these have a log of
    their own, of which the report has nothing.
    """
    if case.status is not Status.FAILED:
        return None, case.phases
    message = clean_text(case.message, redactor)
    if not case.phases:
        name = phase_before_log(case.details)
        return name, (message_phase(name, message),)
    last = case.phases[-1]
    if not _ends_with_tests(last):
        return last.name, case.phases
    tests = message_phase(TESTS, message, order=len(case.phases))
    return TESTS, (*case.phases[:-1], replace(last, status=Status.SUCCEEDED), tests)


def _ends_with_tests(phase: Phase) -> bool:
    lines = phase.log.text.rstrip().splitlines() if phase.log else []
    return bool(lines) and tested_package(lines[-1]) is not None


def _traceback(case: Case, redactor: Redactor) -> tuple[Attachment, ...]:
    text = case.details.strip()
    if not case.failed or text in ("", "None"):
        return ()
    log = clean_log(f"{text}\n".encode("utf-8", "replace"), redactor=redactor)
    return (Attachment("traceback.txt", "message", log),)


def test_run_of(case: Case, redactor: Redactor) -> TestRun:
    """The run of tests that a testcase tells of."""
    title = tested_package(case.log.text) if case.log else None
    version = case.spec.version
    if title:
        version = title.removeprefix(f"{case.spec.name}-").rpartition("-")[0] or None
    return run_of_log(
        checked_name(case.spec.hash, case.spec.name, version),
        case.log,
        Status.FAILED if case.failed else None,
        case.seconds,
        clean_text(case.message, redactor) or None,
    )


def skipped_of(
    case: Case, culprit: SpecName, asked: float | None, *, told: bool, redactor: Redactor
) -> Attempt:
    """The attempt that was not made since a dependency failed.

    :param told: whether the report says so; else it follows from what failed in the request.
    """
    message = clean_text(case.message, redactor) or f"skipped since {culprit.name} failed"
    return Attempt(
        spec=case.spec,
        key=attempt_key(None, f"{asked}: {message}: {culprit.hash}"),
        status=Status.SKIPPED,
        source=Source.JUNIT,
        started=asked,
        message=message,
        culprit=culprit,
        more={} if told else {"inferred": True},
    )
