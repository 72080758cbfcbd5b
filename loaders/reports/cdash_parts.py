"""Read single files of a CDash report: Configure, Build, Test, Testing and Update.

Spack escapes texts of logs twice in all elements but `Log`; the second escaping is undone here.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from loaders.errors import DocumentError, Fault
from loaders.evidence import Finding, Log, Phase, Status
from loaders.logs.cleaning import clean_log
from loaders.logs.diagnostics import normalise_message
from loaders.logs.log_parser import LIMIT, drop_guessed_reasons, scan_lines
from loaders.logs.log_patterns import ERROR, NOTE, WARNING, classify_line
from loaders.logs.phases import read_phase
from loaders.logs.redaction import Redactor
from loaders.reports.report import clean_text, parse_number
from loaders.reports.test_runs import TestPart
from loaders.reports.xml_stream import ElementEnd, ElementStart, iter_elements, read_text

CONFIGURE, BUILD, TEST, TESTING, UPDATE = "Configure", "Build", "Test", "Testing", "Update"
MAX_TESTS = 10_000
"""Maximum number of tests in one report."""

_MOST_SCANNED = 1_000
"""Number of findings after which the rest is counted only; Spack reports at most 50."""
_MAX_OUTPUT = 4000
_SITE = "Site"
_PHASES = frozenset({CONFIGURE, BUILD, TEST, TESTING})
_FINDINGS = {"Error": ERROR, "Warning": WARNING}
_TEST_STATUS = {
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
class ReportPart:
    """The content of one file of a report.

    Attributes:
        file: Name of the file.
        kind: Name of its main element.
        began: When the request began, in seconds since 1970.
        ended: When the request ended, in seconds since 1970.
        status: Text of `ConfigureStatus`.
        findings: In order of lines. If a package was built, Spack reports all errors as warnings;
            here the line decides.
        errors: Number of all errors, kept or not, by the same rule.
        warnings: Number of all warnings, kept or not, by the same rule.
        failed: Whether Spack reported an error.
        revision: Revision of Spack, in an Update.
        update_error: Why the request could not be concretized, in an Update.
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
    update_error: str | None = None


def read_part(file: str, stream: BinaryIO, redactor: Redactor | None = None) -> ReportPart:
    """Read one file of a report.

    Raises:
        DocumentError: It is broken, or not part of a CDash report.
    """
    reader = _PartReader(ReportPart(file), redactor)
    for event in iter_elements(stream, _TEXTS):
        if isinstance(event, ElementStart):
            reader.start_element(event)
        else:
            reader.end_element(event)
    return reader.finish_part()


