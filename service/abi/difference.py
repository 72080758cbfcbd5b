"""Differences between the exports of two libraries of one name, and the references that break."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loaders.elf.facts import Export, Reference

Versions = frozenset[str]
"""Versions of a symbol: empty for none, `@V`, or `@@V` for the one that programs are linked to."""


@dataclass(frozen=True, slots=True)
class ExportChange:
    """A symbol that is not exported as before; no versions at all if it is not exported."""

    name: str
    before: Versions
    after: Versions

    @property
    def change(self) -> str:
        """`added`, `removed` or `versions`."""
        if not self.before:
            return "added"
        return "versions" if self.after else "removed"

    @property
    def lost(self) -> frozenset[str]:
        """The names of versions that are no longer defined.

        None of them if there is a definition without a version, which the loader accepts.
        """
        if "" in self.after:
            return frozenset()
        return frozenset(each.lstrip("@") for each in self.before) - {
            each.lstrip("@") for each in self.after
        }

    def breaks(self, reference: Reference, soname: str) -> bool:
        """Return whether a reference may have been bound to an export that is gone.

        Args:
            reference: The reference, in a file that needs the library.
            soname: Name of the library.
        """
        if reference.name != self.name or reference.file not in ("", soname):
            return False
        if not self.after:
            return True
        return bool(reference.version) and reference.version in self.lost


def compare_exports(before: Iterable[Export], after: Iterable[Export]) -> list[ExportChange]:
    """Return the symbols that are exported differently, by name."""
    old, new = _versions(before), _versions(after)
    return [
        ExportChange(name, old.get(name, frozenset()), new.get(name, frozenset()))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _versions(exports: Iterable[Export]) -> Mapping[str, Versions]:
    found: dict[str, set[str]] = {}
    for each in exports:
        sign = "@" if each.hidden else "@@"
        found.setdefault(each.name, set()).add(f"{sign}{each.version}" if each.version else "")
    return {name: frozenset(versions) for name, versions in found.items()}


def broken_symbols(
    changes: Mapping[str, ExportChange], references: Sequence[Reference], soname: str
) -> list[str]:
    """Return the names of the references that changes may break, sorted."""
    return sorted(
        {
            each.name
            for each in references
            if each.name in changes and changes[each.name].breaks(each, soname)
        }
    )
