"""Read the logs of a build in its stage, and derive the attempt and how it ended from them.

Spack up to 1.1 writes a log for each phase (`spack-build-NN-PHASE-out.txt`) and one of all phases.
The installer of Spack 1.2 writes one log for both, next to the stages in
`spack-stage-NAME-VERSION-HASH-XXXXXXXX.log`, and a link to it into the stage
(`lib/spack/spack/installer`, `core.py` and `build.py`).
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from loaders.builds.fetched_sources import parse_fetched_urls
from loaders.builds.install_folder import (
    UNMARKED_PHASE,
    read_logged_phases,
    read_test_phase,
    read_whole_log,
)
from loaders.errors import Problem
from loaders.evidence import Attempt, Log, Phase, Source, SpecName, Status
from loaders.folder import Folder
from loaders.logs.cleaning import (
    STAGE,
    attempt_key,
    clean_log,
    first_timestamp_seconds,
    split_phases,
)
from loaders.logs.phases import read_phase
from loaders.logs.redaction import Redactor

PREFIX = "spack-stage-"
SOURCES = "spack-src"
LOGS = ("spack-build-out.txt", "spack-build.out", "spack-build.txt")
"""Names of the log of all phases, newest first."""
PHASE_LOG = re.compile(r"spack-build-([0-9]{1,6})-(.+)-out\.txt\Z")
"""Matches the name of the log of one phase."""
OUTSIDE_LOG = re.compile(rf"{PREFIX}(?P<stem>.+-[a-z2-7]{{32}})-[a-z0-9_]{{4,16}}\.log\Z")
"""Matches the name of a log that is kept next to the stages."""
_TESTING = re.compile(
    r"^==> (?:\[[^\]]*\] )?(?:Testing package |Running \w+-time tests|RUN-TESTS: )", re.MULTILINE
)
_TRACEBACK = re.compile(r"^ *Traceback \(most recent call last\):", re.MULTILINE)
# The end of a phase that failed in Python, or in a command whose own output has no error.
_DIED = re.compile(
    rf"{_TRACEBACK.pattern}|^(?:[\w.]*ProcessError: )?Command exited with status \d", re.MULTILINE
)
_INSTALLED = re.compile(r"^==> .*Successfully installed ", re.MULTILINE)
_INSTALL = "install"


@dataclass(frozen=True, slots=True)
class StageLogs:
    """The logs of a stage.

    Attributes:
        whole: The log of all phases.
        phases: The phases of the last build in the stage.
        tests: The log of build-time tests.
        package: Package name in the markers.
        complete: Whether the last phase that can fail has begun.
        died: Whether the log ends with an error of Python, after the last phase began.
        unread: Whether there are logs, but none can be read.
        stale: Number of phases of an earlier build in the same stage, which are ignored.
    """

    whole: Log | None
    phases: tuple[Phase, ...] = ()
    tests: Phase | None = None
    package: str | None = None
    complete: bool = False
    died: bool = False
    unread: bool = False
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a build ended, and where it failed."""

    status: Status
    failed_phase: str | None = None


def find_outside_log(stage: Folder) -> Path | None:
    """Return the log next to the stages to which the link in a stage leads.

    The link is absolute; if the stages were moved, it leads nowhere, but its name is still that of
    the log.
    """
    link = stage.path / LOGS[0]
    if not os.path.islink(link):
        return None
    log = Path(os.path.realpath(stage.path)).parent / os.path.basename(os.readlink(link))
    match = OUTSIDE_LOG.match(log.name)
    named_alike = match is not None and stage.name == f"{PREFIX}{match['stem']}"
    return log if named_alike and os.path.isfile(log) else None


