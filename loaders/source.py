"""Bytes of a document from a file, a request body or an archive member, decompressed safely."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from loaders.errors import DocumentError, Fault

MIB = 1 << 20
MAX_DOCUMENT_BYTES = 128 * MIB
"""Largest document after decompression, in bytes."""

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW = 1 << 28
_CHUNK = 1 << 20


def open_decompressed(raw: BinaryIO) -> BinaryIO:
    """A stream of what `raw` holds, gzip and zstd told by their first bytes.

    :raises OSError: where `raw` cannot be read; a broken archive shows when it is read.
    """
    buffered = io.BufferedReader(raw) if isinstance(raw, io.RawIOBase) else raw
    head = _peek(buffered)
    if head.startswith(_GZIP_MAGIC):
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered, mode="rb"))
    if head.startswith(_ZSTD_MAGIC):
        return io.BufferedReader(_ZstdStream(buffered))
    return buffered


class _ZstdStream(io.RawIOBase):
    """What zstd frames hold; unlike the library's own reader it tells a truncated frame.

    Fed in small pieces, since a few bytes may unpack to very many.
    """

    _PIECE = 1024

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and self._advance():
            pass
        part = self._ready[: len(buffer)]
        buffer[: len(part)] = part
        self._ready = self._ready[len(part) :]
        return len(part)

    def _advance(self) -> bool:
        """Unpack some more; False at the end."""
        piece = self._packed or self._raw.read(self._PIECE)
        self._packed = b""
        if not piece:
            if self._frame is not None:
                raise EOFError("the archive ends within a frame")
            return False
        frame = self._frame or self._context.decompressobj()
        self._ready = memoryview(frame.decompress(piece))
        self._packed = frame.unused_data
        self._frame = None if frame.eof else frame
        return True


def _peek(stream: BinaryIO) -> bytes:
    position = stream.tell()
    head = stream.read(4)
    stream.seek(position)
    return head


def read_bounded(stream: BinaryIO, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Everything that the stream holds.

    :param limit: bytes after which reading stops, so that a decompression bomb costs no more.
    :raises DocumentError: larger than the limit, or a broken or truncated archive.
    """
    parts: list[bytes] = []
    total = 0
    for chunk in chunks(stream):
        total += len(chunk)
        if total > limit:
            raise DocumentError(
                Fault.TOO_LARGE, f"the document is larger than {limit // MIB} MiB when unpacked"
            )
        parts.append(chunk)
    return b"".join(parts)


def chunks(stream: BinaryIO, size: int = _CHUNK) -> Iterator[bytes]:
    """The stream in pieces of at most `size` bytes.

    :raises DocumentError: a broken or truncated archive.
    """
    try:
        while chunk := stream.read(size):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise DocumentError(Fault.MALFORMED, f"broken or truncated archive: {error}") from error


def read_lines(stream: BinaryIO, limit: int = MAX_DOCUMENT_BYTES) -> Iterator[bytes]:
    """The stream's lines without their line ends, none longer than `limit` bytes.

    :raises DocumentError: as :func:`read_bounded`.
    """
    rest = bytearray()
    for chunk in chunks(stream):
        pieces = (bytes(rest) + chunk).split(b"\n") if b"\n" in chunk else None
        if pieces is None:
            rest += chunk
        else:
            yield from pieces[:-1]
            rest = bytearray(pieces[-1])
        if len(rest) > limit:
            raise DocumentError(Fault.TOO_LARGE, f"a line is longer than {limit // MIB} MiB")
    if rest:
        yield bytes(rest)


def unpack(body: bytes, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """A request body, unpacked where it is gzip or zstd.

    :raises DocumentError: as :func:`read_bounded`.
    """
    if len(body) > limit:
        raise DocumentError(Fault.TOO_LARGE, f"the document is larger than {limit // MIB} MiB")
    if not body.startswith((_GZIP_MAGIC, _ZSTD_MAGIC)):
        return body
    return read_bounded(open_decompressed(io.BytesIO(body)), limit)


def open_path(path: Path) -> BinaryIO:
    """A file's content, decompressed; closing it closes the file.

    :raises OSError: where the file cannot be opened.
    """
    file = path.open("rb")
    stream = open_decompressed(file)
    return file if stream is file else io.BufferedReader(_Unpacked(stream, file))


class _Unpacked(io.RawIOBase):
    """What is unpacked from a file, and the file, closed together."""

    def __init__(self, stream: BinaryIO, file: BinaryIO) -> None:
        self._stream = stream
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._file.close()
        super().close()
