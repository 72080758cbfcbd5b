"""Read the programs, libraries and texts in a tarball of a build cache, as a stream.

Up to Spack 0.20 the paths in a tarball start with the name of the prefix, later ones are whole
paths without the first slash (`lib/spack/spack/binary_distribution.py`). The prefix is the folder
that has `.spack`. Files in `.spack/binary_distribution` say where it was.
"""

import re
import tarfile
from collections.abc import Iterable
from posixpath import join, normpath
from typing import BinaryIO

from loaders import limits
from loaders.elf.file import is_elf
from loaders.folder import printable
from loaders.prefixes.contents import (
    HEAD,
    MAX_FILES,
    MAX_TEXT,
    METADATA,
    LibraryFile,
    PrefixContents,
    looks_like_library,
)

MAX_MEMBER = 512 << 20
"""Size of the largest program or library that is read from a tarball, in bytes."""
_BUILD_INFO = "binary_distribution"
_MAX_BUILD_INFO = 1 << 20
_ROOT = re.compile(rb'^\s*"?buildpath"?:\s*"?([^"\n,]+)"?', re.MULTILINE)
_RELATIVE = re.compile(rb'"?relative_prefix"?:\s*"?([^"\n,]+)"?')


def read_tarball(stream: BinaryIO, contents: PrefixContents) -> None:
    """Read all files of the prefix in a tarball.

    Args:
        stream: The tarball, decompressed.
        contents: Takes the files that are found, and the prefix for which the files were made.

    Raises:
        tarfile.TarError: The tarball is broken.
    """
    reader = _Reader(contents)
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for number, member in enumerate(tar, 1):
            limits.spend()
            if number > MAX_FILES:
                contents.stop(f"more than {MAX_FILES:,} files and folders; the rest is not read")
                break
            reader.read(tar, member)
            tar.members = []  # type: ignore[attr-defined]
    reader.finish()


class _Reader:
    """The members of a tarball: their paths are those in the tarball until all are read."""

    def __init__(self, contents: PrefixContents) -> None:
        self.contents = contents
        self.base: str | None = None
        self.made_in = ""
        self.copies: list[tuple[str, str]] = []

    def read(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = printable(normpath(member.name).lstrip("/"))
        parts = path.split("/")
        if METADATA in parts:
            place = parts.index(METADATA)
            if self.base is None:
                self.base = "/".join(parts[:place])
            if parts[place + 1 :] == [_BUILD_INFO] and member.size <= _MAX_BUILD_INFO:
                self.made_in = _prefix_in(_content(tar, member, _MAX_BUILD_INFO))
        elif member.issym():
            self.contents.links[path] = printable(member.linkname)
        elif member.islnk():
            self.copies.append((path, printable(normpath(member.linkname).lstrip("/"))))
        elif member.isreg():
            self._read_file(tar, member, path)
        elif not member.isdir() and looks_like_library(path):
            self.contents.refused[path] = "not a regular file"

    def _read_file(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        file = tar.extractfile(member)
        assert file is not None, "a regular member has content"
        with file:
            head = file.read(HEAD)
            if not is_elf(head):
                text = b"" if b"\0" in head else file.read(MAX_TEXT - len(head))
                self.contents.add_other(path, head + text)
            elif member.size > MAX_MEMBER:
                self.contents.add_unknown(path, f"it is larger than {MAX_MEMBER >> 20} MiB")
            else:
                self.contents.add_elf(path, head + file.read())

    def finish(self) -> None:
        """Make all paths relative to the prefix, and note it."""
        contents = self.contents
        base = f"{self.base}/" if self.base else ""
        by_path = {each.path: each for each in contents.libraries}
        for path, target in self.copies:
            if target in by_path:
                contents.libraries.append(by_path[target]._replace(path=path))
        contents.libraries[:] = _below(base, contents.libraries)
        for entries in (contents.links, contents.refused, contents.unknown, contents.texts):
            inside = {
                path[len(base) :]: value for path, value in entries.items() if path.startswith(base)
            }
            entries.clear()
            entries.update(inside)  # type: ignore[arg-type]
        if self.made_in:
            contents.prefix = self.made_in
        elif "/" in base.rstrip("/"):
            contents.prefix = f"/{base.rstrip('/')}"


def _below(base: str, libraries: Iterable[LibraryFile]) -> list[LibraryFile]:
    return [
        each._replace(path=each.path[len(base) :])
        for each in libraries
        if each.path.startswith(base)
    ]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, limit: int) -> bytes:
    file = tar.extractfile(member) if member.isreg() else None
    if file is None:
        return b""
    with file:
        return file.read(limit)


def _prefix_in(build_info: bytes) -> str:
    """Return the prefix that the build information names, or nothing."""
    root, relative = _ROOT.search(build_info), _RELATIVE.search(build_info)
    if root is None or relative is None:
        return ""
    texts = [each.group(1).strip().strip(b"'") for each in (root, relative)]
    return normpath(join(*(each.decode("utf-8", "replace") for each in texts)))
