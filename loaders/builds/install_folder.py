"""What Spack keeps of a build in the hidden folder `.spack` of an installed package.

Spack's `lib/spack/spack/installer.py` (`log`, `_write_timer_json`), `directory_layout.py` and
`verify.py` write it, of releases 0.17 to 1.1; names of older releases are taken too. The log of all
phases is packed from 0.21 on. `spack-build-env.txt` holds here only what Spack changed in the
environment; releases before 0.17 put all of it there.

A package that was unpacked from a build cache, or rewired for a splice, brings the folder of the
build that it comes from. Its log, environment and recipes tell of that build.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from loaders.builds.fetched_sources import fetched
from loaders.builds.folder import Folder, Limits, Reading
from loaders.builds.install_manifest import describe, read_manifest
from loaders.builds.install_times import Times, read_times
from loaders.builds.kept_files import (
    CONFIGURE_ARGS,
    MODIFICATIONS,
    archived_files,
    attached,
    recipes,
)
from loaders.builds.spec_names import NamedNode, name_in_folder, named_nodes
from loaders.errors import DocumentError, Fault
from loaders.evidence import (
    Attachment,
    Attempt,
    HostEnvironment,
    InstalledFile,
    Log,
    Phase,
    Source,
    Status,
    Variable,
)
from loaders.logs.cleaning import STAGE, attempt_key, clean_log, first_timestamp_seconds
from loaders.logs.phases import read_phase, read_phases
from loaders.logs.redaction import Redactor
from loaders.logs.variables import parse_environment
from loaders.specs.checks import MAX_TEXT, decode_error

METADATA = ".spack"
TEST_LOG = "install-time-test-log.txt"
TEST = "test"
"""Name of the phase that the log of a build's tests is; `OTHER_TEST` where it is taken."""
OTHER_TEST = "build-time-tests"
UNKNOWN_PHASE = "build"
"""Name of the phase where a log does not tell phases apart: that of the new installer of 1.1."""

_LOGS = ("spack-build-out.txt.gz", "spack-build-out.txt", "build.out", "build.txt")
_ENVIRONMENTS = ("spack-build-env.txt", "build.env")
_DEFAULT_LIMITS = Limits()


def read_installed(
    path: Path, redactor: Redactor | None = None, limits: Limits = _DEFAULT_LIMITS
) -> Reading:
    """The attempt that an installed package comes from; it succeeded.

    The spec is that of `spec.json`; where that cannot be read, what the prefix's name tells. Files
    that are missing or broken are left out.

    :param path: the folder `.spack` of a prefix.
    :param redactor: what is secret; the documented list where it is None.
    """
    redactor = redactor or Redactor()
    folder = Folder(path)
    host, spack_version = _host(folder)
    times = _times(folder, spack_version)
    variables = _variables(folder, redactor)
    log = whole_log(folder, redactor, _LOGS)
    root = _root(folder)
    spec = root.spec if root else name_in_folder(folder.parent_name, times.name)
    if spec is None:
        folder.note("spec.json", DocumentError(Fault.UNSUPPORTED, "nothing tells which spec it is"))
        return Reading(None, tuple(folder.problems))
    attempt = Attempt(
        spec=spec,
        key=attempt_key(log),
        status=Status.SUCCEEDED,
        source=Source.FOLDER,
        started=first_timestamp_seconds(log.text) if log else None,
        seconds=None if times.cached else times.total,
        spack_version=spack_version,
        binary=_is_binary(folder, times, root, log),
        phases=_phases(folder, times, redactor),
        environment=host,
        variables=tuple(variables),
        attachments=_attachments(folder, redactor, limits),
        recipes=tuple(recipes(folder, redactor, limits)),
        sources=tuple(fetched(log.text, redactor)) if log else (),
    )
    attempt = _with_manifest(attempt, folder, limits, _more(times, root))
    return Reading(attempt, tuple(folder.problems))


def _root(folder: Folder) -> NamedNode | None:
    raw = folder.read("spec.json")
    if raw is None:
        return None
    try:
        return named_nodes(raw)[0]
    except DocumentError as error:
        folder.note("spec.json", error)
        return None


def _host(folder: Folder) -> tuple[HostEnvironment | None, str | None]:
    name = "install_environment.json"
    raw = folder.read(name)
    if raw is None:
        return None, None
    try:
        told = msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        folder.note(name, decode_error(error))
        return None, None
    host = HostEnvironment(
        host_os=_word(told, "host_os"),
        platform=_word(told, "platform"),
        host_target=_word(told, "host_target"),
        hostname=_word(told, "hostname"),
        kernel_version=_word(told, "kernel_version"),
    )
    return (host if host != HostEnvironment() else None), _word(told, "spack_version")


