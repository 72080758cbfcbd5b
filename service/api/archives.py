"""Unpack untrusted tar archives in little memory and within limits.

All headers are checked before `tarfile` reads any of them, because it trusts the sizes in them: it
reads long names and pax records whole, and keeps every member in memory.
"""

import io
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from loaders import limits
from loaders.errors import DocumentError, Fault

MAX_HEADER_BYTES = 1 << 20
"""Maximum size of one extended header: a long name, or the pax records of a member."""

_MAX_ALL_HEADER_BYTES = 128 << 20
_MAX_GLOBAL_BYTES = 1 << 16
"""Maximum size of all global pax headers together: tarfile copies them to each member."""
_MAX_HEADERS_IN_ROW = 16
"""Maximum number of extended headers before one member: tarfile recurses for each."""
_MAX_DIGITS = 100
"""Maximum number of digits in a pax header: converting longer numbers is slow or fails."""
_BLOCK = 512

_PAX = frozenset({b"x", b"X", b"g"})
_EXTENDED = _PAX | {b"L", b"K"}
_WITHOUT_CONTENT = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
"""Types of links, devices, folders and pipes; any size in their headers is ignored."""
_UNSUPPORTED = {
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
}


def is_tar(path: Path) -> bool:
    """Return whether a file is an uncompressed tar archive.

    Raises:
        DocumentError: It is an archive or a compressed file of an unsupported kind.
    """
    with path.open("rb") as file:
        block = file.read(_BLOCK)
    for magic, kind in _UNSUPPORTED.items():
        if block.startswith(magic):
            raise DocumentError(
                Fault.UNSUPPORTED,
                f"not a tar but {kind}; send a tar archive, plain or compressed with gzip or zstd",
            )
    return len(block) == _BLOCK and (not any(block) or _checksum_holds(block))


def unpack(archive: Path, folder: Path, limit: int) -> None:
    """Unpack the files and folders of an archive; ignore links and devices.

    Bytes of a name that are not UTF-8 are written as escapes such as `\\xe9`.

    Args:
        archive: An uncompressed tar archive.
        folder: The folder to unpack into.
        limit: Maximum size of all its files together, in bytes.

    Raises:
        DocumentError: The archive is broken, beyond a limit, has sparse files or paths outside the
            folder, or cannot be unpacked.
    """
    with archive.open("rb") as file:
        _HeaderScan(file, archive.stat().st_size, limit).run()
    try:
        _extract_all(archive, folder, limit)
    except (tarfile.TarError, EOFError, ValueError, ArithmeticError) as error:
        raise _broken_error(str(error)[:500]) from error


def _broken_error(why: str) -> DocumentError:
    return DocumentError(Fault.MALFORMED, f"a broken archive: {why}")


def _size_error(limit: int) -> DocumentError:
    shown = f"{limit >> 20} MiB" if limit >> 20 else f"{limit} bytes"
    return DocumentError(Fault.TOO_LARGE, f"the archive's files are larger than {shown}")


def _count_error(most: int) -> DocumentError:
    return DocumentError(Fault.TOO_LARGE, f"the archive holds more than {most} files and folders")


def _parse_number(digits: bytes) -> int:
    """Parse a number in a header: octal digits, or base 256 after the byte 0o200.

    Raises:
        DocumentError: It is not a number, or negative.
    """
    if digits[0] == 0o200:
        return int.from_bytes(digits[1:], "big")
    text = digits.split(b"\0")[0].strip()
    if text and not re.fullmatch(rb"[0-7]+", text):
        raise _broken_error("a header with a bad number")
    return int(text or b"0", 8)


def _checksum_holds(block: bytes) -> bool:
    """Return whether a block is a header with a valid checksum.

    The checksum is the sum of all bytes, with blanks in its own place. Some historic
    implementations summed signed bytes, so both sums are valid.
    """
    try:
        expected = _parse_number(block[148:156])
    except DocumentError:
        return False
    summed = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(summed)
    return expected == unsigned or expected == unsigned - 256 * sum(byte > 127 for byte in summed)


