"""Convert a testcase of a JUnit report into an attempt or a test run."""

import re
from dataclasses import dataclass, replace
from typing import BinaryIO

from loaders.evidence import Attachment, Attempt, Log, Phase, Source, SpecName, Status
from loaders.logs.cleaning import attempt_key, clean_log, first_timestamp_seconds
from loaders.logs.phases import read_phases
from loaders.logs.redaction import Redactor
from loaders.reports.report import (
    TESTS,
    clean_text,
    find_version,
    infer_early_phase,
    make_message_phase,
    make_spec_name,
    read_tail,
)
from loaders.reports.test_runs import TestRun, make_test_run, measure_duration, tested_package

_LOG_NOT_OPENED = re.compile(
    r"Cannot open (?:build )?log for (?P<name>[\w.-]+)(?:@=?(?P<version>[^\s%+~/^@]+))?"
)
_TEMPLATE_END = re.compile(rb"\n[ \t]*\Z")
# XML turns line ends in attributes into spaces; so does this, to compare a message with one.
_AS_ATTRIBUTE = bytes.maketrans(b"\n\t\r", b"   ")
_TEST_FRAME = re.compile(r"\bin (?:test_process|process_test_parts|stand_alone_tests|do_test)\b")
_INTERRUPTED = re.compile(r"^KeyboardInterrupt\b", re.MULTILINE)
# Seconds by which timestamps in a log may exceed the measured duration.
_CLOCK_TOLERANCE = 2.0


