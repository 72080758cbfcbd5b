"""CDash reports of `spack install --log-format=cdash` and of `spack test run`.

Spack cuts the log of a package up: what belongs to phases that configure goes to `Configure.xml`,
what belongs to phases that build and install to `Build.xml`, of which only errors and warnings are
given, 50 of each. Where several packages are reported, the name of the package stands before that
of the file and behind that of the build. `Update.xml` gives the revision of Spack, and in place of
all others why a request could not be concretized. `Testing.xml` tells of a run of tests.

What these files do not tell:

- the hash, but where the request was made by hash or by `spack ci`. It is taken from the log, which
  names the stage or the prefix;
- how the attempt ended. It failed where there is an error, or where `Build.xml` is missing though
  all files were written. Where none of that holds it counts as succeeded, which is wrong of builds
  that failed without a line that Spack takes for an error, such as tests at build time. Of a
  `Configure.xml` alone without an error it is not known. All of these are marked by `inferred`;
- how long a phase took: the times are those of the request.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO

from loaders.errors import DocumentError, Fault
from loaders.evidence import Attempt, HostEnvironment, Phase, Source, SpecName, Status
from loaders.logs.cleaning import attempt_key, clean_log, first_timestamp_seconds
from loaders.logs.redaction import Redactor
from loaders.reports.cdash_parts import BUILD, CONFIGURE, TEST, TESTING, UPDATE, Part, read_part
from loaders.reports.report import (
    Problem,
    Report,
    checked_name,
    clean_text,
    exception_in,
    message_phase,
    phase_before_log,
    spec_in,
)
from loaders.reports.test_runs import TestRun, status_of
from loaders.reports.xml_stream import first_tag

_ROOTS = frozenset({"Site", "Update"})
_ORDER = (CONFIGURE, BUILD, TEST)
_HASH = r"(?P<hash>[a-z2-7]{32})"
_BY_HASH = re.compile(rf"(?P<name>[\w.-]+)@=?(?P<version>[^@/%+~\s]+)[^/]*/{_HASH}(?: - \S+)?\Z")
# By `spack ci`: NAME@VERSION%COMPILER hash=HASH arch=ARCHITECTURE (GROUP).
_OF_CI = re.compile(rf"(?P<name>[\w.-]+)@=?(?P<version>[^@%+~\s]+).*?\shash={_HASH}\s", re.DOTALL)
_NAME_HASH = re.compile(rf"(?P<name>[\w.-]+)[-_]{_HASH}(?:_{TESTING}\.xml)?\Z")
_ONE_OF_SEVERAL = re.compile(r" - ([\w.-]+)\Z")
_OUTPUT_FOR = re.compile(r"\A\w+ output for ([\w.-]+):$", re.MULTILINE)
_REQUESTED = re.compile(r"(?:[\w-]+\.)*([\w-]+)(?=[@+~%/^ ]|\Z)")
_FILE = re.compile(rf"\A([\w.-]+?)(?:_{_HASH})?_[A-Z][a-z]+\.xml\Z")
_TOO_EARLY = "Pre-configure errors occur"
_SPACK = "spack-"


def looks_like(head: bytes) -> bool:
    """Whether a document that begins so may be a file of a CDash report."""
    return first_tag(head) in _ROOTS


def read_cdash(files: Iterable[tuple[str, BinaryIO]], redactor: Redactor | None = None) -> Report:
    """The attempts, or test runs, that the files of a report tell of: all of them, or one alone.

    :param files: names and content; each is read before the next is asked for.
    :raises DocumentError: no file can be read, or none is a file of a CDash report.
    """
    known = redactor or Redactor()
    told: list[Part] = []
    problems: list[Problem] = []
    for file, stream in files:
        try:
            told.append(read_part(PurePosixPath(file).name, stream, known))
        except DocumentError as error:
            problems.append((file, error))
    if problems and not told:
        raise problems[0][1]
    report = read_parts(told, known)
    return replace(report, problems=(*problems, *report.problems))


def read_parts(parts: Iterable[Part], redactor: Redactor | None = None) -> Report:
    """The attempts, or test runs, that files tell of which were read before."""
    known = redactor or Redactor()
    groups: dict[tuple[str, str, float | None], list[Part]] = {}
    for part in parts:
        groups.setdefault((part.build, part.stamp, part.began), []).append(part)
    problems: list[Problem] = []
    attempts: dict[str, Attempt] = {}
    runs: dict[str, TestRun] = {}
    for group in groups.values():
        try:
            told = _read_group(group, known)
        except DocumentError as error:
            problems.append((group[0].file, error))
            continue
        if isinstance(told, Attempt):
            attempts.setdefault(told.uid, told)
        elif told is not None:
            runs.setdefault(told.uid, told)
    return Report(tuple(attempts.values()), tuple(runs.values()), problems=tuple(problems))


def _read_group(parts: Sequence[Part], redactor: Redactor) -> Attempt | TestRun | None:
    by_kind = {part.kind: part for part in parts}
    if TESTING in by_kind:
        return _test_run(by_kind[TESTING])
    phases = [by_kind[kind] for kind in _ORDER if kind in by_kind]
    if phases:
        return _attempt(phases, by_kind.get(UPDATE), redactor)
    told = next((part.told for part in parts if part.told), None)
    if told:
        raise DocumentError(Fault.NOT_CONCRETE, f"nothing was tried: {told[:200]}")
    return None


def _attempt(parts: Sequence[Part], update: Part | None, redactor: Redactor) -> Attempt:
    first = parts[0]
    text = _text(first)
    stamps = first_timestamp_seconds(text) is not None
    outcome = _outcome(parts, redactor, complete=update is not None)
    several = _ONE_OF_SEVERAL.search(first.build) is not None
    return Attempt(
        spec=_spec_of(first, _texts(parts)),
        key=attempt_key(first.log if stamps else None, f"{first.stamp}: {first.began}"),
        status=outcome.status,
        source=Source.CDASH,
        failed_phase=outcome.failed_phase,
        started=first_timestamp_seconds(text) if stamps else first.began,
        seconds=None if several else _seconds(first),
        spack_version=_given(first, "Generator").removeprefix(_SPACK) or None,
        message=outcome.message,
        binary=False,
        phases=outcome.phases,
        environment=_environment(first),
        more=_more(first, update, redactor, inferred=outcome.inferred),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How an attempt ended.

    :ivar inferred: that follows only from what the report lacks.
    """

    phases: tuple[Phase, ...]
    status: Status
    failed_phase: str | None = None
    message: str | None = None
    inferred: bool = False


