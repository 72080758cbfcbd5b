"""Tar archives that anybody may have made, unpacked in little memory and within limits."""

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from loaders.errors import DocumentError, Fault

MAX_MEMBERS = 100_000
"""Most files, folders and links in one archive."""
MAX_HEADER_BYTES = 1 << 20
"""Largest header member: a long name or pax records, which are read as a whole."""

_ALL_HEADER_BYTES = 128 << 20
_GLOBAL_BYTES = 1 << 16
_HEADERS_AT_ONCE = 16
_DIGITS = 100
_BLOCK = 512

_PAX = frozenset({b"x", b"X", b"g"})
_HEADERS = _PAX | {b"L", b"K"}
_DATALESS = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
_OTHERS = {
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
}


def is_tar(path: Path) -> bool:
    """Whether a file is a tar archive that is not packed.

    :raises DocumentError: it is an archive of a kind that is not taken.
    """
    with path.open("rb") as file:
        block = file.read(_BLOCK)
    for magic, kind in _OTHERS.items():
        if block.startswith(magic):
            raise DocumentError(
                Fault.UNSUPPORTED,
                f"not a tar but {kind}; send a tar archive, plain or packed by gzip or zstd",
            )
    return len(block) == _BLOCK and (not any(block) or _checksum_holds(block))


def unpack(archive: Path, folder: Path, limit: int) -> None:
    """Unpack files and folders; links, devices and paths out of the folder are left out.

    Bytes of a name that are no UTF-8 are written out, as `\\xe9`.

    :param limit: bytes that all of its files may have together.
    :raises DocumentError: broken, beyond a limit, with sparse files, or it cannot be unpacked.
    """
    with archive.open("rb") as file:
        _Scan(file, archive.stat().st_size, limit).run()
    try:
        _extract_all(archive, folder, limit)
    except (tarfile.TarError, EOFError, ValueError, ArithmeticError) as error:
        raise _broken(str(error)[:500]) from error


def _broken(why: str) -> DocumentError:
    return DocumentError(Fault.MALFORMED, f"a broken archive: {why}")


def _too_large(limit: int) -> DocumentError:
    told = f"{limit >> 20} MiB" if limit >> 20 else f"{limit} bytes"
    return DocumentError(Fault.TOO_LARGE, f"the archive's files are larger than {told}")


def _number(digits: bytes) -> int:
    """A number of a header: octal digits, or base 256 where the first byte says so.

    :raises DocumentError: it is none, or negative.
    """
    if digits[0] == 0o200:
        return int.from_bytes(digits[1:], "big")
    text = digits.split(b"\0")[0].strip()
    if text and not re.fullmatch(rb"[0-7]+", text):
        raise _broken("a header with a bad number")
    return int(text or b"0", 8)


def _checksum_holds(block: bytes) -> bool:
    """Whether a block is a header: its bytes add up, taken with or without signs."""
    try:
        told = _number(block[148:156])
    except DocumentError:
        return False
    counted = block[:148] + b" " * 8 + block[156:]
    plain = sum(counted)
    return told in (plain, plain - 256 * sum(byte > 127 for byte in counted))


