"""Read test runs of installed packages from the folder of a test suite.

`spack test run` keeps a folder for each suite: `test_suite.lock` with the specs, `results.txt` with
a line for each spec, and for each spec its log NAME-VERSION-HASH7`-test-out.txt` and its status as
a number, `-tested.txt`. JUnit reports hold the same log.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import BinaryIO, ClassVar

import msgspec

from loaders import source
from loaders.builds.spec_names import NamedNode, read_node_names
from loaders.document_kinds import (
    Candidate,
    DocumentKind,
    ReadContext,
    Records,
    SentPart,
    place_problems,
)
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import EmbeddedDocument, Log, Record, SpecName, Status
from loaders.folder import open_files
from loaders.known_versions import Format, KnownVersion
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
_WORD_OF_NUMBER = {"-1": "NO-TESTS", "0": "SKIPPED", "1": "FAILED", "2": "PASSED"}
_STATUS_OF_WORD = {
    "PASSED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "SKIPPED": Status.SKIPPED,
    "NO-TESTS": Status.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class TestPart:
    """One of the tests of a run, such as `LabStats::test_stats`.

    Attributes:
        status: `PASSED`, `FAILED`, `SKIPPED` or `NO-TESTS`.
    """

    __test__: ClassVar[bool] = False

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class TestRun(Record):
    """One run of the tests of an installed spec.

    Attributes:
        status: Succeeded, failed, or skipped; a run without tests counts as skipped.
        seconds: From the first to the last timestamp in the log, if no other source gives it.
        message: Why it failed, in Spack's words.
        given_key: The key if the log has no timestamps: CDash omits them.
        full_hash: The `full_hash` of the spec, if Spack before 0.18 named it by its `hash`.
    """

    __test__: ClassVar[bool] = False

    spec: SpecName
    status: Status
    started: float | None
    seconds: float | None
    log: Log | None
    parts: tuple[TestPart, ...]
    message: str | None = None
    given_key: str | None = None
    full_hash: str | None = None

    @property
    def key(self) -> str:
        """Distinguishes it from other runs on the same spec, as the key of an attempt does."""
        return self.given_key or attempt_key(self.log, self.message)

    @property
    def uid(self) -> str:
        """Identity of the run, the same in every document that reports it, without its site."""
        return hashlib.sha256(f"{self.spec.hash}:{self.key}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class TestSuite:
    """The content of a test suite's folder.

    Attributes:
        name: Its alias, or None.
        documents: The spec documents in the lock file, byte for byte.
        problems: Parts that could not be used, by file; they never stop the reader.
    """

    __test__: ClassVar[bool] = False

    name: str | None
    runs: tuple[TestRun, ...]
    documents: tuple[bytes, ...]
    problems: tuple[Problem, ...] = ()


class _Lock(msgspec.Struct):
    specs: list[msgspec.Raw]
    alias: str | None = None


_LOCK = msgspec.json.Decoder(_Lock)


@dataclass
class _Files:
    """The content of the files in a folder that belong to a test suite."""

    lock: bytes | None = None
    results: dict[str, str] = field(default_factory=dict)
    tested: dict[str, str] = field(default_factory=dict)
    logs: dict[str, Log] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def is_suite_file(name: str) -> bool:
    """Return whether `read_test_suite` reads a file of that name."""
    return name in (LOCK, RESULTS) or name.endswith((_LOG_END, _TESTED_END))


def read_test_suite(
    files: Iterable[tuple[str, BinaryIO]], redactor: Redactor | None = None
) -> TestSuite:
    """Read the runs in the folder of a test suite, in the order of its lock file.

    A spec that the suite did not reach, and that left no trace, is not a run.

    Args:
        files: Names and content of the files in the folder; unrelated ones are ignored.
        redactor: Removes secrets from logs; None keeps them.

    Raises:
        DocumentError: The lock file is missing or broken.
    """
    contents = _Files()
    for path, stream in files:
        name = PurePosixPath(path).name
        try:
            _read_file(contents, name, stream, redactor)
        except DocumentError as error:
            contents.problems.append(Problem(path, error))
    if contents.lock is None:
        raise next(
            (error for path, error in contents.problems if PurePosixPath(path).name == LOCK),
            DocumentError(Fault.UNSUPPORTED, f"not a test suite: there is no {LOCK}"),
        )
    try:
        lock = _LOCK.decode(contents.lock)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    documents = tuple(bytes(raw) for raw in lock.specs)
    runs = []
    for index, raw in enumerate(documents):
        try:
            run = _find_run(read_node_names(raw)[0], contents)
        except DocumentError as error:
            contents.problems.append(Problem(LOCK, error.with_prefix(f"/specs/{index}")))
        else:
            runs += [run] if run else []
    return TestSuite(lock.alias, tuple(runs), documents, tuple(contents.problems))


def _read_file(contents: _Files, name: str, stream: BinaryIO, redactor: Redactor | None) -> None:
    if name == LOCK:
        contents.lock = source.read_bounded(stream)
    elif name == RESULTS:
        for line in source.read_bounded(stream).decode("utf-8", "replace").splitlines():
            spec, _, word = line.strip().rpartition(" ")
            contents.results[spec] = word.replace("_", "-")
    elif name.endswith(_LOG_END):
        contents.logs[name.removesuffix(_LOG_END)] = clean_log(stream, redactor=redactor)
    elif name.endswith(_TESTED_END):
        number = source.read_bounded(stream).decode("utf-8", "replace").strip()
        contents.tested[name.removesuffix(_TESTED_END)] = _WORD_OF_NUMBER.get(number, "")


def _find_run(node: NamedNode, contents: _Files) -> TestRun | None:
    spec, full_hash = node.spec, None
    if node.runtime_hash:
        # Spack before 0.18 names the files by this hash, and the specs of reports as well.
        spec, full_hash = replace(spec, hash=node.runtime_hash), spec.hash
    name = f"{spec.name}-{spec.version}-{spec.hash[:7]}"
    log = contents.logs.get(name)
    word = contents.results.get(name) or contents.tested.get(name)
    if log is None and not word:
        return None
    run = make_test_run(spec, log, _STATUS_OF_WORD.get(word or ""))
    return replace(run, full_hash=full_hash)


def make_test_run(
    spec: SpecName,
    log: Log | None,
    status: Status | None = None,
    seconds: float | None = None,
    message: str | None = None,
) -> TestRun:
    """Return a test run with its parts and times taken from its log.

    Args:
        spec: The tested spec.
        log: Its log, if there is one.
        status: How it ended; None concludes it from the parts, as Spack does.
        seconds: Its duration; None takes it from the log.
        message: Why it failed.
    """
    text = log.text if log else ""
    parts = parse_test_parts(text)
    return TestRun(
        spec,
        status or conclude_status(parts),
        first_timestamp_seconds(text),
        measure_duration(text) if seconds is None else seconds,
        log,
        parts,
        message,
    )


def parse_test_parts(text: str) -> tuple[TestPart, ...]:
    """Return the parts of a run in the order of its log, each with its last status.

    They come from the summary at the end of the log; without one, from the lines about each part.
    Spack before 0.20 wrote those without names; such parts are numbered.
    """
    pairs = [(match["name"], match["word"]) for match in _SUMMARY.finditer(text)]
    if not pairs:
        results = [(match["name"] or "", match["word"]) for match in _STATUS.finditer(text)]
        pairs = [pair for pair in results if "::" in pair[0]]
        pairs = pairs or [
            (f"part {at}", word) for at, (name, word) in enumerate(results, 1) if not name
        ]
    return tuple(TestPart(name, word.replace("_", "-")) for name, word in dict(pairs).items())


def tested_package(text: str) -> str | None:
    """Return NAME-VERSION-HASH7 of the tested spec, or None if the text is not a test log."""
    match = _TITLE.match(text)
    return match.group(1) if match else None


def conclude_status(parts: Iterable[TestPart]) -> Status:
    """Conclude from its parts how a run ended, as Spack does."""
    words = {part.status for part in parts}
    if "FAILED" in words:
        return Status.FAILED
    return Status.SUCCEEDED if "PASSED" in words else Status.SKIPPED


def measure_duration(text: str) -> float | None:
    """Return the seconds between the first and the last timestamp in a log, or None without any."""
    first = first_timestamp_seconds(text)
    # `rfind` returns -1 if only the first line has a timestamp; then the slice is the whole text.
    last = first_timestamp_seconds(text[text.rfind("\n==> [") + 1 :])
    return None if first is None or last is None else max(0.0, round(last - first, 6))


def _read_test_suite(candidate: Candidate, context: ReadContext) -> Records:
    paths = [path for path in sorted(candidate.path.iterdir()) if is_suite_file(path.name)]
    suite = read_test_suite(open_files(paths), context.options.redactor)
    for document in suite.documents:
        yield EmbeddedDocument(str(candidate.path / LOCK), document)
    yield from suite.runs
    yield from place_problems(candidate, suite.problems)


FORMAT = Format(
    subject="test suite",
    pointer="",
    kept="each run with its log, times and parts, and the spec documents",
    versions=(
        KnownVersion(
            "", "0.16 on", "the spec documents in `test_suite.lock` have a version of their own"
        ),
    ),
)
KIND = DocumentKind(
    name="test suite",
    read=_read_test_suite,
    is_folder=lambda listing: LOCK in listing.files,
    formats=(FORMAT,),
    holds_specs=lambda _: True,
    files_to_send=lambda _, folder: map(SentPart, filter(is_suite_file, folder.names or ())),
)