class _PartReader:
    """Assembles a part from its elements."""

    def __init__(self, part: ReportPart, redactor: Redactor | None) -> None:
        self._part = part
        self._redactor = redactor
        self._started = False
        self._scanned: Phase | None = None
        self._entry: dict[str, str] | None = None
        self._found: list[Finding] = []
        self._counts = {ERROR: 0, WARNING: 0}
        self._measured = ""
        self._tests: list[TestPart] = []
        self._output: list[str] = []

    def start_element(self, event: ElementStart) -> None:
        """Process the start of an element."""
        if not self._started:
            self._start_root(event)
        elif not self._part.kind and event.tag in _PHASES:
            self._part.kind = event.tag
        elif event.tag in _FINDINGS or (event.tag == TEST and self._part.kind == TESTING):
            self._entry = dict(event.attributes)
        elif event.tag.endswith("Measurement"):
            self._measured = event.attributes.get("name", "")

    def _start_root(self, event: ElementStart) -> None:
        self._started = True
        if event.tag == UPDATE:
            self._part.kind = UPDATE
        elif event.tag == _SITE:
            self._part.site = event.attributes
            self._part.build = event.attributes.get("BuildName", "")
            self._part.stamp = event.attributes.get("BuildStamp", "")
        else:
            raise DocumentError(
                Fault.UNSUPPORTED, f"not a CDash report: the root element is <{event.tag[:40]}>"
            )

    def end_element(self, event: ElementEnd) -> None:
        """Process the end of an element."""
        if event.tag == "Log" and event.text is not None:
            self._read_log(event.text)
        elif event.tag in _FINDINGS and self._entry is not None:
            self._add_finding(_FINDINGS[event.tag], self._entry)
            self._entry = None
        elif event.tag == TEST and self._entry is not None:
            self._add_test(self._entry)
            self._entry = None
        elif event.text is not None:
            self._read_text(event.tag, read_text(event))

    def _read_log(self, text: BinaryIO) -> None:
        """Read the log and scan it for errors; only the last copy of a repeated first line is kept.

        Spack begins the output of each of its phases with `configure output for NAME:`; a phase
        without output leaves only that line.
        """
        line, begin = text.readline(_MAX_OUTPUT), 0
        while line and (next_line := text.readline(_MAX_OUTPUT)) == line:
            begin += len(next_line)
        text.seek(begin)
        phase = read_phase(CONFIGURE, 0, Status.SUCCEEDED, text, self._redactor)
        self._part.log = phase.log
        self._scanned = phase

    def _read_text(self, tag: str, text: str) -> None:
        if self._entry is not None:
            key = f"Value {self._measured}".strip() if tag == "Value" else tag
            self._entry[key] = text
            return
        text = text.strip()
        if tag in _TIMES:
            setattr(self._part, "began" if tag.startswith("Start") else "ended", parse_number(text))
        elif tag == "ConfigureStatus":
            self._part.status = text
        elif self._part.kind == UPDATE:
            self._read_update(tag, text)

    def _read_update(self, tag: str, text: str) -> None:
        if tag == "BuildName":
            self._part.build = text
        elif tag == "BuildStamp":
            self._part.stamp = text
        elif tag == "Site":
            self._part.site = {"Name": text}
        elif tag == "Revision":
            self._part.revision = text or None
        elif tag == "UpdateReturnStatus":
            self._part.update_error = clean_text(text, self._redactor) or None

    def _add_test(self, entry: Mapping[str, str]) -> None:
        if len(self._tests) == MAX_TESTS:
            raise DocumentError(Fault.TOO_LARGE, f"more than {MAX_TESTS} tests in a report")
        status = _TEST_STATUS.get(entry.get("Status", ""), "NO-TESTS")
        self._tests.append(TestPart(clean_text(entry.get("Name", "")), status))
        self._part.test_seconds += parse_number(entry.get("Value Execution Time")) or 0.0
        self._output.append(clean_text(entry.get("Value", "")[:_MAX_OUTPUT], self._redactor))

    def finish_part(self) -> ReportPart:
        """Return the complete part.

        Raises:
            DocumentError: It reports nothing that Spack writes.
        """
        if not self._part.kind:
            raise DocumentError(
                Fault.UNSUPPORTED,
                "not a CDash report by Spack: nothing in it was configured or built",
            )
        self._part.tests = tuple(self._tests)
        self._part.test_output = tuple(self._output)
        if self._scanned is not None:
            self._part.findings = self._scanned.findings
            self._part.errors = self._scanned.errors
            self._part.warnings = self._scanned.warnings
            return self._part
        self._part.findings = merged = _merge_notes(drop_guessed_reasons(self._found))
        # Merged notes do not count; findings beyond the limit do, though they are not kept.
        kept = Counter(finding.kind for finding in merged)
        held = Counter(finding.kind for finding in self._found)
        self._part.errors = kept[ERROR] + self._counts[ERROR] - held[ERROR]
        self._part.warnings = kept[WARNING] + self._counts[WARNING] - held[WARNING]
        return self._part

    def _add_finding(self, reported: str, entry: Mapping[str, str]) -> None:
        self._part.failed = self._part.failed or reported == ERROR
        if self._counts[reported] >= _MOST_SCANNED:
            self._counts[reported] += 1
            return
        finding = self._make_finding(reported, entry)
        if finding is not None:
            self._counts[finding.kind] += 1
            # Some findings turn out to be notes of others, so more than the limit are held.
            if self._counts[finding.kind] <= 2 * LIMIT:
                self._found.append(finding)

    def _make_finding(self, reported: str, entry: Mapping[str, str]) -> Finding | None:
        """Scan the line and those around it with our own parser; take the rest from the report.

        Args:
            reported: The kind that Spack reports.
            entry: Texts of the element, by tag.

        Returns:
            None for the header of a command's output that contains the actual error.
        """
        text = self._log_lines(entry, "Text")[0].strip()
        before, after = self._log_lines(entry, "PreContext"), self._log_lines(entry, "PostContext")
        scanned = scan_lines([*before, text, *after])
        at = len(before) + 1
        finding = next((each for each in scanned.findings if each.line == at), None)
        if finding is None:
            if classify_line(text) == ERROR:
                return None
            source_line = parse_number(entry.get("SourceLineNumber"))
            finding = Finding(
                reported,
                0,
                text,
                normalise_message(text),
                self._log_lines(entry, "SourceFile")[0].strip() or None,
                None if source_line is None else int(source_line),
            )
        line = parse_number(entry.get("BuildLogLine") or entry.get("TestLogLine"))
        return replace(
            finding,
            kind=ERROR if reported == ERROR else finding.kind,
            line=int(line or 0),
            before=() if before == [""] else tuple(before),
            after=() if after == [""] else tuple(after),
        )

    def _log_lines(self, entry: Mapping[str, str], key: str) -> list[str]:
        text = _unescape_text(entry.get(key, ""))
        log = clean_log(text.encode("utf-8", "replace"), redactor=self._redactor)
        return [line.rstrip() for line in log.text.split("\n")]


def _merge_notes(found: list[Finding]) -> tuple[Finding, ...]:
    """Return findings in order of lines, with notes added to the finding before them."""
    merged: list[Finding] = []
    for finding in sorted(found, key=lambda finding: finding.line):
        if classify_line(finding.text) != NOTE or not merged:
            merged.append(finding)
        elif finding.text not in merged[-1].notes:
            merged[-1] = replace(merged[-1], notes=(*merged[-1].notes, finding.text))
    return tuple(merged)


def _unescape_text(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
