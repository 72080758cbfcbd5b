"""What Spack leaves of a build in its stage: `spack-stage-NAME-VERSION-HASH`.

Spack keeps a stage when a build fails, and on success where `--keep-stage` was given. In it are a
log for each phase (`spack-build-NN-PHASE-out.txt`), all of them in one, the whole environment, the
archive and the sources. See `lib/spack/spack/installer.py` (`_real_install`) and `stage.py` of
releases 0.17 to 1.1.

The stage does not say how the build ended: Spack writes that to the console only. The logs are
asked instead, see `_verdict`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loaders.builds.fetched_sources import archives, fetched
from loaders.builds.folder import Folder, Limits, Reading
from loaders.builds.install_folder import UNKNOWN_PHASE, logged_phases, read_tests, whole_log
from loaders.builds.kept_files import CONFIGURE_ARGS, MODIFICATIONS, attached
from loaders.builds.spec_names import name_in_folder
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

_LOGS = ("spack-build-out.txt", "spack-build.out", "spack-build.txt")
_ENVIRONMENTS = ("spack-build-env.txt", "spack-build.env")
_PHASE_LOG = re.compile(r"spack-build-([0-9]{1,6})-(.+)-out\.txt\Z")
_PATCH_FAILED = f"{SOURCES}/.spack_patch_failed"
_TESTING = re.compile(
    r"^==> (?:\[[^\]]*\] )?(?:Testing package |Running \w+-time tests|RUN-TESTS: )", re.MULTILINE
)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):", re.MULTILINE)
_DONE = re.compile(r"^==> .*Successfully installed ", re.MULTILINE)
_INSTALL = "install"
_CONFIGURED = ("config.log", "CMakeFiles/CMakeError.log", "CMakeFiles/CMakeConfigureLog.yaml")
_DEBUG_ID = re.compile(r"(.+)-[a-z2-7]{7}\Z")
_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class _Logs:
    """The logs of a stage.

    :ivar whole: that of all phases.
    :ivar tests: what the log of the build's tests tells.
    :ivar package: as the markers in it name it.
    :ivar complete: whether they tell that the last phase began that can fail.
    :ivar unread: whether there are logs of which none can be read.
    :ivar stale: phases of an earlier build in the same stage, which are left out.
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


def read_failed_stage(
    path: Path,
    redactor: Redactor | None = None,
    limits: Limits = _DEFAULT_LIMITS,
    *,
    failed: bool | None = None,
) -> Reading:
    """The attempt that a stage was made for.

    :param path: the stage's folder. Its name tells the spec (:func:`name_in_folder`); the package's
        name is taken from the log's markers, else from what Spack set in the environment.
    :param redactor: what is secret; the documented list where it is None.
    :param failed: where it is known from elsewhere how the build ended: true for a spec with a
        failure marker, false for one whose installation has the same log. True decides where the
        logs show no error, false in any case. A stage without a log, which `spack stage` and `spack
        fetch` leave too, tells a failure unless it is false.
    """
    redactor = redactor or Redactor()
    folder = Folder(path)
    if folder.names is None:
        return Reading(None, tuple(folder.problems))
    variables = _variables(folder, redactor)
    logs = _read_logs(folder, redactor)
    spec = _spec_of(folder, logs, variables)
    if spec is None:
        detail = "the name of the folder is not that of a stage: spack-stage-NAME-VERSION-HASH"
        folder.note(".", DocumentError(Fault.UNSUPPORTED, detail))
    if spec is None or (logs.whole is None and failed is False):
        return Reading(None, tuple(folder.problems))
    verdict = _verdict(logs, failed)
    more: dict[str, str | int | float | bool] = {}
    if logs.stale:
        more["stale_phases"] = logs.stale
    if folder.has(_PATCH_FAILED):
        more["patch_failed"] = True
    sources = tuple(fetched(logs.whole.text, redactor)) if logs.whole else ()
    attempt = Attempt(
        spec=spec,
        key=attempt_key(logs.whole),
        status=verdict.status,
        source=Source.FOLDER if logs.whole else Source.MARK,
        failed_phase=verdict.failed_phase,
        started=first_timestamp_seconds(logs.whole.text) if logs.whole else None,
        binary=False if logs.whole else None,
        phases=_judged(logs, verdict),
        variables=tuple(variables),
        attachments=tuple(_attachments(folder, redactor)),
        sources=(*sources, *archives(folder, limits)),
        more=more,
    )
    return Reading(attempt, tuple(folder.problems))


def _variables(folder: Folder, redactor: Redactor) -> list[Variable]:
    raw = folder.read(*_ENVIRONMENTS)
    return parse_environment(raw, redactor) if raw else []


def _spec_of(folder: Folder, logs: _Logs, variables: Sequence[Variable]) -> SpecName | None:
    if not folder.name.startswith(PREFIX):
        return None
    name = logs.package
    if name is None:
        told = (each.value for each in variables if each.name == "SPACK_DEBUG_LOG_ID")
        match = _DEBUG_ID.match(next(told, None) or "")
        name = match.group(1) if match else None
    return name_in_folder(folder.name.removeprefix(PREFIX), name)


