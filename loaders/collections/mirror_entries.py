"""What a mirror's index and spec files say: a row for each spec, and their documents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from loaders.collections import store_index
from loaders.collections.found import WholeDocument
from loaders.collections.outline import Outline, outline
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import SpecName
from loaders.specs.checks import decode_error

SIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----"
"""How a text starts that is signed in the clear."""

ALGORITHMS = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")
"""Checksums that Spack knows."""

_CHECKSUM = re.compile(r"[0-9a-f]{32,128}\Z")
_CLEARSIGNED = re.compile(
    rb"-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)"
    rb"-----BEGIN PGP SIGNATURE-----",
    re.DOTALL,
)
_DASHED = re.compile(rb"^- ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Archive:
    """The packed installation.

    :ivar checksum: in hexadecimal; `algorithm` says which.
    :ivar size: in bytes, packed.
    """

    algorithm: str
    checksum: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class MirrorEntry:
    """A spec in a mirror.

    :ivar available: whether the mirror has its archive; an index names dependencies too that are
        not in it.
    :ivar external: whether it is an external spec, which is never in a mirror.
    :ivar layout: version of the build cache's layout, where the entry tells.
    :ivar signed: whether it was signed, where the entry tells.
    """

    spec: SpecName
    available: bool
    external: bool = False
    layout: int | None = None
    signed: bool | None = None
    archive: Archive | None = None


Found = MirrorEntry | WholeDocument | Problem


class _Checksum(msgspec.Struct):
    hash: str
    hash_algorithm: str = "sha256"


class SpecFile(msgspec.Struct):
    """A spec document and what a mirror puts beside it."""

    spec: msgspec.Raw
    buildcache_layout_version: int | None = None
    binary_cache_checksum: _Checksum | None = None


class _Meta(msgspec.Struct):
    version: int


class _Spec(msgspec.Struct):
    nodes: list[msgspec.Raw]
    meta: _Meta = msgspec.field(name="_meta")


def read_index(stream: BinaryIO, place: str) -> Iterator[Found]:
    """Read the index of a build cache, of whichever layout.

    :param stream: its JSON, unpacked.
    """
    return store_index.read_rows([store_index.Index(place, stream)], _index_entry)


def _index_entry(
    index: store_index.Index, hash_: str, node: Outline, record: store_index.InstallRecord
) -> MirrorEntry:
    name = SpecName(hash_, node.name, node.version)
    return MirrorEntry(name, available=record.in_buildcache, external=node.external)


def read_spec_file(raw: bytes, place: str) -> Iterator[Found]:
    """Read a `*.spec.json` or `*.spec.json.sig` of the old layout.

    The document is its `spec` alone, the same as the store's own spec.json.
    """
    try:
        text, signed = without_signature(raw)
        file, document, name, external = spec_of(text)
        archive = _archive_of(file)
    except DocumentError as error:
        yield Problem(place, error)
        return
    yield MirrorEntry(
        name,
        available=True,
        external=external,
        layout=file.buildcache_layout_version or 0,
        signed=signed,
        archive=archive,
    )
    yield document


def _archive_of(file: SpecFile) -> Archive | None:
    checksum = file.binary_cache_checksum
    if checksum is None:
        return None
    check_checksum(checksum.hash_algorithm, checksum.hash, "/binary_cache_checksum")
    return Archive(checksum.hash_algorithm, checksum.hash)


def check_checksum(algorithm: str, checksum: str, pointer: str) -> None:
    """Check that this is a checksum as Spack writes them.

    :raises DocumentError: it is not.
    """
    if algorithm not in ALGORITHMS or not _CHECKSUM.match(checksum):
        what = f"{algorithm[:20]}:{checksum[:40]}"
        raise DocumentError(Fault.INVALID, f"{what!r} is not a checksum", pointer)


def without_signature(raw: bytes) -> tuple[bytes, bool]:
    """The text that was signed in the clear, and whether it was.

    :raises DocumentError: the signature is cut off.
    """
    if not raw.lstrip().startswith(SIGNED):
        return raw, False
    match = _CLEARSIGNED.search(raw)
    if match is None:
        raise DocumentError(Fault.MALFORMED, "the signed text has no end")
    return _DASHED.sub(b"", match.group(1)), True


def spec_of(raw: bytes) -> tuple[SpecFile, WholeDocument, SpecName, bool]:
    """What a spec file holds: what is beside the spec, its document, its root, whether external.

    :raises DocumentError: it is none.
    """
    try:
        file = msgspec.json.decode(raw, type=SpecFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    try:
        spec = msgspec.json.decode(file.spec, type=_Spec)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error).prefixed("/spec") from error
    if not spec.nodes:
        raise DocumentError(Fault.INVALID, "there are no nodes", "/spec/nodes")
    try:
        node = outline(bytes(spec.nodes[0]))
    except DocumentError as error:
        raise error.prefixed("/spec/nodes/0") from error
    spec_format = spec.meta.version
    root = node.full_hash if spec_format == 2 and node.full_hash else node.hash
    document = WholeDocument(root, b'{"spec":%b}' % bytes(file.spec), spec_format)
    return file, document, SpecName(root, node.name, node.version), node.external
