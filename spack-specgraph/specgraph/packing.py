"""Payloads for the service: spec documents, and archives of the folders that Spack leaves behind.

Packing is deterministic: the same content yields the same bytes, so that a digest can be a name.
"""

import gzip
import hashlib
import io
import json
import os
import re
import stat
import tarfile
from typing import IO, Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, cast

from .libraries import condensed_files

SPEC = "spec"
INSTALLED = "installed"
FAILURES = "failures"
STAGE = "stage"
STORE = "store"
CONSOLE = "console"
KINDS = (SPEC, INSTALLED, FAILURES, STAGE, CONSOLE, STORE)
"""The kinds in the order of sending: the service judges stages by installations and failures."""

_METADATA = ".spack"
_PREFIX_FILES = (
    *("spec.json", "install_manifest.json", "install_environment.json", "install_times.json"),
    *("spack-build-out.txt.gz", "spack-build-out.txt", "spack-build-env.txt"),
    *("install-time-test-log.txt", "spack-configure-args.txt", "spack-build-env-mods.txt"),
    "spdx-2.3-sbom.json",
)
_PREFIX_MARKERS = ("binary_distribution",)
"""Files that are sent empty: only their presence matters."""
_PREFIX_FOLDERS = ("archived-files", "repos")
_STAGE_FILE = re.compile(
    r"(spack-build-([0-9]+-.+-)?(out|env|env-mods)|install-time-test-log|spack-configure-args)\.txt$"
)
_SOURCES = "spack-src"
_CONFIGURE_LOGS = ("config.log", "CMakeFiles/CMakeError.log", "CMakeFiles/CMakeConfigureLog.yaml")
_PATCH_FAILED = ".spack_patch_failed"
_MAX_FILE_BYTES = 256 << 20
"""Larger files are left out of archives."""
_MAX_STORE_INDEX_BYTES = 4 << 30
_MAX_BYTES_IN_MEMORY = 32 << 20

BinaryFile = IO[bytes]


class Payload:
    """Something to send.

    Args:
        kind: one of `KINDS`.
        label: its name in reports.
        write: writes the content to a file.
        query: the query parameters of the request.

    """

    def __init__(
        self,
        kind: str,
        label: str,
        write: Callable[[BinaryFile], object],
        query: Optional[Dict[str, str]] = None,
    ) -> None:
        self.kind = kind
        self.label = label
        self.query = query or {}
        self._write = write

    def pack(self, file: BinaryFile) -> None:
        """Write the gzipped content to a file.

        Raises:
            OSError: if something cannot be read or written.

        """
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            self._write(cast(BinaryFile, packed))


class SpecPayload(Payload):
    """A spec document.

    Args:
        hash_: the DAG hash of its root.
        label: its name in reports.
        read: returns the document as JSON; called for each use, as the documents of a store need
            much memory.

    """

    def __init__(self, hash_: str, label: str, read: Callable[[], bytes]) -> None:
        super().__init__(SPEC, label, lambda file: file.write(self.content() + b"\n"))
        self.hash = hash_
        self._read = read

    def content(self) -> bytes:
        """Return the document as it is sent: its bytes without white space around them.

        Raises:
            OSError: if it cannot be read.

        """
        return self._read().strip()

    def question(self) -> Dict[str, str]:
        """Return the hash and digest by which the service is asked whether it has the document.

        Raises:
            OSError: if it cannot be read.

        """
        content = self.content()
        return {
            "hash": _full_hash(content) or self.hash,
            "digest": hashlib.sha256(content).hexdigest(),
        }


def _full_hash(content: bytes) -> Optional[str]:
    """Return the full hash of a document's root, by which the service knows those of Spack 0.17."""
    if b'"full_hash"' not in content:
        return None
    try:
        full_hash = json.loads(content.decode("utf-8"))["spec"]["nodes"][0]["full_hash"]
    except (ValueError, TypeError, LookupError):
        return None
    return full_hash if isinstance(full_hash, str) else None


def pack_documents(documents: Sequence[bytes]) -> bytes:
    """Return spec documents gzipped together: one as it is, several as a JSON list.

    The bytes of each document stay as they are, since the service remembers their digest.
    """
    body = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, body, mtime=0) as packed:
        if len(documents) == 1:
            packed.write(documents[0])
        else:
            packed.write(b"[" + b",\n".join(documents) + b"]")
    return body.getvalue()


def prefix_archive(
    prefix: str, label: str, query: Dict[str, str], libraries: bool = True
) -> Optional[Payload]:
    """Return an archive of the metadata in a prefix; None if it has none.

    Args:
        prefix: the folder of the installation.
        label: its name in reports.
        query: the query parameters of the request.
        libraries: whether to add what the dynamic loader reads of its programs and libraries.

    """
    folder = os.path.join(prefix, _METADATA)
    if not _is_real_folder(folder):
        return None
    name_of_prefix = os.path.basename(os.path.realpath(prefix)) or "prefix"
    base = f"{name_of_prefix}/{_METADATA}"

    def write(file: BinaryFile) -> None:
        with _open_archive(file) as tar:
            for name in _PREFIX_FILES:
                _add_file(tar, os.path.join(folder, name), f"{base}/{name}")
            for name in _PREFIX_MARKERS:
                if os.path.lexists(os.path.join(folder, name)):
                    tar.addfile(_make_member(f"{base}/{name}"))
            for name in _PREFIX_FOLDERS:
                for path in _walk_files(os.path.join(folder, name)):
                    _add_file(tar, path, f"{base}/{os.path.relpath(path, folder)}")
            for path, mode, content in condensed_files(prefix) if libraries else ():
                member = _make_member(f"{name_of_prefix}/{path}")
                member.size, member.mode = len(content), mode
                tar.addfile(member, io.BytesIO(content))

    return Payload(INSTALLED, label, write, query)