def _read_logs(folder: Folder, redactor: Redactor) -> _Logs:
    """The logs of a stage: of each phase, or where these are not there the one of all phases."""
    files = sorted(
        (int(match[1]), name, match[2])
        for name in folder.names or ()
        if (match := _PHASE_LOG.match(name))
    )
    whole = whole_log(folder, redactor, _LOGS)
    phases = []
    for order, (_, file, name) in enumerate(files):
        stream = folder.open(file)
        if stream is not None:
            with stream:
                phases.append(read_phase(name, order, Status.SUCCEEDED, stream, redactor))
    if not phases:
        return _split_whole(folder, whole, redactor)
    current = _current(phases)
    marks = [_marked(phase) for phase in current]
    if whole is None:
        whole = clean_log("".join(_text(phase) for phase in phases).encode())
    named: dict[str, Phase] = {}
    for phase, (name, _) in zip(current, marks, strict=True):
        named.setdefault(name, replace(phase, name=name))
    package = next((package for _, package in marks if package), None)
    tests = _tests(folder, redactor, named)
    stale = len(phases) - len(current)
    return _Logs(whole, tuple(named.values()), tests, package, _INSTALL in named, stale=stale)


def _marked(phase: Phase) -> tuple[str, str | None]:
    """Names of a phase and of the package, as the marker in the log has them.

    In the name of the log the phase is in lower case.
    """
    for section in split_phases(_text(phase)):
        if section.name.lower() == phase.name:
            return section.name, section.package
    return phase.name, None


def _split_whole(folder: Folder, whole: Log | None, redactor: Redactor) -> _Logs:
    if whole is None:
        unread = any(name in _LOGS or _PHASE_LOG.match(name) for name in folder.names or ())
        return _Logs(None, unread=unread)
    phases, marked = logged_phases(folder, redactor, _LOGS)
    complete = _INSTALL in phases
    if not marked and phases:
        complete = folder.has(SOURCES) and not _TRACEBACK.search(whole.text)
        if not folder.has(SOURCES):
            phases = {STAGE: replace(phases[UNKNOWN_PHASE], name=STAGE)}
    package = next((each.package for each in split_phases(whole.text) if each.package), None)
    tests = _tests(folder, redactor, phases)
    return _Logs(whole, tuple(phases.values()), tests, package, complete)


def _text(phase: Phase) -> str:
    return phase.log.text if phase.log else ""


def _current(phases: Sequence[Phase]) -> list[Phase]:
    """The phases of the last build.

    Where Spack builds in a stage again, logs of phases that it does not reach stay, and are older
    than those before them.
    """
    latest = 0.0
    for at, phase in enumerate(phases):
        started = first_timestamp_seconds(_text(phase))
        if started is not None and started < latest:
            return list(phases[:at])
        latest = started or latest
    return list(phases)


def _tests(folder: Folder, redactor: Redactor, phases: Mapping[str, Phase]) -> Phase | None:
    """The tests of the build, where the logs of its phases say that they began."""
    if not any(_TESTING.search(_text(phase)) for phase in phases.values()):
        return None
    return read_tests(folder, redactor, phases)


def _verdict(logs: _Logs, failed: bool | None) -> _Verdict:
    """How the build ended, and where it failed.

    Without a log it failed before the first phase: in `stage`, when sources are fetched, unpacked
    and patched; where there are logs that cannot be read, nothing tells where. Else the phase that
    began last is where it failed; or its tests, where they began in that phase, and have errors or
    come before the phase `install`.

    It did not fail where the phase `install` began, and neither the last log nor the tests have an
    error. An `install` that fails in Python alone leaves no error in the log, and looks the same;
    who knows better says so by `failed`. A log without markers, that of the new installer of Spack
    1.1, does hold Python's errors, and tells a success by having none. Where nothing was unpacked
    it is the log of `stage`.
    """
    if logs.whole is None:
        return _Verdict(Status.FAILED, None if logs.unread else STAGE)
    if failed is False or _DONE.search(logs.whole.text):
        return _Verdict(Status.SUCCEEDED)
    if not logs.phases:
        return _Verdict(Status.FAILED, STAGE)
    last = logs.phases[-1]
    tests = logs.tests if _TESTING.search(_text(last)) else None
    if tests and (tests.errors or not logs.complete):
        return _Verdict(Status.FAILED, tests.name)
    if logs.complete and not last.errors and not failed:
        return _Verdict(Status.SUCCEEDED)
    return _Verdict(Status.FAILED, last.name)


def _judged(logs: _Logs, verdict: _Verdict) -> tuple[Phase, ...]:
    phases = (*logs.phases, logs.tests) if logs.tests else logs.phases
    return tuple(
        replace(
            phase,
            order=order,
            status=Status.FAILED if phase.name == verdict.failed_phase else phase.status,
        )
        for order, phase in enumerate(phases)
    )


def _attachments(folder: Folder, redactor: Redactor) -> Iterator[Attachment]:
    wanted = [(CONFIGURE_ARGS, "configure-args"), (MODIFICATIONS, "modifications")]
    builds = (name for name in folder.names or () if not name.endswith(".txt"))
    wanted += [
        (f"{name}/{file}", "archived")
        for name in builds
        if name == SOURCES or name.startswith("spack-build-")
        for file in _CONFIGURED
    ]
    for name, kind in wanted:
        attachment = attached(folder, name, kind, redactor)
        if attachment:
            yield attachment