def read_stage_logs(folder: Folder, redactor: Redactor) -> StageLogs:
    """Read the logs of all phases, or the log of the whole build if there are none."""
    outside = find_outside_log(folder)
    if outside is not None:
        log_folder = Folder(outside.parent, folder.problems)
        return _split_whole(folder, _WholeLog(log_folder, (outside.name,)), redactor)
    files = sorted(
        (int(match[1]), name, match[2])
        for name in folder.names or ()
        if (match := PHASE_LOG.match(name))
    )
    phases = []
    for order, (_, file, name) in enumerate(files):
        stream = folder.open(file)
        if stream is not None:
            with stream:
                phases.append(read_phase(name, order, Status.SUCCEEDED, stream, redactor))
    if not phases:
        return _split_whole(folder, _WholeLog(folder, LOGS), redactor)
    return _join_phases(folder, phases, redactor)


def _join_phases(folder: Folder, phases: Sequence[Phase], redactor: Redactor) -> StageLogs:
    current = _drop_stale(phases)
    markers = [_parse_marker(phase) for phase in current]
    named: dict[str, Phase] = {}
    for phase, (name, _) in zip(current, markers, strict=True):
        named.setdefault(name, replace(phase, name=name))
    whole = read_whole_log(folder, redactor, LOGS)
    if whole is None:
        # A build that was killed leaves only the logs of its phases.
        whole = clean_log("".join(_log_text(phase) for phase in phases).encode())
    else:
        _complete_last(named, read_logged_phases(folder, redactor, LOGS)[0])
    tests = _read_tests(folder, redactor, named)
    return StageLogs(
        whole,
        tuple(named.values()),
        tests,
        package=next((package for _, package in markers if package), None),
        complete=_INSTALL in named,
        died=_has_died(list(named.values())),
        stale=len(phases) - len(current),
    )


def _complete_last(named: dict[str, Phase], logged: Mapping[str, Phase]) -> None:
    """Replace the last phase by that of the whole log if more is in there: an error of Python."""
    if not named or not logged:
        return
    name, phase = list(named.items())[-1]
    last_name, last = list(logged.items())[-1]
    text, whole = _log_text(phase).rstrip(), _log_text(last)
    if name == last_name and whole.startswith(text) and _DIED.search(whole, len(text)):
        named[name] = replace(last, order=phase.order)


def _has_died(phases: Sequence[Phase]) -> bool:
    return bool(phases) and _DIED.search(_log_text(phases[-1])) is not None


def _parse_marker(phase: Phase) -> tuple[str, str | None]:
    """Return the names of phase and package in the log's marker.

    The file name of the log has the phase in lower case.
    """
    for section in split_phases(_log_text(phase)):
        if section.name.lower() == phase.name:
            return section.name, section.package
    return phase.name, None


class _WholeLog(NamedTuple):
    """Where the log of all phases is: in the stage, or next to it."""

    folder: Folder
    names: Sequence[str]


def _split_whole(stage: Folder, log: _WholeLog, redactor: Redactor) -> StageLogs:
    whole = read_whole_log(log.folder, redactor, log.names)
    if whole is None:
        unread = any(name in LOGS or PHASE_LOG.match(name) for name in stage.names or ())
        return StageLogs(None, unread=unread)
    phases, has_markers = read_logged_phases(log.folder, redactor, log.names)
    unpacked = stage.has(SOURCES)
    complete = _INSTALL in phases
    if not has_markers and phases:
        complete = unpacked and not _DIED.search(whole.text)
        # Without unpacked sources, the log is only that of fetching them.
        if not unpacked:
            phases = {STAGE: replace(phases[UNMARKED_PHASE], name=STAGE)}
    named = list(phases.values())
    tests = _read_tests(stage, redactor, phases)
    package = next((each.package for each in split_phases(whole.text) if each.package), None)
    return StageLogs(whole, tuple(named), tests, package, complete, died=_has_died(named))


def read_outside_log(path: Path, problems: list[Problem], redactor: Redactor) -> StageLogs:
    """Read a log next to the stages whose own stage was never made, or is gone.

    Args:
        path: The log.
        problems: Takes the problems with it.
        redactor: Recognizes secrets.
    """
    log = _WholeLog(Folder(path.parent, problems), (path.name,))
    # A folder that does not exist stands for the stage.
    logs = _split_whole(Folder(path / "stage"), log, redactor)
    return logs if logs.whole is not None else replace(logs, unread=True)


