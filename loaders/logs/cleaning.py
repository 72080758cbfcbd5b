"""Logs of builds: cleaned, capped, told apart by their first time of day, split into phases."""

import hashlib
import io
import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from loaders import source
from loaders.evidence import Log
from loaders.logs.log_lines import CAP_LINE, Line, LogLines
from loaders.logs.redaction import Redactor

CAP_BYTES = 1 << 20
"""Most that is kept of a log, in bytes of UTF-8."""
STAGE = "stage"
"""Name of what stands before the first phase."""

_ROOM_FOR_MARKS = 128
_BLOCK = 1 << 14
_STAMP = re.compile(
    r"^(?:\S+:\d+ )?==> \[(\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:, ?\d+)?\]", re.MULTILINE
)
_MARKER = re.compile(
    r"==> (?:\[[^\]]*\] )?(?:\d+: )?(?:([^\s:]+): )?Executing phase ?: '([^']{1,200})'"
)


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a log that belongs to one phase; its first line is the marker of the phase.

    :ivar first: its first line in the whole log, from 1.
    :ivar package: named by the marker; None in `stage` and in logs older than Spack 0.13.
    """

    name: str
    first: int
    text: str
    package: str | None = None


class KeptText:
    """What is kept of the lines of a log: the head and, more of it, the tail.

    Lines of the tail are joined into blocks, since very many may be very short.

    :param cap_bytes: most that is kept, in bytes of UTF-8, marks included.
    """

    def __init__(self, cap_bytes: int = CAP_BYTES) -> None:
        room = max(cap_bytes - _ROOM_FOR_MARKS, 0)
        self._room_in_head = room // 4
        self._room_in_tail = room - room // 4
        self._head: list[str] = []
        self._blocks: deque[_Block] = deque()
        self._block: list[str] = []
        self._block_size = self._tail_size = 0
        self._lines = self._size = self._left_out = 0
        self._in_tail = self._cut = self._ended = False

    def add(self, line: Line) -> None:
        """Take the next line of the log."""
        text, size, cut, self._ended = line
        self._lines += 1
        self._size += size
        if cut:
            self._cut = True
        room = (len(text) if text.isascii() else len(text.encode())) + 1
        if not self._in_tail and room <= self._room_in_head:
            self._room_in_head -= room
            self._head.append(text)
            return
        self._in_tail = True
        self._block.append(text)
        self._block_size += room
        if self._block_size >= _BLOCK:
            self._close_block()

    def _close_block(self) -> None:
        if self._block:
            self._blocks.append(_Block("\n".join(self._block), self._block_size, len(self._block)))
            self._tail_size += self._block_size
            self._block, self._block_size = [], 0
        while self._blocks and self._tail_size - self._blocks[0].size >= self._room_in_tail:
            first = self._blocks.popleft()
            self._tail_size -= first.size
            self._left_out += first.lines

    def _trim(self) -> None:
        """Leave lines out of the first block until the tail fits."""
        over = self._tail_size - self._room_in_tail
        if over <= 0 or not self._blocks:
            return
        lines = self._blocks.popleft().text.split("\n")
        gone = 0
        while over > 0 and gone < len(lines):
            over -= len(lines[gone].encode()) + 1
            gone += 1
        self._left_out += gone
        if gone < len(lines):
            self._blocks.appendleft(_Block("\n".join(lines[gone:]), 0, 0))

    def log(self, unread: str | None = None) -> Log:
        """The log of all lines that were taken; no more can be taken then.

        :param unread: why there are more that could not be, which a line at the end then tells.
        """
        self._close_block()
        self._trim()
        marks = [f"[... {self._left_out} lines left out]"] if self._left_out else []
        lines = [*self._head, *marks, *(block.text for block in self._blocks)]
        if unread is not None:
            lines.append(f"[... not read further: {unread[:60]}]")
        text = "\n".join(lines) + ("\n" if self._ended and lines else "")
        capped = self._cut or self._left_out > 0 or unread is not None
        return Log(text, self._lines, self._size, capped)


class _Block(NamedTuple):
    """Some lines, joined.

    :ivar size: their bytes, ends included.
    :ivar lines: their number.
    """

    text: str
    size: int
    lines: int


def clean_log(
    stream: BinaryIO | bytes,
    cap_bytes: int = CAP_BYTES,
    cap_line: int = CAP_LINE,
    redactor: Redactor | None = None,
) -> Log:
    """The log in a stream, cleaned and capped; the whole of it is never held.

    Control characters, escape sequences and what progress lines wrote over are taken out, invalid
    UTF-8 is replaced. Of a line that is too long, and of a log, what is left out is told in its
    place. An archive that breaks off is read as far as it can be, and counts as capped.

    :param stream: the log, unpacked.
    :param cap_bytes: most that is kept, in bytes of UTF-8.
    :param cap_line: longest line that is kept, in characters.
    :param redactor: takes secrets out; None keeps them.
    :raises OSError: the stream cannot be read.
    """
    lines = LogLines(stream, cap_line, redactor)
    kept = KeptText(cap_bytes)
    for line in lines:
        kept.add(line)
    return kept.log(lines.unread)


def open_log(path: Path, redactor: Redactor | None = None) -> Log:
    """The log in a file, plain or packed; see :func:`clean_log`.

    :raises OSError: the file cannot be read.
    """
    with path.open("rb") as raw:
        return clean_log(source.open_decompressed(raw), redactor=redactor)


def first_stamp(text: str) -> str | None:
    """The first time of day in a log, as Spack writes it: `2026-11-24-00:07:36.133928`.

    Spack writes it behind `==>`, since 0.13, with the number of its process where several build at
    once (`lib/spack/llnl/util/tty/__init__.py`). A date that is none is passed over.
    """
    found = _first_stamp(text)
    return None if found is None else found[0]


def first_time(text: str) -> float | None:
    """The first time of day in a log, in seconds since 1970, taken as UTC."""
    found = _first_stamp(text)
    return None if found is None else found[1]


def _first_stamp(text: str) -> tuple[str, float] | None:
    for found in _STAMP.finditer(text):
        stamp = found.group(1)
        form = "%Y-%m-%d-%H:%M:%S.%f" if "." in stamp else "%Y-%m-%d-%H:%M:%S"
        try:
            return stamp, datetime.strptime(stamp, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


def attempt_key(log: Log | None, message: str | None = None) -> str:
    """What tells an attempt from other attempts at the same spec.

    :returns: the first time of day in the log; else the SHA-256 of its text; where there is no text
        the SHA-256 of the message. An attempt that left neither is told from no other such.
    """
    if log is not None and log.text:
        return first_stamp(log.text) or log.digest
    return hashlib.sha256((message or "").encode("utf-8", "replace")).hexdigest()


def phase_marked_by(line: str) -> tuple[str | None, str] | None:
    """Package and phase of Spack's marker `==> NAME: Executing phase: 'configure'`, else None."""
    if "Executing phase" not in line:
        return None
    found = _MARKER.match(line)
    return (found.group(1), found.group(2)) if found else None


def split_phases(text: str) -> list[Section]:
    """The sections of a log that holds all phases, each from the marker of its phase on.

    Lines before the first marker are a section named `stage`, where any of them is not blank; a log
    without markers is nothing else. The texts of all sections, joined, are the log, but for blank
    lines at its beginning.
    """
    sections: list[Section] = []
    name, first, package = STAGE, 1, None
    lines: list[str] = []
    for number, line in enumerate(io.StringIO(text), 1):
        marked = phase_marked_by(line)
        if marked is not None:
            sections.append(Section(name, first, "".join(lines), package))
            package, name = marked
            first, lines = number, []
        lines.append(line)
    sections.append(Section(name, first, "".join(lines), package))
    return [each for each in sections if each.name != STAGE or each.text.strip()]
