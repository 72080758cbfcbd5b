"""A folder that Spack wrote, read without leaving it.

Such a folder may hold anything: links that point elsewhere, pipes, files that are broken, not
readable or huge. What cannot be taken is noted as a problem, and the rest is read.
"""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from loaders import source
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Attempt

BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
"""What reading raises where an archive is broken or truncated."""

_BUFFER = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a folder is kept.

    :ivar files: lines of the install manifest.
    :ivar attachments: documents kept with an attempt; `recipes` files of package repositories.
    :ivar entries: files and folders looked at below one folder.
    :ivar archive: bytes of an archive that is hashed.
    """

    files: int = 200_000
    attachments: int = 200
    recipes: int = 2_000
    entries: int = 50_000
    archive: int = 2 << 30


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder tells.

    :ivar attempt: None where it does not tell of which spec, or of no attempt at all.
    :ivar problems: what could not be read, by path in the folder; never a reason to stop.
    """

    attempt: Attempt | None
    problems: tuple[Problem, ...] = ()


@dataclass
class Folder:
    """A folder, and the problems found in it so far."""

    path: Path
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._real = Path(os.path.realpath(self.path))

    @property
    def name(self) -> str:
        """The folder's own name, also where it was given as `.`."""
        return self._real.name

    @property
    def parent_name(self) -> str:
        """Name of the folder that it lies in."""
        return self._real.parent.name

    def note(self, name: str, error: DocumentError) -> None:
        """Add a problem of a file."""
        self.problems.append(Problem(printable(name), error))

    def note_os(self, name: str, error: OSError) -> None:
        """Add that the system refused a file."""
        reason = error.strerror or type(error).__name__
        self.note(name, DocumentError(Fault.MALFORMED, f"cannot be read: {reason}"))

    def open(self, *names: str) -> io.BufferedReader | None:
        """The first of these that is a regular file in the folder, unpacked; None where none is.

        Reading raises one of `BROKEN`, with a problem noted, where an archive breaks off, after all
        that could be unpacked.
        """
        for name in names:
            try:
                raw = self._open_inside(name)
                if raw is not None:
                    return io.BufferedReader(_Noted(self, name, raw), _BUFFER)
            except OSError as error:
                self.note_os(name, error)
            except DocumentError as error:
                self.note(name, error)
        return None

    def _open_inside(self, name: str) -> BinaryIO | None:
        path = self.path / name
        if not os.path.lexists(path):
            return None
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self._real):
            raise DocumentError(Fault.INVALID, "a link out of the folder: it is not followed")
        # A pipe would block at open, a device could do anything.
        descriptor = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise DocumentError(Fault.INVALID, "not a regular file")
        return os.fdopen(descriptor, "rb")

    def has(self, name: str) -> bool:
        """Whether there is something of this name."""
        return os.path.lexists(self.path / name)

    def size(self, name: str) -> int:
        """Bytes of a file as it lies there; 0 where that cannot be told."""
        try:
            return (self.path / name).stat().st_size
        except OSError:
            return 0

    def read(self, *names: str, limit: int = source.MAX_DOCUMENT_BYTES) -> bytes | None:
        """The whole content of the first of these, unpacked; None where it cannot be had whole."""
        stream = self.open(*names)
        if stream is None:
            return None
        with stream:
            before = len(self.problems)
            try:
                return source.read_bounded(stream, limit)
            except DocumentError as error:
                if len(self.problems) == before:
                    self.note(names[0], error)
        return None

    @cached_property
    def names(self) -> list[str] | None:
        """Names of what lies directly in the folder, sorted; None where it cannot be listed."""
        try:
            return sorted(os.listdir(self.path))
        except OSError as error:
            self.note_os(".", error)
            return None

    def walk(self, under: str, most: int) -> Iterator[str]:
        """Paths of all files below a folder in it, sorted within each folder; no link is followed.

        :param most: entries to look at, after which the walk ends with a problem.
        """
        top = self.path / under
        if os.path.islink(top) or not os.path.isdir(top):
            return
        seen = 0
        for folder, folders, files in os.walk(top, onerror=partial(self.note_os, under)):
            folders.sort()
            seen += len(folders) + len(files)
            if seen > most:
                detail = f"more than {most} entries: the rest is left out"
                self.note(under, DocumentError(Fault.TOO_LARGE, detail))
                return
            for name in sorted(files):
                yield Path(folder, name).relative_to(self.path).as_posix()


class _Noted(io.RawIOBase):
    """What a file holds, unpacked. An archive that breaks off, and that it cannot be read on, is
    noted as a problem.
    """

    def __init__(self, folder: Folder, name: str, raw: BinaryIO) -> None:
        self._folder = folder
        self._name = name
        self._raw = raw
        self._stream = cast(io.BufferedReader, source.open_decompressed(raw))
        self._broken: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._broken is not None:
            raise self._broken
        # `read1` gives what could be unpacked before the place where an archive breaks off.
        try:
            part = self._stream.read1(len(buffer))
        except BROKEN as error:
            self._broken = error
            detail = f"broken or truncated archive: {error}"
            self._folder.note(self._name, DocumentError(Fault.MALFORMED, detail))
            raise
        except OSError as error:
            self._folder.note_os(self._name, error)
            return 0
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._stream.close()
        self._raw.close()
        super().close()


def printable(text: str) -> str:
    """The text as UTF-8 can hold it: bytes of a name that are not UTF-8 are written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