@dataclass
class JunitCase:
    """A testcase while it is being read.

    Attributes:
        result: `failure`, `error` or `skipped`; None if the package was built.
        message: Why it failed or was skipped.
        details: The traceback, or other text in the element.
        output: Whether there is a `system-out`.
        log: The log in it, None if Spack had none.
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
    def has_failed(self) -> bool:
        """Whether the package was attempted and did not succeed."""
        return self.result in ("failure", "error")

    @property
    def status(self) -> Status:
        """How the attempt ended."""
        if not self.has_failed:
            return Status.SUCCEEDED
        return Status.CANCELLED if _INTERRUPTED.search(self.details) else Status.FAILED

    @property
    def is_test_run(self) -> bool:
        """Whether the testcase reports tests of an installed package."""
        if self.log is not None and tested_package(self.log.text):
            return True
        return self.has_failed and _TEST_FRAME.search(self.details) is not None

    def release_log(self) -> None:
        """Release the log, phases and details; the spec and the result stay."""
        self.log, self.phases, self.details = None, (), ""


def read_output(case: JunitCase, text: BinaryIO, redactor: Redactor) -> None:
    """Read the content of `system-out`; `failure` or `error` must have been read before."""
    case.output = True
    begin = _strip_output(case, text)
    text.seek(begin)
    not_opened = _LOG_NOT_OPENED.match(text.read(1000).decode("utf-8", "replace"))
    if not_opened:
        case.spec = make_spec_name(case.spec.hash, case.spec.name, not_opened["version"])
        return
    text.seek(begin)
    log = clean_log(text, redactor=redactor)
    if not log.text.strip():
        return
    case.log = log
    version = find_version(log.text, case.spec.name, case.spec.hash)
    case.spec = SpecName(case.spec.hash, case.spec.name, version)
    if not case.is_test_run:
        text.seek(begin)
        case.phases = read_phases(text, case.status, redactor)


def _strip_output(case: JunitCase, text: BinaryIO) -> int:
    """Reduce the output to the log, so that it is the very log that lies in the stage.

    The template adds a line end before the output, and another with some blanks after it; Spack
    appends the message to the log. XML attributes cannot hold line ends, so the message is taken
    from here instead.

    Returns:
        The position at which the log begins.
    """
    message = case.message.encode("utf-8", "replace").translate(_AS_ATTRIBUTE)
    tail = read_tail(text, len(message) + 1000)
    size = text.tell()
    around = _TEMPLATE_END.search(tail)
    if around:
        size -= len(tail) - around.start()
        tail = tail[: around.start()]
    if case.has_failed and message and tail.translate(_AS_ATTRIBUTE).endswith(message):
        case.message = tail[-len(message) :].decode("utf-8", "replace")
        size -= len(message)
    text.seek(0)
    begin = 1 if text.read(1) == b"\n" and size > 0 else 0
    # The stream is spooled for this element alone, so it may be shortened.
    text.truncate(max(size, begin))
    return begin


def attempt_from_case(case: JunitCase, requested_at: float | None, redactor: Redactor) -> Attempt:
    """Return the attempt that a testcase reports.

    If the log spans more time than was spent, it came out of a build cache with the package.

    Args:
        case: The testcase, completely read.
        requested_at: When the request began; an attempt without timestamps in its log began then
            or later.
        redactor: Removes secrets.
    """
    text = case.log.text if case.log else ""
    unpacked = not case.has_failed and _took_longer(text, case.seconds)
    failed_phase, phases = _complete_phases(case, redactor)
    first_logged = first_timestamp_seconds(text)
    more: dict[str, str | int | float | bool] = {}
    # An `error` means that Spack itself failed, a `failure` that the build of the package did.
    if case.result == "error":
        more["outside_build"] = True
    if unpacked and case.seconds is not None:
        more["unpack_seconds"] = case.seconds
    return Attempt(
        spec=case.spec,
        key=attempt_key(case.log, f"{requested_at}: {case.message}"),
        status=case.status,
        source=Source.JUNIT,
        failed_phase=failed_phase,
        started=requested_at if first_logged is None else first_logged,
        seconds=None if unpacked else case.seconds,
        message=clean_text(case.message, redactor) or None,
        binary=True if unpacked else None,
        phases=phases,
        attachments=_attach_traceback(case, redactor),
        more=more,
    )


def _took_longer(text: str, seconds: float | None) -> bool:
    span = measure_duration(text)
    return span is not None and seconds is not None and span > seconds + _CLOCK_TOLERANCE


def _complete_phases(case: JunitCase, redactor: Redactor) -> tuple[str | None, tuple[Phase, ...]]:
    """Return the name of the failed phase, and all phases.

    The phase that began last is the one that failed, unless tests at its end did: these have a log
    of their own, which the report lacks.
    """
    if case.status is not Status.FAILED:
        return None, case.phases
    message = clean_text(case.message, redactor)
    if not case.phases:
        name = infer_early_phase(case.details)
        return name, (make_message_phase(name, message),)
    last = case.phases[-1]
    if not _ends_with_tests(last):
        return last.name, case.phases
    test_phase = make_message_phase(TESTS, message, order=len(case.phases))
    return TESTS, (*case.phases[:-1], replace(last, status=Status.SUCCEEDED), test_phase)


def _ends_with_tests(phase: Phase) -> bool:
    lines = phase.log.text.rstrip().splitlines() if phase.log else []
    return bool(lines) and tested_package(lines[-1]) is not None


def _attach_traceback(case: JunitCase, redactor: Redactor) -> tuple[Attachment, ...]:
    text = case.details.strip()
    if not case.has_failed or text in ("", "None"):
        return ()
    log = clean_log(f"{text}\n".encode("utf-8", "replace"), redactor=redactor)
    return (Attachment("traceback.txt", "message", log),)


def test_run_from_case(case: JunitCase, redactor: Redactor) -> TestRun:
    """Return the test run that a testcase reports."""
    title = tested_package(case.log.text) if case.log else None
    version = case.spec.version
    if title:
        version = title.removeprefix(f"{case.spec.name}-").rpartition("-")[0] or None
    return make_test_run(
        make_spec_name(case.spec.hash, case.spec.name, version),
        case.log,
        Status.FAILED if case.has_failed else None,
        case.seconds,
        clean_text(case.message, redactor) or None,
    )


def skipped_attempt_from_case(
    case: JunitCase,
    culprit: SpecName,
    requested_at: float | None,
    *,
    stated: bool,
    redactor: Redactor,
) -> Attempt:
    """Return an attempt that was not made because a dependency failed.

    Args:
        case: The testcase.
        culprit: The dependency.
        requested_at: When the request began.
        stated: Whether the report says so; otherwise it is inferred from the failures in the
            request.
        redactor: Removes secrets.
    """
    message = clean_text(case.message, redactor) or f"skipped since {culprit.name} failed"
    return Attempt(
        spec=case.spec,
        key=attempt_key(None, f"{requested_at}: {message}: {culprit.hash}"),
        status=Status.SKIPPED,
        source=Source.JUNIT,
        started=requested_at,
        message=message,
        culprit=culprit,
        more={} if stated else {"inferred": True},
    )