def stage_archive(folder: str, query: Dict[str, str]) -> Payload:
    """Return an archive of the logs and environment in a stage, and of the logs of configuring."""
    base = os.path.basename(folder)

    def write(file: BinaryFile) -> None:
        with _open_archive(file) as tar:
            tar.addfile(_make_member(base, tarfile.DIRTYPE))
            for name in _list_names(folder):
                path = os.path.join(folder, name)
                if _STAGE_FILE.match(name):
                    _add_file(tar, path, f"{base}/{name}")
                elif name == _SOURCES or _is_build_folder(path):
                    tar.addfile(_make_member(f"{base}/{name}", tarfile.DIRTYPE))
                    for log in _CONFIGURE_LOGS:
                        _add_file(tar, os.path.join(path, log), f"{base}/{name}/{log}")
            patch = os.path.join(_SOURCES, _PATCH_FAILED)
            if os.path.lexists(os.path.join(folder, patch)):
                tar.addfile(_make_member(f"{base}/{_SOURCES}/{_PATCH_FAILED}"))

    return Payload(STAGE, base, write, query)


def stage_log_archive(path: str, query: Dict[str, str]) -> Payload:
    """Return an archive of a log next to the stages, whose name says which spec it is about."""
    name = os.path.basename(path)

    def write(file: BinaryFile) -> None:
        with _open_archive(file) as tar:
            _add_file(tar, path, "stages/" + name)

    return Payload(STAGE, name, write, query)


def failures_archive(
    paths: Iterable[str], interrupted: Iterable[str], query: Dict[str, str]
) -> Payload:
    """Return an archive of failure markers, which are read together: one may explain another.

    Args:
        paths: the files of the markers.
        interrupted: names of markers that Spack had no time to write.
        query: the query parameters of the request.

    """

    def write(file: BinaryFile) -> None:
        with _open_archive(file) as tar:
            for path in sorted(paths):
                _add_file(tar, path, ".spack-db/failures/" + os.path.basename(path))
            for name in sorted(interrupted):
                tar.addfile(_make_member(".spack-db/failures/" + name))

    return Payload(FAILURES, "failure markers", write, query)


def store_archive(root: str, index: str, query: Dict[str, str]) -> Payload:
    """Return an archive of the index of a store, as of the file's time."""
    name = _store_name(root)

    def write(file: BinaryFile) -> None:
        with _open_archive(file) as tar:
            _add_file(tar, index, f"{name}/.spack-db/index.json", _MAX_STORE_INDEX_BYTES)

    return Payload(STORE, name, write, dict(query, name=name))


def installations_archive(
    root: str, as_of: float, records: List[Dict[str, Any]], query: Dict[str, str]
) -> Payload:
    """Return an archive of an index that lists only some installations.

    Args:
        root: the folder of the store.
        as_of: the time of the whole index, in seconds since 1970.
        records: the records of the installations, as in the index.
        query: the query parameters of the request.

    """
    name = _store_name(root)
    installs = {record["spec"]["hash"]: record for record in records}
    index = {"database": {"version": "8", "installs": installs}}
    content = json.dumps(index, sort_keys=True).encode("utf-8", "surrogateescape")

    def write(file: BinaryFile) -> None:
        with _open_archive(file) as tar:
            member = _make_member(f"{name}/.spack-db/index.json")
            member.size, member.mtime = len(content), int(as_of)
            tar.addfile(member, io.BytesIO(content))

    return Payload(STORE, name, write, dict(query, name=name, partial="true"))


def _store_name(root: str) -> str:
    path = os.path.realpath(root)
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    return "{}-{}".format(os.path.basename(path) or "store", digest[:8])


def _open_archive(file: BinaryFile) -> tarfile.TarFile:
    return tarfile.open(
        fileobj=file, mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="replace"
    )


def _make_member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name.encode("utf-8", "backslashreplace").decode("utf-8"))
    member.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    member.type = kind
    return member


def _add_file(tar: tarfile.TarFile, path: str, name: str, max_bytes: int = _MAX_FILE_BYTES) -> None:
    """Add a regular file as it is now; skip it if it is absent, unreadable or too large.

    The file may change meanwhile. A small one is read into memory first, so that its size in the
    archive is right. A large one is streamed up to its present size; if it shrinks while it is
    streamed, the archive is damaged.
    """
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size > max_bytes:
                return
            if status.st_size > _MAX_BYTES_IN_MEMORY:
                member = _make_member(name)
                member.size, member.mtime = status.st_size, int(status.st_mtime)
                tar.addfile(member, file)
                return
            content = file.read()
    except OSError:
        return
    member = _make_member(name)
    member.size, member.mtime = len(content), int(status.st_mtime)
    tar.addfile(member, io.BytesIO(content))


def _list_names(folder: str) -> List[str]:
    """Return the sorted names in a folder; none if it was removed meanwhile."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _is_build_folder(path: str) -> bool:
    return os.path.basename(path).startswith("spack-build-") and _is_real_folder(path)


def _is_real_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _walk_files(folder: str) -> Iterator[str]:
    """Yield the files below a folder in a stable order, without following links to folders."""
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield os.path.join(parent, name)
