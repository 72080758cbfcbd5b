"""Facts of ELF files as bytes: small enough for a database, and quick to read again.

The symbols of a file are packed apart from its other facts: relocation and RPATH do not change
them, so that rebuilds, sites and splices share them. A set of symbols is JSON, compressed by zstd:
the distinct forms of its symbols, the index of the form of each symbol, and the sorted names. Its
identity is the SHA-256 of the JSON.
"""

import hashlib
import itertools
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import zstandard

from loaders.elf.facts import ElfFacts, Export, Reference, Use, VersionNeed
from loaders.elf.names import qualified_name

MAX_UNPACKED = 1 << 28
"""Most bytes that packed facts unpack to."""
_LEVEL = 6
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_HALF_WORDS = ["".join(each) for each in itertools.product(_DIGITS, repeat=3)]
_HALF_BITS = 15

_EXPORTS = "exports"
_REFERENCES = "references"
_SYMBOLS = msgspec.json.Decoder(tuple[str, list[list[Any]], list[int], list[str]])
_FACTS = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class SymbolSet:
    """Symbols of a file, packed.

    Attributes:
        uid: SHA-256 of the unpacked JSON; the same symbols always have the same one.
        count: Number of symbols.
        size: Size of the JSON in bytes.
        data: The JSON, compressed.
        words: For each distinct name a word that a full-text index finds, see `symbol_word`.
    """

    uid: str
    count: int
    size: int
    data: bytes
    words: str


@dataclass(frozen=True, slots=True)
class PackedFacts:
    """The facts of a file, packed.

    Attributes:
        facts: Everything but the symbols, as compressed JSON.
        exports: Its exports, or None if it has none.
        imports: The symbols that its relocations name, or None if it has none.
    """

    facts: bytes
    exports: SymbolSet | None
    imports: SymbolSet | None


def symbol_word(name: str) -> str:
    """Return the word for the name of a symbol: six lower-case letters and digits.

    It has 30 bits, so that some names share a word: whoever finds a set by a word has to look into
    the set.
    """
    bits = zlib.crc32(name.encode("utf-8", "surrogatepass"))
    return _HALF_WORDS[bits & 0x7FFF] + _HALF_WORDS[bits >> _HALF_BITS & 0x7FFF]


def pack_facts(facts: ElfFacts) -> PackedFacts:
    """Pack the facts of a file."""
    plain = {
        field: value
        for field in ElfFacts.__dataclass_fields__
        if field not in (_EXPORTS, _REFERENCES)
        and ((value := getattr(facts, field)) or value == ())
    }
    return PackedFacts(
        compress(msgspec.json.encode(plain)),
        _pack_symbols(_EXPORTS, facts.exports),
        _pack_symbols(_REFERENCES, facts.references),
    )


def unpack_facts(facts: bytes) -> ElfFacts:
    """Return the facts of a file without its symbols."""
    plain = _FACTS.decode(decompress(facts))
    plain.setdefault("little_endian", False)
    plain["needed"] = tuple(plain.get("needed", ()))
    plain["needs"] = tuple(VersionNeed(*each) for each in plain.get("needs", ()))
    if "definitions" in plain:
        plain["definitions"] = tuple(plain["definitions"])
    for number in ("os_abi", "machine", "file_type"):
        plain.setdefault(number, 0)
    return ElfFacts(**plain)


def with_symbols(facts: ElfFacts, exports: bytes | None, imports: bytes | None) -> ElfFacts:
    """Return facts with their symbols, sorted.

    Args:
        facts: The facts without symbols.
        exports: The packed exports; None if there are none.
        imports: The packed references; None if there are none.
    """
    return replace(
        facts,
        exports=unpack_exports(exports) if exports is not None else (),
        references=unpack_references(imports) if imports is not None else (),
    )


def unpack_exports(data: bytes) -> tuple[Export, ...]:
    """Return the exports in a packed set, sorted.

    Raises:
        ValueError: It is a set of references.
    """
    forms, indexes, names = _read_symbols(data, _EXPORTS)
    return tuple([Export(name, *forms[index]) for name, index in zip(names, indexes, strict=True)])


def unpack_references(data: bytes) -> tuple[Reference, ...]:
    """Return the references in a packed set, sorted.

    Raises:
        ValueError: It is a set of exports.
    """
    forms, indexes, names = _read_symbols(data, _REFERENCES)
    read = [(*form[:-1], Use(form[-1])) for form in forms]
    return tuple(
        [Reference(name, *read[index]) for name, index in zip(names, indexes, strict=True)]
    )


def find_symbols(
    data: bytes, names: Iterable[str], starts: Iterable[str] = ()
) -> list[Export] | list[Reference]:
    """Return some symbols in a packed set of either kind, sorted.

    Args:
        data: The packed set.
        names: Names of symbols.
        starts: Texts with which the names of further symbols start.
    """
    kind, forms, indexes, stored = _SYMBOLS.decode(decompress(data))
    ranges = [range(bisect_left(stored, each), bisect_right(stored, each)) for each in names]
    for start in starts:
        first = bisect_left(stored, start)
        ranges.append(range(first, bisect_left(stored, start + chr(0x10FFFF), first)))
    places = sorted(set(itertools.chain.from_iterable(ranges)))
    found = [(stored[place], forms[indexes[place]]) for place in places]
    if kind == _EXPORTS:
        return [Export(name, *form) for name, form in found]
    return [Reference(name, *(*form[:-1], Use(form[-1]))) for name, form in found]


def _read_symbols(data: bytes, kind: str) -> tuple[list[list[Any]], list[int], list[str]]:
    found, forms, indexes, names = _SYMBOLS.decode(decompress(data))
    if found != kind:
        raise ValueError(f"a set of {found}, not of {kind}")
    return forms, indexes, names


def _pack_symbols(kind: str, symbols: Iterable[Export] | Iterable[Reference]) -> SymbolSet | None:
    ordered = sorted(symbols)
    return pack_symbol_set(kind, ordered) if ordered else None


def pack_symbol_set(kind: str, ordered: Sequence[tuple[Any, ...]]) -> SymbolSet:
    """Pack symbols of one kind.

    Args:
        kind: `exports` or `references`.
        ordered: The symbols, sorted.
    """
    numbers: dict[tuple[Any, ...], int] = {}
    indexes = [numbers.setdefault(symbol[1:], len(numbers)) for symbol in ordered]
    names = [symbol[0] for symbol in ordered]
    raw = msgspec.json.encode((kind, list(numbers), indexes, names))
    words = " ".join(sorted({symbol_word(each) for each in _searched_names(names)}))
    uid = hashlib.sha256(raw).hexdigest()
    return SymbolSet(uid, len(ordered), len(raw), compress(raw), words)


def _searched_names(names: Iterable[str]) -> Iterator[str]:
    """Yield the names by which symbols are found: their own, and those of C++ without mangling."""
    for name in names:
        yield name
        if (qualified := qualified_name(name)) is not None:
            yield qualified


def compress(raw: bytes) -> bytes:
    """Return bytes as they are stored."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(raw)


def decompress(data: bytes) -> bytes:
    """Return stored bytes as they were, at most `MAX_UNPACKED`."""
    return zstandard.ZstdDecompressor().decompress(bytes(data), max_output_size=MAX_UNPACKED)
