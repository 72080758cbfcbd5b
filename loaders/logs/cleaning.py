"""Clean and cap build logs, find their timestamps and split them into phases."""

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
from loaders.logs.log_lines import CAP_LINE, LineBatch, LogLine, LogLines
from loaders.logs.redaction import Redactor

CAP_BYTES = 1 << 20
"""Maximum size of the kept text of a log, in bytes of UTF-8."""
STAGE = "stage"
"""Name of the section before the first phase."""

# Reserved for the marks that `CappedText.make_log` may add, so that the cap holds with them.
_ROOM_FOR_MARKS = 256
# The tail is dropped a block at a time, so that adding a line stays cheap.
_BLOCK = 1 << 14
# Lines to be redacted later are kept to this multiple of the tail, as they may become shorter.
_UNREAD_TAILS = 4
# `spack --stacktrace` prints `FILE:LINE ` before each `==>`.
_TIMESTAMP = re.compile(
    r"^(?:\S+:\d+ )?==> \[(\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:, ?\d+)?\]", re.MULTILINE
)
# Before 0.13 markers did not name the package; some had a space before the colon.
_MARKER = re.compile(
    r"==> (?:\[[^\]]*\] )?(?:\d+: )?(?:([^\s:]+): )?Executing phase ?: '([^']{1,200})'"
)


@dataclass(frozen=True, slots=True)
class LogSection:
    """The part of a log that belongs to one phase; it starts with the phase's marker line.

    Attributes:
        first: Number of its first line in the whole log, starting at 1.
        package: Package named by the marker; None in `stage` and in logs older than Spack 0.13.
    """

    name: str
    first: int
    text: str
    package: str | None = None


class CappedText:
    """Collects the lines of a log within a size limit: the head and a longer tail.

    A log states its configuration at the beginning and its failure at the end, so the middle is
    left out first. Lines of the tail are joined into blocks, because a log may have a great many
    very short lines.

    Args:
        cap_bytes: Maximum size of the kept text, in bytes of UTF-8, marks included.
    """

    def __init__(self, cap_bytes: int = CAP_BYTES) -> None:
        room = max(cap_bytes - _ROOM_FOR_MARKS, 0)
        # A quarter suffices for the head; the reason of a failure is in the tail.
        self._room_in_head = room // 4
        self._room_in_tail = room - room // 4
        self._head: list[str] = []
        self._blocks: deque[_Block] = deque()
        self._block: list[str] = []
        self._block_size = self._tail_size = 0
        self._unread: deque[LineBatch] = deque()
        self._unread_size = 0
        self._lines = self._size = self._left_out = 0
        self._in_tail = self._cut = self._ended = False

    def add_line(self, line: LogLine) -> None:
        """Add the next line of the log."""
        self._read_unread()
        text, size, cut, ended = line
        self._count(1, size, cut, ended)
        self._add_text(text)

    def add_batch(self, batch: LineBatch) -> None:
        """Add the next lines of the log."""
        self._read_unread()
        self._count(len(batch), batch.size, batch.is_cut, batch.ended)
        self._add_texts(batch.texts)

    def add_unread(self, batch: LineBatch) -> None:
        """Add the next lines of the log, of which only those at its end are redacted at all.

        If redaction makes the end of the log much shorter, less of it is kept than would fit.
        """
        if not self._in_tail:
            self.add_batch(batch)
            return
        self._count(len(batch), batch.size, batch.is_cut, batch.ended)
        self._unread.append(batch)
        self._unread_size += batch.size
        while self._unread_size - self._unread[0].size >= _UNREAD_TAILS * self._room_in_tail:
            self._drop_tail()
            first = self._unread.popleft()
            self._unread_size -= first.size
            self._left_out += len(first)

    def _read_unread(self) -> None:
        while self._unread:
            self._add_texts(self._unread.popleft().texts)
        self._unread_size = 0

    def _count(self, lines: int, size: int, cut: bool, ended: bool) -> None:
        self._lines += lines
        self._size += size
        self._cut = self._cut or cut
        self._ended = ended

    def _add_texts(self, texts: list[str]) -> None:
        if not self._in_tail:
            for text in texts:
                self._add_text(text)
            return
        joined = "\n".join(texts)
        self._add_to_block(texts, _room_for(joined))

    def _add_text(self, text: str) -> None:
        room = _room_for(text)
        # Once one line did not fit into the head, all later ones go to the tail: order is kept.
        if not self._in_tail and room <= self._room_in_head:
            self._room_in_head -= room
            self._head.append(text)
            return
        self._in_tail = True
        self._add_to_block([text], room)

    def _add_to_block(self, texts: list[str], room: int) -> None:
        self._block += texts
        self._block_size += room
        if self._block_size >= _BLOCK:
            self._close_block()

    def _drop_tail(self) -> None:
        """Leave out all lines of the tail that were added before those that are not read."""
        self._left_out += len(self._block) + sum(block.lines for block in self._blocks)
        self._blocks.clear()
        self._block, self._block_size, self._tail_size = [], 0, 0

    def _close_block(self) -> None:
        if self._block:
            self._blocks.append(_Block("\n".join(self._block), self._block_size, len(self._block)))
            self._tail_size += self._block_size
            self._block, self._block_size = [], 0
        # The first block stays while the others do not fill the tail, see `_trim_to_tail`.
        while self._blocks and self._tail_size - self._blocks[0].size >= self._room_in_tail:
            first = self._blocks.popleft()
            self._tail_size -= first.size
            self._left_out += first.lines

    def _trim_to_tail(self) -> None:
        """Drop lines from the first block until the tail fits."""
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

    def make_log(self, unread: str | None = None, searched: int | None = None) -> Log:
        """Return the log of all added lines; no line may be added afterwards.

        Args:
            unread: Why the rest of the stream was not read, or None if it was read completely. The
                reason is appended as a last line.
            searched: Number of lines that were searched for errors, or None if all were. That is
                appended as well.
        """
        self._read_unread()
        self._close_block()
        self._trim_to_tail()
        marks = [f"[... {self._left_out} lines left out]"] if self._left_out else []
        lines = [*self._head, *marks, *(block.text for block in self._blocks)]
        if unread is not None:
            lines.append(f"[... not read further: {unread[:60]}]")
        if searched is not None:
            lines.append(f"[... errors and warnings after line {searched} are not counted]")
        text = "\n".join(lines) + ("\n" if self._ended and lines else "")
        marked = unread is not None or searched is not None
        capped = self._cut or self._left_out > 0 or marked
        return Log(text, self._lines, self._size, capped)


