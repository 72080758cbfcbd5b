"""Take a text out of packed facts of files: of libraries, sets of symbols and prefixes.

Names of libraries and paths of files stay, since they are identities: the loader finds files by
them, and other nodes and relationships have them, too.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from loaders.elf.packing import compress, decompress, pack_symbol_set

PACKED_FACTS = {"Library": "facts", "SymbolSet": "data", "Prefix": "entries"}
"""Properties with facts as JSON, compressed by zstd, by label."""
_NAMES_OF_LIBRARIES = ("soname", "needed")


@dataclass(frozen=True, slots=True)
class PackedChange:
    """Packed facts from which a text was taken out.

    Attributes:
        taken: The strings that had it, before the change.
        kept: The names and paths that have it and stay.
        properties: The properties that change.
    """

    taken: list[str]
    kept: list[str]
    properties: Mapping[str, Any]


class _Strings:
    """Changes strings, and notes those that it changed and those that had to stay."""

    def __init__(self, change: Callable[[str], str]) -> None:
        self.change = change
        self.taken: list[str] = []
        self.kept: list[str] = []

    def take(self, text: str) -> str:
        """Return a text as it is to be stored."""
        changed = self.change(text)
        if changed != text:
            self.taken.append(text)
        return changed

    def keep(self, text: str) -> str:
        """Note a name that stays, if it has the text."""
        if self.change(text) != text:
            self.kept.append(text)
        return text

    def map(self, value: Any) -> Any:
        """Return JSON with all strings changed but the keys."""
        if isinstance(value, str):
            return self.take(value)
        if isinstance(value, list):
            return [self.map(each) for each in value]
        if isinstance(value, dict):
            return {self.keep(key): self.map(each) for key, each in value.items()}
        return value


def redact_packed(label: str, data: bytes, pattern: re.Pattern[str], mark: str) -> PackedChange:
    """Take a text out of packed facts.

    Args:
        label: Label of the node, a key of `PACKED_FACTS`.
        data: The packed facts.
        pattern: The text.
        mark: What takes its place.
    """
    value = msgspec.json.decode(decompress(data))
    strings = _Strings(partial(pattern.sub, mark))
    properties: Mapping[str, Any] = {}
    if label == "SymbolSet":
        kind, symbols = _redact_symbols(value, strings)
        if strings.taken:
            packed = pack_symbol_set(kind, symbols)
            properties = {"data": packed.data, "words": packed.words, "size": packed.size}
    else:
        changed = _redact_library(value, strings) if label == "Library" else strings.map(value)
        if strings.taken:
            properties = {PACKED_FACTS[label]: compress(msgspec.json.encode(changed))}
    return PackedChange(strings.taken, strings.kept, properties)


def _redact_library(value: dict[str, Any], strings: _Strings) -> dict[str, Any]:
    changed = {}
    for key, each in value.items():
        if key in _NAMES_OF_LIBRARIES:
            for name in [each] if isinstance(each, str) else each:
                strings.keep(name)
            changed[key] = each
        elif key == "needs":
            changed[key] = [
                [strings.keep(file), strings.take(name), *more] for file, name, *more in each
            ]
        elif key == "build_id":
            changed[key] = each
        else:
            changed[key] = strings.map(each)
    return changed


def _redact_symbols(value: list[Any], strings: _Strings) -> tuple[str, list[tuple[Any, ...]]]:
    """Return the kind of a set and its symbols, sorted, with changed names and versions.

    The library that should define a symbol stays.
    """
    kind, forms, indexes, names = value
    is_export = kind == "exports"
    new_forms = [
        [strings.take(form[0]), *form[1:]]
        if is_export
        else [strings.take(form[0]), strings.keep(form[1]), *form[2:]]
        for form in forms
    ]
    symbols = sorted(
        (strings.take(name), new_forms[index]) for name, index in zip(names, indexes, strict=True)
    )
    return kind, [(name, *form) for name, form in symbols]