def _log_text(phase: Phase) -> str:
    return phase.log.text if phase.log else ""


def _drop_stale(phases: Sequence[Phase]) -> list[Phase]:
    """Return the phases of the last build.

    If Spack builds in a stage again, logs of phases that it does not reach remain; they are older
    than those before them.
    """
    latest = 0.0
    for at, phase in enumerate(phases):
        started = first_timestamp_seconds(_log_text(phase))
        if started is not None and started < latest:
            return list(phases[:at])
        latest = started or latest
    return list(phases)


def _read_tests(folder: Folder, redactor: Redactor, phases: Mapping[str, Phase]) -> Phase | None:
    """Read the build-time tests if the logs of the phases say that they began."""
    if not any(_TESTING.search(_log_text(phase)) for phase in phases.values()):
        return None
    return read_test_phase(folder, redactor, phases)


def infer_outcome(logs: StageLogs, failed: bool | None) -> Verdict:
    """Infer how the build ended, and where it failed.

    Without a log it failed before the first phase: in `stage`, when sources are fetched, unpacked
    and patched; if there are logs that cannot be read, the phase is unknown. Otherwise it failed in
    the phase that began last; or in its tests, if they began in that phase and have errors or come
    before the phase `install`.

    It did not fail if the phase `install` began, and neither the last log nor the tests have an
    error or end in Python. The installer of Spack up to 1.0 may leave Python's error out of the
    log, which then looks the same; `failed` decides that case. The new installer always logs it,
    in 1.1 without markers of phases, so a log without any means success if it has no error. If
    nothing was unpacked it is the log of `stage`.

    Args:
        logs: The logs.
        failed: How the build ended, if known from elsewhere.
    """
    if logs.whole is None:
        return Verdict(Status.FAILED, None if logs.unread else STAGE)
    # Old releases logged the success themselves.
    if failed is False or _INSTALLED.search(logs.whole.text):
        return Verdict(Status.SUCCEEDED)
    if not logs.phases:
        return Verdict(Status.FAILED, STAGE)
    last = logs.phases[-1]
    tests = logs.tests if _TESTING.search(_log_text(last)) else None
    if tests and (tests.errors or not logs.complete):
        return Verdict(Status.FAILED, tests.name)
    if logs.complete and not (last.errors or logs.died or failed):
        return Verdict(Status.SUCCEEDED)
    return Verdict(Status.FAILED, last.name)


def make_attempt(
    spec: SpecName, logs: StageLogs, failed: bool | None, redactor: Redactor
) -> Attempt:
    """Return the attempt that the logs of a build describe.

    Args:
        spec: The spec that was built.
        logs: The logs.
        failed: How the build ended, if known from elsewhere.
        redactor: Recognizes secrets in addresses.
    """
    verdict, whole = infer_outcome(logs, failed), logs.whole
    return Attempt(
        spec=spec,
        key=attempt_key(whole),
        status=verdict.status,
        source=Source.FOLDER if whole else Source.MARK,
        failed_phase=verdict.failed_phase,
        started=first_timestamp_seconds(whole.text) if whole else None,
        binary=False if whole else None,
        phases=_apply_verdict(logs, verdict),
        sources=tuple(parse_fetched_urls(whole.text, redactor)) if whole else (),
    )


def _apply_verdict(logs: StageLogs, verdict: Verdict) -> tuple[Phase, ...]:
    """Return all phases in order, with the failed one marked."""
    phases = (*logs.phases, logs.tests) if logs.tests else logs.phases
    return tuple(
        replace(
            phase,
            order=order,
            status=Status.FAILED if phase.name == verdict.failed_phase else phase.status,
        )
        for order, phase in enumerate(phases)
    )
