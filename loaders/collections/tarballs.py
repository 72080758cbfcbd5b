"""Read the spec document in a tarball of a build cache.

`spack buildcache push` packs the prefix as it is, with `.spack/spec.json`, but takes the spec that
it publishes next to the tarball from Spack's database, which has lost the build specs of splices
(`lib/spack/spack/database.py` up to 1.1). So the document in the tarball may say more.

Tarballs are read only for specs whose document has a record that does not match its hash. Each is
read as a stream up to that document. Spack adds the files at the top of a prefix
first and then the folders by name, so `.spack` comes early (`archive.py` of Spack 0.21 to 1.1).
"""

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from loaders import limits, source
from loaders.collections.mirror_entries import MirrorContent, ParsedSpecFile, parse_spec_file
from loaders.document_kinds import unreadable
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import EmbeddedDocument, SpecName
from loaders.specs.document import read_records

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SPEC = ".spack/spec.json"
MAX_BYTES = 128 * source.MIB
"""Number of unpacked bytes of a tarball after which the search for the document ends."""
MAX_MEMBERS = 20_000
"""Number of members of a tarball after which the search for the document ends."""
_MAX_ENTRIES = 10_000_000
BROKEN = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
"""Exceptions raised when a tarball is broken or truncated."""


def read_documents(
    parsed: ParsedSpecFile, find_tarball: Callable[[], Path | None]
) -> Iterator[MirrorContent]:
    """Yield the document of a spec file, preceded by that of the tarball if it may say more.

    Args:
        parsed: The spec file.
        find_tarball: Returns the path of its tarball, which need not exist.
    """
    document = parsed.document
    tarball = find_tarball() if _has_mismatch(parsed) else None
    if tarball is not None and tarball.is_file():
        try:
            raw = read_spec_document(tarball)
            packed = parse_spec_file(raw)
            _check_root(packed.spec, parsed.spec)
        except DocumentError as error:
            yield Problem(str(tarball), error)
        except OSError as error:
            yield Problem(str(tarball), unreadable(error))
        else:
            if packed.document.raw != document.raw:
                yield EmbeddedDocument(str(tarball), raw)
            if b'"build_spec"' in raw:
                document = replace(document, unverifiable=True)
    yield document


def _has_mismatch(parsed: ParsedSpecFile) -> bool:
    """Return whether a record does not match its hash, for no other known reason than a splice."""
    try:
        records = read_records(parsed.nodes, parsed.document.spec_format)
    except DocumentError:
        return False  # It is reported when the document is loaded.
    return any(not record.is_verified and not record.rewritten for record in records)


def _check_root(found: SpecName, expected: SpecName) -> None:
    if found.hash != expected.hash:
        detail = f"the document in the tarball is that of {found.name}/{found.hash}"
        raise DocumentError(Fault.INVALID, detail, "/spec/nodes/0/hash")


def pack_spec_document(raw: bytes) -> bytes:
    """Return a tarball with only a spec document, from which a service reads it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        member = tarfile.TarInfo(SPEC)
        member.size = len(raw)
        tar.addfile(member, io.BytesIO(raw))
    return packed.getvalue()


def read_spec_document(path: Path) -> bytes:
    """Return the spec document of the prefix in a tarball.

    Raises:
        DocumentError: The tarball is broken, has no such document, or has it too far from its
            start.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        try:
            bounded = io.BufferedReader(_BoundedStream(source.open_decompressed(file)))
            with tarfile.open(fileobj=bounded, mode="r|") as tar:
                return _find_document(tar)
        except BROKEN as error:
            detail = f"broken or truncated tarball: {error or type(error).__name__}"
            raise DocumentError(Fault.MALFORMED, detail) from error


def _find_document(tar: tarfile.TarFile) -> bytes:
    for count, member in enumerate(tar):
        limits.spend()
        if count >= MAX_MEMBERS:
            detail = f"the first {MAX_MEMBERS} members of the tarball do not include {SPEC}"
            raise DocumentError(Fault.TOO_LARGE, detail)
        if member.isreg() and f"/{member.name}".endswith(f"/{SPEC}"):
            content = tar.extractfile(member)
            assert content is not None, "a regular member has content"
            return content.read()
    raise DocumentError(Fault.MALFORMED, f"the tarball has no {SPEC}")


class _BoundedStream(io.RawIOBase):
    """Decompressed content of which at most `MAX_BYTES` may be read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer)
        data = self._stream.read(len(target))
        self._left -= len(data)
        if self._left < 0:
            detail = f"the first {MAX_BYTES // source.MIB} MiB of the tarball do not include {SPEC}"
            raise DocumentError(Fault.TOO_LARGE, detail)
        target[: len(data)] = data
        return len(data)


class OldTarballs:
    """The tarballs of a build cache up to Spack 0.23, by hash.

    They are in folders named by architecture, compiler and package, which are listed once, when the
    first tarball is asked for.

    Args:
        folder: The folder `build_cache`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, Path] | None = None

    def find(self, hash_: str) -> Path | None:
        """Return the tarball of a spec, or None if the build cache does not have it."""
        if self._paths is None:
            self._paths = dict(self._list_tarballs())
        return self._paths.get(hash_)

    def _list_tarballs(self) -> Iterator[tuple[str, Path]]:
        entries = 0
        for parent, folders, files in os.walk(self._folder):
            folders.sort()
            entries += len(folders) + len(files)
            if entries > _MAX_ENTRIES:
                return
            for name in files:
                stem, dot, suffix = name.rpartition(".")
                if dot and suffix == "spack":
                    yield stem.rpartition("-")[2], Path(parent, name)
