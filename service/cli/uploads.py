"""Send documents to a service: files as they are, folders as archives.

Only those files of a folder are sent that its reader needs, under names by which the service
recognizes it. If the reader only asks whether something exists, an empty file or folder is sent.
A link is sent as the file that it leads to, and only if that is in the folder, because the service
drops links in archives.
"""

import datetime
import errno
import gzip
import io
import itertools
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

from loaders import source
from loaders.document_kinds import Candidate, DocumentKind, SentAs, SentPart, unreadable
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import DEFAULT_SITE, Status
from loaders.folder import Folder, printable
from loaders.load_options import LoadOptions
from loaders.pipeline.loader import CandidateLoader, DocumentQueue, OnBytes
from loaders.pipeline.reports import DocumentReport, Outcome, ReportedBuild, refused
from loaders.store.specs import StoredDocument
from service.cli import exits
from service.cli.api import Api, JsonObject, Parameter, ProblemError

_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""First bytes of files that are compressed already, with gzip or zstd."""
_IN_MEMORY = 8 << 20
# The longest name of a file on the usual file systems, in bytes; a longer one cannot be unpacked.
_LONGEST_NAME = 255
_DISAPPEARED = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)


@dataclass(slots=True)
class SentFacts:
    """How much was sent of programs and libraries.

    Attributes:
        count: Number of programs and libraries.
        size: Their size in bytes.
        sent: Size of their facts in bytes, before the archive is compressed.
    """

    count: int = 0
    size: int = 0
    sent: int = 0


def upload_to(
    api: Api,
    options: LoadOptions,
    *,
    allow_unverified: bool,
    facts: SentFacts | None = None,
) -> CandidateLoader:
    """Return a loader that lets a service read and store candidates of a kind.

    Args:
        api: The service.
        options: Statements of the user about the documents, which are passed on.
        allow_unverified: Accept documents with hashes that do not match.
        facts: Counts what is sent of programs and libraries; None sends nothing of them.
    """

    def upload(
        candidate: Candidate, documents: DocumentQueue, on_bytes: OnBytes
    ) -> Iterator[DocumentReport]:
        kind = candidate.kind
        assert kind is not None
        place = printable(str(candidate.path))
        problems: list[Problem] = []
        try:
            with tempfile.TemporaryFile() as body:
                problems += _pack(candidate, kind, body, facts if options.abi else None)
                body.seek(0)
                answer = api.send(
                    "/documents",
                    body,
                    **_parameters(candidate.path, kind, options),
                    allow_unverified=allow_unverified,
                )
        except ProblemError as error:
            # Without the service, or without the right to write, no other upload can succeed.
            if error.exit_code == exits.UNAVAILABLE:
                raise
            if error.kind == Fault.UNSUPPORTED and not candidate.named:
                unsupported = DocumentError(Fault.UNSUPPORTED, error.message)
                yield DocumentReport(place, Outcome.IGNORED, error=unsupported)
            else:
                detail = f"the service refused it: {error.message}"
                yield refused(place, DocumentError(Fault.INVALID, detail))
        except OSError as error:
            yield refused(place, unreadable(error))
        else:
            yield from (_read_report(candidate, entry) for entry in answer["documents"])
        for name, fault in problems:
            yield refused(f"{place}/{name}", fault)

    return upload


def _parameters(path: Path, kind: DocumentKind, options: LoadOptions) -> dict[str, Parameter]:
    as_of = path.stat().st_mtime if options.as_of is None else options.as_of
    name = kind.collection_name(path, options)
    return {
        # Without a site, the service takes that of the token.
        "site": None if options.site == DEFAULT_SITE else options.site,
        # The service does not know the path from which a name is derived.
        "name": printable(name) if name is not None else None,
        "upstream": options.upstream,
        # Only if it is set, since older services do not know it.
        "partial": options.partial or None,
        "as_of": datetime.datetime.fromtimestamp(as_of, datetime.UTC).isoformat(),
    }


def _read_report(candidate: Candidate, entry: JsonObject) -> DocumentReport:
    place = printable(str(candidate.path))
    if candidate.is_folder and entry.get("source"):
        place = f"{place} ({Path(entry['source']).name})"
    error = None
    if "reason" in entry:
        error = DocumentError(Fault(entry["fault"]), entry["reason"], entry.get("pointer", ""))
    return DocumentReport(
        place,
        Outcome(entry["outcome"]),
        stored=read_stored(entry) if "root" in entry else None,
        error=error,
        kind=entry["what"],
        summary=entry.get("told", ""),
        counts=entry.get("counts", {}),
        documents=entry.get("documents", 1),
        build=_read_build(entry["build"]) if "build" in entry else None,
    )


def _read_build(entry: JsonObject) -> ReportedBuild:
    return ReportedBuild(
        entry["uid"], entry["hash"], Status(entry["status"]), marked=entry["marked"]
    )


def read_stored(entry: JsonObject) -> StoredDocument:
    """Return the result of storing a spec document, from an entry of the service's answer."""
    return StoredDocument(**{field.name: entry[field.name] for field in fields(StoredDocument)})


