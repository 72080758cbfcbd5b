"""Read the stage of a build, `spack-stage-NAME-VERSION-HASH`.

Spack keeps a stage when a build fails, and after a success with `--keep-stage`. It contains a log
for each phase (`spack-build-NN-PHASE-out.txt`), all of them in one, the whole environment, the
archive and the sources. See `lib/spack/spack/installer.py` (`_real_install`) and `stage.py` of
releases 0.17 to 1.1, and `installer/build.py` of 1.2.

The stage does not record how the build ended: Spack only prints that to the console. It is inferred
from the logs instead, see `stage_logs.infer_outcome`.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from loaders.builds.fetched_sources import SPACK_FILE, find_archives
from loaders.builds.install_folder import TEST_LOG
from loaders.builds.kept_files import CONFIGURE_ARGS, MODIFICATIONS, read_attachment
from loaders.builds.spec_names import parse_folder_name
from loaders.builds.stage_logs import (
    LOGS,
    PHASE_LOG,
    PREFIX,
    SOURCES,
    StageLogs,
    find_outside_log,
    make_attempt,
    read_stage_logs,
)
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
from loaders.evidence import Attachment, SpecName, Status, Variable
from loaders.folder import Folder, Limits, ReadResult
from loaders.known_versions import Format, KnownVersion
from loaders.logs.redaction import Redactor
from loaders.logs.variables import parse_environment

ENVIRONMENTS = ("spack-build-env.txt", "spack-build.env")
"""Names of the record of the environment, newest first."""
_READ_FILES = (*LOGS, *ENVIRONMENTS, TEST_LOG, CONFIGURE_ARGS, MODIFICATIONS)
PATCH_FAILED = f"{SOURCES}/.spack_patch_failed"
"""Name of the file that Spack creates if a patch fails."""
CONFIGURE_LOGS = ("config.log", "CMakeFiles/CMakeError.log", "CMakeFiles/CMakeConfigureLog.yaml")
"""Names of the logs that configuring leaves in a build folder."""
_DEBUG_ID = re.compile(r"(.+)-[a-z2-7]{7}\Z")
_DEFAULT_LIMITS = Limits()


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
        redactor: Recognizes secrets; None uses the documented list.
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
    logs = read_stage_logs(folder, redactor)
    spec = _find_spec(folder, logs, variables)
    if spec is None:
        detail = "the folder is not named like a stage: spack-stage-NAME-VERSION-HASH"
        folder.add_problem(".", DocumentError(Fault.UNSUPPORTED, detail))
    # A stage that was only fetched and belongs to a success is no attempt.
    if spec is None or (logs.whole is None and failed is False):
        return ReadResult(None, tuple(folder.problems))
    attempt = make_attempt(spec, logs, failed, redactor)
    more: dict[str, str | int | float | bool] = {}
    if logs.stale:
        more["stale_phases"] = logs.stale
    if folder.has(PATCH_FAILED):
        more["patch_failed"] = True
    attempt = replace(
        attempt,
        variables=tuple(variables),
        attachments=tuple(_read_attachments(folder, redactor)),
        sources=(*attempt.sources, *find_archives(folder, limits)),
        more=more,
    )
    return ReadResult(attempt, tuple(folder.problems))


def _read_variables(folder: Folder, redactor: Redactor) -> list[Variable]:
    raw = folder.read(*ENVIRONMENTS)
    return parse_environment(raw, redactor) if raw else []


def _find_spec(folder: Folder, logs: StageLogs, variables: Sequence[Variable]) -> SpecName | None:
    if not folder.name.startswith(PREFIX):
        return None
    name = logs.package
    if name is None:
        # Spack sets it to NAME-HASH7, which settles where the version begins in the folder's name.
        ids = (each.value for each in variables if each.name == "SPACK_DEBUG_LOG_ID")
        match = _DEBUG_ID.match(next(ids, None) or "")
        name = match.group(1) if match else None
    return parse_folder_name(folder.name.removeprefix(PREFIX), name)


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
    def read(failed: bool | None) -> ReadResult:
        return read_stage_folder(candidate.path, context.options.redactor, failed=failed)

    return read_judged(candidate, context, read)


def read_judged(
    candidate: Candidate, context: ReadContext, read: Callable[[bool | None], ReadResult]
) -> Records:
    """Read an attempt, a second time if the graph knows better how it ended.

    Args:
        candidate: The document.
        context: Its context.
        read: Reads it, given how the build ended, if known.
    """
    result = read(None)
    attempt = result.attempt
    failed = context.find_outcome(attempt) if attempt is not None else None
    if attempt is not None and failed is not None:
        if failed is not (attempt.status is Status.FAILED):
            result = read(failed)
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
    outside = find_outside_log(folder)
    for name in folder.names or ():
        if outside is not None and name == LOGS[0]:
            yield SentPart(name, path=outside)
        elif name in _READ_FILES or PHASE_LOG.match(name) or _is_small_archive(folder, name):
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


FORMAT = Format(
    subject="build stage",
    pointer="",
    kept="the attempt with its phases, logs, errors and warnings, environment and sources",
    versions=(KnownVersion("", "0.17 on", "older releases name some files differently"),),
)
KIND = DocumentKind(
    name="build stage",
    read=_read_stage,
    is_folder=lambda listing: bool(_STAGE_NAME.match(listing.path.name)),
    files_to_send=_files_to_send,
    is_read_last=True,
    formats=(FORMAT,),
)
