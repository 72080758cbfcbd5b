"""Manifests of build cache layout 3, and the blobs that they name by checksum.

`v3/manifests/spec/NAME/*.spec.manifest.json` names an archive and its spec document,
`v3/manifests/index/*.manifest.json` an index (`lib/spack/spack/url_buildcache.py` of Spack 1.1).
Blobs lie in `blobs/sha256/ab/abcd...` beside `v3`, plain or packed.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from loaders import source
from loaders.collections.mirror_entries import (
    Archive,
    Found,
    MirrorEntry,
    check_checksum,
    read_index,
    spec_of,
    without_signature,
)
from loaders.errors import DocumentError, Fault, Problem
from loaders.specs.checks import decode_error

MAX_MANIFEST_BYTES = source.MIB

_MEDIA_TYPE = re.compile(r"application/vnd\.spack\.(db|spec|install)\.")
_LAYOUT = re.compile(r"v[0-9]+\Z")


class _Blob(msgspec.Struct, rename="camel"):
    media_type: str
    checksum: str
    checksum_algorithm: str
    content_length: int

    def kind(self) -> str | None:
        """`db`, `spec` or `install`; None for keys and whatever else."""
        match = _MEDIA_TYPE.match(self.media_type)
        return match and match.group(1)


class _Manifest(msgspec.Struct):
    version: int
    data: list[_Blob]


def read(path: Path) -> Iterator[Found]:
    """Read a manifest and what it names; nothing where that is neither a spec nor an index.

    A blob counts only if its size and checksum are those in the manifest. An archive is not looked
    at: it need not be there.
    """
    try:
        with path.open("rb") as file:
            text, signed = without_signature(source.read_bounded(file, MAX_MANIFEST_BYTES))
        manifest = _decode(text)
        blobs = {blob.kind(): blob for blob in reversed(manifest.data)}
        mirror = _mirror_above(path)
        if "db" in blobs:
            yield from _index(_checked(blobs["db"], mirror))
        if "spec" in blobs:
            yield from _spec(
                _checked(blobs["spec"], mirror), manifest, blobs.get("install"), signed
            )
    except DocumentError as error:
        yield Problem(str(path), error)
    except OSError as error:
        detail = f"{error.filename or path} cannot be read: {error.strerror or error}"
        yield Problem(str(path), DocumentError(Fault.MALFORMED, detail))


def _decode(text: bytes) -> _Manifest:
    try:
        return msgspec.json.decode(text, type=_Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error


def _mirror_above(path: Path) -> Path:
    for parent in path.absolute().parents:
        if parent.name == "manifests" and _LAYOUT.match(parent.parent.name):
            return parent.parent.parent
    raise DocumentError(Fault.INVALID, "the manifest does not lie below v3/manifests")


def _checked(blob: _Blob, mirror: Path) -> Path:
    """Where the blob is, once its bytes were compared with the manifest."""
    check_checksum(blob.checksum_algorithm, blob.checksum, "/data")
    path = mirror / "blobs" / blob.checksum_algorithm / blob.checksum[:2] / blob.checksum
    digest = hashlib.new(blob.checksum_algorithm, usedforsecurity=False)
    size = 0
    with path.open("rb") as file:
        for chunk in source.chunks(file):
            digest.update(chunk)
            size += len(chunk)
    if size != blob.content_length or digest.hexdigest() != blob.checksum:
        detail = f"blob {blob.checksum[:12]} has another size or checksum than the manifest says"
        raise DocumentError(Fault.MALFORMED, detail, "/data")
    return path


def _index(path: Path) -> Iterator[Found]:
    with path.open("rb") as file:
        yield from read_index(source.open_decompressed(file), str(path))


def _spec(path: Path, manifest: _Manifest, archive: _Blob | None, signed: bool) -> Iterator[Found]:
    packed = None
    if archive is not None:
        check_checksum(archive.checksum_algorithm, archive.checksum, "/data")
        packed = Archive(archive.checksum_algorithm, archive.checksum, archive.content_length)
    with path.open("rb") as file:
        raw = source.read_bounded(source.open_decompressed(file))
    _, document, name, external = spec_of(raw)
    yield MirrorEntry(
        name,
        available=archive is not None,
        external=external,
        layout=manifest.version,
        signed=signed,
        archive=packed,
    )
    yield document
