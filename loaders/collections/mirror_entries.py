"""Read the index and the spec files of a mirror: a row for each spec, and their documents."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from loaders import limits
from loaders.collections import store_index
from loaders.collections.outline import read_outline
from loaders.collections.whole_document import WholeDocument
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import EmbeddedDocument, ExpectedSpecs, Record, SpecName
from loaders.known_versions import Format, KnownVersion
from loaders.prefixes.contents import PrefixContents
from loaders.specs import hash_families
from loaders.specs.checks import decode_error
from loaders.specs.document import FORMAT as SPEC_FORMAT

SIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----"
"""First line of a clear-signed text."""

ALGORITHMS = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")
"""Checksum algorithms supported by Spack."""

FORMAT = Format(
    subject="spec file of a build cache",
    pointer="/buildcache_layout_version",
    kept="the spec document, whether it was signed, and the checksum of the archive",
    versions=(
        KnownVersion("0", "up to 0.17", "the version is absent; with `buildinfo`"),
        KnownVersion("1", "0.18 to 0.20", "may be clear-signed; with `buildinfo`"),
        KnownVersion("2", "0.21 to 0.23", "the same without `buildinfo`"),
    ),
)

_CHECKSUM = re.compile(r"[0-9a-f]{32,128}\Z")
_CLEARSIGNED = re.compile(
    rb"-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)"
    rb"-----BEGIN PGP SIGNATURE-----",
    re.DOTALL,
)
_DASHED = re.compile(rb"^- ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Archive:
    """A packed installation.

    Attributes:
        algorithm: Algorithm of the checksum.
        checksum: In hexadecimal.
        size: Size of the archive in bytes, if known.
    """

    algorithm: str
    checksum: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class MirrorEntry(Record):
    """A spec in a mirror.

    Attributes:
        available: Whether the mirror has its archive; an index also lists dependencies without.
        external: Whether it is an external spec, which is never in a mirror.
        layout: Version of the build cache's layout, if known.
        signed: Whether it was signed, if known.
    """

    spec: SpecName
    available: bool
    external: bool = False
    layout: int | None = None
    signed: bool | None = None
    archive: Archive | None = None


MirrorContent = (
    MirrorEntry | WholeDocument | EmbeddedDocument | ExpectedSpecs | PrefixContents | Problem
)
"""What a reader of a mirror yields."""


class _Checksum(msgspec.Struct):
    hash: str
    hash_algorithm: str = "sha256"


class SpecFile(msgspec.Struct):
    """A spec document with the keys that a mirror adds."""

    spec: msgspec.Raw
    buildcache_layout_version: int | None = None
    binary_cache_checksum: _Checksum | None = None


@dataclass(frozen=True, slots=True)
class ParsedSpecFile:
    """A parsed spec file of a mirror.

    Attributes:
        file: The file's keys.
        document: Its spec document.
        spec: The root of the document.
        external: Whether the root is an external spec.
        nodes: JSON of the document's nodes.
    """

    file: SpecFile
    document: WholeDocument
    spec: SpecName
    external: bool
    nodes: Sequence[bytes]


class _Meta(msgspec.Struct):
    version: int


class _Spec(msgspec.Struct):
    nodes: list[msgspec.Raw]
    meta: _Meta = msgspec.field(name="_meta")


def read_index(stream: BinaryIO, place: str) -> Iterator[MirrorContent]:
    """Read the index of a build cache, of either layout.

    Args:
        stream: Its uncompressed JSON.
        place: Name of the file in problems.
    """
    return store_index.read_rows([store_index.StoreIndex(place, stream)], _make_entry)


def _make_entry(
    _: store_index.StoreIndex, spec: SpecName, row: store_index.IndexRow
) -> MirrorEntry:
    return MirrorEntry(spec, available=row.record.in_buildcache, external=row.external)


def read_old_entry(raw: bytes) -> tuple[MirrorEntry, ParsedSpecFile]:
    """Read a `*.spec.json` or `*.spec.json.sig` of the old layout.

    The document consists of its `spec` alone.

    Raises:
        DocumentError: It is not such a file.
    """
    text, signed = strip_signature(raw)
    parsed = parse_spec_file(text)
    entry = MirrorEntry(
        parsed.spec,
        available=True,
        external=parsed.external,
        layout=parsed.file.buildcache_layout_version or 0,
        signed=signed,
        archive=_find_archive(parsed.file),
    )
    return entry, parsed


def _find_archive(file: SpecFile) -> Archive | None:
    checksum = file.binary_cache_checksum
    if checksum is None:
        return None
    check_checksum(checksum.hash_algorithm, checksum.hash, "/binary_cache_checksum")
    return Archive(checksum.hash_algorithm, checksum.hash)


def check_checksum(algorithm: str, checksum: str, pointer: str) -> None:
    """Check that a checksum has the form that Spack writes.

    Raises:
        DocumentError: It does not.
    """
    if algorithm not in ALGORITHMS or not _CHECKSUM.match(checksum):
        shown = f"{algorithm[:20]}:{checksum[:40]}"
        raise DocumentError(Fault.INVALID, f"{shown!r} is not a checksum", pointer)


def strip_signature(raw: bytes) -> tuple[bytes, bool]:
    """Return the text without a clear signature, and whether it had one.

    Raises:
        DocumentError: The signed text is truncated.
    """
    if not raw.lstrip().startswith(SIGNED):
        return raw, False
    match = _CLEARSIGNED.search(raw)
    if match is None:
        raise DocumentError(Fault.MALFORMED, "the signed text is truncated")
    # Signing puts `- ` before each line that begins with a dash (RFC 4880, section 7.1).
    return _DASHED.sub(b"", match.group(1)), True


def parse_spec_file(raw: bytes) -> ParsedSpecFile:
    """Parse a spec file without its signature.

    Raises:
        DocumentError: It is not a spec file.
    """
    limits.check_json(raw)
    try:
        file = msgspec.json.decode(raw, type=SpecFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    try:
        spec = msgspec.json.decode(file.spec, type=_Spec)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error).with_prefix("/spec") from error
    if not spec.nodes:
        raise DocumentError(Fault.INVALID, "there are no nodes", "/spec/nodes")
    try:
        node = read_outline(bytes(spec.nodes[0]))
    except DocumentError as error:
        raise error.with_prefix("/spec/nodes/0") from error
    spec_format = int(SPEC_FORMAT.check(spec.meta.version))
    FORMAT.check(file.buildcache_layout_version or 0)
    nodes = [bytes(each) for each in spec.nodes]
    root = node.hash
    if spec_format == 2:
        root = getattr(node, hash_families.identity_key(nodes)) or node.hash
    document = WholeDocument(root, b'{"spec":%b}' % bytes(file.spec), spec_format)
    name = SpecName(root, node.name, node.version)
    return ParsedSpecFile(file, document, name, node.external, nodes)
