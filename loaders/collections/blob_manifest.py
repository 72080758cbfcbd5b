"""Read manifests of build cache layout 3, and the blobs that they name by checksum.

`v3/manifests/spec/NAME/*.spec.manifest.json` names an archive and its spec document,
`v3/manifests/index/*.manifest.json` an index (`lib/spack/spack/url_buildcache.py` of Spack 1.1).
Blobs are in `blobs/sha256/ab/abcd...` next to `v3`, plain or compressed.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from loaders import source
from loaders.collections import tarballs
from loaders.collections.archive_files import read_files
from loaders.collections.mirror_entries import (
    Archive,
    MirrorContent,
    MirrorEntry,
    check_checksum,
    parse_spec_file,
    read_index,
    strip_signature,
)
from loaders.errors import DocumentError, Fault, Problem
from loaders.known_versions import SUPPORT_TABLE, Format, KnownVersion
from loaders.specs.checks import decode_error

MAX_MANIFEST_BYTES = source.MIB
"""Maximum size of a manifest, in bytes."""

FORMAT = Format(
    subject="manifest of a build cache",
    pointer="/version",
    kept="the spec document or the indexes that it names, and checksum and size of the archive",
    versions=(
        KnownVersion(
            "3",
            "1.0 on",
            "names blobs by checksum; media types tell the version of each: indexes (`db`) 7 to 9, "
            "specs 4 to 6, archives (`install`) 1 and 2",
        ),
    ),
)
_KNOWN_BLOBS = {"db": ("7", "8", "9"), "spec": ("4", "5", "6"), "install": ("1", "2")}
_MEDIA_TYPE = re.compile(r"application/vnd\.spack\.(db|spec|install)\.v([0-9]+)")
_LAYOUT = re.compile(r"v[0-9]+\Z")


class _Blob(msgspec.Struct, rename="camel"):
    media_type: str
    checksum: str
    checksum_algorithm: str
    content_length: int

    def blob_kind(self) -> str | None:
        """Return `db`, `spec` or `install`; None for keys and everything else."""
        match = _MEDIA_TYPE.match(self.media_type)
        return match and match.group(1)

    def check_version(self) -> None:
        """Check that the version in its media type is known.

        Raises:
            DocumentError: It is not.
        """
        match = _MEDIA_TYPE.match(self.media_type)
        if match and match.group(2) not in _KNOWN_BLOBS[match.group(1)]:
            detail = f"a blob of type {self.media_type[:80]} cannot be read; see {SUPPORT_TABLE}"
            raise DocumentError(Fault.UNKNOWN_FORMAT, detail, "/data")


class _Manifest(msgspec.Struct):
    version: int
    data: list[_Blob]

    def blobs_of(self, kind: str) -> list[_Blob]:
        """Return the blobs of a kind."""
        return [blob for blob in self.data if blob.blob_kind() == kind]


def read(path: Path, files_of: str | None = None) -> Iterator[MirrorContent]:
    """Read a manifest and the spec document or index that it names; other manifests yield nothing.

    The blob of a document or index is used only if its size and checksum are those in the manifest.
    An archive may be missing; it is read only as far as `tarballs` describes, and not verified.

    Args:
        path: The manifest.
        files_of: Name of the build cache, if the programs and libraries in archives are read.
    """
    try:
        with path.open("rb") as file:
            text, signed = strip_signature(source.read_bounded(file, MAX_MANIFEST_BYTES))
        manifest = decode_manifest(text)
        mirror = _find_mirror(path)
        yield from _read_indexes(manifest, mirror, str(path))
        specs, archives = manifest.blobs_of("spec"), manifest.blobs_of("install")
        if specs:
            for blob in (specs[0], *archives[:1]):
                blob.check_version()
            archive = archives[0] if archives else None
            yield from _read_spec_blob(mirror, manifest, specs[0], archive, signed, files_of)
    except DocumentError as error:
        yield Problem(str(path), error)
    except OSError as error:
        detail = f"{error.filename or path} cannot be read: {error.strerror or error}"
        yield Problem(str(path), DocumentError(Fault.MALFORMED, detail))


def decode_manifest(text: bytes) -> _Manifest:
    """Decode a manifest without its signature.

    Raises:
        DocumentError: It is not a manifest, or of an unknown version.
    """
    try:
        manifest = msgspec.json.decode(text, type=_Manifest)
        FORMAT.check(manifest.version)
        return manifest
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error


def _find_mirror(path: Path) -> Path:
    for parent in path.absolute().parents:
        if parent.name == "manifests" and _LAYOUT.match(parent.parent.name):
            return parent.parent.parent
    raise DocumentError(Fault.INVALID, "the manifest is not in a folder below v3/manifests")


def _blob_path(blob: _Blob) -> str:
    return f"blobs/{blob.checksum_algorithm}/{blob.checksum[:2]}/{blob.checksum}"


def _verify_blob(blob: _Blob, mirror: Path) -> Path:
    """Return the path of a blob after comparing its content with the manifest."""
    check_checksum(blob.checksum_algorithm, blob.checksum, "/data")
    path = mirror / _blob_path(blob)
    digest = hashlib.new(blob.checksum_algorithm, usedforsecurity=False)
    size = 0
    with path.open("rb") as file:
        for chunk in source.read_chunks(file):
            digest.update(chunk)
            size += len(chunk)
    if size != blob.content_length or digest.hexdigest() != blob.checksum:
        detail = f"size or checksum of blob {blob.checksum[:12]} differ from the manifest"
        raise DocumentError(Fault.MALFORMED, detail, "/data")
    return path


def _read_indexes(manifest: _Manifest, mirror: Path, place: str) -> Iterator[MirrorContent]:
    """Read the indexes that a manifest names: one for each version of the format."""
    for blob in manifest.blobs_of("db"):
        try:
            blob.check_version()
            path = _verify_blob(blob, mirror)
        except DocumentError as error:
            yield Problem(place, error)
            continue
        with path.open("rb") as file:
            yield from read_index(source.open_decompressed(file), str(path))


def _read_spec_blob(
    mirror: Path,
    manifest: _Manifest,
    spec_blob: _Blob,
    archive_blob: _Blob | None,
    signed: bool,
    files_of: str | None,
) -> Iterator[MirrorContent]:
    path = _verify_blob(spec_blob, mirror)
    archive = tarball = None
    if archive_blob is not None:
        algorithm, checksum = archive_blob.checksum_algorithm, archive_blob.checksum
        check_checksum(algorithm, checksum, "/data")
        archive = Archive(algorithm, checksum, archive_blob.content_length)
        tarball = mirror / _blob_path(archive_blob)
    with path.open("rb") as file:
        raw = source.read_bounded(source.open_decompressed(file))
    parsed = parse_spec_file(raw)
    yield from tarballs.read_documents(parsed, lambda: tarball)
    yield MirrorEntry(
        parsed.spec,
        available=archive is not None,
        external=parsed.external,
        layout=manifest.version,
        signed=signed,
        archive=archive,
    )
    if files_of is not None:
        yield from read_files(tarball, parsed.spec, files_of)


def named_blobs(file: BinaryIO) -> Iterator[str]:
    """Yield the paths, in a mirror, of the indexes and spec documents that a manifest names.

    Raises:
        DocumentError: It is not a manifest, or a checksum is invalid.
    """
    text, _ = strip_signature(source.read_bounded(file, MAX_MANIFEST_BYTES))
    for blob in decode_manifest(text).data:
        if blob.blob_kind() in ("db", "spec"):
            check_checksum(blob.checksum_algorithm, blob.checksum, "/data")
            yield _blob_path(blob)
