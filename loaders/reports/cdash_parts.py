"""The files of a CDash report, each read by itself: Configure, Build, Test, Testing and Update.

Spack escapes texts of logs twice in all but `Log`; what is left of that is undone here.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from loaders.errors import DocumentError, Fault
from loaders.evidence import Finding, Log, Phase, Status
from loaders.logs.cleaning import clean_log
from loaders.logs.diagnostics import normalise
from loaders.logs.log_parser import LIMIT, scan
from loaders.logs.log_patterns import ERROR, NOTE, WARNING, classify_line
from loaders.logs.phases import read_phase
from loaders.logs.redaction import Redactor
from loaders.reports.report import clean_text, number_of
from loaders.reports.test_runs import TestPart
from loaders.reports.xml_stream import End, Start, elements, text_of

CONFIGURE, BUILD, TEST, TESTING, UPDATE = "Configure", "Build", "Test", "Testing", "Update"
MOST_TESTS = 10_000
"""Most tests in one report."""

_MOST_OUTPUT = 4000
_SITE = "Site"
_PHASES = frozenset({CONFIGURE, BUILD, TEST, TESTING})
_FINDINGS = {"Error": ERROR, "Warning": WARNING}
_OF_TEST = {
    "passed": "PASSED",
    "failed": "FAILED",
    "skipped": "SKIPPED",
    "notrun": "NO-TESTS",
}
_TIMES = frozenset(
    {"StartConfigureTime", "EndConfigureTime", "StartBuildTime", "EndBuildTime"}
    | {"StartTestTime", "EndTestTime", "StartTime", "EndTime"}
)
_TEXTS = _TIMES | {
    *("Log", "ConfigureStatus"),
    *("BuildLogLine", "TestLogLine", "Text", "SourceFile", "SourceLineNumber"),
    *("PreContext", "PostContext", "Name", "Value"),
    *("BuildName", "BuildStamp", "Site", "Revision", "UpdateReturnStatus"),
}


@dataclass
class Part:
    """What one file tells.

    :ivar file: its name; `kind` is that of its element.
    :ivar began: when the request began, in seconds since 1970; `ended` likewise.
    :ivar status: of `ConfigureStatus`.
    :ivar findings: by line. Where a package was built, Spack calls all errors warnings; here they
        are of the kind that the line says, and so are `errors` and `warnings`, which count all.
    :ivar failed: whether Spack told of an error.
    :ivar revision: of Spack, in an Update.
    :ivar told: why the request could not be concretized, in an Update.
    """

    file: str
    kind: str = ""
    build: str = ""
    stamp: str = ""
    site: Mapping[str, str] = field(default_factory=dict)
    began: float | None = None
    ended: float | None = None
    status: str = "0"
    log: Log | None = None
    findings: tuple[Finding, ...] = ()
    errors: int = 0
    warnings: int = 0
    failed: bool = False
    tests: tuple[TestPart, ...] = ()
    test_seconds: float = 0.0
    test_output: tuple[str, ...] = ()
    revision: str | None = None
    told: str | None = None


def read_part(file: str, stream: BinaryIO, redactor: Redactor | None = None) -> Part:
    """One file of a report.

    :raises DocumentError: it is none, or it is broken.
    """
    reader = _Reader(Part(file), redactor)
    for event in elements(stream, _TEXTS):
        if isinstance(event, Start):
            reader.start(event)
        else:
            reader.end(event)
    return reader.finish()


class _Reader:
    """Puts a part together from its elements."""

    def __init__(self, part: Part, redactor: Redactor | None) -> None:
        self._part = part
        self._redactor = redactor
        self._begun = False
        self._scanned: Phase | None = None
        self._entry: dict[str, str] | None = None
        self._found: list[Finding] = []
        self._counts = {ERROR: 0, WARNING: 0}
        self._measured = ""
        self._tests: list[TestPart] = []
        self._output: list[str] = []

    def start(self, event: Start) -> None:
        """An element begins."""
        if not self._begun:
            self._begin(event)
        elif not self._part.kind and event.tag in _PHASES:
            self._part.kind = event.tag
        elif event.tag in _FINDINGS or (event.tag == TEST and self._part.kind == TESTING):
            self._entry = dict(event.attributes)
        elif event.tag.endswith("Measurement"):
            self._measured = event.attributes.get("name", "")

    def _begin(self, event: Start) -> None:
        self._begun = True
        if event.tag == UPDATE:
            self._part.kind = UPDATE
        elif event.tag == _SITE:
            self._part.site = event.attributes
            self._part.build = event.attributes.get("BuildName", "")
            self._part.stamp = event.attributes.get("BuildStamp", "")
        else:
            raise DocumentError(
                Fault.UNSUPPORTED, f"no CDash report: the root element is <{event.tag[:40]}>"
            )

    def end(self, event: End) -> None:
        """An element ends."""
        if event.tag == "Log" and event.text is not None:
            self._take_log(event.text)
        elif event.tag in _FINDINGS and self._entry is not None:
            self._add_finding(_FINDINGS[event.tag], self._entry)
            self._entry = None
        elif event.tag == TEST and self._entry is not None:
            self._add_test(self._entry)
            self._entry = None
        elif event.text is not None:
            self._take(event.tag, text_of(event))

    def _take_log(self, text: BinaryIO) -> None:
        """Read the log and look for errors in it; of a repeated first line the last is kept.

        Spack begins the output of each of its phases with `configure output for NAME:`; phases
        without any leave only that.
        """
        line, begin = text.readline(_MOST_OUTPUT), 0
        while line and (next_line := text.readline(_MOST_OUTPUT)) == line:
            begin += len(next_line)
        text.seek(begin)
        phase = read_phase(CONFIGURE, 0, Status.SUCCEEDED, text, self._redactor)
        self._part.log = phase.log
        self._scanned = phase

    def _take(self, tag: str, text: str) -> None:
        if self._entry is not None:
            key = f"Value {self._measured}".strip() if tag == "Value" else tag
            self._entry[key] = text
            return
        text = text.strip()
        if tag in _TIMES:
            setattr(self._part, "began" if tag.startswith("Start") else "ended", number_of(text))
        elif tag == "ConfigureStatus":
            self._part.status = text
        elif self._part.kind == UPDATE:
            self._take_update(tag, text)

    def _take_update(self, tag: str, text: str) -> None:
        if tag == "BuildName":
            self._part.build = text
        elif tag == "BuildStamp":
            self._part.stamp = text
        elif tag == "Site":
            self._part.site = {"Name": text}
        elif tag == "Revision":
            self._part.revision = text or None
        elif tag == "UpdateReturnStatus":
            self._part.told = clean_text(text, self._redactor) or None

    def _add_test(self, entry: Mapping[str, str]) -> None:
        if len(self._tests) == MOST_TESTS:
            raise DocumentError(Fault.TOO_LARGE, f"more than {MOST_TESTS} tests in a report")
        status = _OF_TEST.get(entry.get("Status", ""), "NO-TESTS")
        self._tests.append(TestPart(clean_text(entry.get("Name", "")), status))
        self._part.test_seconds += number_of(entry.get("Value Execution Time")) or 0.0
        self._output.append(clean_text(entry.get("Value", "")[:_MOST_OUTPUT], self._redactor))

    def finish(self) -> Part:
        """The whole of it.

        :raises DocumentError: it is a report of something that Spack does not write.
        """
        if not self._part.kind:
            raise DocumentError(
                Fault.UNSUPPORTED, "no CDash report by Spack: nothing in it was configured or built"
            )
        self._part.tests = tuple(self._tests)
        self._part.test_output = tuple(self._output)
        if self._scanned is not None:
            self._part.findings = self._scanned.findings
            self._part.errors = self._scanned.errors
            self._part.warnings = self._scanned.warnings
            return self._part
        self._part.findings = merged = _merged(self._found)
        kept = Counter(each.kind for each in merged)
        seen = Counter(each.kind for each in self._found)
        self._part.errors = kept[ERROR] + self._counts[ERROR] - seen[ERROR]
        self._part.warnings = kept[WARNING] + self._counts[WARNING] - seen[WARNING]
        return self._part

    def _add_finding(self, told: str, entry: Mapping[str, str]) -> None:
        self._part.failed = self._part.failed or told == ERROR
        finding = self._finding(told, entry)
        if finding is not None:
            self._counts[finding.kind] += 1
            if self._counts[finding.kind] <= 2 * LIMIT:
                self._found.append(finding)

    def _finding(self, told: str, entry: Mapping[str, str]) -> Finding | None:
        """What our own parser makes of the line and those around it; what it lacks, as told.

        :returns: None for the header of a command's output in which the error itself stands.
        """
        text = self._lines(entry, "Text")[0].strip()
        before, after = self._lines(entry, "PreContext"), self._lines(entry, "PostContext")
        scanned = scan([*before, text, *after])
        known = next((each for each in scanned.findings if each.line == len(before) + 1), None)
        if known is None:
            if classify_line(text) == ERROR:
                return None
            source_line = number_of(entry.get("SourceLineNumber"))
            known = Finding(
                told,
                0,
                text,
                normalise(text),
                self._lines(entry, "SourceFile")[0].strip() or None,
                None if source_line is None else int(source_line),
            )
        line = number_of(entry.get("BuildLogLine") or entry.get("TestLogLine"))
        return replace(
            known,
            kind=ERROR if told == ERROR else known.kind,
            line=int(line or 0),
            before=tuple(each for each in before if before != [""]),
            after=tuple(each for each in after if after != [""]),
        )

    def _lines(self, entry: Mapping[str, str], key: str) -> list[str]:
        text = _unescaped(entry.get(key, ""))
        log = clean_log(text.encode("utf-8", "replace"), redactor=self._redactor)
        return [line.rstrip() for line in log.text.split("\n")]


def _merged(found: list[Finding]) -> tuple[Finding, ...]:
    """Findings by line; notes go to the one before them."""
    merged: list[Finding] = []
    for each in sorted(found, key=lambda finding: finding.line):
        if classify_line(each.text) != NOTE or not merged:
            merged.append(each)
        elif each.text not in merged[-1].notes:
            merged[-1] = replace(merged[-1], notes=(*merged[-1].notes, each.text))
    return tuple(merged)


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
