"""JUnit reports of `spack install --log-format=junit` and of `spack test run`.

A testcase is a package: `classname` is its name, `name` its hash. What Spack writes of each:

- built: `system-out` with the whole build log;
- failed: `failure`, or `error` where Spack itself failed, with the message and the traceback;
  `system-out` with the log and the message behind it. Without a log it says that it could not open
  one: nothing was run, since fetching, unpacking or patching the sources failed;
- `skipped` without a word: installed already or external, which is no attempt. Spack from 1.2 on
  writes the same of what was not tried since a dependency failed. That much is certain only of the
  root of a request in which something failed; other such packages are passed over;
- a root that was not tried does not occur in reports of Spack up to 1.1.

In reports of `spack test run`, `system-out` is the log of the tests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from loaders.errors import DocumentError, Fault
from loaders.evidence import Attempt, SpecName
from loaders.logs.redaction import Redactor
from loaders.reports.junit_cases import Case, attempt_of, read_output, skipped_of, test_run_of
from loaders.reports.report import (
    NotAttempted,
    Report,
    checked_name,
    named_failure,
    number_of,
    time_of,
)
from loaders.reports.test_runs import TestRun
from loaders.reports.xml_stream import End, Start, elements, first_tag
from loaders.source import MIB
from loaders.specs.checks import check_hash

_ROOTS = frozenset({"testsuites", "testsuite"})
_RESULTS = frozenset({"failure", "error", "skipped"})
_TEXTS = _RESULTS | {"system-out"}

Told = Attempt | TestRun | NotAttempted | DocumentError

_NAME_AND_HASH = re.compile(r"(?P<name>.+)_(?P<hash>[a-z2-7]{7})\Z")
_WAITED = re.compile(r"depend\w* failed|failed depend|since \S+ failed", re.IGNORECASE)


@dataclass
class _Suite:
    """A testsuite while it is read: what somebody asked for.

    :ivar hash_start: seven characters of its hash, which Spack before 1.0 puts behind its name.
    :ivar asked: when, in seconds since 1970.
    :ivar tests: whether it is about tests of what is installed.
    """

    name: str
    hash_start: str | None
    asked: float | None
    cases: list[Case] = field(default_factory=list)
    tests: bool = False

    @classmethod
    def begun(cls, given: Mapping[str, str]) -> "_Suite":
        name = given.get("name", "")
        old = _NAME_AND_HASH.match(name)
        asked = time_of(given.get("timestamp"))
        return cls(old["name"], old["hash"], asked) if old else cls(name, None, asked)

    def is_root(self, spec: SpecName) -> bool:
        """Whether a package is the one that was asked for, as far as names tell."""
        return spec.name == self.name and spec.hash.startswith(self.hash_start or "")


def looks_like(head: bytes) -> bool:
    """Whether a document that begins so is a JUnit report."""
    return first_tag(head) in _ROOTS


def read_junit(stream: BinaryIO, origin: str, redactor: Redactor | None = None) -> Report:
    """The attempts, or the test runs, that a report tells of.

    :param origin: name of the report, for the problems in it.
    :raises DocumentError: it is no JUnit report by Spack, or it is broken.
    """
    attempts, runs, roots, problems = [], [], [], []
    for each in iter_junit(stream, redactor):
        if isinstance(each, Attempt):
            attempts.append(each)
        elif isinstance(each, TestRun):
            runs.append(each)
        elif isinstance(each, NotAttempted):
            roots.append(each)
        else:
            problems.append((origin, each))
    return Report(tuple(attempts), tuple(runs), tuple(roots), tuple(problems))


def iter_junit(stream: BinaryIO, redactor: Redactor | None = None) -> Iterator[Told]:
    """What a report tells, one after the other; of a large one no more than one is held.

    What comes before the error of a broken report is right, and may be part of what is told of.

    :returns: attempts and test runs, each once; roots that were not tried; testcases that are not
        understood, as errors.
    :raises DocumentError: it is no JUnit report by Spack, or it is broken.
    """
    reader = _Reader(redactor or Redactor())
    seen: set[str] = set()
    for event in elements(stream, _TEXTS):
        for told in reader.take(event):
            if isinstance(told, (Attempt, TestRun)):
                if told.uid in seen:
                    continue
                seen.add(told.uid)
            yield told
    reader.finish()


class _Reader:
    """Puts together what elements tell."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._begun = False
        self._suite: _Suite | None = None
        self._case: Case | None = None
        self._usable = 0
        self._bad: DocumentError | None = None

    def take(self, event: Start | End) -> Iterator[Told]:
        """Go on by an element."""
        if isinstance(event, Start):
            yield from self._start(event.tag, event.attributes)
        elif event.tag == "testsuite" and self._suite is not None:
            yield from self._finish_suite(self._suite)
            self._suite = None
        elif self._case is not None and event.tag == "testcase":
            yield from self._finish_case(self._case)
            self._case = None
        elif self._case is not None and event.text is not None:
            self._take_text(self._case, event.tag, event.text)

    def finish(self) -> None:
        """The report is at its end.

        :raises DocumentError: nothing in it could be used.
        """
        if self._bad is not None and not self._usable:
            raise self._bad

    def _start(self, tag: str, given: Mapping[str, str]) -> Iterator[Told]:
        if not self._begun and tag not in _ROOTS:
            raise DocumentError(
                Fault.UNSUPPORTED, f"no JUnit report: the root element is <{tag[:40]}>"
            )
        self._begun = True
        if tag == "testsuite":
            self._suite = _Suite.begun(given)
        elif tag == "testcase" and self._suite is not None:
            yield from self._begin_case(self._suite, given)
        elif tag in _RESULTS and self._case is not None:
            self._case.result = tag
            self._case.message = given.get("message", "")

    def _begin_case(self, suite: _Suite, given: Mapping[str, str]) -> Iterator[Told]:
        try:
            dag_hash = check_hash(given.get("name", ""), "")
            spec = checked_name(dag_hash, given.get("classname", ""), None)
        except DocumentError as error:
            self._bad = error
            yield error
            return
        self._usable += 1
        self._case = Case(spec, number_of(given.get("time")))
        suite.cases.append(self._case)

    def _take_text(self, case: Case, tag: str, text: BinaryIO) -> None:
        if tag == "system-out":
            read_output(case, text, self._redactor)
        else:
            case.details = text.read(MIB).decode("utf-8", "replace")

    def _finish_case(self, case: Case) -> Iterator[Told]:
        """Tell what is certain, and let go of the log."""
        if case.result == "skipped" or self._suite is None:
            return
        if case.tests:
            self._suite.tests = True
            yield test_run_of(case, self._redactor)
        else:
            yield attempt_of(case, self._suite.asked, self._redactor)
        case.forget_log()

    def _finish_suite(self, suite: _Suite) -> Iterator[Told]:
        """Tell of what was skipped, and of a root that does not occur, where something failed."""
        failures = [case.spec for case in suite.cases if case.failed]
        for case in suite.cases:
            if case.result == "skipped":
                yield from self._skipped(suite, case, failures)
        if not failures or suite.tests:
            return
        tried = (
            case.result != "skipped" or case is suite.cases[0]
            for case in suite.cases
            if suite.is_root(case.spec)
        )
        if not any(tried):
            yield NotAttempted(suite.name, suite.hash_start, tuple(failures), suite.asked)

    def _skipped(self, suite: _Suite, case: Case, failures: list[SpecName]) -> Iterator[Told]:
        reason = case.message or case.details.strip()
        told = _WAITED.search(reason) is not None
        culprit = named_failure(reason) or next(iter(failures), None)
        waited = told or (not reason and case is suite.cases[0] and suite.is_root(case.spec))
        if culprit is not None and waited:
            case.message = reason
            yield skipped_of(case, culprit, suite.asked, told=told, redactor=self._redactor)
