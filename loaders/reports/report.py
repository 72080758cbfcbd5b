"""What reports tell, and how names, times and messages are read in them."""

import calendar
import re
from dataclasses import dataclass
from email.utils import parsedate
from typing import BinaryIO

from loaders.builds.spec_names import name_in_folder
from loaders.errors import DocumentError
from loaders.evidence import Attempt, Finding, Phase, SpecName, Status
from loaders.logs.cleaning import STAGE, clean_log
from loaders.logs.diagnostics import normalise
from loaders.logs.redaction import Redactor
from loaders.reports.test_runs import TestRun
from loaders.specs.checks import check_name, check_text

Problem = tuple[str, DocumentError]
"""What was left out: where it stands, and what is wrong with it."""

TESTS = "test"
"""Name of the phase that tests at build time are, as in the folders that Spack leaves."""

_PATCHING = re.compile(r"\bin do_patch\b")
_STAGING = re.compile(r"\bin do_(?:stage|fetch)\b")
_MODULE = re.compile(r"\A(?:\w+\.)+(?=\w+(?::|$))", re.MULTILINE)
_HASH = "[a-z2-7]{32}"
_SINCE = re.compile(rf"since (\S+-{_HASH}) failed")


@dataclass(frozen=True, slots=True)
class NotAttempted:
    """A root that was asked for and not tried, since dependencies failed.

    Spack up to 1.1 leaves such roots out of their own JUnit report: no hash is known then.

    :ivar hash_start: the first seven characters of the hash, where they are told.
    :ivar culprits: what failed in the same request.
    :ivar asked: when the request began, in seconds since 1970.
    """

    name: str
    hash_start: str | None
    culprits: tuple[SpecName, ...]
    asked: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a report, or the reports in one folder, tell.

    :ivar attempts: each once, in the order of the report.
    :ivar not_attempted: roots without a hash of which only that is known.
    :ivar problems: what could not be used; never a reason to stop.
    """

    attempts: tuple[Attempt, ...] = ()
    test_runs: tuple[TestRun, ...] = ()
    not_attempted: tuple[NotAttempted, ...] = ()
    problems: tuple[Problem, ...] = ()


def clean_text(text: str, redactor: Redactor | None = None) -> str:
    """A short text as it may be kept: cleaned and capped as logs are, secrets taken out."""
    return clean_log(text.encode("utf-8", "replace"), redactor=redactor).text.strip()


def message_phase(name: str, message: str, order: int = 0) -> Phase:
    """A failed phase of which only Spack's message is known: its first line is the error."""
    first, *rest = message.split("\n")
    finding = Finding("error", 1, first, normalise(first), after=tuple(rest))
    return Phase(name, order, Status.FAILED, findings=(finding,), errors=1)


def phase_before_log(traceback: str) -> str:
    """Where an attempt failed that has no log: `patch`, or `stage` for all that comes before."""
    patching = _PATCHING.search(traceback) and not _STAGING.search(traceback)
    return "patch" if patching else STAGE


def exception_in(traceback: str) -> str:
    """What a traceback ends with, as Spack puts it into messages: without the module's name."""
    lines = traceback.rstrip().splitlines()
    frames = [at for at, line in enumerate(lines) if line.startswith('  File "')]
    after = frames[-1] + 1 if frames else 0
    told = [at for at in range(after, len(lines)) if lines[at][:1].strip()]
    text = "\n".join(lines[told[0] :]) if told else traceback.strip()
    return _MODULE.sub("", text, count=1)


def version_in(text: str, name: str, dag_hash: str) -> str | None:
    """The version of a spec, where a log names its stage or its prefix: NAME-VERSION-HASH."""
    pattern = rf"(?<![\w.]){re.escape(name)}-([^\s/'\"]{{1,200}}?)-{dag_hash}"
    found = re.search(pattern, text)
    return _valid_version(found.group(1)) if found else None


def spec_in(text: str, name: str) -> SpecName | None:
    """The spec of that name which a log is about: it names its stage or its prefix.

    :returns: None where there is none, or where several could be meant.
    """
    named = rf"{re.escape(name)}-([^\s/'\"]{{1,200}}?)-({_HASH})(?![a-z0-9])"
    for before in ("spack-stage-", r"--prefix=\S*/", r"(?<![\w.-])"):
        found = {match.groups() for match in re.finditer(before + named, text)}
        if len(found) == 1:
            version, dag_hash = found.pop()
            return SpecName(dag_hash, name, _valid_version(version))
    return None


def _valid_version(version: str) -> str | None:
    try:
        check_text(version, "version")
    except DocumentError:
        return None
    return version


def checked_name(dag_hash: str, name: str, version: str | None) -> SpecName:
    """A spec with the name that a report gives.

    :raises DocumentError: it is no name of a package.
    """
    check_name(name, "")
    return SpecName(dag_hash, name, _valid_version(version) if version else None)


def time_of(text: str | None) -> float | None:
    """Seconds since 1970 from a date such as `Tue, 24 Nov 2026 00:07:44`, in UTC."""
    parsed = parsedate(text) if text else None
    try:
        return number_of(str(calendar.timegm(parsed))) if parsed else None
    except (OverflowError, ValueError):
        return None


def number_of(text: str | None) -> float | None:
    """A number of seconds; None where it is none or makes no sense."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None


def tail_of(stream: BinaryIO, count: int) -> bytes:
    """The last bytes of a file."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - count))
    return stream.read()


def named_failure(text: str) -> SpecName | None:
    """The dependency in a message such as `since NAME-VERSION-HASH failed`."""
    found = _SINCE.search(text)
    return name_in_folder(found.group(1)) if found else None
