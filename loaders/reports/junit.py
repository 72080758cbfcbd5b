"""Read JUnit reports of `spack install --log-format=junit` and of `spack test run`.

A testcase is a package: `classname` is its name, `name` its hash. Spack reports a package that was

- built with `system-out`, which holds the whole build log;
- failed with `failure`, or `error` if Spack itself failed, which holds the message and the
  traceback; the message also follows the log in `system-out`. Without a log, `system-out` says that
  none could be opened: nothing ran, because fetching, unpacking or patching the sources failed;
- already installed or external with an empty `skipped`, which is not an attempt. From 1.2 on, Spack
  reports a package the same way if it was not attempted because a dependency failed. Only for the
  root of a request with a failure is this certain; other such packages are ignored.

Reports of Spack up to 1.1 lack roots that were not attempted.

In reports of `spack test run`, `system-out` is the log of the tests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from loaders import source
from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Attempt, SpecName
from loaders.known_versions import Format, KnownVersion
from loaders.logs.redaction import Redactor
from loaders.reports.junit_cases import (
    JunitCase,
    attempt_from_case,
    read_output,
    skipped_attempt_from_case,
    test_run_from_case,
)
from loaders.reports.report import (
    NotAttempted,
    Report,
    find_failed_dependency,
    make_spec_name,
    parse_date,
    parse_number,
    report_records,
)
from loaders.reports.test_runs import TestRun
from loaders.reports.xml_stream import ElementEnd, ElementStart, first_tag, iter_elements
from loaders.source import MIB
from loaders.specs.checks import check_hash

_ROOTS = frozenset({"testsuites", "testsuite"})
_RESULTS = frozenset({"failure", "error", "skipped"})
_TEXTS = _RESULTS | {"system-out"}

JunitRecord = Attempt | TestRun | NotAttempted | DocumentError
"""A record of a report; an error stands for a testcase that was not understood."""

_NAME_AND_HASH = re.compile(r"(?P<name>.+)_(?P<hash>[a-z2-7]{7})\Z")
_BLAMED = re.compile(r"depend\w* failed|failed depend|since \S+ failed", re.IGNORECASE)


@dataclass
class _Suite:
    """A testsuite while it is being read: one request of the user.

    Attributes:
        hash_prefix: Seven characters of its hash, which Spack before 1.0 appends to its name.
        requested_at: When it was requested, in seconds since 1970.
        runs_tests: Whether it tests installed packages.
    """

    name: str
    hash_prefix: str | None
    requested_at: float | None
    cases: list[JunitCase] = field(default_factory=list)
    runs_tests: bool = False

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, str]) -> "_Suite":
        name = attributes.get("name", "")
        old = _NAME_AND_HASH.match(name)
        requested_at = parse_date(attributes.get("timestamp"))
        if old:
            return cls(old["name"], old["hash"], requested_at)
        return cls(name, None, requested_at)

    def is_root(self, spec: SpecName) -> bool:
        """Return whether a package is the requested one, as far as names show."""
        return spec.name == self.name and spec.hash.startswith(self.hash_prefix or "")


def looks_like(head: bytes) -> bool:
    """Return whether a document is a JUnit report, by its first bytes."""
    return first_tag(head) in _ROOTS


def read_junit(stream: BinaryIO, origin: str, redactor: Redactor | None = None) -> Report:
    """Read the attempts, or the test runs, of a report.

    Args:
        stream: The report.
        origin: Name of the report, used as the place of problems.
        redactor: Removes secrets; None uses the documented list.

    Raises:
        DocumentError: It is broken, or not a JUnit report written by Spack.
    """
    attempts, runs, roots, problems = [], [], [], []
    for record in iter_junit(stream, redactor):
        if isinstance(record, Attempt):
            attempts.append(record)
        elif isinstance(record, TestRun):
            runs.append(record)
        elif isinstance(record, NotAttempted):
            roots.append(record)
        else:
            problems.append(Problem(origin, record))
    return Report(tuple(attempts), tuple(runs), tuple(roots), tuple(problems))


def iter_junit(stream: BinaryIO, redactor: Redactor | None = None) -> Iterator[JunitRecord]:
    """Yield the records of a report; of a large one only one is held in memory at a time.

    The records before an error are valid, but may be only a part of the report.

    Yields:
        Attempts and test runs, each once; roots that were not attempted; testcases that are not
        understood, as errors.

    Raises:
        DocumentError: It is broken, or not a JUnit report written by Spack.
    """
    reader = _ReportReader(redactor or Redactor())
    seen: set[str] = set()
    for event in iter_elements(stream, _TEXTS):
        for record in reader.feed_event(event):
            if isinstance(record, (Attempt, TestRun)):
                if record.uid in seen:
                    continue
                seen.add(record.uid)
            yield record
    reader.check_end()


class _ReportReader:
    """Assembles records from elements."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._started = False
        self._suite: _Suite | None = None
        self._case: JunitCase | None = None
        self._usable = 0
        self._last_error: DocumentError | None = None

    def feed_event(self, event: ElementStart | ElementEnd) -> Iterator[JunitRecord]:
        """Process an element, and yield the records that it completes."""
        if isinstance(event, ElementStart):
            yield from self._start_element(event.tag, event.attributes)
        elif event.tag == "testsuite" and self._suite is not None:
            yield from self._finish_suite(self._suite)
            self._suite = None
        elif self._case is not None and event.tag == "testcase":
            yield from self._finish_case(self._case)
            self._case = None
        elif self._case is not None and event.text is not None:
            self._read_text(self._case, event.tag, event.text)

    def check_end(self) -> None:
        """Check the whole report at its end.

        Raises:
            DocumentError: Nothing in it could be used.
        """
        if self._last_error is not None and not self._usable:
            raise self._last_error

    def _start_element(self, tag: str, attributes: Mapping[str, str]) -> Iterator[JunitRecord]:
        if not self._started and tag not in _ROOTS:
            raise DocumentError(
                Fault.UNSUPPORTED, f"not a JUnit report: the root element is <{tag[:40]}>"
            )
        self._started = True
        if tag == "testsuite":
            self._suite = _Suite.from_attributes(attributes)
        elif tag == "testcase" and self._suite is not None:
            yield from self._start_case(self._suite, attributes)
        elif tag in _RESULTS and self._case is not None:
            self._case.result = tag
            self._case.message = attributes.get("message", "")

    def _start_case(self, suite: _Suite, attributes: Mapping[str, str]) -> Iterator[JunitRecord]:
        try:
            dag_hash = check_hash(attributes.get("name", ""), "")
            spec = make_spec_name(dag_hash, attributes.get("classname", ""), None)
        except DocumentError as error:
            self._last_error = error
            yield error
            return
        # A report in which no testcase can be used is refused: it is another tool's.
        self._usable += 1
        self._case = JunitCase(spec, parse_number(attributes.get("time")))
        suite.cases.append(self._case)

    def _read_text(self, case: JunitCase, tag: str, text: BinaryIO) -> None:
        if tag == "system-out":
            read_output(case, text, self._redactor)
        else:
            case.details = text.read(MIB).decode("utf-8", "replace")

    def _finish_case(self, case: JunitCase) -> Iterator[JunitRecord]:
        """Yield the record if it is certain by now, and release the log."""
        # A skipped testcase is decided at the end of its suite, when all failures are known.
        if case.result == "skipped" or self._suite is None:
            return
        if case.is_test_run:
            self._suite.runs_tests = True
            yield test_run_from_case(case, self._redactor)
        else:
            yield attempt_from_case(case, self._suite.requested_at, self._redactor)
        case.release_log()

    def _finish_suite(self, suite: _Suite) -> Iterator[JunitRecord]:
        """Yield skipped packages, and a root missing from a report with failures."""
        failures = [case.spec for case in suite.cases if case.has_failed]
        for case in suite.cases:
            if case.result == "skipped":
                yield from self._skip_attempt(suite, case, failures)
        if not failures or suite.runs_tests:
            return
        # Spack 1.2 lists a skipped root first; one of the same name further down is a dependency.
        attempted = (
            case.result != "skipped" or case is suite.cases[0]
            for case in suite.cases
            if suite.is_root(case.spec)
        )
        if not any(attempted):
            yield NotAttempted(suite.name, suite.hash_prefix, tuple(failures), suite.requested_at)

    def _skip_attempt(
        self, suite: _Suite, case: JunitCase, failures: list[SpecName]
    ) -> Iterator[JunitRecord]:
        reason = case.message or case.details.strip()
        stated = _BLAMED.search(reason) is not None
        culprit = find_failed_dependency(reason) or next(iter(failures), None)
        is_root = not reason and case is suite.cases[0] and suite.is_root(case.spec)
        if culprit is not None and (stated or is_root):
            case.message = reason
            yield skipped_attempt_from_case(
                case, culprit, suite.requested_at, stated=stated, redactor=self._redactor
            )


def _read_report(candidate: Candidate, context: ReadContext) -> Records:
    with source.open_path(candidate.path) as stream:
        report = read_junit(stream, candidate.path.name, context.options.redactor)
    yield from report_records(candidate, report)


FORMAT = Format(
    subject="JUnit report",
    pointer="",
    kept="an attempt per package with status, times, message and log, and test runs",
    versions=(KnownVersion("", "0.17 on", "XML without a version"),),
)
KIND = DocumentKind(
    name="JUnit report", read=_read_report, looks_like=looks_like, formats=(FORMAT,)
)
