"""The result of reading a report, and helpers to parse names, times and messages in reports."""

import calendar
import re
from dataclasses import dataclass
from email.utils import parsedate
from typing import BinaryIO

from loaders.builds.spec_names import parse_folder_name
from loaders.document_kinds import Candidate, Records, place_problems
from loaders.errors import DocumentError, Problem
from loaders.evidence import Attempt, Finding, Phase, Record, SpecName, Status
from loaders.logs.cleaning import STAGE, clean_log
from loaders.logs.diagnostics import normalise_message
from loaders.logs.message_lines import WINDOW, MessageContext, complete_message
from loaders.logs.redaction import Redactor
from loaders.reports.test_runs import TestRun
from loaders.specs.checks import check_name, check_text

TESTS = "test"
"""Name of the phase that runs tests at build time, as in the folders that Spack leaves."""

_PATCHING = re.compile(r"\bin do_patch\b")
_STAGING = re.compile(r"\bin do_(?:stage|fetch)\b")
_MODULE = re.compile(r"\A(?:\w+\.)+(?=\w+(?::|$))", re.MULTILINE)
_HASH = "[a-z2-7]{32}"
_SINCE = re.compile(rf"since (\S+-{_HASH}) failed")


@dataclass(frozen=True, slots=True)
class NotAttempted(Record):
    """A requested root that was not attempted because dependencies failed.

    Spack up to 1.1 omits such roots from their own JUnit report; their hash is unknown then.

    Attributes:
        hash_prefix: The first seven characters of the hash, if given.
        culprits: The specs that failed in the same request.
        requested_at: When the request began, in seconds since 1970.
    """

    name: str
    hash_prefix: str | None
    culprits: tuple[SpecName, ...]
    requested_at: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The content of a report, or of all reports in one folder.

    Attributes:
        attempts: Each once, in the order of the report.
        not_attempted: Roots of which nothing else is known, not even the hash.
        problems: Parts that could not be used; they never stop the reader.
    """

    attempts: tuple[Attempt, ...] = ()
    test_runs: tuple[TestRun, ...] = ()
    not_attempted: tuple[NotAttempted, ...] = ()
    problems: tuple[Problem, ...] = ()


def report_records(candidate: Candidate, report: Report) -> Records:
    """Yield the records of a report, the problems last."""
    yield from report.attempts
    yield from report.test_runs
    yield from report.not_attempted
    yield from place_problems(candidate, report.problems)


def clean_text(text: str, redactor: Redactor | None = None) -> str:
    """Return a short text cleaned, capped and redacted like a log."""
    return clean_log(text.encode("utf-8", "replace"), redactor=redactor).text.strip()


def make_message_phase(name: str, message: str, order: int = 0) -> Phase:
    """Return a failed phase of which only Spack's message is known; its first line is the error."""
    first, *rest = message.split("\n")
    whole = complete_message(first, MessageContext((), rest[:WINDOW], explained=False))
    finding = Finding("error", 1, first, normalise_message(whole), after=tuple(rest))
    return Phase(name, order, Status.FAILED, findings=(finding,), errors=1)


def infer_early_phase(traceback: str) -> str:
    """Return the phase in which an attempt without a log failed: `patch`, or `stage` before it."""
    # Patching fetches and stages the sources first, so `do_patch` is in all of these tracebacks.
    patching = _PATCHING.search(traceback) and not _STAGING.search(traceback)
    return "patch" if patching else STAGE


def extract_exception(traceback: str) -> str:
    """Return the end of a traceback as Spack puts it into messages: without the module's name."""
    lines = traceback.rstrip().splitlines()
    # The exception is the first unindented line after the last frame.
    frames = [at for at, line in enumerate(lines) if line.startswith('  File "')]
    after = frames[-1] + 1 if frames else 0
    starts = [at for at in range(after, len(lines)) if lines[at][:1].strip()]
    text = "\n".join(lines[starts[0] :]) if starts else traceback.strip()
    return _MODULE.sub("", text, count=1)


def find_version(text: str, name: str, dag_hash: str) -> str | None:
    """Return the version of a spec if a log names its stage or prefix, NAME-VERSION-HASH."""
    pattern = rf"(?<![\w.]){re.escape(name)}-([^\s/'\"]{{1,200}}?)-{dag_hash}"
    match = re.search(pattern, text)
    return _valid_version(match.group(1)) if match else None


def find_spec(text: str, name: str) -> SpecName | None:
    """Return the spec of that name whose stage or prefix a log names.

    Returns:
        None if there is none, or if several are possible.
    """
    named = rf"{re.escape(name)}-([^\s/'\"]{{1,200}}?)-({_HASH})(?![a-z0-9])"
    # The surest mention first: a log may name prefixes of dependencies with the same name.
    for before in ("spack-stage-", r"--prefix=\S*/", r"(?<![\w.-])"):
        mentions = {match.groups() for match in re.finditer(before + named, text)}
        if len(mentions) == 1:
            version, dag_hash = mentions.pop()
            return SpecName(dag_hash, name, _valid_version(version))
    return None


def _valid_version(version: str) -> str | None:
    try:
        check_text(version, "version")
    except DocumentError:
        return None
    return version


def make_spec_name(dag_hash: str, name: str, version: str | None) -> SpecName:
    """Return a spec with a name found in a report; an invalid version becomes None.

    Raises:
        DocumentError: It is not a valid package name.
    """
    check_name(name, "")
    return SpecName(dag_hash, name, _valid_version(version) if version else None)


def parse_date(text: str | None) -> float | None:
    """Return a date such as `Tue, 24 Nov 2026 00:07:44`, in UTC, as seconds since 1970."""
    parsed = parsedate(text) if text else None
    try:
        return parse_number(str(calendar.timegm(parsed))) if parsed else None
    except (OverflowError, ValueError):
        return None


def parse_number(text: str | None) -> float | None:
    """Parse a number of seconds; return None if it is not a number or out of range."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None


def read_tail(stream: BinaryIO, count: int) -> bytes:
    """Return the last bytes of a file."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - count))
    return stream.read()


def find_failed_dependency(text: str) -> SpecName | None:
    """Return the dependency named in a message such as `since NAME-VERSION-HASH failed`."""
    match = _SINCE.search(text)
    return parse_folder_name(match.group(1)) if match else None
