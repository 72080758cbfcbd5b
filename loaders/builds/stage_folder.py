"""Read the stage of a build, `spack-stage-NAME-VERSION-HASH`.

Spack keeps a stage when a build fails, and after a success with `--keep-stage`. It contains a log
for each phase (`spack-build-NN-PHASE-out.txt`), all of them in one, the whole environment, the
archive and the sources. See `lib/spack/spack/installer.py` (`_real_install`) and `stage.py` of
releases 0.17 to 1.1.

The stage does not record how the build ended: Spack only prints that to the console. It is inferred
from the logs instead, see `_infer_outcome`.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loaders.builds.fetched_sources import SPACK_FILE, find_archives, parse_fetched_urls
from loaders.builds.install_folder import (
    TEST_LOG,
    UNMARKED_PHASE,
    read_logged_phases,
    read_test_phase,
    read_whole_log,
)
from loaders.builds.kept_files import CONFIGURE_ARGS, MODIFICATIONS, read_attachment
from loaders.builds.spec_names import parse_folder_name
from loaders.document_kinds import (
    Candidate,
    DocumentKind,
    ReadContext,
    Records,
    SentAs,
    SentPart,
    place_problems,
)
from loaders.errors import DocumentError, Fault
from loaders.evidence import (
    Attachment,
    Attempt,
    Log,
    Phase,
    Source,
    SpecName,
    Status,
    Variable,
)
from loaders.folder import Folder, Limits, ReadResult
from loaders.logs.cleaning import (
    STAGE,
    attempt_key,
    clean_log,
    first_timestamp_seconds,
    split_phases,
)
from loaders.logs.phases import read_phase
from loaders.logs.redaction import Redactor
from loaders.logs.variables import parse_environment

PREFIX = "spack-stage-"
SOURCES = "spack-src"

LOGS = ("spack-build-out.txt", "spack-build.out", "spack-build.txt")
"""Names of the log of all phases, newest first."""
ENVIRONMENTS = ("spack-build-env.txt", "spack-build.env")
"""Names of the record of the environment, newest first."""
PHASE_LOG = re.compile(r"spack-build-([0-9]{1,6})-(.+)-out\.txt\Z")
"""Matches the name of the log of one phase."""
_READ_FILES = (*LOGS, *ENVIRONMENTS, TEST_LOG, CONFIGURE_ARGS, MODIFICATIONS)
PATCH_FAILED = f"{SOURCES}/.spack_patch_failed"
"""Name of the file that Spack creates if a patch fails."""
CONFIGURE_LOGS = ("config.log", "CMakeFiles/CMakeError.log", "CMakeFiles/CMakeConfigureLog.yaml")
"""Names of the logs that configuring leaves in a build folder."""
_TESTING = re.compile(
    r"^==> (?:\[[^\]]*\] )?(?:Testing package |Running \w+-time tests|RUN-TESTS: )", re.MULTILINE
)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):", re.MULTILINE)
_INSTALLED = re.compile(r"^==> .*Successfully installed ", re.MULTILINE)
_INSTALL = "install"
_DEBUG_ID = re.compile(r"(.+)-[a-z2-7]{7}\Z")
_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class _StageLogs:
    """The logs of a stage.

    Attributes:
        whole: The log of all phases.
        phases: The phases of the last build in the stage.
        tests: The log of build-time tests.
        package: Package name in the markers.
        complete: Whether the last phase that can fail has begun.
        unread: Whether there are logs, but none can be read.
        stale: Number of phases of an earlier build in the same stage, which are ignored.
    """

    whole: Log | None
    phases: tuple[Phase, ...] = ()
    tests: Phase | None = None
    package: str | None = None
    complete: bool = False
    unread: bool = False
    stale: int = 0


@dataclass(frozen=True, slots=True)
class _Verdict:
    status: Status
    failed_phase: str | None = None


def read_stage_folder(
    path: Path,
    redactor: Redactor | None = None,
    limits: Limits = _DEFAULT_LIMITS,
    *,
    failed: bool | None = None,
) -> ReadResult:
    """Read the attempt that a stage was created for.

    Args:
        path: The stage's folder. Its name identifies the spec (`parse_folder_name`); the package
            name is taken from the log's markers or from a variable that Spack sets.
        redactor: Decides what is secret; None uses the documented list.
        limits: How much to keep.
        failed: How the build ended, if known from elsewhere: true for a spec with a failure
            marker, false for one whose installation has the same log. True decides if the logs
            show no error, false always. A stage without a log, which `spack stage` and `spack
            fetch` leave too, means a failure unless this is false.
    """
    redactor = redactor or Redactor()
    folder = Folder(path)
    if folder.names is None:
        return ReadResult(None, tuple(folder.problems))
    variables = _read_variables(folder, redactor)
    logs = _read_logs(folder, redactor)
    spec = _find_spec(folder, logs, variables)
    if spec is None:
        detail = "the folder is not named like a stage: spack-stage-NAME-VERSION-HASH"
        folder.add_problem(".", DocumentError(Fault.UNSUPPORTED, detail))
    # A stage that was only fetched and belongs to a success is no attempt.
    if spec is None or (logs.whole is None and failed is False):
        return ReadResult(None, tuple(folder.problems))
    verdict = _infer_outcome(logs, failed)
    more: dict[str, str | int | float | bool] = {}
    if logs.stale:
        more["stale_phases"] = logs.stale
    if folder.has(PATCH_FAILED):
        more["patch_failed"] = True
    sources = tuple(parse_fetched_urls(logs.whole.text, redactor)) if logs.whole else ()
    attempt = Attempt(
        spec=spec,
        key=attempt_key(logs.whole),
        status=verdict.status,
        source=Source.FOLDER if logs.whole else Source.MARK,
        failed_phase=verdict.failed_phase,
        started=first_timestamp_seconds(logs.whole.text) if logs.whole else None,
        binary=False if logs.whole else None,
        phases=_apply_verdict(logs, verdict),
        variables=tuple(variables),
        attachments=tuple(_read_attachments(folder, redactor)),
        sources=(*sources, *find_archives(folder, limits)),
        more=more,
    )
    return ReadResult(attempt, tuple(folder.problems))


def _read_variables(folder: Folder, redactor: Redactor) -> list[Variable]:
    raw = folder.read(*ENVIRONMENTS)
    return parse_environment(raw, redactor) if raw else []


def _find_spec(folder: Folder, logs: _StageLogs, variables: Sequence[Variable]) -> SpecName | None:
    if not folder.name.startswith(PREFIX):
        return None
    name = logs.package
    if name is None:
        # Spack sets it to NAME-HASH7, which settles where the version begins in the folder's name.
        ids = (each.value for each in variables if each.name == "SPACK_DEBUG_LOG_ID")
        match = _DEBUG_ID.match(next(ids, None) or "")
        name = match.group(1) if match else None
    return parse_folder_name(folder.name.removeprefix(PREFIX), name)


def _read_logs(folder: Folder, redactor: Redactor) -> _StageLogs:
    """Read the logs of all phases, or the log of the whole build if there are none."""
    files = sorted(
        (int(match[1]), name, match[2])
        for name in folder.names or ()
        if (match := PHASE_LOG.match(name))
    )
    whole = read_whole_log(folder, redactor, LOGS)
    phases = []
    for order, (_, file, name) in enumerate(files):
        stream = folder.open(file)
        if stream is not None:
            with stream:
                phases.append(read_phase(name, order, Status.SUCCEEDED, stream, redactor))
    if not phases:
        return _split_whole(folder, whole, redactor)
    current = _drop_stale(phases)
    markers = [_parse_marker(phase) for phase in current]
    # A build that was killed leaves only the logs of its phases.
    if whole is None:
        whole = clean_log("".join(_log_text(phase) for phase in phases).encode())
    named: dict[str, Phase] = {}
    for phase, (name, _) in zip(current, markers, strict=True):
        named.setdefault(name, replace(phase, name=name))
    package = next((package for _, package in markers if package), None)
    tests = _read_tests(folder, redactor, named)
    stale = len(phases) - len(current)
    return _StageLogs(whole, tuple(named.values()), tests, package, _INSTALL in named, stale=stale)


def _parse_marker(phase: Phase) -> tuple[str, str | None]:
    """Return the names of phase and package in the log's marker.

    The file name of the log has the phase in lower case.
    """
    for section in split_phases(_log_text(phase)):
        if section.name.lower() == phase.name:
            return section.name, section.package
    return phase.name, None


def _split_whole(folder: Folder, whole: Log | None, redactor: Redactor) -> _StageLogs:
    if whole is None:
        unread = any(name in LOGS or PHASE_LOG.match(name) for name in folder.names or ())
        return _StageLogs(None, unread=unread)
    phases, has_markers = read_logged_phases(folder, redactor, LOGS)
    complete = _INSTALL in phases
    if not has_markers and phases:
        complete = folder.has(SOURCES) and not _TRACEBACK.search(whole.text)
        # Without unpacked sources, the log is only that of fetching them.
        if not folder.has(SOURCES):
            phases = {STAGE: replace(phases[UNMARKED_PHASE], name=STAGE)}
    package = next((each.package for each in split_phases(whole.text) if each.package), None)
    tests = _read_tests(folder, redactor, phases)
    return _StageLogs(whole, tuple(phases.values()), tests, package, complete)


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


def _infer_outcome(logs: _StageLogs, failed: bool | None) -> _Verdict:
    """Infer how the build ended, and where it failed.

    Without a log it failed before the first phase: in `stage`, when sources are fetched, unpacked
    and patched; if there are logs that cannot be read, the phase is unknown. Otherwise it failed in
    the phase that began last; or in its tests, if they began in that phase and have errors or come
    before the phase `install`.

    It did not fail if the phase `install` began, and neither the last log nor the tests have an
    error. An `install` that fails in Python alone leaves no error in the log and looks the same;
    `failed` decides that case. A log without markers, as written by the new installer of Spack 1.1,
    does contain Python's errors, so it means success if it has none. If nothing was unpacked it is
    the log of `stage`.
    """
    if logs.whole is None:
        return _Verdict(Status.FAILED, None if logs.unread else STAGE)
    # Old releases logged the success themselves.
    if failed is False or _INSTALLED.search(logs.whole.text):
        return _Verdict(Status.SUCCEEDED)
    if not logs.phases:
        return _Verdict(Status.FAILED, STAGE)
    last = logs.phases[-1]
    tests = logs.tests if _TESTING.search(_log_text(last)) else None
    if tests and (tests.errors or not logs.complete):
        return _Verdict(Status.FAILED, tests.name)
    if logs.complete and not last.errors and not failed:
        return _Verdict(Status.SUCCEEDED)
    return _Verdict(Status.FAILED, last.name)


def _apply_verdict(logs: _StageLogs, verdict: _Verdict) -> tuple[Phase, ...]:
    phases = (*logs.phases, logs.tests) if logs.tests else logs.phases
    return tuple(
        replace(
            phase,
            order=order,
            status=Status.FAILED if phase.name == verdict.failed_phase else phase.status,
        )
        for order, phase in enumerate(phases)
    )


def _read_attachments(folder: Folder, redactor: Redactor) -> Iterator[Attachment]:
    files = [(CONFIGURE_ARGS, "configure-args"), (MODIFICATIONS, "modifications")]
    # Builds outside the source tree have a folder `spack-build-HASH7`; the logs have similar names.
    builds = (name for name in folder.names or () if not name.endswith(".txt"))
    files += [
        (f"{name}/{file}", "archived")
        for name in builds
        if name == SOURCES or name.startswith("spack-build-")
        for file in CONFIGURE_LOGS
    ]
    for name, kind in files:
        attachment = read_attachment(folder, name, kind, redactor)
        if attachment:
            yield attachment


_STAGE_NAME = re.compile(rf"{PREFIX}.+-[a-z2-7]{{32}}\Z")
LARGEST_SOURCE = 64 << 20
"""Limit of the archives of sources that are sent to a service to be hashed there, in bytes."""


def _read_stage(candidate: Candidate, context: ReadContext) -> Records:
    """Read the stage, a second time if the graph knows better how the build ended."""
    redactor = context.options.redactor
    result = read_stage_folder(candidate.path, redactor)
    attempt = result.attempt
    failed = context.find_outcome(attempt) if attempt is not None else None
    if attempt is not None and failed is not None:
        if failed is not (attempt.status is Status.FAILED):
            result = read_stage_folder(candidate.path, redactor, failed=failed)
            attempt = result.attempt
        attempt = attempt and replace(attempt, more={**attempt.more, "judged": True})
    if attempt is not None:
        yield attempt
    yield from place_problems(candidate, result.problems)


def _files_to_send(_: Candidate, folder: Folder) -> Iterator[SentPart]:
    """Yield the logs, the environment, the logs that configuring leaves, and source archives."""
    yield SentPart(".", SentAs.FOLDER)
    if folder.has(SOURCES):
        yield SentPart(SOURCES, SentAs.FOLDER)
    if folder.has(PATCH_FAILED):
        yield SentPart(PATCH_FAILED, SentAs.EMPTY_FILE)
    for name in folder.names or ():
        if name in _READ_FILES or PHASE_LOG.match(name) or _is_small_archive(folder, name):
            yield SentPart(name)
        elif name == SOURCES or (name.startswith("spack-build-") and not name.endswith(".txt")):
            for file in CONFIGURE_LOGS:
                yield SentPart(f"{name}/{file}")


def _is_small_archive(folder: Folder, name: str) -> bool:
    """Return whether a file was fetched and is small enough to be sent.

    A link to Spack's source cache is not sent: a service drops links, so that the checksum in its
    target is known only if the stage is loaded without one.
    """
    path = folder.path / name
    if SPACK_FILE.match(name) or os.path.islink(path) or not os.path.isfile(path):
        return False
    return folder.size(name) <= LARGEST_SOURCE


KIND = DocumentKind(
    name="build stage",
    read=_read_stage,
    is_folder=lambda listing: bool(_STAGE_NAME.match(listing.path.name)),
    files_to_send=_files_to_send,
    is_read_last=True,
)
