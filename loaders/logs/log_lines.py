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
from loaders.logs.redaction import LineRedactor, Redactor

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
_CONTROL_IN_LINES = _CONTROL_BYTES.replace(b"\n", b"")
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
        for batch in self.batches():
            yield from batch.lines()

    def batches(self) -> Iterator["LineBatch"]:
        """Yield the same lines in batches, each of which is redacted only if its text is needed."""
        current = _PartialLine()
        for chunk in self._read_chunks():
            head, end, more = chunk.partition(b"\n")
            current.add_part(head)
            if not end:
                continue
            middle, end, rest = more.rpartition(b"\n")
            yield self._make_batch(current, middle if end else None, ended=True)
            current = _PartialLine()
            current.add_part(rest)
        if current.size:
            yield self._make_batch(current, None, ended=False)

    def _make_batch(
        self, first: "_PartialLine", middle: bytes | None, *, ended: bool
    ) -> "LineBatch":
        raw = [clean_line(first.kept), *(() if middle is None else _clean_lines(middle))]
        limit = self._cap_line + _LONGEST_SECRET
        # Only the first can be longer than a chunk.
        lengths = [len(raw[0]) + first.dropped, *map(len, raw[1:])]
        if self._redact is not None and max(lengths) > limit:
            raw = [text[:limit] for text in raw]
        in_blocks = self._redact.follow_blocks(raw) if self._redact is not None else None
        return LineBatch(
            raw, lengths, (first.size, middle), ended, self._cap_line, self._redact, in_blocks
        )

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


class LineBatch:
    """Consecutive lines of a log.

    Args:
        raw: The cleaned lines, not yet redacted.
        lengths: The whole length of each line, in characters.
        parts: Size of the first line in bytes, and the other lines as read, if there are any.
        ended: Whether a line feed ends the last line; one ends all others.
        cap_line: Maximum length of a line, in characters.
        redact: Removes secrets from the lines.
        in_blocks: Of each line whether it belongs to a block that is secret as a whole, or None if
            no line does.

    Attributes:
        raw: The cleaned lines, not yet redacted.
        size: Size of all lines in the log in bytes, their ends included.
        ended: Whether a line feed ends the last line.
        is_cut: Whether the text of a line is incomplete.
    """

    __slots__ = (
        "_cap_line",
        "_in_blocks",
        "_lengths",
        "_parts",
        "_redact",
        "_texts",
        "ended",
        "is_cut",
        "raw",
        "size",
    )

    def __init__(
        self,
        raw: list[str],
        lengths: list[int],
        parts: tuple[int, bytes | None],
        ended: bool,
        cap_line: int,
        redact: LineRedactor | None,
        in_blocks: list[bool] | None,
    ) -> None:
        self.raw = raw
        self.ended = ended
        self.is_cut = max(lengths) > cap_line
        first, others = parts
        self.size = first + ended + (0 if others is None else len(others) + 1)
        self._lengths = lengths
        self._parts = parts
        self._cap_line = cap_line
        self._redact = redact
        self._in_blocks = in_blocks
        self._texts: list[str] | None = None

    def __len__(self) -> int:
        return len(self.raw)

    @property
    def texts(self) -> list[str]:
        """The lines, cleaned, redacted and cut; a mark says how much was cut."""
        if self._texts is None:
            texts = self.raw
            if self._redact is not None:
                texts = self._redact.redact_lines(texts, self._in_blocks)
            if self.is_cut:
                texts = [
                    self._cut(text, length)
                    for text, length in zip(texts, self._lengths, strict=True)
                ]
            self._texts = texts
        return self._texts

    def lines(self) -> Iterator[LogLine]:
        """Yield the lines one by one."""
        first, others = self._parts
        sizes = [first, *(() if others is None else map(len, others.split(b"\n")))]
        for text, length, size in zip(self.texts, self._lengths, sizes, strict=True):
            yield LogLine(text, size + self.ended, length > self._cap_line, self.ended)

    def _cut(self, text: str, length: int) -> str:
        over = length - self._cap_line
        return f"{text[: self._cap_line]} [... {over} characters cut]" if over > 0 else text


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


def _clean_lines(raw: bytes) -> list[str]:
    """Return the texts of whole lines, without their ends."""
    # All of them at once if they are plain ASCII, as nearly always.
    if raw.isascii() and len(raw.translate(None, _CONTROL_IN_LINES)) == len(raw):
        return raw.decode("ascii").split("\n")
    lines = []
    for part in raw.split(b"\n"):
        line = _PartialLine()
        line.add_part(part)
        lines.append(clean_line(line.kept))
    return lines


def clean_line(raw: bytes) -> str:
    """Return the text of a line without escape sequences and control characters other than tab."""
    # Most lines are plain ASCII; they skip the two regular expressions below.
    if raw.isascii() and len(raw.translate(None, _CONTROL_BYTES)) == len(raw):
        return raw.decode("ascii")
    text = raw.decode("utf-8", "replace")
    return _CONTROL.sub("", _ESCAPE.sub("", text))