def _outcome(parts: Sequence[Part], redactor: Redactor, *, complete: bool) -> _Outcome:
    text = _text(parts[0])
    if text.startswith(_TOO_EARLY):
        message = clean_text(exception_in(text), redactor)
        phase = message_phase(phase_before_log(text), message)
        return _Outcome((phase,), Status.FAILED, phase.name, message)
    phases = tuple(_phase(part, order) for order, part in enumerate(parts))
    failed = [phase.name for phase in phases if phase.status is Status.FAILED]
    if failed:
        return _Outcome(phases, Status.FAILED, failed[0])
    if parts[-1].kind != CONFIGURE:
        return _Outcome(phases, Status.SUCCEEDED, inferred=True)
    if not complete:
        return _Outcome(phases, Status.RUNNING, inferred=True)
    last = replace(phases[-1], status=Status.FAILED)
    return _Outcome((*phases[:-1], last), Status.FAILED, last.name, inferred=True)


def _phase(part: Part, order: int) -> Phase:
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


def _test_run(part: Part) -> TestRun:
    key = hashlib.sha256(f"{part.stamp}: {part.began}: {part.build}".encode()).hexdigest()
    log = clean_log("".join(f"{each}\n" for each in part.test_output if each).encode())
    return TestRun(
        spec=_spec_of(part, log.text),
        status=status_of(part.tests),
        started=part.began,
        seconds=part.test_seconds,
        log=log if log.text else None,
        parts=part.tests,
        told_key=key,
    )


def _text(part: Part) -> str:
    return part.log.text if part.log else ""


def _texts(parts: Sequence[Part]) -> str:
    """All that the report has of the logs."""
    lines = []
    for part in parts:
        lines.append(_text(part))
        for finding in part.findings:
            lines += [*finding.before, finding.text, *finding.after]
    return "\n".join(lines)


def _spec_of(part: Part, text: str) -> SpecName:
    """The spec of a report.

    :raises DocumentError: it is not told.
    """
    package = _package_of(part, text)
    for pattern, name in (
        (_BY_HASH, part.build),
        (_OF_CI, part.build),
        (_NAME_HASH, part.build),
        (_NAME_HASH, part.file),
    ):
        named = pattern.match(name)
        if named and package in (None, named["name"]):
            return checked_name(named["hash"], named["name"], named.groupdict().get("version"))
    if package is None:
        # Where the user named no build, Spack calls it by what was asked for.
        asked = _REQUESTED.match(part.build)
        package = asked and asked.group(1)
    spec = spec_in(text, package) if package else None
    if spec is None:
        raise DocumentError(
            Fault.INVALID,
            "of which spec this tells is not known: no hash in the build's name, nor in a log",
        )
    return spec


def _package_of(part: Part, text: str) -> str | None:
    """The package's name: as the log says, or the build's name, or the file's."""
    for pattern, where in ((_OUTPUT_FOR, text), (_ONE_OF_SEVERAL, part.build), (_FILE, part.file)):
        found = pattern.search(where)
        if found:
            return found.group(1)
    return None


def _given(part: Part, attribute: str) -> str:
    return part.site.get(attribute, "").strip()


def _seconds(part: Part) -> float | None:
    if part.began is None or part.ended is None:
        return None
    return max(0.0, part.ended - part.began)


def _environment(part: Part) -> HostEnvironment | None:
    known = HostEnvironment(
        platform=_given(part, "OSName").lower() or None,
        host_target=_given(part, "VendorString") or None,
        hostname=_given(part, "Hostname") or None,
    )
    return None if known == HostEnvironment() else known


def _more(
    part: Part, update: Part | None, redactor: Redactor, *, inferred: bool
) -> dict[str, str | int | float | bool]:
    more: dict[str, str | int | float | bool] = {}
    told = {
        "cdash_site": _given(part, "Name"),
        "cdash_stamp": part.stamp,
        "os_release": _given(part, "OSRelease"),
        "spack_revision": (update.revision if update else None) or "",
    }
    more.update({key: clean_text(value, redactor) for key, value in told.items() if value})
    if inferred:
        more["inferred"] = True
    return more
