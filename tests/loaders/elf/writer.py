"""Write small shared libraries of any class and byte order, valid or not."""

import struct
from dataclasses import dataclass, field

ADDRESS = 0x10000
"""Address at which the file is loaded."""


@dataclass
class Library:
    """A library with one loaded segment that holds the whole file.

    :param bits: 32 or 64.
    :param order: `<` or `>`, as in `struct`.
    :param symbols: name, binding and type, section, value of each symbol after the first.
    :param entries: further entries of the dynamic segment; they replace those written otherwise.
    """

    bits: int = 64
    order: str = "<"
    machine: int = 62
    soname: str = "libfoo.so.1"
    needed: tuple[str, ...] = ("libbar.so.2",)
    symbols: tuple[tuple[str, int, int, int], ...] = (
        ("foo_add", 0x12, 1, 0x1234),
        ("bar_call", 0x12, 0, 0),
        ("bar_weak", 0x22, 0, 0),
    )
    relocated: tuple[int, ...] = (2, 3)
    entries: dict[int, int] = field(default_factory=dict)

    def pack(self, narrow: str, wide: str, *values: int) -> bytes:
        return struct.pack(self.order + (wide if self.bits == 64 else narrow), *values)

    def symbol(self, name: int, info: int, section: int, value: int) -> bytes:
        if self.bits == 64:
            return struct.pack(self.order + "IBBHQQ", name, info, 0, section, value, 0)
        return struct.pack(self.order + "IIIBBH", name, value, 0, info, 0, section)

    def content(self) -> bytes:
        """Return the file."""
        head = (64 + 2 * 56) if self.bits == 64 else (52 + 2 * 32)
        strings, places = b"\0", {}
        for text in (self.soname, *self.needed, *(row[0] for row in self.symbols)):
            places[text] = len(strings)
            strings += text.encode() + b"\0"
        table = self.symbol(0, 0, 0, 0) + b"".join(
            self.symbol(places[name], *rest) for name, *rest in self.symbols
        )
        count = len(self.symbols) + 1
        hashes = struct.pack(self.order + "II", 1, count) + bytes(4 * (count + 1))
        shift = 32 if self.bits == 64 else 8
        relocations = b"".join(
            self.pack("IIi", "QQq", 0, number << shift | 1, 0) for number in self.relocated
        )
        parts = (strings, table, hashes, relocations)
        starts, at = [], head
        for part in parts:
            starts.append(at)
            at += len(part) + -len(part) % 8
        addresses = [ADDRESS + start for start in starts]
        dynamic = [(1, places[name]) for name in self.needed]
        tags = {14: places[self.soname], 5: addresses[0], 10: len(strings), 6: addresses[1]}
        tags |= {4: addresses[2], 7: addresses[3], 8: len(relocations)} | self.entries
        dynamic += [*tags.items(), (0, 0)]
        packed = b"".join(self.pack("iI", "qQ", tag, value) for tag, value in dynamic)
        end = at + len(packed)
        body = b"".join(part + bytes(-len(part) % 8) for part in parts) + packed
        return self._headers(at, len(packed), end) + body

    def _headers(self, dynamic: int, size: int, end: int) -> bytes:
        identity = b"\x7fELF" + bytes((self.bits // 32, 1 if self.order == "<" else 2, 1, 0))
        identity += bytes(8)
        here = 64 if self.bits == 64 else 52
        segment = 56 if self.bits == 64 else 32
        header = self.pack(
            *("HHIIIIIHHHHHH", "HHIQQQIHHHHHH", 3, self.machine, 1, 0, here, 0, 0),
            *(here, segment, 2, 0, 0, 0),
        )
        load = self._segment(1, 0, ADDRESS, end)
        return identity + header + load + self._segment(2, dynamic, ADDRESS + dynamic, size)

    def _segment(self, kind: int, offset: int, address: int, size: int) -> bytes:
        if self.bits == 64:
            values = (kind, 5, offset, address, address, size, size, 8)
        else:
            values = (kind, offset, address, address, size, size, 5, 8)
        return self.pack("IIIIIIII", "IIQQQQQQ", *values)
