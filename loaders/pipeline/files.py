"""The documents in a file, told by what it holds and not by its name."""

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from loaders import source
from loaders.errors import DocumentError, Fault
from loaders.specs.document import is_json_object, split_documents

_SNIFF_BYTES = 1 << 16


class Counted(io.RawIOBase):
    """A file that tells how many of its bytes were read.

    :param on_bytes: called with the number of bytes of each read.
    """

    def __init__(self, file: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self.total = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """As the file itself."""
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move in the file itself."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read, and tell how much."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.total += len(data)
        self._on_bytes(len(data))
        return len(data)


def documents_in(stream: BinaryIO, *, named: bool) -> Iterator[bytes]:
    """The documents in a file: one, a JSON list, or one a line.

    :param named: the user named the file, so that what is no JSON is a fault of it.
    :raises DocumentError: it holds none, is broken, or is too large.
    """
    head = _head(stream)
    text = head.lstrip()
    if text[:1] not in (b"{", b"["):
        raise DocumentError(
            Fault.MALFORMED if named else Fault.UNSUPPORTED,
            "not JSON" if head else "an empty file",
        )
    joined: BinaryIO = io.BufferedReader(_Chained(head, stream))
    lines = source.read_lines(joined)
    first = next(lines)
    if is_json_object(first):
        yield first
        yield from (line for line in lines if line.strip())
        return
    rest = b"\n".join([first, *_bounded(lines)])
    if not named and not _may_hold_spec(rest):
        raise DocumentError(Fault.UNSUPPORTED, "not a spec document")
    yield from split_documents(rest)


def _may_hold_spec(raw: bytes) -> bool:
    return b'"spec"' in raw


def _bounded(lines: Iterator[bytes]) -> Iterator[bytes]:
    total = 0
    for line in lines:
        total += len(line) + 1
        if total > source.MAX_DOCUMENT_BYTES:
            raise DocumentError(Fault.TOO_LARGE, "the document is larger than 128 MiB")
        yield line


def _head(stream: BinaryIO) -> bytes:
    return next(source.chunks(stream, _SNIFF_BYTES), b"")


class _Chained(io.RawIOBase):
    """Some bytes that were read already, then the stream that they came from."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = memoryview(head)
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._head:
            part = self._head[: len(buffer)]
            self._head = self._head[len(part) :]
        else:
            part = memoryview(self._stream.read(len(buffer)))
        buffer[: len(part)] = part
        return len(part)
