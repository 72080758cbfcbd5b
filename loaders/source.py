"""Read the bytes of a document from a file or request body, decompressed within limits."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import zstandard

from loaders import limits
from loaders.errors import DocumentError, Fault

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MIB = limits.MIB
MAX_DOCUMENT_BYTES = 128 * MIB
"""Size limit of a document after decompression, in bytes."""

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# 256 MiB covers `zstd --long=28`; a frame with a larger window could claim gigabytes of memory.
_ZSTD_WINDOW = 1 << 28
_CHUNK = 1 << 20


def open_decompressed(raw: BinaryIO) -> BinaryIO:
    """Return a stream of the decompressed content; gzip and zstd are detected by their magic.

    Broken compressed data is reported by the reads, not here.

    Raises:
        OSError: `raw` cannot be read.
    """
    buffered = io.BufferedReader(raw) if isinstance(raw, io.RawIOBase) else raw
    head = _peek_magic(buffered)
    if head.startswith(_GZIP_MAGIC):
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered, mode="rb"))
    if head.startswith(_ZSTD_MAGIC):
        return io.BufferedReader(_ZstdStream(buffered))
    return buffered


class _ZstdStream(io.RawIOBase):
    """Decompressed content of zstd frames.

    Unlike the library's own reader, it raises `EOFError` on a truncated frame.
    """

    # Small, because a few compressed bytes may expand to a very large piece.
    _PIECE = 1024

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer)
        while not self._ready and self._decompress_next():
            pass
        part = self._ready[: len(target)]
        target[: len(part)] = part
        self._ready = self._ready[len(part) :]
        return len(part)

    def _decompress_next(self) -> bool:
        """Decompress the next piece; return False at the end."""
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


def _peek_magic(stream: BinaryIO) -> bytes:
    position = stream.tell()
    head = stream.read(4)
    stream.seek(position)
    return head


def read_bounded(stream: BinaryIO, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Read all of a stream.

    Args:
        stream: Decompressed content.
        limit: Number of bytes after which reading stops, to bound a decompression bomb.

    Raises:
        DocumentError: The content is larger than the limit, or broken or truncated.
    """
    parts: list[bytes] = []
    total = 0
    for chunk in read_chunks(stream):
        total += len(chunk)
        if total > limit:
            raise DocumentError(
                Fault.TOO_LARGE, f"the document is larger than {limit // MIB} MiB when unpacked"
            )
        parts.append(chunk)
    return b"".join(parts)


def read_chunks(stream: BinaryIO, size: int = _CHUNK) -> Iterator[bytes]:
    """Yield the stream in pieces of at most `size` bytes.

    Raises:
        DocumentError: The compressed data is broken or truncated, or takes too long to read.
    """
    try:
        while chunk := stream.read(size):
            limits.spend(len(chunk))
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise DocumentError(Fault.MALFORMED, f"broken or truncated archive: {error}") from error


def read_lines(stream: BinaryIO, limit: int = MAX_DOCUMENT_BYTES) -> Iterator[bytes]:
    """Yield the lines of a stream without their line ends.

    Raises:
        DocumentError: A line is longer than `limit` bytes, or the data is broken or truncated.
    """
    rest = bytearray()
    for chunk in read_chunks(stream):
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


def unpack_body(body: bytes, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Return a request body, decompressed if it is gzip or zstd.

    Raises:
        DocumentError: It is larger than `limit` bytes, or broken or truncated.
    """
    if len(body) > limit:
        raise DocumentError(Fault.TOO_LARGE, f"the document is larger than {limit // MIB} MiB")
    if not body.startswith((_GZIP_MAGIC, _ZSTD_MAGIC)):
        return body
    return read_bounded(open_decompressed(io.BytesIO(body)), limit)


def open_path(path: Path) -> BinaryIO:
    """Open a file and return its decompressed content; closing that closes the file.

    Raises:
        OSError: The file cannot be opened.
    """
    file = path.open("rb")
    stream = open_decompressed(file)
    return file if stream is file else io.BufferedReader(_DecompressedFile(stream, file))


class _DecompressedFile(io.RawIOBase):
    """Decompressed content that closes the underlying file with itself."""

    def __init__(self, stream: BinaryIO, file: BinaryIO) -> None:
        self._stream = stream
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer)
        data = self._stream.read(len(target))
        target[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._file.close()
        super().close()
