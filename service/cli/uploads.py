"""Sending documents to a service: files as they are, folders as archives.

Of a folder only those files are sent that its reader reads, under names by which the service finds
the same. Where the reader asks only whether something is there, an empty file or folder is sent.
A link is sent as the file that it leads to, and only where that lies in the folder.

The service drops links in archives. So sources that a stage links to in Spack's cache are left out,
and their checksums, which are told by where the links lead, are known only to a load without a
service.
"""

import datetime
import errno
import gzip
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import Enum, auto
from pathlib import Path
from typing import Any, BinaryIO

from loaders import source
from loaders.builds import fetched_sources, install_folder, kept_files, stage_folder
from loaders.builds.folder import Folder, Limits, printable
from loaders.collections import blob_manifest
from loaders.collections.mirror_entries import check_checksum, strip_signature
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import DEFAULT_SITE
from loaders.pipeline.discovery import DATABASE, FAILURES, INDEX, OLD_BUILDCACHE, Candidate, Kind
from loaders.pipeline.kinds import Content
from loaders.pipeline.loader import Documents, Evidence
from loaders.pipeline.options import Options, default_name, manifest_name
from loaders.pipeline.reports import DocumentReport, Outcome, refused
from loaders.reports import test_runs
from loaders.store.specs import StoredDocument
from service.cli import exits
from service.cli.api import Api, ProblemError

LARGEST_SOURCE = 64 << 20
"""Archives of sources in a build stage are sent up to so many bytes, to be hashed there."""
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_IN_MEMORY = 8 << 20
_LONGEST_NAME = 255
_MOST_ENTRIES = 10_000_000
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)

_INSTALLED = (
    *("spec.json", "install_manifest.json", "install_environment.json", "install_times.json"),
    *install_folder.LOGS,
    *install_folder.ENVIRONMENTS,
    *(install_folder.TEST_LOG, kept_files.CONFIGURE_ARGS, kept_files.MODIFICATIONS),
)
_INSTALLED_MARKS = ("binary_distribution", "spec.yaml")
_STAGE = (
    *stage_folder.LOGS,
    *stage_folder.ENVIRONMENTS,
    *(install_folder.TEST_LOG, kept_files.CONFIGURE_ARGS, kept_files.MODIFICATIONS),
)


def sending(api: Api, options: Options, *, allow_unverified: bool) -> Evidence:
    """Let a service read and store what is no spec document.

    :param options: what to say about the documents.
    """

    def send(
        candidate: Candidate, documents: Documents, on_bytes: Callable[[int], None]
    ) -> Iterator[DocumentReport]:
        place = printable(str(candidate.path))
        problems: list[Problem] = []
        try:
            with tempfile.TemporaryFile() as body:
                problems += _pack(candidate, body)
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
                detail = f"the service refused it: {error.message}"
                yield refused(place, DocumentError(Fault.INVALID, detail))
        except OSError as error:
            detail = f"cannot be read: {error.strerror or error}"
            yield refused(place, DocumentError(Fault.MALFORMED, detail))
        else:
            yield from (_report(candidate, entry) for entry in answer["documents"])
        for name, fault in problems:
            yield refused(f"{place}/{name}", fault)

    return send


def _said(candidate: Candidate, options: Options) -> dict[str, Any]:
    path = candidate.path
    as_of = path.stat().st_mtime if options.as_of is None else options.as_of
    return {
        "site": None if options.site == DEFAULT_SITE else options.site,
        "name": printable(_name(candidate, options)),
        "upstream": options.upstream,
        "as_of": datetime.datetime.fromtimestamp(as_of, datetime.UTC).isoformat(),
    }


def _name(candidate: Candidate, options: Options) -> str:
    """What a store, build cache or environment is called; the service does not know the path."""
    if candidate.content is Content.CRAY_MANIFEST:
        return manifest_name(candidate.path, options.name)
    return options.name or default_name(candidate.path)


def _report(candidate: Candidate, entry: dict[str, Any]) -> DocumentReport:
    place = printable(str(candidate.path))
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


def stored_of(entry: dict[str, Any]) -> StoredDocument:
    """What was written of a spec document, from an entry of the service's answer."""
    return StoredDocument(**{field.name: entry[field.name] for field in fields(StoredDocument)})


class _As(Enum):
    """How a part of a folder is sent: with its content, or to be there only."""

    CONTENT = auto()
    EMPTY_FILE = auto()
    FOLDER = auto()


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a folder, by its path in it."""

    name: str
    sent: _As = _As.CONTENT


def _pack(candidate: Candidate, body: BinaryIO) -> list[Problem]:
    """Write what is sent of a candidate.

    :returns: what could not be read in a folder; what is gone meanwhile is left out without a word.
    """
    if candidate.kind is Kind.FILE:
        _pack_file(candidate.path, body)
        return []
    folder = Folder(candidate.path)
    above = _above(candidate)
    with tarfile.open(fileobj=body, mode="w:gz", compresslevel=1) as tar:
        for part in _parts(candidate, folder):
            name = printable(f"{above}/{part.name}".removesuffix("/."))
            if any(len(each.encode()) > _LONGEST_NAME for each in name.split("/")):
                detail = "its name is too long to be sent"
                folder.add_problem(part.name, DocumentError(Fault.INVALID, detail))
            elif part.sent is _As.CONTENT:
                _add(tar, folder, part.name, name)
            else:
                tar.addfile(_member(name, is_folder=part.sent is _As.FOLDER))
    return folder.problems


def _add(tar: tarfile.TarFile, folder: Folder, file: str, name: str) -> None:
    """Add a file as it is now. A copy is made first: it may be written to, or cut, meanwhile."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        try:
            opened = folder.open_inside(file)
            if opened is None:
                return
            with opened:
                changed = os.fstat(opened.fileno()).st_mtime
                shutil.copyfileobj(opened, copy, source.MIB)
        except OSError as error:
            if error.errno not in _GONE:
                folder.add_os_error(file, error)
            return
        except DocumentError as error:
            folder.add_problem(file, error)
            return
        member = _member(name)
        member.size = copy.tell()
        member.mtime = changed
        copy.seek(0)
        tar.addfile(member, copy)


