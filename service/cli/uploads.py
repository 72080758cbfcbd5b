"""Sending documents to a service: files as they are, folders as archives."""

import datetime
import gzip
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

from loaders import source
from loaders.discovery import Candidate, Kind
from loaders.errors import DocumentError, Fault
from loaders.kinds import Content, told_by_content
from loaders.load import Documents, Evidence
from loaders.loading import Options, default_name, manifest_name
from loaders.merge import Stored
from loaders.outcomes import DocumentReport, Outcome, refused
from service.cli import exits
from service.cli.api import Api, ProblemError

LARGEST_SOURCE = 64 << 20
"""Archives of sources in a build stage are sent up to so many bytes, to be hashed there."""
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


def sending(api: Api, options: Options, *, allow_unverified: bool) -> Evidence:
    """Let a service read and store what is no spec document.

    :param options: what to say about the documents.
    """

    def send(
        candidate: Candidate, documents: Documents, on_bytes: Callable[[int], None]
    ) -> Iterator[DocumentReport]:
        place = str(candidate.path)
        try:
            with tempfile.TemporaryFile() as body:
                _pack(candidate, body)
                body.seek(0)
                answer = api.send(
                    "/documents",
                    body,
                    **_said(candidate, options),
                    allow_unverified=allow_unverified,
                )
        except ProblemError as error:
            if error.exit_code == exits.UNAVAILABLE:
                raise
            if error.kind == Fault.UNSUPPORTED and not candidate.named:
                unknown = DocumentError(Fault.UNSUPPORTED, error.message)
                yield DocumentReport(place, Outcome.IGNORED, error=unknown)
            else:
                fault = DocumentError(Fault.INVALID, f"the service refused it: {error.message}")
                yield refused(place, fault)
        except OSError as error:
            detail = f"cannot be read: {error.strerror or error}"
            yield refused(place, DocumentError(Fault.MALFORMED, detail))
        else:
            yield from (_report(candidate, entry) for entry in answer["documents"])

    return send


def _said(candidate: Candidate, options: Options) -> dict[str, Any]:
    path = candidate.path
    as_of = path.stat().st_mtime if options.as_of is None else options.as_of
    return {
        "site": options.site,
        "name": _name(path, options),
        "upstream": options.upstream,
        "as_of": datetime.datetime.fromtimestamp(as_of, datetime.UTC).isoformat(),
    }


def _name(path: Path, options: Options) -> str:
    """What a store, build cache or environment is called; the service does not know the path."""
    if path.is_file() and told_by_content(path) is Content.CRAY_MANIFEST:
        return manifest_name(path, options.name)
    return options.name or default_name(path)


def _report(candidate: Candidate, entry: dict[str, Any]) -> DocumentReport:
    place = str(candidate.path)
    if candidate.kind is not Kind.FILE and entry.get("source"):
        place = f"{place} ({Path(entry['source']).name})"
    error = None
    if "reason" in entry:
        error = DocumentError(Fault(entry["fault"]), entry["reason"], entry.get("pointer", ""))
    return DocumentReport(
        place,
        Outcome(entry["outcome"]),
        stored=stored_of(entry) if "root" in entry else None,
        error=error,
        what=entry["what"],
        told=entry.get("told", ""),
        counts=entry.get("counts", {}),
        documents=entry.get("documents", 1),
    )


def stored_of(entry: dict[str, Any]) -> Stored:
    """What was written of a spec document, from an entry of the service's answer."""
    return Stored(**{field.name: entry[field.name] for field in fields(Stored)})


def _pack(candidate: Candidate, body: BinaryIO) -> None:
    if candidate.kind is Kind.FILE:
        _pack_file(candidate.path, body)
        return
    with tarfile.open(fileobj=body, mode="w:gz", compresslevel=1) as tar:
        for file, name in _members(candidate):
            if file.is_file() and not file.is_symlink():
                tar.add(file, name, recursive=False, filter=_plain)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


def _pack_file(path: Path, body: BinaryIO) -> None:
    with path.open("rb") as file:
        packed = file.read(4).startswith(_PACKED)
        file.seek(0)
        if packed:
            shutil.copyfileobj(file, body, source.MIB)
        else:
            with gzip.GzipFile(fileobj=body, mode="wb", compresslevel=1) as out:
                shutil.copyfileobj(file, out, source.MIB)


def _members(candidate: Candidate) -> Iterator[tuple[Path, str]]:
    """The files of a folder that are sent, with their names in the archive.

    A name keeps the folders above that tell what it is.
    """
    folder = candidate.path
    if candidate.files:
        yield from ((file, f"reports/{file.name}") for file in candidate.files)
        return
    kept = {Kind.INSTALLED: 2, Kind.FAILURES: 2}.get(candidate.kind, 1)
    base = folder
    for _ in range(kept):
        base = base.parent
    for name, folders, files in os.walk(folder):
        if candidate.kind is Kind.STAGE:
            folders[:] = []
        for file in sorted(files):
            path = Path(name, file)
            if candidate.kind is not Kind.STAGE or _of_stage(path):
                yield path, str(path.relative_to(base))
    if candidate.kind is Kind.STAGE:
        log = folder / "spack-src" / "config.log"
        yield log, str(log.relative_to(base))


def _of_stage(path: Path) -> bool:
    return path.name.startswith(("spack-", "install-time-test")) or (
        path.is_file() and path.stat().st_size <= LARGEST_SOURCE
    )
