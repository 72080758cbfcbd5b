"""Read a folder that Spack wrote without leaving it.

Such a folder may contain anything: links that point elsewhere, pipes, files that are broken,
unreadable or huge. Whatever cannot be read is recorded as a problem, and the rest is read.
"""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from loaders import limits, source
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Attempt

BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
"""Exceptions raised when an archive is broken or truncated."""

_BUFFER = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a folder is kept.

    Attributes:
        files: Maximum number of lines of the install manifest.
        attachments: Maximum number of archived files.
        recipes: Maximum number of files of package repositories.
        entries: Maximum number of files and folders visited below one folder.
        archive: Maximum size of an archive that is hashed, in bytes.
    """

    files: int = 200_000
    attachments: int = 200
    recipes: int = 2_000
    entries: int = 50_000
    archive: int = 2 << 30


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The result of reading a folder.

    Attributes:
        attempt: None if the spec is unknown, or if there was no attempt.
        problems: Parts that could not be read, by path in the folder; they never stop the reader.
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
        """The folder's own name, even if its path is `.`."""
        return self._real.name

    @property
    def parent_name(self) -> str:
        """Name of the folder that contains it."""
        return self._real.parent.name

    def add_problem(self, name: str, error: DocumentError) -> None:
        """Record a problem with a file."""
        self.problems.append(Problem(printable(name), error))

    def add_os_error(self, name: str, error: OSError) -> None:
        """Record that the operating system refused access to a file."""
        reason = error.strerror or type(error).__name__
        self.add_problem(name, DocumentError(Fault.MALFORMED, f"cannot be read: {reason}"))

    def open(self, *names: str) -> io.BufferedReader | None:
        """Open the first of these files that is a regular file in the folder, decompressed.

        Reading raises one of `BROKEN`, and records a problem, when it reaches the end of a
        truncated archive; the data before is returned.

        Returns:
            None if no such file exists.
        """
        for name in names:
            try:
                raw = self.open_inside(name)
                if raw is not None:
                    return io.BufferedReader(_RecordingStream(self, name, raw), _BUFFER)
            except OSError as error:
                self.add_os_error(name, error)
            except DocumentError as error:
                self.add_problem(name, error)
        return None

    def open_inside(self, name: str) -> BinaryIO | None:
        """Open a regular file in the folder as it is stored.

        Raises:
            DocumentError: It leads out of the folder, or is not a regular file.
            OSError: It cannot be opened.

        Returns:
            None if there is no such file.
        """
        path = self.path / name
        if not os.path.lexists(path):
            return None
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self._real):
            raise DocumentError(Fault.INVALID, "a link that leads out of the folder")
        # Opening a pipe would block, and opening a device could have side effects.
        descriptor = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise DocumentError(Fault.INVALID, "not a regular file")
        return os.fdopen(descriptor, "rb")

    def has(self, name: str) -> bool:
        """Return whether an entry of this name exists."""
        return os.path.lexists(self.path / name)

    def size(self, name: str) -> int:
        """Return the size of a file as stored, in bytes; 0 if unknown."""
        try:
            return (self.path / name).stat().st_size
        except OSError:
            return 0

    def read(self, *names: str, limit: int = source.MAX_DOCUMENT_BYTES) -> bytes | None:
        """Return the whole content of the first existing file, decompressed.

        Returns:
            None if there is no such file, or if it is broken or larger than the limit.
        """
        stream = self.open(*names)
        if stream is None:
            return None
        with stream:
            before = len(self.problems)
            try:
                return source.read_bounded(stream, limit)
            except DocumentError as error:
                if len(self.problems) == before:
                    self.add_problem(names[0], error)
        return None

    @cached_property
    def names(self) -> list[str] | None:
        """Sorted names of the entries directly in the folder; None if it cannot be listed."""
        try:
            return sorted(os.listdir(self.path))
        except OSError as error:
            self.add_os_error(".", error)
            return None

    def walk(self, under: str, limit: int) -> Iterator[str]:
        """Yield the paths of all files below a subfolder, sorted within each folder.

        Links are not followed.

        Args:
            under: The subfolder.
            limit: Maximum number of entries to visit; then the walk ends with a problem.
        """
        top = self.path / under
        if os.path.islink(top) or not os.path.isdir(top):
            return
        visited = 0
        for folder, folders, files in os.walk(top, onerror=partial(self.add_os_error, under)):
            folders.sort()
            limits.spend()
            visited += len(folders) + len(files)
            if visited > limit:
                detail = f"more than {limit} entries; the rest is ignored"
                self.add_problem(under, DocumentError(Fault.TOO_LARGE, detail))
                return
            for name in sorted(files):
                yield Path(folder, name).relative_to(self.path).as_posix()


class _RecordingStream(io.RawIOBase):
    """The decompressed content of a file; errors while reading are recorded as problems."""

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
        # Unlike `read`, `read1` returns the data before the point at which an archive is truncated.
        try:
            part = self._stream.read1(len(buffer))
        except BROKEN as error:
            self._broken = error
            detail = f"broken or truncated archive: {error}"
            self._folder.add_problem(self._name, DocumentError(Fault.MALFORMED, detail))
            raise
        except OSError as error:
            self._folder.add_os_error(self._name, error)
            return 0
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._stream.close()
        self._raw.close()
        super().close()


def printable(text: str) -> str:
    """Return the text with bytes of a name that are not UTF-8 written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def open_files(paths: Iterable[Path]) -> Iterator[tuple[str, BinaryIO]]:
    """Yield names and decompressed content of files; each is closed before the next is opened."""
    for path in paths:
        with source.open_path(path) as stream:
            yield printable(path.name), stream
