"""Read a log next to the stages, `spack-stage-NAME-VERSION-HASH-XXXXXXXX.log`.

The installer of Spack 1.2 removes these logs when their builds succeed, unless stages are kept. So
a log without a stage is that of a build that failed before its stage was made, or whose stage is
gone. If the stage is there, it is read with its log.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from loaders.builds.spec_names import parse_folder_name
from loaders.builds.stage_folder import read_judged
from loaders.builds.stage_logs import (
    OUTSIDE_LOG,
    PREFIX,
    find_outside_log,
    make_attempt,
    read_outside_log,
)
from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records, SentPart
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import NothingToStore
from loaders.folder import Folder, ReadResult
from loaders.known_versions import Format, KnownVersion
from loaders.logs.redaction import Redactor

_FOLDER = "stages"
"""Name of the folder in the archive that is sent."""


def read_stage_log(
    path: Path, redactor: Redactor | None = None, *, failed: bool | None = None
) -> ReadResult:
    """Read the attempt whose log this is.

    Args:
        path: The log. Its name identifies the spec; the package name is taken from its markers.
        redactor: Recognizes secrets; None uses the documented list.
        failed: How the build ended, if known from elsewhere.
    """
    redactor = redactor or Redactor()
    problems: list[Problem] = []
    logs = read_outside_log(path, problems, redactor)
    match = OUTSIDE_LOG.match(path.name)
    spec = parse_folder_name(match["stem"], logs.package) if match else None
    if spec is None:
        detail = "the file is not named like a log: spack-stage-NAME-VERSION-HASH-XXXXXXXX.log"
        problems.append(Problem(path.name, DocumentError(Fault.UNSUPPORTED, detail)))
        return ReadResult(None, tuple(problems))
    attempt = make_attempt(spec, logs, failed, redactor)
    return ReadResult(attempt, tuple(problems))


def _has_stage(path: Path) -> bool:
    """Return whether the stage of a log is next to it and leads to it."""
    match = OUTSIDE_LOG.match(path.name)
    stage = path.parent / f"{PREFIX}{match['stem']}" if match else None
    if stage is None or not os.path.isdir(stage):
        return False
    log = find_outside_log(Folder(stage))
    return log is not None and log.name == path.name


def _read_log(candidate: Candidate, context: ReadContext) -> Records:
    if _has_stage(candidate.path):
        yield NothingToStore("the log of the stage next to it, which is read with the stage")
        return

    def read(failed: bool | None) -> ReadResult:
        return read_stage_log(candidate.path, context.options.redactor, failed=failed)

    yield from read_judged(candidate, context, read)


def _files_to_send(candidate: Candidate, _: Folder) -> Iterator[SentPart]:
    if not _has_stage(candidate.path):
        yield SentPart(candidate.path.name)


FORMAT = Format(
    subject="log of a build without a stage",
    pointer="",
    kept="a failed attempt with its phases, log, errors and warnings",
    versions=(KnownVersion("", "1.2 on", "text; the name of the file has the hash"),),
)
KIND = DocumentKind(
    name="log of a build without a stage",
    read=_read_log,
    is_file=lambda name: bool(OUTSIDE_LOG.match(name)),
    files_to_send=_files_to_send,
    sent_folder=lambda _: _FOLDER,
    is_read_last=True,
    formats=(FORMAT,),
)
