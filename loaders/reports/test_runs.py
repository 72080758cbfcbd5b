"""Runs of a package's own tests on what is installed: the folder of a test suite, its logs.

`spack test run` keeps a folder for each suite: `test_suite.lock` with the specs, `results.txt` with
a line a spec, and for each spec NAME-VERSION-HASH7`-test-out.txt`, its log, and `-tested.txt`, its
status as a number. The log also is what JUnit reports give.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO, ClassVar

import msgspec

from loaders import source
from loaders.builds.spec_names import named_nodes
from loaders.errors import DocumentError, Fault
from loaders.evidence import Log, SpecName, Status
from loaders.logs.cleaning import attempt_key, clean_log, first_timestamp_seconds
from loaders.logs.redaction import Redactor
from loaders.specs.checks import decode_error

LOCK = "test_suite.lock"
RESULTS = "results.txt"

_LOG_END = "-test-out.txt"
_TESTED_END = "-tested.txt"
_WORDS = "PASSED|FAILED|SKIPPED|NO[-_]TESTS"
_STATUS = re.compile(rf"^(?P<word>{_WORDS})(?:: (?P<name>[^\s:]+(?:::[^\s:]+)*))?", re.MULTILINE)
_SUMMARY = re.compile(rf"^(?P<name>\S+) \.\. (?P<word>{_WORDS})$", re.MULTILINE)
_TITLE = re.compile(r"^==> Testing package (\S+)", re.MULTILINE)
_OF_NUMBER = {"-1": "NO-TESTS", "0": "SKIPPED", "1": "FAILED", "2": "PASSED"}
_OF_WORD = {
    "PASSED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "SKIPPED": Status.SKIPPED,
    "NO-TESTS": Status.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class TestPart:
    """One of the tests of a run, such as `LabStats::test_stats`.

    :ivar status: `PASSED`, `FAILED`, `SKIPPED` or `NO-TESTS`.
    """

    __test__: ClassVar[bool] = False

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run of the tests of an installed spec.

    :ivar status: succeeded, failed, or skipped, also where there are no tests.
    :ivar seconds: from the first to the last time in the log where no other source tells.
    :ivar message: how Spack said why it failed.
    :ivar told_key: the key where the log has no times: CDash leaves them out.
    """

    __test__: ClassVar[bool] = False

    spec: SpecName
    status: Status
    started: float | None
    seconds: float | None
    log: Log | None
    parts: tuple[TestPart, ...]
    message: str | None = None
    told_key: str | None = None

    @property
    def key(self) -> str:
        """What tells it from other runs on the same spec, made as the key of attempts."""
        return self.told_key or attempt_key(self.log, self.message)

    @property
    def uid(self) -> str:
        """Identity of the run: sent again, or told of by another document, it is the same."""
        return hashlib.sha256(f"{self.spec.hash}:{self.key}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class TestSuite:
    """What the folder of a test suite tells.

    :ivar name: its alias, None where it has none.
    :ivar documents: the spec documents of the lock file, each as its very bytes.
    :ivar problems: what could not be used, by file; never a reason to stop.
    """

    __test__: ClassVar[bool] = False

    name: str | None
    runs: tuple[TestRun, ...]
    documents: tuple[bytes, ...]
    problems: tuple[tuple[str, DocumentError], ...] = ()


class _Lock(msgspec.Struct):
    specs: list[msgspec.Raw]
    alias: str | None = None


_LOCK = msgspec.json.Decoder(_Lock)


@dataclass
class _Files:
    """What the files of a folder hold, as far as they are part of a test suite."""

    lock: bytes | None = None
    results: dict[str, str] = field(default_factory=dict)
    tested: dict[str, str] = field(default_factory=dict)
    logs: dict[str, Log] = field(default_factory=dict)
    problems: list[tuple[str, DocumentError]] = field(default_factory=list)


def is_part(name: str) -> bool:
    """Whether a file of that name is one that :func:`read_test_suite` reads."""
    return name in (LOCK, RESULTS) or name.endswith((_LOG_END, _TESTED_END))


def read_test_suite(
    files: Iterable[tuple[str, BinaryIO]], redactor: Redactor | None = None
) -> TestSuite:
    """The runs in the folder of a test suite, in the order of its lock file.

    A spec that the suite did not come to, and left no trace of, is no run.

    :param files: names and content of what lies in the folder; what is no part is passed over.
    :raises DocumentError: there is no lock file, or it is broken.
    """
    found = _Files()
    for path, stream in files:
        name = PurePosixPath(path).name
        try:
            _take(found, name, stream, redactor)
        except DocumentError as error:
            found.problems.append((path, error))
    if found.lock is None:
        raise next(
            (error for path, error in found.problems if PurePosixPath(path).name == LOCK),
            DocumentError(Fault.UNSUPPORTED, f"no test suite: there is no {LOCK}"),
        )
    try:
        lock = _LOCK.decode(found.lock)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    documents = tuple(bytes(raw) for raw in lock.specs)
    runs = []
    for index, raw in enumerate(documents):
        try:
            run = _run_of(named_nodes(raw)[0].spec, found)
        except DocumentError as error:
            found.problems.append((LOCK, error.prefixed(f"/specs/{index}")))
        else:
            runs += [run] if run else []
    return TestSuite(lock.alias, tuple(runs), documents, tuple(found.problems))


def _take(found: _Files, name: str, stream: BinaryIO, redactor: Redactor | None) -> None:
    if name == LOCK:
        found.lock = source.read_bounded(stream)
    elif name == RESULTS:
        for line in source.read_bounded(stream).decode("utf-8", "replace").splitlines():
            spec, _, word = line.strip().rpartition(" ")
            found.results[spec] = word.replace("_", "-")
    elif name.endswith(_LOG_END):
        found.logs[name.removesuffix(_LOG_END)] = clean_log(stream, redactor=redactor)
    elif name.endswith(_TESTED_END):
        number = source.read_bounded(stream).decode("utf-8", "replace").strip()
        found.tested[name.removesuffix(_TESTED_END)] = _OF_NUMBER.get(number, "")


def _run_of(spec: SpecName, found: _Files) -> TestRun | None:
    name = f"{spec.name}-{spec.version}-{spec.hash[:7]}"
    log = found.logs.get(name)
    word = found.results.get(name) or found.tested.get(name)
    if log is None and not word:
        return None
    return run_of_log(spec, log, _OF_WORD.get(word or ""))


def run_of_log(
    spec: SpecName,
    log: Log | None,
    status: Status | None = None,
    seconds: float | None = None,
    message: str | None = None,
) -> TestRun:
    """A run of which there is a log.

    :param status: how it ended; where that is not known, as Spack would conclude from the parts.
    """
    text = log.text if log else ""
    parts = parts_of(text)
    return TestRun(
        spec,
        status or status_of(parts),
        first_timestamp_seconds(text),
        time_span(text) if seconds is None else seconds,
        log,
        parts,
        message,
    )


def parts_of(text: str) -> tuple[TestPart, ...]:
    """The parts of a run in the order of its log, each with its last status.

    They are taken from the summary at the log's end; where that is missing, from the lines that
    tell of each part. Spack before 0.20 wrote those without names; such parts are numbered.
    """
    pairs = [(match["name"], match["word"]) for match in _SUMMARY.finditer(text)]
    if not pairs:
        told = [(match["name"] or "", match["word"]) for match in _STATUS.finditer(text)]
        pairs = [pair for pair in told if "::" in pair[0]]
        pairs = pairs or [
            (f"part {at}", word) for at, (name, word) in enumerate(told, 1) if not name
        ]
    return tuple(TestPart(name, word.replace("_", "-")) for name, word in dict(pairs).items())


def tested_package(text: str) -> str | None:
    """NAME-VERSION-HASH7 of the spec whose test log this is; None where it is no such log."""
    match = _TITLE.match(text)
    return match.group(1) if match else None


def status_of(parts: Iterable[TestPart]) -> Status:
    """How a run ended, as Spack concludes from its parts."""
    words = {part.status for part in parts}
    if "FAILED" in words:
        return Status.FAILED
    return Status.SUCCEEDED if "PASSED" in words else Status.SKIPPED


def time_span(text: str) -> float | None:
    """Seconds between the first and the last time of day in a log; None without times."""
    first = first_timestamp_seconds(text)
    last = first_timestamp_seconds(text[text.rfind("\n==> [") + 1 :])
    return None if first is None or last is None else max(0.0, round(last - first, 6))
