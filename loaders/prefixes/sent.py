"""The content of a prefix as one file, which a client sends in place of programs and libraries.

The file is a sequence of messages in MessagePack, each after its length in four bytes: first the
listing, then the facts of each program and library.
"""

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import msgspec

from loaders import limits
from loaders.elf.facts import ElfFacts
from loaders.elf.file import MAX_PATH
from loaders.elf.packing import unpack_facts, with_symbols
from loaders.elf.reader import MAX_BUILD_ID
from loaders.errors import DocumentError, Fault, Problem
from loaders.prefixes.contents import MAX_FILES, LibraryFile, PrefixContents, library_file

NAME = "specgraph-files"
"""Name of the file in the folder `.spack` of an upload."""
_LENGTH = struct.Struct("<I")
_MAX_MESSAGE = 64 << 20
_MAX_SIZE = 1 << 62
_HALF = 1 << 16
_MAX_PROBLEMS = 10_000

_Notes = Annotated[dict[str, str], msgspec.Meta(max_length=MAX_FILES)]
"""A text for each of some files. Lengths are checked before anything is decoded."""
T = TypeVar("T")


class _Listing(msgspec.Struct, frozen=True):
    prefix: str
    complete: bool
    others: int
    links: _Notes
    refused: _Notes
    unknown: _Notes
    texts: Annotated[dict[str, list[str]], msgspec.Meta(max_length=MAX_FILES)]
    problems: Annotated[list[tuple[str, str]], msgspec.Meta(max_length=_MAX_PROBLEMS)]


class _File(msgspec.Struct, frozen=True):
    path: str
    sha256: str
    size: int
    facts: ElfFacts


def pack_contents(contents: PrefixContents) -> bytes:
    """Return the content of a prefix as a file to send."""
    start = f"{contents.place}/"
    listing = _Listing(
        prefix=contents.prefix,
        complete=contents.complete,
        others=contents.others,
        links=contents.links,
        refused=contents.refused,
        unknown=contents.unknown,
        texts=contents.texts,
        problems=[
            (each.place.removeprefix(start), each.error.detail)
            for each in contents.problems[:_MAX_PROBLEMS]
        ],
    )
    messages = [listing, *(_make_file(each) for each in contents.libraries)]
    encoded = (msgspec.msgpack.encode(each) for each in messages)
    return b"".join(_LENGTH.pack(len(each)) + each for each in encoded)


def _make_file(file: LibraryFile) -> _File:
    exports, imports = file.facts.exports, file.facts.imports
    facts = with_symbols(
        unpack_facts(file.facts.facts),
        exports.data if exports else None,
        imports.data if imports else None,
    )
    return _File(file.path, file.sha256, file.size, facts)


def read_contents(path: Path, contents: PrefixContents) -> None:
    """Read a file that was sent.

    The identity of a library is the SHA-256 of what was sent of it: that of the file itself is only
    a claim, by which another file with this identity must not get its facts.

    Args:
        path: The file.
        contents: Takes the files, and the prefix for which they were made.

    Raises:
        DocumentError: It is damaged, or no reader of prefixes finds such content.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        messages = _read_messages(file)
        listing = _decode(next(messages, b""), _Listing)
        for message in messages:
            each = _decode(message, _File)
            _check_file(each)
            sha256 = hashlib.sha256(message).hexdigest()
            contents.libraries.append(library_file(each.path, sha256, each.size, each.facts))
    if listing.prefix.startswith("/") and len(listing.prefix) <= MAX_PATH:
        contents.prefix = listing.prefix
    contents.complete, contents.others = listing.complete, listing.others
    contents.links, contents.refused = listing.links, listing.refused
    contents.unknown, contents.texts = listing.unknown, listing.texts
    for name, detail in listing.problems:
        error = DocumentError(Fault.MALFORMED, detail)
        contents.problems.append(Problem(f"{contents.place}/{name}", error))


def _read_messages(file: BinaryIO) -> Iterator[bytes]:
    while start := file.read(_LENGTH.size):
        length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else _MAX_MESSAGE + 1
        message = file.read(length) if length <= _MAX_MESSAGE else b""
        if len(message) != length:
            raise DocumentError(Fault.MALFORMED, "the facts of programs and libraries are cut off")
        limits.spend(len(message))
        yield message


def _decode(message: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(message, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        detail = f"the facts of programs and libraries are damaged: {error}"
        raise DocumentError(Fault.MALFORMED, detail) from error


def _check_file(file: _File) -> None:
    """Check what the types do not say.

    Raises:
        DocumentError: No reader finds such a file.
    """
    facts, parts = file.facts, file.path.split("/")
    if not all(parts) or ".." in parts or len(file.path) > MAX_PATH:
        detail = f"{file.path[:100]!r} is not a path in a prefix"
        raise DocumentError(Fault.INVALID, detail)
    in_range = (
        facts.bits in (32, 64)
        and all(0 <= each < _HALF for each in (facts.machine, facts.file_type, facts.os_abi))
        and 0 <= file.size < _MAX_SIZE
        and len(facts.build_id or "") <= 2 * MAX_BUILD_ID
        and all(len(each.encode()) <= MAX_PATH for each in (facts.soname or "", *facts.needed))
    )
    if not in_range:
        raise DocumentError(Fault.INVALID, f"the facts of {file.path} are not those of a file")
