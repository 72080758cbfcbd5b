"""Read the libraries in a prefix that Spack did not install: that of an external spec, or `/usr`.

Such a prefix may be a whole system, so only some folders are read, and in them only files that are
named like libraries.
"""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from loaders import limits
from loaders.errors import DocumentError, Fault
from loaders.evidence import SpecName
from loaders.folder import printable
from loaders.prefixes.contents import MAX_FILES, PrefixContents, looks_like_library
from loaders.prefixes.folder import read_entry

KIND = "external"
_FOLDERS = ("lib64", "lib", "lib/*-linux-gnu*")
"""Folders in which systems and vendors put libraries; the last one is Debian's."""
_HARDWARE = "glibc-hwcaps"
"""Folder with folders of libraries for newer processors, in a folder of libraries."""


def read_external(prefix: Path, folders: Sequence[str] = ()) -> PrefixContents:
    """Return what is in the folders of libraries in a prefix; its spec is not known yet.

    Args:
        prefix: The prefix.
        folders: Folders to read, below the prefix or as whole paths; by default those in which
            libraries usually are.

    Raises:
        DocumentError: A folder that was given is not in the prefix, or is no folder.
    """
    root = Path(os.path.normpath(prefix.absolute()))
    place = str(root)
    contents = PrefixContents(place, SpecName("", ""), place, KIND, time.time(), complete=False)
    chosen = [_below(root, each) for each in folders] or _usual_folders(root)
    for number, (entry, path) in enumerate(_entries(root, chosen, contents), 1):
        limits.spend()
        if number > MAX_FILES:
            contents.stop(f"more than {MAX_FILES:,} files; the rest is not read")
            break
        try:
            read_entry(entry, path, contents)
        except OSError as error:
            contents.add_unknown(path, f"it cannot be read: {error.strerror or error}")
    return contents


def _below(prefix: Path, folder: str) -> str:
    path = Path(os.path.normpath(prefix / folder))
    if not path.is_relative_to(prefix) or not path.is_dir():
        raise DocumentError(Fault.INVALID, f"{folder} is not a folder in {prefix}")
    return str(path.relative_to(prefix))


def _usual_folders(prefix: Path) -> list[str]:
    found = [each for pattern in _FOLDERS for each in sorted(prefix.glob(pattern)) if each.is_dir()]
    return [str(each.relative_to(prefix)) for each in found]


def _entries(
    prefix: Path, folders: Iterable[str], contents: PrefixContents
) -> Iterator[tuple["os.DirEntry[str]", str]]:
    """Yield the entries that are named like libraries, with their paths; note linked folders."""
    waiting = list(dict.fromkeys(folders))
    for folder in waiting:  # The list grows while it is walked.
        path = prefix / folder
        if path.is_symlink() and folder != ".":
            contents.links[folder] = printable(str(path.readlink()))
            continue
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            contents.add_unknown(folder, f"it cannot be listed: {error.strerror or error}")
            continue
        above = "" if folder == "." else f"{folder}/"
        for entry in entries:
            name = f"{above}{printable(entry.name)}"
            if looks_like_library(entry.name) and not entry.is_dir(follow_symlinks=False):
                yield entry, name
            elif entry.name == _HARDWARE and entry.is_dir(follow_symlinks=False):
                waiting += _folders_within(entry.path, name, contents)


def _folders_within(path: str, name: str, contents: PrefixContents) -> list[str]:
    """Return the folders in a folder, by their paths in the prefix."""
    try:
        with os.scandir(path) as found:
            return sorted(f"{name}/{printable(each.name)}" for each in found if each.is_dir())
    except OSError as error:
        contents.add_unknown(name, f"it cannot be listed: {error.strerror or error}")
        return []
