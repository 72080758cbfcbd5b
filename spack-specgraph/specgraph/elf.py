"""ELF files cut down to the parts that the service reads.

Whether a program starts is decided by a few tables of its files: needed libraries, search paths,
versions and symbols. A condensed file is an ELF file that consists of just these tables. Addresses,
sizes of symbols and the order of relocations are dropped, since nothing depends on them.
"""

import struct
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

MAGIC = b"\x7fELF"
MAX_SYMBOLS = 1000000
"""Most symbols of a file, as in the service."""
_MAX_VERSIONS = 0x8000
_LOAD, _DYNAMIC, _INTERPRETER, _NOTE = 1, 2, 3, 4
_NEEDED, _HASH, _STRTAB, _SYMTAB, _RELA, _RELASZ, _STRSZ = 1, 4, 5, 6, 7, 8, 10
_SONAME, _RPATH, _REL, _RELSZ, _RUNPATH = 14, 15, 17, 18, 29
_PLTRELSZ, _PLTREL, _JMPREL = 2, 20, 23
_GNU_HASH, _VERSYM, _RELACOUNT, _RELCOUNT = 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFF9, 0x6FFFFFFA
_FLAGS_1, _VERDEF, _VERNEED = 0x6FFFFFFB, 0x6FFFFFFC, 0x6FFFFFFE
_KEPT_VALUES = (_SONAME, _RPATH, _RUNPATH, _FLAGS_1)
_MAX_NOTES = 65536
_MAX_PATH = 65536

Content = Any
"""Bytes, or a file that is mapped into memory."""


class DamagedError(Exception):
    """A file is no ELF file, or is damaged where the service would read it."""


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


