"""The lines of a log as they come from a stream: cleaned, none of them long, the whole never held.

Lines are numbered as an editor numbers them: a line ends with a line feed. (Spack's own parser,
which opens logs in text mode, counts a carriage return alone as the end of a line too.)
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import zstandard

from loaders.logs.redaction import Redactor

CAP_LINE = 4000
"""Longest line that is kept, in characters."""
MAX_LOG = 1 << 30
"""Bytes after which reading a log stops."""
MAX_LINES = 20_000_000
"""Lines after which reading a log stops."""

_PIECE = 1 << 13
_HELD = 1 << 20
_LONGEST_SECRET = 4096
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
_CONTROL_BYTES = bytes([*range(9), *range(11, 32), 127])
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and moves of the cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[ -/]*[0-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class Line(NamedTuple):
    """A line of a log.

    :ivar text: cleaned and without its end; where it was cut, a mark tells how much.
    :ivar size: bytes that the line takes in the log, its end included.
    :ivar cut: whether `text` is not all of it.
    :ivar ended: whether a line feed ends it, which the last line may lack.
    """

    text: str
    size: int
    cut: bool
    ended: bool


class LogLines:
    """The lines of a log, to be iterated once.

    Escape sequences and control characters other than tab are taken out, invalid UTF-8 is replaced,
    and of what carriage returns wrote over the last is kept. A line longer than the limit is cut;
    the number of characters cut is exact but for escape sequences behind the first mebibyte.

    :param stream: a log, unpacked; one that breaks off is read as far as it can be.
    :param cap_line: longest line, in characters.
    :param redactor: takes secrets out of each line, before it is cut.
    :ivar unread: why the rest of the log was not read, None where all was.
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

    def __iter__(self) -> Iterator[Line]:
        held = _Held()
        for piece in self._pieces():
            *ends, rest = piece.split(b"\n")
            done: list[_Held] = []
            for end in ends:
                held.add(end)
                done.append(held)
                held = _Held()
            held.add(rest)
            yield from self._lines(done, ended=True)
        if held.size:
            yield from self._lines([held], ended=False)

    def _pieces(self) -> Iterator[bytes]:
        """What the stream holds; small pieces, so that little is lost where an archive breaks."""
        read = getattr(self._stream, "read1", self._stream.read)
        size = lines = 0
        try:
            while piece := read(_PIECE):
                yield piece
                size += len(piece)
                lines += piece.count(b"\n")
                if size >= MAX_LOG or lines >= MAX_LINES:
                    self.unread = f"the log has more than {size >> 20} MiB or {lines} lines"
                    return
        except _BROKEN as error:
            self.unread = f"broken archive: {error}"

    def _lines(self, held: list["_Held"], *, ended: bool) -> Iterator[Line]:
        texts = [_clean(each.kept) for each in held]
        lengths = [len(text) + each.dropped for text, each in zip(texts, held, strict=True)]
        if self._redact is not None and texts:
            texts = self._redact([text[: self._cap_line + _LONGEST_SECRET] for text in texts])
        for each, text, length in zip(held, texts, lengths, strict=True):
            cut = length - self._cap_line
            if cut > 0:
                text = f"{text[: self._cap_line]} [... {cut} characters cut]"
            yield Line(text, each.size + ended, cut > 0, ended)


class _Held:
    """A line that is being read.

    :ivar kept: what of it may be seen in the end, as far as it is kept.
    :ivar dropped: characters behind that.
    :ivar size: bytes of the whole line.
    """

    __slots__ = ("_returned", "dropped", "kept", "size")

    def __init__(self) -> None:
        self.kept = b""
        self.dropped = 0
        self.size = 0
        self._returned = False

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self._returned or b"\r" in part:
            part = self._written_over(part)
        if not self.kept and len(part) <= _HELD:
            self.kept = part
        elif part:
            room = _HELD - len(self.kept)
            self.kept += part[:room]
            self.dropped += len(part[room:].translate(None, _CONTINUATION_BYTES))

    def _written_over(self, part: bytes) -> bytes:
        """What is seen of a part, which may write over what stood there; a last return waits."""
        seen = part.rstrip(b"\r")
        if not seen:
            self._returned = self._returned or bool(part)
            return b""
        start = seen.rfind(b"\r") + 1
        if start or self._returned:
            self.kept, self.dropped = b"", 0
        self._returned = len(seen) < len(part)
        return seen[start:]


def _clean(raw: bytes) -> str:
    if raw.isascii() and len(raw.translate(None, _CONTROL_BYTES)) == len(raw):
        return raw.decode("ascii")
    text = raw.decode("utf-8", "replace")
    return _CONTROL.sub("", _ESCAPE.sub("", text))