def _pack(
    candidate: Candidate, kind: DocumentKind, body: BinaryIO, facts: SentFacts | None
) -> list[Problem]:
    """Write the body of the request for a candidate.

    Returns:
        Files in a folder that could not be read. Files that disappeared are left out silently.
    """
    if not candidate.is_folder and not kind.is_file(candidate.path.name):
        _pack_file(candidate.path, body)
        return []
    folder = Folder(candidate.path if candidate.is_folder else candidate.path.parent)
    top = kind.sent_folder(candidate)
    with tarfile.open(fileobj=body, mode="w:gz", compresslevel=1) as tar:
        parts = itertools.chain(
            kind.files_to_send(candidate, folder),
            _facts_of_libraries(candidate, kind, facts) if facts is not None else (),
        )
        for part in parts:
            name = printable(f"{top}/{part.name}".removesuffix("/."))
            if any(len(each.encode()) > _LONGEST_NAME for each in name.split("/")):
                detail = "its name is too long to be sent"
                folder.add_problem(part.name, DocumentError(Fault.INVALID, detail))
            elif part.content is not None:
                member = _make_member(name)
                member.size = len(part.content)
                tar.addfile(member, io.BytesIO(part.content))
            elif part.path is not None:
                _add_file(tar, Folder(part.path.parent, folder.problems), part.path.name, name)
            elif part.sent_as is SentAs.CONTENT:
                _add_file(tar, folder, part.name, name)
            else:
                tar.addfile(_make_member(name, is_folder=part.sent_as is SentAs.FOLDER))
    return folder.problems


def _facts_of_libraries(
    candidate: Candidate, kind: DocumentKind, facts: SentFacts
) -> Iterator[SentPart]:
    for each in kind.libraries_to_send(candidate):
        facts.count += each.count
        facts.size += each.size
        facts.sent += len(each.part.content or b"")
        yield each.part


def _add_file(tar: tarfile.TarFile, folder: Folder, file: str, name: str) -> None:
    # From a copy, because the header has the size: the file may grow or shrink meanwhile.
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        try:
            opened = folder.open_inside(file)
            if opened is None:
                return
            with opened:
                changed = os.fstat(opened.fileno()).st_mtime
                shutil.copyfileobj(opened, copy, source.MIB)
        except OSError as error:
            if error.errno not in _DISAPPEARED:
                folder.add_os_error(file, error)
            return
        except DocumentError as error:
            folder.add_problem(file, error)
            return
        member = _make_member(name)
        member.size = copy.tell()
        member.mtime = changed
        copy.seek(0)
        tar.addfile(member, copy)


def _make_member(name: str, *, is_folder: bool = False) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.mode = 0o755 if is_folder else 0o644
    member.type = tarfile.DIRTYPE if is_folder else tarfile.REGTYPE
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