class _Shapes:
    """Formats of structures for one class and byte order."""

    def __init__(self, wide: bool, order: str) -> None:
        self.wide = wide
        self.header = struct.Struct(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"))
        self.segment = struct.Struct(order + ("IIQQQQQQ" if wide else "IIIIIIII"))
        self.dynamic = struct.Struct(order + ("qQ" if wide else "iI"))
        self.symbol = struct.Struct(order + ("IBBHQQ" if wide else "IIIBBH"))
        self.with_addend = struct.Struct(order + ("QQq" if wide else "IIi"))
        self.without_addend = struct.Struct(order + ("QQ" if wide else "II"))
        self.words = order + "{}I"
        self.symbol_shift = 32 if wide else 8


def condense(content: Content) -> bytes:
    """Return a file that the service reads as it reads this one.

    Args:
        content: the whole file.

    Raises:
        DamagedError: if the file is no ELF file, or is damaged.

    """
    return _Source(content).condense()


class _Source:
    """The file that is condensed; every offset is checked against its end."""

    def __init__(self, content: Content) -> None:
        self.content = content
        start = bytes(content[:16])
        if not start.startswith(MAGIC) or len(start) < 16:
            raise DamagedError
        if start[4] not in (1, 2) or start[5] not in (1, 2):
            raise DamagedError
        self.start = start
        self.shapes = _Shapes(start[4] == 2, "<" if start[5] == 1 else ">")
        self.header = self.unpack(self.shapes.header, 16)
        self.segments = list(self._read_segments())

    def unpack(self, shape: struct.Struct, offset: int) -> Tuple[int, ...]:
        if offset < 0 or offset + shape.size > len(self.content):
            raise DamagedError
        return shape.unpack_from(self.content, offset)

    def words(self, offset: int, count: int) -> Tuple[int, ...]:
        return self.unpack(struct.Struct(self.shapes.words.format(count)), offset)

    def cut(self, offset: int, size: int) -> bytes:
        if offset < 0 or size < 0 or offset + size > len(self.content):
            raise DamagedError
        return bytes(self.content[offset : offset + size])

    def offset_of(self, address: int) -> int:
        for kind, offset, low, size in self.segments:
            if kind == _LOAD and low <= address < low + size:
                return offset + address - low
        raise DamagedError

    def condense(self) -> bytes:
        result = _Result(self)
        for segment in self.segments:
            if segment.kind == _INTERPRETER:
                size = min(segment.size, _MAX_PATH)
                result.add_segment(_INTERPRETER, self.cut(segment.offset, size))
                break
        for segment in self.segments:
            if segment.kind == _NOTE:
                end = min(segment.offset + min(segment.size, _MAX_NOTES), len(self.content))
                result.add_segment(_NOTE, self.cut(segment.offset, max(end - segment.offset, 0)))
        is_cut_off = any(
            kind == _LOAD and offset + size > len(self.content)
            for kind, offset, _, size in self.segments
        )
        dynamic = next((each for each in self.segments if each.kind == _DYNAMIC), None)
        if dynamic is not None and is_cut_off:
            result.add_segment(_DYNAMIC, b"")
        elif dynamic is not None:
            _Dynamic(self, dynamic).write(result)
        return result.finish(is_cut_off)

    def _read_segments(self) -> Iterator[_Segment]:
        offset, size, count = self.header[4], self.header[8], self.header[9]
        if count and size != self.shapes.segment.size:
            raise DamagedError
        for number in range(count):
            row = self.unpack(self.shapes.segment, offset + number * size)
            if self.shapes.wide:
                kind, _, start, address, _, length = row[:6]
            else:
                kind, start, address, _, length = row[:5]
            yield _Segment(kind, start, address, length)


class _Result:
    """A condensed file: headers, then the parts; an address is the place in the file."""

    def __init__(self, source: _Source) -> None:
        self.source = source
        shapes = source.shapes
        self._begin = 16 + shapes.header.size
        # One segment of each kind at most, but notes, and one that is loaded.
        self._most = 3 + sum(segment.kind == _NOTE for segment in source.segments)
        self._parts: List[bytes] = []
        self._end = self._begin + self._most * shapes.segment.size
        self._segments: List[_Segment] = []

    def add(self, part: bytes) -> int:
        """Append a part and return its address."""
        address = self._end
        part += b"\0" * (-len(part) % 8)
        self._parts.append(part)
        self._end += len(part)
        return address

    def add_segment(self, kind: int, part: bytes) -> None:
        """Append a part that a header describes."""
        self._segments.append(_Segment(kind, self._end, self._end, len(part)))
        self.add(part)

    def finish(self, is_cut_off: bool) -> bytes:
        """Return the file; one that was cut off still ends before its segment."""
        shapes = self.source.shapes
        loaded = _Segment(_LOAD, 0, 0, self._end + is_cut_off)
        segments = [loaded, *self._segments]
        headers = b""
        for kind, offset, address, size in segments:
            if shapes.wide:
                headers += shapes.segment.pack(kind, 4, offset, address, 0, size, size, 8)
            else:
                headers += shapes.segment.pack(kind, offset, address, 0, size, size, 4, 8)
        headers += b"\0" * ((self._most - len(segments)) * shapes.segment.size)
        kind, machine, version, _, _, _, flags, size = self.source.header[:8]
        header = shapes.header.pack(
            *(kind, machine, version, 0, self._begin, 0, flags, size),
            *(shapes.segment.size, len(segments), 0, 0, 0),
        )
        return b"".join([self.source.start, header, headers, *self._parts])


class _Dynamic:
    """The dynamic segment of the source."""

    def __init__(self, source: _Source, segment: _Segment) -> None:
        self.source = source
        self.entries: Dict[int, int] = {}
        self.needed: List[int] = []
        shape = source.shapes.dynamic
        end = min(segment.offset + segment.size, len(source.content))
        for at in range(segment.offset, end - shape.size + 1, shape.size):
            tag, value = shape.unpack_from(source.content, at)
            if tag == 0:
                break
            if tag == _NEEDED:
                self.needed.append(value)
            else:
                self.entries.setdefault(tag, value)

    def write(self, result: _Result) -> None:
        """Append the tables and a dynamic segment that names them."""
        rows = [(_NEEDED, at) for at in self.needed]
        rows += [(tag, self.entries[tag]) for tag in _KEPT_VALUES if tag in self.entries]
        strings = self.source.cut(self._place(_STRTAB) or 0, self.entries.get(_STRSZ, 0))
        rows += [(_STRTAB, result.add(strings)), (_STRSZ, len(strings))]
        rows += [(tag, result.add(table)) for tag, table in self._tables()]
        relocations = self._relocations()
        if relocations:
            pack = self.source.shapes.with_addend.pack
            table = b"".join(pack(0, info, 0) for info in sorted(relocations))
            rows += [(_RELA, result.add(table)), (_RELASZ, len(table))]
        pack = self.source.shapes.dynamic.pack
        result.add_segment(_DYNAMIC, b"".join(pack(*row) for row in [*rows, (0, 0)]))

    def _place(self, tag: int) -> Optional[int]:
        address = self.entries.get(tag)
        return None if address is None else self.source.offset_of(address)

    def _tables(self) -> Iterator[Tuple[int, bytes]]:
        """Yield the tags and contents of tables of symbols and versions."""
        place = self._place(_SYMTAB)
        count = 0 if place is None else self._count_symbols()
        if place is not None:
            yield _HASH, struct.pack(self.source.shapes.words.format(2), 0, count)
            yield _SYMTAB, self._symbols(place, count)
        place = self._place(_VERSYM)
        if place is not None:
            yield _VERSYM, self.source.cut(place, 2 * count)
        for tag, width, inner, next_at in ((_VERDEF, 20, 12, 16), (_VERNEED, 16, 8, 12)):
            place = self._place(tag)
            if place is not None:
                end = self._end_of_versions(place, width, inner, next_at)
                yield tag, self.source.cut(place, end - place)

    def _end_of_versions(self, start: int, width: int, inner: int, next_at: int) -> int:
        """Return where linked records end, of which each leads to linked records of its own."""
        own = 8 if next_at == 16 else 16
        own_next = 4 if next_at == 16 else 12
        ends = [start + width]
        for at in self._linked(start, next_at):
            ends.append(at + width)
            first = at + self.source.words(at + inner, 1)[0]
            for each in self._linked(first, own_next):
                ends.append(each + own)
                if len(ends) > 4 * _MAX_VERSIONS:
                    raise DamagedError
        return min(max(ends), len(self.source.content))

    def _linked(self, at: int, next_at: int) -> Iterator[int]:
        for _ in range(_MAX_VERSIONS):
            yield at
            step = self.source.words(at + next_at, 1)[0]
            if not step:
                return
            at += step
        raise DamagedError

    def _count_symbols(self) -> int:
        place = self._place(_HASH)
        if place is not None:
            count = self.source.words(place + 4, 1)[0]
        else:
            place = self._place(_GNU_HASH)
            shift = self.source.shapes.symbol_shift
            named = [info >> shift for info in self._relocations()]
            count = max([0 if place is None else self._count_gnu(place)] + [n + 1 for n in named])
        if count > MAX_SYMBOLS:
            raise DamagedError
        return count

    def _count_gnu(self, place: int) -> int:
        """Return the end of the last chain of a GNU hash table."""
        buckets, first, bloom = self.source.words(place, 3)
        start = place + 16 + bloom * (8 if self.source.shapes.wide else 4)
        last = max(self.source.words(start, buckets) or (0,))
        if last < first:
            return first
        while not self.source.words(start + 4 * (buckets + last - first), 1)[0] & 1:
            last += 1
        return last + 1

    def _symbols(self, place: int, count: int) -> bytes:
        """Return the symbol table with 1 for each value that is not 0, and without sizes."""
        shape = self.source.shapes.symbol
        rows = shape.iter_unpack(self.source.cut(place, count * shape.size))
        pack = shape.pack
        if self.source.shapes.wide:
            return b"".join(pack(*row[:4], 1 if row[4] else 0, 0) for row in rows)
        return b"".join(pack(row[0], 1 if row[1] else 0, 0, *row[3:]) for row in rows)

    def _relocations(self) -> Set[int]:
        """Return the distinct pairs of symbol and type that relocations hold, where they name one.

        Relative relocations name no symbol. They come first, and are skipped by their number.
        """
        shapes = self.source.shapes
        has_addends = self.entries.get(_PLTREL) == _RELA
        found: Set[int] = set()
        for table, size, with_addend, relative in (
            (_RELA, _RELASZ, True, _RELACOUNT),
            (_REL, _RELSZ, False, _RELCOUNT),
            (_JMPREL, _PLTRELSZ, has_addends, 0),
        ):
            place = self._place(table)
            if place is None:
                continue
            shape = shapes.with_addend if with_addend else shapes.without_addend
            length = self.entries.get(size, 0)
            end = place + length - length % shape.size
            start = min(place + self.entries.get(relative, 0) * shape.size, end)
            found.update(row[1] for row in shape.iter_unpack(self.source.cut(start, end - start)))
        return {info for info in found if info >> shapes.symbol_shift}
