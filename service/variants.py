"""Variants as a person reads them."""

from collections.abc import Iterable

_SIGNS = {"true": "+", "false": "~"}


def as_written(entry: str) -> str:
    """A stored entry as Spack writes it: `+shared`, `~static`, `build_type=Release`."""
    name, _, value = entry.partition("=")
    return f"{_SIGNS[value]}{name}" if value in _SIGNS else entry


def written(entries: Iterable[str]) -> list[str]:
    """Stored entries as Spack writes them."""
    return list(map(as_written, entries))
