"""Read CDash reports of `spack install --log-format=cdash` and of `spack test run`.

Spack splits the log of a package: the output of phases that configure goes to `Configure.xml`;
phases that build and install go to `Build.xml`, reduced to errors and warnings, at most 50 of each.
If several packages are reported, the name of the package is prepended to that of the file and
appended to that of the build. `Update.xml` gives the revision of Spack, or, instead of all other
files, why a request could not be concretized. `Testing.xml` reports a test run.

These files lack:

- the hash, unless the request was made by hash or by `spack ci`. It is taken from the log, which
  names the stage or the prefix;
- how the attempt ended. It failed if there is an error, or if `Build.xml` is missing from a
  complete report. Otherwise it counts as succeeded, which is wrong for builds that failed without a
  line that Spack recognises as an error, such as tests at build time. For a `Configure.xml` alone,
  without an error, it is unknown. All of these are marked as `inferred`;
- how long a phase took: the times are those of the request.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO

from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Attempt, HostEnvironment, Phase, Source, SpecName, Status
from loaders.folder import open_files
from loaders.known_versions import Format, KnownVersion
from loaders.logs.cleaning import attempt_key, clean_log, first_timestamp_seconds
from loaders.logs.redaction import Redactor
from loaders.reports.cdash_parts import (
    BUILD,
    CONFIGURE,
    TEST,
    TESTING,
    UPDATE,
    ReportPart,
    read_part,
)
from loaders.reports.report import (
    Report,
    clean_text,
    extract_exception,
    find_spec,
    infer_early_phase,
    make_message_phase,
    make_spec_name,
    report_records,
)
from loaders.reports.test_runs import TestRun, conclude_status
from loaders.reports.xml_stream import first_tag

_ROOTS = frozenset({"Site", "Update"})
_ORDER = (CONFIGURE, BUILD, TEST)
_HASH = r"(?P<hash>[a-z2-7]{32})"
_HASH_REQUEST = re.compile(
    rf"(?P<name>[\w.-]+)@=?(?P<version>[^@/%+~\s]+)[^/]*/{_HASH}(?: - \S+)?\Z"
)
# Build name made by `spack ci`: NAME@VERSION%COMPILER hash=HASH arch=ARCHITECTURE (GROUP).
_CI_BUILD = re.compile(
    rf"(?P<name>[\w.-]+)@=?(?P<version>[^@%+~\s]+).*?\shash={_HASH}\s", re.DOTALL
)
_NAME_HASH = re.compile(rf"(?P<name>[\w.-]+)[-_]{_HASH}(?:_{TESTING}\.xml)?\Z")
_ONE_OF_SEVERAL = re.compile(r" - ([\w.-]+)\Z")
_OUTPUT_FOR = re.compile(r"\A\w+ output for ([\w.-]+):$", re.MULTILINE)
_REQUESTED = re.compile(r"(?:[\w-]+\.)*([\w-]+)(?=[@+~%/^ ]|\Z)")
_FILE = re.compile(rf"\A([\w.-]+?)(?:_{_HASH})?_[A-Z][a-z]+\.xml\Z")
_REPORT_FILE = re.compile(r"(?:.*_)?(?:Configure|Build|Test|Testing|Update)\.xml\Z")
# Begins the log of a build that failed before its first phase.
_TOO_EARLY = "Pre-configure errors occur"
_SPACK = "spack-"


def looks_like(head: bytes) -> bool:
    """Return whether a document may be a file of a CDash report, by its first bytes."""
    return first_tag(head) in _ROOTS


def read_cdash(files: Iterable[tuple[str, BinaryIO]], redactor: Redactor | None = None) -> Report:
    """Read the attempts, or test runs, reported by the files of a report or by a single one.

    Args:
        files: Names and content; each file is read before the next is requested.
        redactor: Removes secrets; None uses the documented list.

    Raises:
        DocumentError: No file can be read, or none is a file of a CDash report.
    """
    redactor = redactor or Redactor()
    parts: list[ReportPart] = []
    problems: list[Problem] = []
    for file, stream in files:
        try:
            parts.append(read_part(PurePosixPath(file).name, stream, redactor))
        except DocumentError as error:
            problems.append(Problem(file, error))
    if problems and not parts:
        raise problems[0].error
    report = combine_parts(parts, redactor)
    return replace(report, problems=(*problems, *report.problems))


def combine_parts(parts: Iterable[ReportPart], redactor: Redactor | None = None) -> Report:
    """Combine files read before into the attempts, or test runs, that they report."""
    redactor = redactor or Redactor()
    # Two runs of one build in the same minute share a stamp, but not the time at which they began.
    groups: dict[tuple[str, str, float | None], list[ReportPart]] = {}
    for part in parts:
        groups.setdefault((part.build, part.stamp, part.began), []).append(part)
    problems: list[Problem] = []
    attempts: dict[str, Attempt] = {}
    runs: dict[str, TestRun] = {}
    for group in groups.values():
        try:
            combined = _combine_group(group, redactor)
        except DocumentError as error:
            problems.append(Problem(group[0].file, error))
            continue
        if isinstance(combined, Attempt):
            attempts.setdefault(combined.uid, combined)
        elif combined is not None:
            runs.setdefault(combined.uid, combined)
    return Report(tuple(attempts.values()), tuple(runs.values()), problems=tuple(problems))


def _combine_group(parts: Sequence[ReportPart], redactor: Redactor) -> Attempt | TestRun | None:
    by_kind = {part.kind: part for part in parts}
    if TESTING in by_kind:
        return _make_test_run(by_kind[TESTING])
    phases = [by_kind[kind] for kind in _ORDER if kind in by_kind]
    if phases:
        return _make_attempt(phases, by_kind.get(UPDATE), redactor)
    reason = next((part.update_error for part in parts if part.update_error), None)
    if reason:
        raise DocumentError(Fault.NOT_CONCRETE, f"nothing was attempted: {reason[:200]}")
    return None


def _make_attempt(
    parts: Sequence[ReportPart], update: ReportPart | None, redactor: Redactor
) -> Attempt:
    first = parts[0]
    text = _log_text(first)
    timed = first_timestamp_seconds(text) is not None
    outcome = _infer_outcome(parts, redactor, complete=update is not None)
    # The times of a report on several packages are those of all of them together.
    several = _ONE_OF_SEVERAL.search(first.build) is not None
    return Attempt(
        spec=_find_spec(first, _join_texts(parts)),
        key=attempt_key(first.log if timed else None, f"{first.stamp}: {first.began}"),
        status=outcome.status,
        source=Source.CDASH,
        failed_phase=outcome.failed_phase,
        started=first_timestamp_seconds(text) if timed else first.began,
        seconds=None if several else _measure_request(first),
        spack_version=_site_attribute(first, "Generator").removeprefix(_SPACK) or None,
        message=outcome.message,
        binary=False,
        phases=outcome.phases,
        environment=_make_environment(first),
        more=_collect_extras(first, update, redactor, inferred=outcome.inferred),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How an attempt ended.

    Attributes:
        inferred: Whether that was concluded only from what the report lacks.
    """

    phases: tuple[Phase, ...]
    status: Status
    failed_phase: str | None = None
    message: str | None = None
    inferred: bool = False


