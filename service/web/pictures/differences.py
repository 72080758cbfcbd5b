"""The two-column diff as rows: each package that differs, as a person reads it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from service.dags.diff import PackageDiff, SpecPair
from service.dags.labels import SpecLabel
from service.dags.pairing import FieldChanges, FieldValue
from service.text import format_variants

CHANGES = {
    "changed": "changed",
    "removed": "only in A",
    "added": "only in B",
    "dependencies": "only further down",
}
"""The kinds of change of a package in the order of the page, with their texts."""
_COMPILER = ("compiler", "compiler_version")


@dataclass(frozen=True)
class DifferingField:
    """A field that differs: the values of A, and those of B in their place."""

    name: str
    a: Sequence[str]
    b: Sequence[str]


@dataclass(frozen=True)
class SpecRow:
    """A spec of A beside the corresponding spec of B, if there is one.

    Attributes:
        change: A key of :data:`CHANGES`.
        a: The spec of A.
        b: The spec of B.
        fields: The fields that differ, except the version, which is shown with the specs.
    """

    change: str
    a: SpecLabel | None
    b: SpecLabel | None
    fields: Sequence[DifferingField] = ()

    @property
    def id(self) -> str:
        """Its id in the page, also of its node in the picture."""
        return "-".join(spec["hash"] for spec in (self.a, self.b) if spec)

    @property
    def other_version(self) -> bool:
        """Whether both sides are there, in different versions."""
        return bool(self.a and self.b and self.a["version"] != self.b["version"])

    @property
    def field_names(self) -> list[str]:
        """The names of the fields that differ, the version included."""
        return ["version"] * self.other_version + [field.name for field in self.fields]


@dataclass(frozen=True)
class DifferingPackage:
    """A package that differs, with a row for each pair of specs."""

    name: str
    change: str
    rows: Sequence[SpecRow]


def differing_packages(
    entries: Sequence[PackageDiff], roots: Collection[str] = ()
) -> list[DifferingPackage]:
    """Return the packages that differ: those of the roots first, then by change and name.

    Args:
        entries: The packages as :func:`service.dags.diff.compare_dags` returns them.
        roots: Names of the roots' packages.
    """
    order = list(CHANGES)

    def sort_key(package: DifferingPackage) -> tuple[bool, int, str]:
        return package.name not in roots, order.index(package.change), package.name

    return sorted(
        (DifferingPackage(e.name, e.change, _rows_of_package(e)) for e in entries), key=sort_key
    )


def _rows_of_package(entry: PackageDiff) -> list[SpecRow]:
    pairs = entry.pairs
    if not pairs and len(entry.a) == len(entry.b) == 1:
        pairs = [SpecPair(entry.a[0], entry.b[0], entry.fields)]
    rows = [_row_of_pair(pair) for pair in pairs]
    paired = {spec["hash"] for row in rows for spec in (row.a, row.b) if spec}
    rows += [SpecRow("removed", spec, None) for spec in entry.a if spec["hash"] not in paired]
    rows += [SpecRow("added", None, spec) for spec in entry.b if spec["hash"] not in paired]
    return rows


def _row_of_pair(pair: SpecPair) -> SpecRow:
    change = "changed" if pair.fields else "dependencies"
    return SpecRow(change, pair.a, pair.b, readable_fields(pair.fields))


def readable_fields(changes: FieldChanges) -> list[DifferingField]:
    """Return field changes as a person reads them, except the version.

    The name and the version of a compiler become one field.
    """
    changes = {name: both for name, both in changes.items() if name != "version"}
    found = []
    if not changes.keys().isdisjoint(_COMPILER):
        # If only a compiler's version differs, its name is not among the changes; nor the reverse.
        names, versions = (changes.pop(key, (None, None)) for key in _COMPILER)
        found = [DifferingField("compiler", *map(_compiler_text, names, versions))]
    return found + [
        DifferingField(_readable_name(name), *_readable_values(name, *both))
        for name, both in changes.items()
    ]


def _readable_name(name: str) -> str:
    return {"deptypes": "dependency types"}.get(name, name)


def _compiler_text(name: FieldValue, version: FieldValue) -> list[str]:
    if name is None and version is None:
        return []
    return [f"{name or ''}@{version}" if version else str(name)]


def _readable_values(name: str, a: FieldValue, b: FieldValue) -> tuple[list[str], list[str]]:
    if name == "variants":
        return format_variants(cast(list[str], a)), format_variants(cast(list[str], b))
    return _as_texts(a), _as_texts(b)


def _as_texts(value: FieldValue) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [f"{name}: {', '.join(types) or 'none'}" for name, types in value.items()]
    return list(value)
