"""Variants as a person reads them."""

from collections.abc import Iterable

_SIGNS = {"true": "+", "false": "~"}


def written(entries: Iterable[str]) -> list[str]:
    """Stored entries as Spack writes variants: `+shared`, `~static`, `build_type=Release`."""
    found = []
    for entry in entries:
        name, _, value = entry.partition("=")
        found.append(f"{_SIGNS[value]}{name}" if value in _SIGNS else entry)
    return found