def _infer_outcome(parts: Sequence[ReportPart], redactor: Redactor, *, complete: bool) -> _Outcome:
    text = _log_text(parts[0])
    if text.startswith(_TOO_EARLY):
        message = clean_text(extract_exception(text), redactor)
        phase = make_message_phase(infer_early_phase(text), message)
        return _Outcome((phase,), Status.FAILED, phase.name, message)
    phases = tuple(_make_phase(part, order) for order, part in enumerate(parts))
    failed = [phase.name for phase in phases if phase.status is Status.FAILED]
    if failed:
        return _Outcome(phases, Status.FAILED, failed[0])
    if parts[-1].kind != CONFIGURE:
        return _Outcome(phases, Status.SUCCEEDED, inferred=True)
    # Update.xml stands for a complete report; without it, Build.xml may just not be at hand.
    if not complete:
        return _Outcome(phases, Status.RUNNING, inferred=True)
    last = replace(phases[-1], status=Status.FAILED)
    return _Outcome((*phases[:-1], last), Status.FAILED, last.name, inferred=True)


def _make_phase(part: ReportPart, order: int) -> Phase:
    failed = part.failed or part.status not in ("", "0")
    return Phase(
        part.kind.lower(),
        order,
        Status.FAILED if failed else Status.SUCCEEDED,
        log=part.log,
        findings=part.findings,
        errors=part.errors,
        warnings=part.warnings,
    )