def _room_for(text: str) -> int:
    """Return the bytes that lines need, their last end included."""
    return (len(text) if text.isascii() else len(text.encode())) + 1


class _Block(NamedTuple):
    """Consecutive lines, joined.

    Attributes:
        size: Their size in bytes, line ends included.
        lines: Their number.
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
    """Read a log from a stream, clean it and cap it, without ever holding all of it in memory.

    Control characters, escape sequences and text overwritten by progress lines are removed, and
    invalid UTF-8 is replaced. A mark stands for the cut end of a long line and for lines left out
    of a long log. A truncated archive is read as far as possible; the log then counts as capped.

    Args:
        stream: The uncompressed log.
        cap_bytes: Maximum size of the kept text, in bytes of UTF-8.
        cap_line: Maximum length of a line, in characters.
        redactor: Removes secrets; None keeps them.

    Raises:
        OSError: The stream cannot be read.
    """
    lines = LogLines(stream, cap_line, redactor)
    kept = CappedText(cap_bytes)
    for batch in lines.batches():
        kept.add_batch(batch)
    return kept.make_log(lines.unread)


def open_log(path: Path, redactor: Redactor | None = None) -> Log:
    """Read a plain or compressed log file; see `clean_log`.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as raw:
        return clean_log(source.open_decompressed(raw), redactor=redactor)


def first_timestamp(text: str) -> str | None:
    """Return the first timestamp in a log, as Spack writes it: `2026-11-24-00:07:36.133928`.

    Spack writes it after `==>`, since 0.13 followed by a process number when several builds run
    at once (`lib/spack/llnl/util/tty/__init__.py`). Invalid dates are skipped.
    """
    timestamp = _parse_first_timestamp(text)
    return None if timestamp is None else timestamp[0]


def first_timestamp_seconds(text: str) -> float | None:
    """Return the first timestamp in a log in seconds since 1970, interpreted as UTC."""
    timestamp = _parse_first_timestamp(text)
    return None if timestamp is None else timestamp[1]


def _parse_first_timestamp(text: str) -> tuple[str, float] | None:
    for match in _TIMESTAMP.finditer(text):
        stamp = match.group(1)
        pattern = "%Y-%m-%d-%H:%M:%S.%f" if "." in stamp else "%Y-%m-%d-%H:%M:%S"
        try:
            return stamp, datetime.strptime(stamp, pattern).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


def attempt_key(log: Log | None, message: str | None = None) -> str:
    """Return the key that distinguishes an attempt from other attempts at the same spec.

    Returns:
        The first timestamp in the log; without one, the SHA-256 of the log's text; without text,
        the SHA-256 of the message. Attempts that left neither share one key.
    """
    if log is not None and log.text:
        return first_timestamp(log.text) or log.digest
    return hashlib.sha256((message or "").encode("utf-8", "replace")).hexdigest()


def parse_phase_marker(line: str) -> tuple[str | None, str] | None:
    """Return package and phase of Spack's marker `==> NAME: Executing phase: 'configure'`.

    Returns:
        None if the line is not a marker. The package is None if the marker does not name one.
    """
    if "Executing phase" not in line:
        return None
    marker = _MARKER.match(line)
    return (marker.group(1), marker.group(2)) if marker else None


def split_phases(text: str) -> list[LogSection]:
    """Split a log that covers all phases into sections, each starting with its phase's marker.

    Lines before the first marker form a section named `stage`, unless all of them are blank; a log
    without markers is a single `stage` section. The joined texts of the sections are the log,
    except for blank lines at its beginning.
    """
    sections: list[LogSection] = []
    name, first, package = STAGE, 1, None
    lines: list[str] = []
    for number, line in enumerate(io.StringIO(text), 1):
        marker = parse_phase_marker(line)
        if marker is not None:
            sections.append(LogSection(name, first, "".join(lines), package))
            package, name = marker
            first, lines = number, []
        lines.append(line)
    sections.append(LogSection(name, first, "".join(lines), package))
    return [section for section in sections if section.name != STAGE or section.text.strip()]
