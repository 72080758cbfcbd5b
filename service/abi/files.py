"""A tree of files as far as the dynamic loader looks at it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

from loaders.elf.facts import ElfFacts

_MOST_LINKS = 40
_IN_PREFIX = re.compile(r"/([a-z2-7]{32})(?:/(.*)|$)", re.DOTALL)


def split_path(path: str) -> tuple[str, str] | None:
    """Return the hash of a spec and the path in its prefix, for which a slash and the hash stand.

    Returns:
        None if the path is in no prefix.
    """
    found = _IN_PREFIX.match(path)
    return (found[1], found[2] or "") if found else None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that the loader opens and refuses.

    Attributes:
        reason: Why, such as that it is a text.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A file that is known to be there, but of which nothing else is known."""


@dataclass(frozen=True)
class FileTree:
    """Files and symbolic links by absolute path.

    Attributes:
        files: Facts of each file.
        links: Target of each link, to a file or a folder, as written.
        covered: Hashes of the specs in whose prefixes all files are known; None if all are known.
        covered_folders: Folders of other prefixes in which all libraries are known.
    """

    files: Mapping[str, ElfFacts | Unreadable | Absent]
    links: Mapping[str, str] = field(default_factory=dict)
    covered: frozenset[str] | None = None
    covered_folders: frozenset[str] = frozenset()

    def is_covered(self, path: str) -> bool:
        """Return whether all files are known in a folder, or in the prefix that it is in."""
        place = split_path(path)
        return (
            self.covered is None
            or (place is not None and place[0] in self.covered)
            or path in self.covered_folders
        )

    def real_path(self, path: str) -> str | None:
        """Return the path of a file with all links followed, or None if there is no such file."""
        path = normpath(path)
        for _ in range(_MOST_LINKS):
            if path in self.files:
                return path
            link = self._first_link(path)
            if link is None:
                return None
            rest = path[len(link) :]
            path = normpath(join(dirname(link), self.links[link]) + rest)
        return None

    def _first_link(self, path: str) -> str | None:
        """Return the shortest beginning of a path that is a link."""
        end = path.find("/", 1)
        while end > 0:
            if path[:end] in self.links:
                return path[:end]
            end = path.find("/", end + 1)
        return path if path in self.links else None