def _member(name: str, *, is_folder: bool = False) -> tarfile.TarInfo:
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


def _above(candidate: Candidate) -> str:
    """The folder that the files are sent in, with as many above it as tell what it is."""
    path = candidate.path
    if candidate.kind is Kind.INSTALLED:
        prefix = Path(os.path.realpath(path)).parent.name
        return f"{prefix or 'prefix'}/{install_folder.METADATA}"
    if candidate.kind is Kind.FAILURES:
        return f"{DATABASE}/{FAILURES}"
    if candidate.kind is Kind.CDASH:
        return "reports"
    return Path(os.path.abspath(path)).name or "folder"


def _parts(candidate: Candidate, folder: Folder) -> Iterator[_Part]:
    """What is sent of a folder."""
    if candidate.kind is Kind.INSTALLED:
        yield from _of_installed(folder)
    elif candidate.kind is Kind.STAGE:
        yield from _of_stage(folder)
    elif candidate.kind is Kind.BUILDCACHE:
        yield from _of_build_cache(folder)
    elif candidate.kind is Kind.CDASH:
        yield from (_Part(file.name) for file in candidate.files)
    elif candidate.kind is Kind.TESTS:
        yield from (_Part(name) for name in folder.names or () if test_runs.is_suite_file(name))
    else:
        yield from (_Part(name) for name in folder.names or ())


def _of_installed(folder: Folder) -> Iterator[_Part]:
    for name in _INSTALLED:
        yield _Part(name)
    for name in _INSTALLED_MARKS:
        if folder.has(name):
            yield _Part(name, _As.EMPTY_FILE)
    for under in (kept_files.ARCHIVED, kept_files.RECIPES):
        for name in folder.walk(under, Limits().entries):
            yield _Part(name)


def _of_stage(folder: Folder) -> Iterator[_Part]:
    """The logs and the environment, what configuring left in its places, archives of sources."""
    yield _Part(".", _As.FOLDER)
    sources = stage_folder.SOURCES
    if folder.has(sources):
        yield _Part(sources, _As.FOLDER)
    if folder.has(stage_folder.PATCH_FAILED):
        yield _Part(stage_folder.PATCH_FAILED, _As.EMPTY_FILE)
    for name in folder.names or ():
        if name in _STAGE or stage_folder.PHASE_LOG.match(name) or _is_archive(folder, name):
            yield _Part(name)
        elif name == sources or (name.startswith("spack-build-") and not name.endswith(".txt")):
            for file in stage_folder.CONFIGURE_LOGS:
                yield _Part(f"{name}/{file}")


def _is_archive(folder: Folder, name: str) -> bool:
    """Whether it is a file that was fetched, and small enough to be sent."""
    path = folder.path / name
    if fetched_sources.SPACK_FILE.match(name) or os.path.islink(path) or not os.path.isfile(path):
        return False
    return folder.size(name) <= LARGEST_SOURCE


def _of_build_cache(folder: Folder) -> Iterator[_Part]:
    """Indexes and spec documents: neither the installations nor the keys beside them."""
    old = folder.path / OLD_BUILDCACHE
    if os.path.isdir(old):
        yield _Part(OLD_BUILDCACHE, _As.FOLDER)
        for name in _listed(folder, OLD_BUILDCACHE):
            is_index = name in (INDEX, f"{INDEX}.hash")
            if is_index or name.endswith((".spec.json", ".spec.json.sig")):
                yield _Part(f"{OLD_BUILDCACHE}/{name}")
    if os.path.isdir(folder.path / "v3" / "manifests"):
        yield _Part("v3/manifests", _As.FOLDER)
        yield _Part("v3/layout.json")
        blobs: set[str] = set()
        for name in folder.walk("v3", _MOST_ENTRIES):
            if name.endswith(".manifest.json"):
                yield _Part(name)
                blobs.update(_blobs_of(folder, name))
        yield from (_Part(name) for name in sorted(blobs))


def _listed(folder: Folder, under: str) -> list[str]:
    try:
        return sorted(os.listdir(folder.path / under))
    except OSError as error:
        folder.add_os_error(under, error)
        return []


def _blobs_of(folder: Folder, name: str) -> Iterator[str]:
    """The indexes and spec documents that a manifest names.

    One that is broken names none: it is sent, and the service says what is wrong with it.
    """
    try:
        with folder.open_inside(name) or open(os.devnull, "rb") as file:
            raw = source.read_bounded(file, blob_manifest.MAX_MANIFEST_BYTES)
        manifest = blob_manifest.decode_manifest(strip_signature(raw)[0])
        for blob in manifest.data:
            if blob.kind() in ("db", "spec"):
                algorithm, checksum = blob.checksum_algorithm, blob.checksum
                check_checksum(algorithm, checksum, "/data")
                yield f"blobs/{algorithm}/{checksum[:2]}/{checksum}"
    except (DocumentError, OSError):
        return