def _pax_records(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a pax header.

    :raises DocumentError: it is not as the format says.
    """
    if max(map(len, re.findall(rb"\d+", raw)), default=0) > _DIGITS:
        raise _broken(f"a pax header with a number of more than {_DIGITS} digits")
    place = 0
    while place < len(raw) and raw[place]:
        match = re.compile(rb"(\d{1,8}) ([^=]+)=").match(raw, place)
        end = place + int(match[1]) if match else 0
        if match is None or not match.end() < end <= len(raw):
            raise _broken("a bad pax header")
        yield match[2], raw[match.end() : end - 1]
        place = end


@dataclass
class _Scan:
    """A look at all headers of an archive, before anything is taken at their word.

    :ivar total: bytes of the files so far.
    :ivar size: of the next file, where a pax header tells it.
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
        """Look at all of it.

        :raises DocumentError: the archive is broken or beyond a limit.
        """
        place = 0
        while place < self.length:
            self.file.seek(place)
            block = self.file.read(_BLOCK)
            if len(block) < _BLOCK:
                raise _broken("it ends within a header")
            if not any(block):
                break
            if not _checksum_holds(block):
                raise _broken("a header's checksum does not match")
            size = self._header(block) if block[156:157] in _HEADERS else self._member(block)
            place += _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK
            if place > self.length:
                raise _broken("it ends within a file")
        if self.headers:
            raise _broken("it ends after a header")

    def _header(self, block: bytes) -> int:
        """Bytes of a member that tells of the next one."""
        size, kind = _number(block[124:136]), block[156:157]
        self.headers += 1
        self.header_bytes += size
        self.global_bytes += size if kind == b"g" else 0
        if (
            size > MAX_HEADER_BYTES
            or self.header_bytes > _ALL_HEADER_BYTES
            or self.global_bytes > _GLOBAL_BYTES
            or self.headers > _HEADERS_AT_ONCE
        ):
            raise DocumentError(
                Fault.TOO_LARGE, "the archive has long names or other headers that are too large"
            )
        if kind in _PAX:
            self._pax(self.file.read(size), everywhere=kind == b"g")
        return size

    def _pax(self, raw: bytes, everywhere: bool) -> None:
        for key, value in _pax_records(raw):
            if key.startswith(b"GNU.sparse."):
                raise _sparse()
            if key == b"size":
                if everywhere or self.size is not None or not re.fullmatch(rb"\d{1,20}", value):
                    raise _broken("a pax header with a bad size")
                self.size = int(value)

    def _member(self, block: bytes) -> int:
        """Bytes of a file, folder or link."""
        kind = block[156:157]
        if kind == b"S":
            raise _sparse()
        size = _number(block[124:136]) if self.size is None else self.size
        self.size, self.headers = None, 0
        if kind == b"\0" and size and block[:100].split(b"\0")[0].endswith(b"/"):
            raise _broken("a folder with content")
        size = 0 if kind in _DATALESS else size
        self.members += 1
        self.total += size
        if self.members > MAX_MEMBERS:
            raise DocumentError(Fault.TOO_LARGE, f"the archive holds more than {MAX_MEMBERS} files")
        if self.total > self.limit:
            raise _too_large(self.limit)
        return size


def _sparse() -> DocumentError:
    return DocumentError(
        Fault.UNSUPPORTED, "the archive holds sparse files; pack it without that option"
    )


class _Frugal(io.BufferedReader):
    """A file that is never read in large pieces, whatever a header in it says."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Some bytes.

        :raises tarfile.ReadError: more were asked for than a header may have.
        """
        if size is None or not 0 <= size <= MAX_HEADER_BYTES + _BLOCK:
            raise tarfile.ReadError("a header that is too large")
        return super().read(size)


def _extract_all(archive: Path, folder: Path, limit: int) -> None:
    with (
        _Frugal(archive.open("rb", buffering=0)) as file,
        tarfile.open(fileobj=file, mode="r:", encoding="utf-8", errors="surrogateescape") as tar,
    ):
        total = 0
        while (member := tar.next()) is not None:
            # It would keep them, with all that their headers tell.
            tar.members = []  # type: ignore[attr-defined]
            total += member.size
            if total > limit:
                raise _too_large(limit)
            if member.issparse():
                raise _sparse()
            if member.isfile() or member.isdir():
                _extract(tar, member, folder)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    raw = member.name.encode("utf-8", "surrogateescape")
    member.name = raw.decode("utf-8", "backslashreplace")
    try:
        tar.extract(member, folder, filter="data")
    except (tarfile.FilterError, OSError, ValueError, ArithmeticError) as error:
        raise DocumentError(
            Fault.INVALID, f"{member.name[:200]!r} cannot be unpacked: {error}"[:500]
        ) from error
