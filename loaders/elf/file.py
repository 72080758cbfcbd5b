"""An ELF file as headers, segments and bytes; every offset is checked against its end."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MAGIC = b"\x7fELF"
MAX_TEXT = 65_536
"""Longest text in bytes; the longest names in C++ have some 10,000."""
MAX_PATH = 4_096
"""Longest path in bytes, as in Linux; names of libraries are opened as paths."""
LOAD, DYNAMIC, INTERPRETER, NOTE = 1, 2, 3, 4
"""Types of segments."""


class ElfError(ValueError):
    """A file is damaged; the message says in which part."""


class Segment(NamedTuple):
    """A program header.

    Attributes:
        kind: Its type.
        offset: Its place in the file.
        address: Its place in memory.
        size: Its length in the file, in bytes.
    """

    kind: int
    offset: int
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class Shapes:
    """Formats of structures for one class and byte order.

    Attributes:
        header: The file header after its 16 identifying bytes.
        segment: A program header.
        dynamic: An entry of the dynamic segment.
        symbol: A symbol.
        with_addend: A relocation with an addend.
        without_addend: A relocation without one.
        word: Four bytes.
        half: Two bytes.
        symbol_shift: Bits of a relocation's type, below the index of its symbol.
    """

    header: struct.Struct
    segment: struct.Struct
    dynamic: struct.Struct
    symbol: struct.Struct
    with_addend: struct.Struct
    without_addend: struct.Struct
    word: struct.Struct
    half: struct.Struct
    symbol_shift: int


def _shapes(bits: int, little_endian: bool) -> Shapes:
    order = "<" if little_endian else ">"
    wide = bits == 64
    return Shapes(
        header=struct.Struct(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")),
        segment=struct.Struct(order + ("IIQQQQQQ" if wide else "IIIIIIII")),
        dynamic=struct.Struct(order + ("qQ" if wide else "iI")),
        symbol=struct.Struct(order + ("IBBHQQ" if wide else "IIIBBH")),
        with_addend=struct.Struct(order + ("QQq" if wide else "IIi")),
        without_addend=struct.Struct(order + ("QQ" if wide else "II")),
        word=struct.Struct(order + "I"),
        half=struct.Struct(order + "H"),
        symbol_shift=32 if wide else 8,
    )


_SHAPES = {(bits, little): _shapes(bits, little) for bits in (32, 64) for little in (True, False)}


def is_elf(start: bytes) -> bool:
    """Return whether a file that starts with these bytes claims to be an ELF file."""
    return start.startswith(MAGIC)


class ElfFile:
    """The bytes of a file with its headers.

    Attributes:
        content: The whole file.
        bits: 32 or 64.
        little_endian: The byte order.
        os_abi: EI_OSABI.
        file_type: e_type.
        machine: e_machine.
        shapes: Formats of its structures.
        segments: Its program headers.
    """

    def __init__(self, content: bytes) -> None:
        """Read the headers.

        Raises:
            ElfError: The file is not an ELF file, or its headers are damaged.
        """
        if not is_elf(content):
            raise ElfError("it does not start with the magic bytes of ELF")
        if len(content) < 16 or content[4] not in (1, 2) or content[5] not in (1, 2):
            raise ElfError("the class or byte order in its header is not valid")
        self.content = content
        self.bits, self.little_endian = content[4] * 32, content[5] == 1
        self.os_abi = content[7]
        self.shapes = _SHAPES[self.bits, self.little_endian]
        header = self.unpack(self.shapes.header, 16, "the header")
        self.file_type, self.machine = header[0], header[1]
        self.segments = list(self._read_segments(header[4], header[8], header[9]))

    def unpack(self, shape: struct.Struct, offset: int, part: str) -> tuple[int, ...]:
        """Return the values of a structure.

        Raises:
            ElfError: It is not within the file.
        """
        if offset < 0 or offset + shape.size > len(self.content):
            raise ElfError(f"{part} is beyond its end")
        return shape.unpack_from(self.content, offset)

    def word(self, offset: int, part: str) -> int:
        """Return the four bytes at an offset as a number.

        Raises:
            ElfError: They are not within the file.
        """
        return self.unpack(self.shapes.word, offset, part)[0]

    def text(self, offset: int, part: str) -> str:
        """Return the text at an offset, which a null byte ends.

        Raises:
            ElfError: It has no end.
        """
        end = self.content.find(b"\0", offset, offset + MAX_TEXT)
        if offset < 0 or end < 0:
            raise ElfError(f"{part} has no end")
        return self.content[offset:end].decode("utf-8", "backslashreplace")

    def offset_of(self, address: int, part: str) -> int:
        """Return the place in the file of an address in memory.

        Raises:
            ElfError: No loaded segment holds it.
        """
        for kind, offset, low, size in self.segments:
            if kind == LOAD and low <= address < low + size:
                return offset + address - low
        raise ElfError(f"the address of {part} is in no loaded segment")

    def _read_segments(self, offset: int, size: int, count: int) -> Iterator[Segment]:
        shape = self.shapes.segment
        if count and size != shape.size:
            raise ElfError("its program headers have an unknown size")
        for number in range(count):
            row = self.unpack(shape, offset + number * size, "a program header")
            if self.bits == 64:
                kind, _, start, address, _, length, _, _ = row
            else:
                kind, start, address, _, length, _, _, _ = row
            yield Segment(kind, start, address, length)
