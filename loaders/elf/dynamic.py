"""The dynamic segment: strings, needed libraries, versions of symbols."""

from collections.abc import Iterator
from typing import NamedTuple

from loaders.elf.facts import VersionNeed
from loaders.elf.file import MAX_PATH, MAX_TEXT, ElfError, ElfFile, Segment

HASH, SYMTAB, RELA, RELASZ, REL, RELSZ = 4, 6, 7, 8, 17, 18
PLTRELSZ, PLTREL, JMPREL = 2, 20, 23
GNU_HASH, VERSYM, RELACOUNT, RELCOUNT = 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFF9, 0x6FFFFFFA
SONAME, RPATH, RUNPATH, FLAGS_1 = 14, 15, 29, 0x6FFFFFFB
NODEFLIB = 0x800
"""Flag of `FLAGS_1`: do not search system folders."""
PIE = 0x08000000
"""Flag of `FLAGS_1`: a program that may be loaded at any address."""
HIDDEN = 0x8000
"""Bit of an index of a version: not the default version of its symbol."""
_NEEDED, _STRTAB, _STRSZ = 1, 5, 10
_VERDEF, _VERNEED = 0x6FFFFFFC, 0x6FFFFFFE
_BASE, _WEAK = 1, 2
_MAX_VERSIONS = 0x8000
MAX_NAMES = 128 << 20
"""Most characters of all names of a file; those of the largest libraries have some 50 million."""
_ESCAPE = "backslashreplace"


class Version(NamedTuple):
    """A version of the symbols of a file.

    Attributes:
        name: Its name.
        file: Name of the library that defines it; empty if the file itself does.
        hidden: Only definitions of just this version may be bound to it.
    """

    name: str
    file: str
    hidden: bool


class DynamicSegment:
    """The entries of the dynamic segment of a file.

    Attributes:
        file: The file.
        entries: First value of each tag other than DT_NEEDED.
        needed: Names of the needed libraries in order.
        soname: The name by which others need the file, if it has one.
    """

    def __init__(self, file: ElfFile, segment: Segment) -> None:
        """Read the entries.

        Raises:
            ElfError: The string table, or the name of a library, is not in the file, or a name is
                longer than any path.
        """
        self.file = file
        self.entries: dict[int, int] = {}
        needed_at = []
        shape = file.shapes.dynamic
        end = min(segment.offset + segment.size, len(file.content))
        for at in range(segment.offset, end - shape.size + 1, shape.size):
            tag, value = shape.unpack_from(file.content, at)
            if tag == 0:
                break
            if tag == _NEEDED:
                needed_at.append(value)
            else:
                self.entries.setdefault(tag, value)
        self._strings = self._read_strings()
        self._unread = MAX_NAMES
        self.needed = tuple(self._path(at, "the name of a needed library") for at in needed_at)
        self.soname = self._soname()

    def place(self, tag: int, part: str) -> int | None:
        """Return the offset of a table, or None if the file has none.

        Raises:
            ElfError: The table is not in the file.
        """
        address = self.entries.get(tag)
        return None if address is None else self.file.offset_of(address, part)

    def _read_strings(self) -> str:
        """Return the string table as text of which an index is that of a byte.

        A table with other characters than ASCII becomes one of Latin-1; see `string`.
        """
        place = self.place(_STRTAB, "the string table") or 0
        size = self.entries.get(_STRSZ, 0)
        if place + size > len(self.file.content):
            raise ElfError("the string table is beyond its end")
        return self.file.content[place : place + size].decode("latin-1")

    def string(self, at: int, part: str) -> str:
        """Return a text of the string table.

        Raises:
            ElfError: It is not within the table.
        """
        end = self._strings.find("\0", at, at + MAX_TEXT)
        if end < 0:
            raise ElfError(f"{part} is beyond the string table, or has no end in it")
        self._unread -= end - at
        if self._unread < 0:
            raise ElfError(f"its names have more than {MAX_NAMES:,} characters")
        text = self._strings[at:end]
        return text if text.isascii() else text.encode("latin-1").decode("utf-8", _ESCAPE)

    def _soname(self) -> str | None:
        at = self.entries.get(SONAME)
        return None if at is None else self._path(at, "the soname")

    def _path(self, at: int, part: str) -> str:
        text = self.string(at, part)
        if len(text.encode()) > MAX_PATH:
            raise ElfError(f"{part} has more than {MAX_PATH:,} bytes")
        return text

    def string_of(self, tag: int, part: str) -> str | None:
        """Return the text that an entry names, or None if there is no such entry.

        Raises:
            ElfError: It is not within the string table.
        """
        at = self.entries.get(tag)
        return None if at is None else self.string(at, part)

    def read_definitions(self) -> tuple[dict[int, Version], tuple[str, ...] | None]:
        """Return the versions that the file defines.

        Returns:
            Versions by index without the base version, which is the file's name, and their
            names; None in place of the names if the file defines no versions.

        Raises:
            ElfError: A definition is not within the file.
        """
        start = self.place(_VERDEF, "the versions")
        if start is None:
            return {}, None
        part = "a version"
        versions: dict[int, Version] = {}
        for at in self._linked(start, 16, part):
            flags, index = (self._half(at + place, part) for place in (2, 4))
            if not flags & _BASE:
                name_at = self.file.word(at + self.file.word(at + 12, part), part)
                versions[index & ~HIDDEN] = Version(self.string(name_at, part), "", False)
        return versions, tuple(version.name for version in versions.values())

    def read_needs(self) -> tuple[dict[int, Version], tuple[VersionNeed, ...]]:
        """Return the versions that the file needs of other files.

        Returns:
            Versions by index, and all of them with their files.

        Raises:
            ElfError: One is not within the file.
        """
        start = self.place(_VERNEED, "the needed versions")
        if start is None:
            return {}, ()
        part = "a needed version"
        needs: list[VersionNeed] = []
        versions: dict[int, Version] = {}
        for at in self._linked(start, 12, part):
            file = self.string(self.file.word(at + 4, part), part)
            for each in self._linked(at + self.file.word(at + 8, part), 12, part):
                flags, index = (self._half(each + place, part) for place in (4, 6))
                name = self.string(self.file.word(each + 8, part), part)
                needs.append(VersionNeed(file, name, bool(flags & _WEAK)))
                versions[index & ~HIDDEN] = Version(name, file, bool(index & HIDDEN))
                if len(needs) > _MAX_VERSIONS:
                    raise ElfError("it needs more versions than there can be")
        return versions, tuple(needs)

    def _half(self, offset: int, part: str) -> int:
        return self.file.unpack(self.file.shapes.half, offset, part)[0]

    def _linked(self, at: int, next_at: int, part: str) -> Iterator[int]:
        """Yield the offsets of structures of which each holds the distance to the next."""
        for _ in range(_MAX_VERSIONS):
            yield at
            step = self.file.word(at + next_at, part)
            if not step:
                return
            at += step
        raise ElfError(f"{part} is followed by more than there can be")