def _parse_pax_records(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a pax header.

    Raises:
        DocumentError: The header is invalid.
    """
    if max(map(len, re.findall(rb"\d+", raw)), default=0) > _MAX_DIGITS:
        raise _broken_error(f"a pax header with a number of more than {_MAX_DIGITS} digits")
    place = 0
    while place < len(raw) and raw[place]:
        match = re.compile(rb"(\d{1,8}) ([^=]+)=").match(raw, place)
        end = place + int(match[1]) if match else 0
        if match is None or not match.end() < end <= len(raw):
            raise _broken_error("a bad pax header")
        yield match[2], raw[match.end() : end - 1]
        place = end


@dataclass
class _HeaderScan:
    """Checks all headers of an archive before any of it is unpacked.

    Attributes:
        length: Size of the archive, in bytes.
        limit: Maximum size of all files together, in bytes.
        members: Number of members so far, without extended headers.
        total: Size of the files so far, in bytes.
        header_bytes: Size of all extended headers so far.
        global_bytes: Size of all global pax headers so far.
        headers: Number of extended headers since the last member.
        size: Size of the next file, if a pax header gives it.
    """

    file: BinaryIO
    length: int
    limit: int
    members: int = 0
    total: int = 0
    header_bytes: int = 0
    global_bytes: int = 0
    headers: int = 0
    size: int | None = None

    def run(self) -> None:
        """Check the whole archive.

        Raises:
            DocumentError: The archive is broken or beyond a limit.
        """
        place = 0
        while place < self.length:
            self.file.seek(place)
            block = self.file.read(_BLOCK)
            if len(block) < _BLOCK:
                raise _broken_error("it ends within a header")
            if not any(block):
                # The end of the archive; tarfile also stops here.
                break
            if not _checksum_holds(block):
                raise _broken_error("a header's checksum does not match")
            limits.spend()
            extended = block[156:157] in _EXTENDED
            size = self._check_extended(block) if extended else self._check_member(block)
            # Content is padded to whole blocks.
            place += _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK
            if place > self.length:
                raise _broken_error("it ends within a file")
        if self.headers:
            raise _broken_error("it ends after a header")

    def _check_extended(self, block: bytes) -> int:
        """Check an extended header, which describes the next member; return its size."""
        size, kind = _parse_number(block[124:136]), block[156:157]
        self.headers += 1
        self.header_bytes += size
        self.global_bytes += size if kind == b"g" else 0
        if (
            size > MAX_HEADER_BYTES
            or self.header_bytes > _MAX_ALL_HEADER_BYTES
            or self.global_bytes > _MAX_GLOBAL_BYTES
            or self.headers > _MAX_HEADERS_IN_ROW
        ):
            raise DocumentError(
                Fault.TOO_LARGE, "the archive has long names or other headers that are too large"
            )
        if kind in _PAX:
            self._check_pax(self.file.read(size), is_global=kind == b"g")
        return size

    def _check_pax(self, raw: bytes, is_global: bool) -> None:
        for key, value in _parse_pax_records(raw):
            if key.startswith(b"GNU.sparse."):
                raise _sparse_error()
            if key == b"size":
                if is_global or self.size is not None or not re.fullmatch(rb"\d{1,20}", value):
                    raise _broken_error("a pax header with a bad size")
                self.size = int(value)

    def _check_member(self, block: bytes) -> int:
        """Check the header of a file, folder or link; return the size of its content."""
        kind = block[156:157]
        if kind == b"S":
            raise _sparse_error()
        size = _parse_number(block[124:136]) if self.size is None else self.size
        self.size, self.headers = None, 0
        # Readers disagree on whether content follows the header of such a folder of the old format.
        if kind == b"\0" and size and block[:100].split(b"\0")[0].endswith(b"/"):
            raise _broken_error("a folder with content")
        size = 0 if kind in _WITHOUT_CONTENT else size
        self.members += 1
        self.total += size
        most = limits.current().files
        if self.members > most:
            raise _count_error(most)
        if self.total > self.limit:
            raise _size_error(self.limit)
        return size


def _sparse_error() -> DocumentError:
    return DocumentError(
        Fault.UNSUPPORTED, "the archive holds sparse files; pack it without that option"
    )


class _BoundedReader(io.BufferedReader):
    """A file that refuses large reads: tarfile reads a header whole, whatever its size."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to `size` bytes.

        Raises:
            tarfile.ReadError: `size` is larger than any valid header.
        """
        if size is None or not 0 <= size <= MAX_HEADER_BYTES + _BLOCK:
            raise tarfile.ReadError("a header that is too large")
        return super().read(size)


def _extract_all(archive: Path, folder: Path, limit: int) -> None:
    unpacked = _Unpacked(folder)
    with (
        _BoundedReader(archive.open("rb", buffering=0)) as file,
        tarfile.open(fileobj=file, mode="r:", encoding="utf-8", errors="surrogateescape") as tar,
    ):
        total = 0
        while (member := tar.next()) is not None:
            # Otherwise tarfile keeps all members in memory, with their pax records.
            tar.members = []  # type: ignore[attr-defined]
            total += member.size
            if total > limit:
                raise _size_error(limit)
            limits.spend(member.size)
            if member.issparse():
                raise _sparse_error()
            if member.isfile() or member.isdir():
                place = file.tell()
                unpacked.add(member, file)
                file.seek(place)


class _Unpacked:
    """The folder that an archive is unpacked into.

    No links are made in it, so a path without `..` stays inside.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: set[tuple[str, ...]] = {()}
        self._entries = 0

    def add(self, member: tarfile.TarInfo, file: BinaryIO) -> None:
        """Write a file or make a folder; the last of several members of a name counts.

        Raises:
            DocumentError: It has an unusable name or date, or there are too many.
        """
        raw = member.name.encode("utf-8", "surrogateescape")
        name = raw.decode("utf-8", "backslashreplace")
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        most = limits.current().folders
        if len(parts) > most:
            raise DocumentError(
                Fault.TOO_LARGE, f"the archive has more than {most} folders in each other"
            )
        try:
            if ".." in parts:
                raise ValueError("its path leads upwards")
            if member.isdir():
                self._make_folders(parts)
            else:
                self._make_folders(parts[:-1])
                self._count()
                self._write(parts, member, file)
        except (OSError, ValueError, ArithmeticError) as error:
            raise DocumentError(
                Fault.INVALID, f"{name[:200]!r} cannot be unpacked: {error}"[:500]
            ) from error

    def _make_folders(self, parts: tuple[str, ...]) -> None:
        for end in range(1, len(parts) + 1):
            if parts[:end] not in self._made:
                self._count()
                self._folder.joinpath(*parts[:end]).mkdir(exist_ok=True)
                self._made.add(parts[:end])

    def _count(self) -> None:
        self._entries += 1
        most = limits.current().files
        if self._entries > most:
            raise _count_error(most)

    def _write(self, parts: tuple[str, ...], member: tarfile.TarInfo, file: BinaryIO) -> None:
        path = self._folder.joinpath(*parts)
        file.seek(member.offset_data)
        left = member.size
        with path.open("wb") as target:
            while left:
                chunk = file.read(min(left, MAX_HEADER_BYTES))
                if not chunk:
                    raise _broken_error("it ends within a file")
                target.write(chunk)
                left -= len(chunk)
        os.utime(path, (member.mtime, member.mtime))
