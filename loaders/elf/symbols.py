"""The dynamic symbol table: definitions for others, and symbols that relocations name."""

import struct
from collections.abc import Iterator, Mapping

from loaders.elf import dynamic as tags
from loaders.elf.dynamic import HIDDEN, DynamicSegment, Version
from loaders.elf.facts import MAX_SYMBOLS, Export, Reference, Use
from loaders.elf.file import ElfError
from loaders.elf.relocations import USES

_LOCAL, _WEAK = 0, 2
_TLS = 6
_BINDABLE = frozenset({0, 1, 2, 5, _TLS, 10})
"""Types of symbols that the loader binds to: no type, object, function, common, TLS, indirect."""
_BINDS_LOCALLY = frozenset({1, 2})
"""Visibilities internal and hidden."""
_UNDEFINED, _ABSOLUTE = 0, 0xFFF1
_NAME = "the name of a symbol"
_NO_VERSION = Version("", "", False)

_Symbol = tuple[int, int, int, int, int]
"""Name, type and binding, visibility, section, value."""


class SymbolTable:
    """The dynamic symbols of a file with their versions."""

    def __init__(self, dynamic: DynamicSegment, versions: Mapping[int, Version]) -> None:
        """Read the table.

        Args:
            dynamic: The dynamic segment of the file.
            versions: Its versions by index, defined and needed ones.

        Raises:
            ElfError: The table is not within the file, or has more symbols than are read.
        """
        self.dynamic, self.file, self.versions = dynamic, dynamic.file, versions
        place = dynamic.place(tags.SYMTAB, "the symbol table")
        self.symbols: list[_Symbol] = []
        self.marks: tuple[int, ...] = ()
        self.relocated = self._relocated()
        if place is not None:
            count = self._count()
            self.symbols = list(self._read_symbols(place, count))
            self.marks = self._read_marks(count)

    def _count(self) -> int:
        """Return the number of symbols, which no header holds.

        The older hash table counts all; the newer one ends with the last definition, and undefined
        symbols may follow if there is none.
        """
        place = self.dynamic.place(tags.HASH, "the hash table")
        if place is not None:
            count = self.file.word(place + 4, "the hash table")
        else:
            place = self.dynamic.place(tags.GNU_HASH, "the hash table")
            count = 0 if place is None else self._count_gnu(place)
            count = max([count, *(number + 1 for number, _ in self.relocated)])
        if count > MAX_SYMBOLS:
            raise ElfError(f"it has {count:,} symbols; at most {MAX_SYMBOLS:,} are read")
        return count

    def _count_gnu(self, place: int) -> int:
        """Return the number of symbols from a GNU hash table: the end of its last chain."""
        part = "the hash table"
        buckets, first, words = (self.file.word(place + at, part) for at in (0, 4, 8))
        start = place + 16 + words * (self.file.bits // 8)
        length = buckets * 4
        if start + length > len(self.file.content):
            raise ElfError(f"{part} is beyond its end")
        order = "<" if self.file.little_endian else ">"
        last = max(struct.unpack_from(f"{order}{buckets}I", self.file.content, start), default=0)
        if last < first:
            return first
        while not self.file.word(start + length + (last - first) * 4, part) & 1:
            last += 1
        return last + 1

    def _read_symbols(self, place: int, count: int) -> Iterator[_Symbol]:
        shape = self.file.shapes.symbol
        end = place + count * shape.size
        if end > len(self.file.content):
            raise ElfError("the symbol table is beyond its end")
        rows = shape.iter_unpack(memoryview(self.file.content)[place:end])
        if self.file.bits == 64:
            return (
                (name, info, other, section, value) for name, info, other, section, value, _ in rows
            )
        return (
            (name, info, other, section, value) for name, value, _, info, other, section in rows
        )

    def _read_marks(self, count: int) -> tuple[int, ...]:
        """Return the index of the version of each symbol, with its flag; empty without versions."""
        place = self.dynamic.place(tags.VERSYM, "the table of versions")
        if place is None:
            return ()
        if place + 2 * count > len(self.file.content):
            raise ElfError("the table of versions is beyond its end")
        order = "<" if self.file.little_endian else ">"
        return struct.unpack_from(f"{order}{count}H", self.file.content, place)

    def exports(self) -> Iterator[Export]:
        """Yield the definitions that other files may bind to.

        Raises:
            ElfError: A name is not in the string table.
        """
        for number, (name, info, other, section, value) in enumerate(self.symbols):
            kind = info & 15
            if (
                info >> 4 == _LOCAL
                or (other & 3) in _BINDS_LOCALLY
                or kind not in _BINDABLE
                or (value == 0 and section != _ABSOLUTE and kind != _TLS)
                or (section == _UNDEFINED and kind == _TLS)
            ):
                continue
            mark = self.marks[number] if self.marks else 0
            index = mark & ~HIDDEN
            yield Export(
                self.dynamic.string(name, _NAME),
                self.versions.get(index, _NO_VERSION).name,
                index,
                bool(mark & HIDDEN),
                kind == _TLS,
                section == _UNDEFINED,
            )

    def references(self) -> Iterator[Reference]:
        """Yield each symbol that relocations name, once for each use.

        Raises:
            ElfError: A relocation or a name is not within the file.
        """
        for number, use in sorted(self.relocated):
            if number >= len(self.symbols):
                raise ElfError("a relocation names a symbol beyond the symbol table")
            name, info, other, _, _ = self.symbols[number]
            if info >> 4 == _LOCAL or (other & 3) in _BINDS_LOCALLY:
                continue
            mark = self.marks[number] if self.marks else 0
            version = self.versions.get(mark & ~HIDDEN, _NO_VERSION)
            yield Reference(
                self.dynamic.string(name, _NAME),
                version.name,
                version.file,
                version.hidden,
                info >> 4 == _WEAK,
                use,
            )

    def _relocated(self) -> set[tuple[int, Use]]:
        """Return the index and use of each symbol that relocations name."""
        entries = self.dynamic.entries
        has_addends = entries.get(tags.PLTREL) == tags.RELA
        kinds: set[int] = set()
        for table, size, with_addend, relative in (
            (tags.RELA, tags.RELASZ, True, tags.RELACOUNT),
            (tags.REL, tags.RELSZ, False, tags.RELCOUNT),
            (tags.JMPREL, tags.PLTRELSZ, has_addends, 0),
        ):
            place = self.dynamic.place(table, "the relocations")
            if place is not None:
                skipped = entries.get(relative, 0)
                kinds |= self._read_relocations(place, entries.get(size, 0), with_addend, skipped)
        shift, mask = self.file.shapes.symbol_shift, (1 << self.file.shapes.symbol_shift) - 1
        uses = USES.get(self.file.machine, {})
        return {
            (info >> shift, uses.get(info & mask, Use.PLAIN)) for info in kinds if info >> shift
        }

    def _read_relocations(self, place: int, size: int, with_addend: bool, skipped: int) -> set[int]:
        """Return the distinct pairs of symbol and type, packed as in the file.

        Relative relocations name no symbol. They come first, so that their number is enough to
        skip them.
        """
        shapes = self.file.shapes
        shape = shapes.with_addend if with_addend else shapes.without_addend
        end = place + size - size % shape.size
        if end > len(self.file.content):
            raise ElfError("the relocations are beyond its end")
        start = min(place + skipped * shape.size, end)
        return {row[1] for row in shape.iter_unpack(memoryview(self.file.content)[start:end])}