def _make_test_run(part: ReportPart) -> TestRun:
    key = hashlib.sha256(f"{part.stamp}: {part.began}: {part.build}".encode()).hexdigest()
    log = clean_log("".join(f"{each}\n" for each in part.test_output if each).encode())
    return TestRun(
        spec=_find_spec(part, log.text),
        status=conclude_status(part.tests),
        started=part.began,
        seconds=part.test_seconds,
        log=log if log.text else None,
        parts=part.tests,
        given_key=key,
    )


def _log_text(part: ReportPart) -> str:
    return part.log.text if part.log else ""


def _join_texts(parts: Sequence[ReportPart]) -> str:
    """Return all the report has of the logs, joined."""
    lines = []
    for part in parts:
        lines.append(_log_text(part))
        for finding in part.findings:
            lines += [*finding.before, finding.text, *finding.after]
    return "\n".join(lines)


def _find_spec(part: ReportPart, text: str) -> SpecName:
    """Return the spec of a report.

    Raises:
        DocumentError: The report does not identify it.
    """
    package = _find_package(part, text)
    for pattern, name in (
        (_HASH_REQUEST, part.build),
        (_CI_BUILD, part.build),
        (_NAME_HASH, part.build),
        (_NAME_HASH, part.file),
    ):
        named = pattern.match(name)
        if named and package in (None, named["name"]):
            return make_spec_name(named["hash"], named["name"], named.groupdict().get("version"))
    if package is None:
        # If the user gave the build no name, Spack names it after the requested spec.
        requested = _REQUESTED.match(part.build)
        package = requested and requested.group(1)
    spec = find_spec(text, package) if package else None
    if spec is None:
        raise DocumentError(
            Fault.INVALID,
            "the spec is not known: there is no hash in the name of the build, nor in a log",
        )
    return spec


def _find_package(part: ReportPart, text: str) -> str | None:
    """Return the package name from the log, else from the build's name, else from the file's."""
    sources = ((_OUTPUT_FOR, text), (_ONE_OF_SEVERAL, part.build), (_FILE, part.file))
    for pattern, source in sources:
        match = pattern.search(source)
        if match:
            return match.group(1)
    return None


def _site_attribute(part: ReportPart, attribute: str) -> str:
    return part.site.get(attribute, "").strip()


def _measure_request(part: ReportPart) -> float | None:
    if part.began is None or part.ended is None:
        return None
    return max(0.0, part.ended - part.began)


def _make_environment(part: ReportPart) -> HostEnvironment | None:
    environment = HostEnvironment(
        platform=_site_attribute(part, "OSName").lower() or None,
        host_target=_site_attribute(part, "VendorString") or None,
        hostname=_site_attribute(part, "Hostname") or None,
    )
    return None if environment == HostEnvironment() else environment


def _collect_extras(
    part: ReportPart, update: ReportPart | None, redactor: Redactor, *, inferred: bool
) -> dict[str, str | int | float | bool]:
    more: dict[str, str | int | float | bool] = {}
    values = {
        "cdash_site": _site_attribute(part, "Name"),
        "cdash_stamp": part.stamp,
        "os_release": _site_attribute(part, "OSRelease"),
        "spack_revision": (update.revision if update else None) or "",
    }
    more.update({key: clean_text(value, redactor) for key, value in values.items() if value})
    if inferred:
        more["inferred"] = True
    return more


def _read_report(candidate: Candidate, context: ReadContext) -> Records:
    files = open_files(candidate.files or (candidate.path,))
    yield from report_records(candidate, read_cdash(files, context.options.redactor))


FORMAT = Format(
    subject="CDash report",
    pointer="",
    kept="an attempt per package with status, times, log, errors and warnings, and test runs",
    versions=(KnownVersion("", "0.17 on", "XML without a version"),),
)
KIND = DocumentKind(
    name="CDash reports",
    read=_read_report,
    looks_like=looks_like,
    is_grouped=lambda name: bool(_REPORT_FILE.match(name)),
    sent_folder=lambda _: "reports",
    formats=(FORMAT,),
)
