"""Read the libraries in a prefix that Spack did not install: that of an external spec, or `/usr`.

Such a prefix may be a whole system, so only some folders are read, and in them only files that are
named like libraries.
"""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from loaders.errors import DocumentError, Fault
from loaders.evidence import SpecName
from loaders.folder import printable
from loaders.prefixes.contents import PrefixContents, looks_like_library
from loaders.prefixes.folder import list_folder, read_entries

KIND = "external"
_FOLDERS = ("lib64", "lib", "lib/*-linux-gnu*")
"""Folders in which systems and vendors put libraries; the last one is Debian's."""
_HARDWARE = "glibc-hwcaps"
"""Folder with folders of libraries for newer processors, in a folder of libraries."""


def read_external(prefix: Path, folders: Sequence[str] = ()) -> PrefixContents:
    """Return the content of the folders of libraries in a prefix; its spec is not known yet.

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
    read_entries(_entries(root, chosen, contents), "files", contents)
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
        above = "" if folder == "." else f"{folder}/"
        for entry in list_folder(path, folder, contents):
            name = f"{above}{printable(entry.name)}"
            if looks_like_library(entry.name) and not entry.is_dir(follow_symlinks=False):
                yield entry, name
            elif entry.name == _HARDWARE and entry.is_dir(follow_symlinks=False):
                below = list_folder(Path(entry.path), name, contents)
                waiting += [f"{name}/{printable(each.name)}" for each in below if each.is_dir()]
