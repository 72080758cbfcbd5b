"""Read the programs, libraries and texts of a prefix on disk."""

import os
import stat
from collections.abc import Iterable, Iterator
from os import DirEntry
from pathlib import Path

from loaders import limits
from loaders.elf.file import is_elf
from loaders.folder import printable
from loaders.prefixes.contents import (
    HEAD,
    MAX_ELF,
    MAX_FILES,
    MAX_TEXT,
    PrefixContents,
    is_read,
    looks_like_library,
)


def read_prefix(prefix: Path, contents: PrefixContents) -> None:
    """Read all files of a prefix but those of Spack; links are noted, and not followed.

    Args:
        prefix: The folder.
        contents: Takes the files that are found.
    """
    read_entries(_walk(prefix, "", contents), "files and folders", contents)


def _walk(
    folder: Path, above: str, contents: PrefixContents
) -> Iterator[tuple[DirEntry[str], str]]:
    """Yield all entries but folders, sorted within each folder, with their paths."""
    for entry in list_folder(folder, above or ".", contents):
        path = f"{above}{printable(entry.name)}"
        if not is_read(f"{path}/"):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{path}/", contents)
        else:
            yield entry, path


def list_folder(folder: Path, path: str, contents: PrefixContents) -> list[DirEntry[str]]:
    """Return the entries of a folder, sorted; none if it cannot be listed, which is noted.

    Args:
        folder: The folder.
        path: Its path relative to the prefix.
        contents: Takes the note, and is not complete then.
    """
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        contents.add_unknown(path, f"it cannot be listed: {error.strerror or error}")
        contents.complete = False
        return []


def read_entries(
    entries: Iterable[tuple[DirEntry[str], str]], kind: str, contents: PrefixContents
) -> None:
    """Read files and note links, at most `MAX_FILES`.

    Args:
        entries: The files and links, with their paths relative to the prefix.
        kind: What they are, in words.
        contents: Takes the files that are found.
    """
    for count, (entry, path) in enumerate(entries, 1):
        limits.spend()
        if count > MAX_FILES:
            contents.stop(f"more than {MAX_FILES:,} {kind}; the rest is not read")
            return
        try:
            _read_entry(entry, path, contents)
        except OSError as error:
            contents.add_unknown(path, f"it cannot be read: {error.strerror or error}")


def _read_entry(entry: DirEntry[str], path: str, contents: PrefixContents) -> None:
    if entry.is_symlink():
        contents.links[path] = printable(str(Path(entry.path).readlink()))
        return
    if not entry.is_file(follow_symlinks=False):
        if looks_like_library(path):
            contents.refused[path] = "not a regular file"
        return
    # A pipe that took the place of the file must not block, and a link must not be followed.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(entry.path, flags), "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return
        head = file.read(HEAD) or b""
        if not is_elf(head):
            text = b"" if b"\0" in head else file.read(MAX_TEXT - len(head)) or b""
            contents.add_other(path, head + text)
        elif status.st_size > MAX_ELF:
            contents.add_unknown(path, f"it is larger than {MAX_ELF >> 20} MiB")
        else:
            size = max(0, status.st_size - len(head))
            contents.add_elf(path, head + (file.read(size) or b"" if size else b""))
