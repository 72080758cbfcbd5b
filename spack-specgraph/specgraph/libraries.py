"""Finds the programs and libraries of a prefix, to send the parts that the dynamic loader reads."""

import mmap
import os
import stat
from typing import Iterator, Optional, Tuple

from .elf import MAGIC, DamagedError, condense

MAX_FILES = 500000
"""Most files and folders of a prefix that are looked at."""
_METADATA = ".spack"
_START = 64
"""Bytes that are sent of a file that the dynamic loader refuses: enough to see that it does."""
_EXECUTABLE = 0o111


def condensed_files(prefix: str) -> Iterator[Tuple[str, int, bytes]]:
    """Yield the path below the prefix, the mode and the condensed content of files.

    These are ELF files, and whatever else is executable or named like a library, of which only the
    first bytes are sent. Links are left out, as the install manifest has them. A file that cannot
    be read is left out as well; the service knows from the manifest that there is one.

    Args:
        prefix: the folder of an installation.

    """
    count = 0
    for folder, folders, files in os.walk(prefix):
        if folder == prefix and _METADATA in folders:
            folders.remove(_METADATA)
        folders.sort()
        count += len(folders) + len(files)
        if count > MAX_FILES:
            return
        for name in sorted(files):
            path = os.path.join(folder, name)
            try:
                mode = os.lstat(path).st_mode
                content = _condensed(path, mode) if stat.S_ISREG(mode) else None
            except (OSError, ValueError):
                continue
            if content is not None:
                yield os.path.relpath(path, prefix), stat.S_IMODE(mode), content


def _condensed(path: str, mode: int) -> Optional[bytes]:
    with open(path, "rb") as file:
        start = file.read(_START)
        if not start.startswith(MAGIC):
            return start if mode & _EXECUTABLE or _looks_like_library(path) else None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            try:
                return condense(content)
            except DamagedError:
                return start


def _looks_like_library(path: str) -> bool:
    """Return whether the dynamic loader may look for a file of this name, as the service does."""
    name = os.path.basename(path)
    return name.endswith(".so") or ".so." in name
