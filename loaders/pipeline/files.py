"""Find the spec documents in a file by its content, whatever its name."""

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from loaders import source
from loaders.errors import DocumentError, Fault
from loaders.specs.document import is_json_object, split_documents
from loaders.specs.yaml_documents import looks_like_spec_yaml, yaml_to_json

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SNIFF_BYTES = 1 << 16


class CountingFile(io.RawIOBase):
    """A file that reports how many of its bytes were read.

    Args:
        file: The file.
        on_bytes: Called with the number of bytes of each read.
    """

    def __init__(self, file: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self.total = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return whether the file is seekable."""
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Change the position in the file; that does not count as reading."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read into a buffer and report the number of bytes."""
        target = memoryview(buffer)
        data = self._file.read(len(target))
        target[: len(data)] = data
        self.total += len(data)
        self._on_bytes(len(data))
        return len(data)


def documents_in(stream: BinaryIO, *, named: bool) -> Iterator[bytes]:
    """Yield the documents in a file: a single one, those in a JSON list, or one per line.

    A `spec.yaml` is yielded as JSON.

    Args:
        stream: Decompressed content.
        named: Whether the user named the file, so that other content is an error.

    Raises:
        DocumentError: There is no document, or it is broken or too large.
    """
    head = _head(stream)
    text = head.lstrip()
    if looks_like_spec_yaml(text):
        yield yaml_to_json(b"\n".join(_bounded(source.read_lines(_joined(head, stream)))))
        return
    if text[:1] not in (b"{", b"["):
        raise DocumentError(
            Fault.MALFORMED if named else Fault.UNSUPPORTED,
            "not JSON" if head else "an empty file",
        )
    lines = source.read_lines(_joined(head, stream))
    first = next(lines)
    if is_json_object(first):
        yield first
        yield from (line for line in lines if line.strip())
        return
    # One document over several lines. Of files that the user did not name, most JSON is something
    # else; a quick look for the key saves parsing it.
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
    return next(source.read_chunks(stream, _SNIFF_BYTES), b"")


def _joined(head: bytes, stream: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_PrefixedStream(head, stream))


class _PrefixedStream(io.RawIOBase):
    """Bytes that were read already, then the rest of the stream that they came from."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = memoryview(head)
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer)
        if self._head:
            part = self._head[: len(target)]
            self._head = self._head[len(part) :]
        else:
            part = memoryview(self._stream.read(len(target)))
        target[: len(part)] = part
        return len(part)