def _word(told: Mapping[str, object], key: str) -> str | None:
    value = told.get(key)
    return value if isinstance(value, str) and 0 < len(value) <= MAX_TEXT else None


def _times(folder: Folder, spack_version: str | None) -> Times:
    name = "install_times.json"
    raw = folder.read(name)
    if raw is None:
        return Times()
    try:
        return read_times(raw, spack_version)
    except DocumentError as error:
        folder.note(name, error)
        return Times()


def _variables(folder: Folder, redactor: Redactor) -> list[Variable]:
    raw = folder.read(*_ENVIRONMENTS)
    return parse_environment(raw, redactor) if raw else []


def whole_log(folder: Folder, redactor: Redactor, names: Sequence[str]) -> Log | None:
    """The log of all phases, in the first of these files; None where there is none."""
    stream = folder.open(*names)
    if stream is None:
        return None
    with stream:
        return clean_log(stream, redactor=redactor)


def _is_binary(
    folder: Folder, times: Times, root: NamedNode | None, log: Log | None
) -> bool | None:
    """Whether it was unpacked or rewired; None where nothing is there that a build leaves."""
    if folder.has("binary_distribution") or times.cached or (root and root.build_spec):
        return True
    return False if log or times.seconds else None


def _phases(folder: Folder, times: Times, redactor: Redactor) -> tuple[Phase, ...]:
    """Phases of the timer and of the log in the timer's order, then the build-time tests."""
    seconds = {} if times.cached else times.seconds
    logged, _ = logged_phases(folder, redactor, _LOGS)
    phases = [
        replace(logged.pop(name), seconds=value)
        if name in logged
        else Phase(name, 0, Status.SUCCEEDED, value)
        for name, value in seconds.items()
    ]
    phases += logged.values()
    tests = read_tests(folder, redactor, {phase.name for phase in phases})
    phases += [tests] if tests else []
    return tuple(replace(phase, order=order) for order, phase in enumerate(phases))


def logged_phases(
    folder: Folder, redactor: Redactor, names: Sequence[str]
) -> tuple[dict[str, Phase], bool]:
    """The phases in the log of all phases, by name, and whether the log tells them apart.

    A log that does not is one phase, `UNKNOWN_PHASE`. What is wrong with the log was noted when it
    was read as a whole.
    """
    before = len(folder.problems)
    stream = folder.open(*names)
    phases: tuple[Phase, ...] = ()
    if stream is not None:
        with stream:
            phases = read_phases(stream, Status.SUCCEEDED, redactor)
    del folder.problems[before:]
    if [phase.name for phase in phases] == [STAGE]:
        return {UNKNOWN_PHASE: replace(phases[0], name=UNKNOWN_PHASE)}, False
    return {phase.name: phase for phase in phases}, True


def read_tests(folder: Folder, redactor: Redactor, taken: Container[str]) -> Phase | None:
    """The phase that the log of the build's tests is, None where there is none.

    :param taken: names of the phases; a package may have a phase `test` of its own.
    """
    stream = folder.open(TEST_LOG)
    if stream is None:
        return None
    with stream:
        name = OTHER_TEST if TEST in taken else TEST
        return read_phase(name, 0, Status.SUCCEEDED, stream, redactor)


def _attachments(folder: Folder, redactor: Redactor, limits: Limits) -> tuple[Attachment, ...]:
    given = (
        attached(folder, CONFIGURE_ARGS, "configure-args", redactor),
        attached(folder, MODIFICATIONS, "modifications", redactor),
    )
    return (
        *(each for each in given if each is not None),
        *archived_files(folder, redactor, limits),
    )


def _more(times: Times, root: NamedNode | None) -> dict[str, str | int | float | bool]:
    more: dict[str, str | int | float | bool] = {}
    if times.cached and times.total is not None:
        more["unpack_seconds"] = times.total
    if root and root.build_spec:
        more["build_spec"] = root.build_spec
    return more


def _with_manifest(
    attempt: Attempt,
    folder: Folder,
    limits: Limits,
    more: dict[str, str | int | float | bool],
) -> Attempt:
    files: tuple[InstalledFile, ...] | None = None
    name = "install_manifest.json"
    raw = folder.read(name)
    if raw is not None:
        try:
            manifest = read_manifest(raw, folder.parent_name, limits.files)
            files = manifest.files
            more.update(describe(manifest))
        except DocumentError as error:
            folder.note(name, error)
    return replace(attempt, files=files, more=more)
