"""Read the lines of a log from a stream: cleaned, capped in length, one batch at a time.

Lines are numbered as editors number them: a line ends with a line feed. (Spack's own parser, which
opens logs in text mode, also counts a lone carriage return as the end of a line.)
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import zstandard

from loaders import limits
from loaders.logs.redaction import Redactor

CAP_LINE = 4000
"""Maximum length of a line, in characters."""
MAX_LOG = 1 << 30
"""Size in bytes at which reading a log stops."""
MAX_LINES = 20_000_000
"""Number of lines at which reading a log stops."""

_CHUNK = 1 << 13
_MAX_LINE_BYTES = 1 << 20
# A line is redacted before it is cut, with this many characters more, so that no secret is cut in
# two and so no longer recognised.
_LONGEST_SECRET = 4096
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
_CONTROL_BYTES = bytes([*range(9), *range(11, 32), 127])
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor movement
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[ -/]*[0-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class LogLine(NamedTuple):
    """A line of a log.

    Attributes:
        text: The cleaned text without its line end; if it was cut, a mark says by how much.
        size: Size of the line in the log in bytes, its end included.
        cut: Whether `text` is incomplete.
        ended: Whether a line feed ends it; the last line may lack one.
    """

    text: str
    size: int
    cut: bool
    ended: bool


class LogLines:
    """The lines of a log, to be iterated once.

    Escape sequences and control characters other than tab are removed, invalid UTF-8 is replaced,
    and of text overwritten after a carriage return only the last version is kept. A line longer
    than the limit is cut; the number of characters cut is exact, except for escape sequences after
    the first mebibyte.

    Args:
        stream: The uncompressed log; a truncated one is read as far as possible.
        cap_line: Maximum length of a line, in characters.
        redactor: Removes secrets from each line before it is cut.

    Attributes:
        unread: Why the rest of the log was not read, or None if all of it was.
    """

    def __init__(
        self,
        stream: BinaryIO | bytes,
        cap_line: int = CAP_LINE,
        redactor: Redactor | None = None,
    ) -> None:
        self._stream = io.BytesIO(stream) if isinstance(stream, bytes) else stream
        self._cap_line = cap_line
        self._redact = redactor.by_line() if redactor else None
        self.unread: str | None = None

    def __iter__(self) -> Iterator[LogLine]:
        current = _PartialLine()
        for chunk in self._read_chunks():
            *ends, rest = chunk.split(b"\n")
            complete: list[_PartialLine] = []
            for end in ends:
                current.add_part(end)
                complete.append(current)
                current = _PartialLine()
            current.add_part(rest)
            yield from self._make_lines(complete, ended=True)
        if current.size:
            yield from self._make_lines([current], ended=False)

    def _read_chunks(self) -> Iterator[bytes]:
        """Yield the content in small chunks, so that little is lost if an archive is truncated."""
        # `read1` returns the data before an error in an archive, which `read` would discard.
        read = getattr(self._stream, "read1", self._stream.read)
        size = lines = 0
        try:
            while chunk := read(_CHUNK):
                limits.spend(len(chunk))
                yield chunk
                size += len(chunk)
                lines += chunk.count(b"\n")
                if size >= MAX_LOG or lines >= MAX_LINES:
                    self.unread = f"the log has more than {size >> 20} MiB or {lines} lines"
                    return
        except _BROKEN as error:
            self.unread = f"broken archive: {error}"

    def _make_lines(self, raw_lines: list["_PartialLine"], *, ended: bool) -> Iterator[LogLine]:
        texts = [clean_line(raw.kept) for raw in raw_lines]
        lengths = [len(text) + raw.dropped for text, raw in zip(texts, raw_lines, strict=True)]
        if self._redact is not None and texts:
            texts = self._redact([text[: self._cap_line + _LONGEST_SECRET] for text in texts])
        for raw, text, length in zip(raw_lines, texts, lengths, strict=True):
            cut = length - self._cap_line
            if cut > 0:
                text = f"{text[: self._cap_line]} [... {cut} characters cut]"
            yield LogLine(text, raw.size + ended, cut > 0, ended)


class _PartialLine:
    """A line of which only a part may have been read.

    Attributes:
        kept: The bytes that remain visible, up to a limit.
        dropped: Number of visible characters after that limit.
        size: Size of the whole line in bytes.
    """

    __slots__ = ("_returned", "dropped", "kept", "size")

    def __init__(self) -> None:
        self.kept = b""
        self.dropped = 0
        self.size = 0
        self._returned = False

    def add_part(self, part: bytes) -> None:
        self.size += len(part)
        # A return may be the last byte of one chunk and take effect with the next.
        if self._returned or b"\r" in part:
            part = self._apply_returns(part)
        if not self.kept and len(part) <= _MAX_LINE_BYTES:
            self.kept = part
        elif part:
            room = _MAX_LINE_BYTES - len(self.kept)
            self.kept += part[:room]
            # Characters are counted without decoding: each has one byte that continues no other.
            self.dropped += len(part[room:].translate(None, _CONTINUATION_BYTES))

    def _apply_returns(self, part: bytes) -> bytes:
        """Return the visible end of a part, dropping whatever its carriage returns overwrite.

        A return at the very end overwrites nothing until more text follows.
        """
        visible = part.rstrip(b"\r")
        if not visible:
            self._returned = self._returned or bool(part)
            return b""
        start = visible.rfind(b"\r") + 1
        if start or self._returned:
            self.kept, self.dropped = b"", 0
        self._returned = len(visible) < len(part)
        return visible[start:]


def clean_line(raw: bytes) -> str:
    """Return the text of a line without escape sequences and control characters other than tab."""
    # Most lines are plain ASCII; they skip the two regular expressions below.
    if raw.isascii() and len(raw.translate(None, _CONTROL_BYTES)) == len(raw):
        return raw.decode("ascii")
    text = raw.decode("utf-8", "replace")
    return _CONTROL.sub("", _ESCAPE.sub("", text))
