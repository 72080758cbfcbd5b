"""The two-column diff as rows: what a person reads of each package that differs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.text import written

CHANGES = {
    "changed": "changed",
    "removed": "only in A",
    "added": "only in B",
    "dependencies": "only further down",
}
"""What becomes of a package, in the order of the page, as a person reads it."""
_COMPILER = ("compiler", "compiler_version")

Entry = Mapping[str, Any]
"""A package that differs, as :func:`service.dags.diff.compare` tells it."""


@dataclass(frozen=True)
class Field:
    """One thing that differs: what A has, and what B has in its place."""

    name: str
    a: Sequence[str]
    b: Sequence[str]


@dataclass(frozen=True)
class Row:
    """A spec of A beside the spec of B that belongs with it, if any.

    :ivar change: a key of :data:`CHANGES`.
    :ivar fields: without the version, which stands in the specs.
    """

    change: str
    a: Mapping[str, Any] | None
    b: Mapping[str, Any] | None
    fields: Sequence[Field] = ()

    @property
    def id(self) -> str:
        """A name for it in the page: of its picture's node too."""
        return "-".join(spec["hash"] for spec in (self.a, self.b) if spec)

    @property
    def other_version(self) -> bool:
        """Whether both are there, in two versions."""
        return bool(self.a and self.b and self.a["version"] != self.b["version"])

    @property
    def words(self) -> list[str]:
        """What differs, in short."""
        return ["version"] * self.other_version + [field.name for field in self.fields]


@dataclass(frozen=True)
class Package:
    """A package that differs."""

    name: str
    change: str
    rows: Sequence[Row]


def packages(entries: Sequence[Entry], roots: Collection[str] = ()) -> list[Package]:
    """What differs: the packages of the roots, then by the kind of change and by name."""
    order = list(CHANGES)

    def place(package: Package) -> tuple[bool, int, str]:
        return package.name not in roots, order.index(package.change), package.name

    return sorted((Package(e["name"], e["change"], _rows(e)) for e in entries), key=place)


def _rows(entry: Entry) -> list[Row]:
    pairs = entry["pairs"]
    if not pairs and len(entry["a"]) == len(entry["b"]) == 1:
        pairs = [{"a": entry["a"][0], "b": entry["b"][0], "fields_": entry["fields_"]}]
    rows = [_pair(pair) for pair in pairs]
    paired = {spec["hash"] for row in rows for spec in (row.a, row.b) if spec}
    rows += [Row("removed", spec, None) for spec in entry["a"] if spec["hash"] not in paired]
    rows += [Row("added", None, spec) for spec in entry["b"] if spec["hash"] not in paired]
    return rows


def _pair(pair: Mapping[str, Any]) -> Row:
    fields = dict(pair["fields_"])
    change = "changed" if fields else "dependencies"
    fields.pop("version", None)
    found = []
    if not fields.keys().isdisjoint(_COMPILER):
        # Of a compiler that differs in its version only, the name is not told; nor the reverse.
        names, versions = (fields.pop(key, [None, None]) for key in _COMPILER)
        found = [Field("compiler", *map(_compiler, names, versions))]
    found += [Field(_plain(name), *_values(name, *both)) for name, both in fields.items()]
    return Row(change, pair["a"], pair["b"], found)


def _plain(name: str) -> str:
    return {"deptypes": "dependency types"}.get(name, name)


def _compiler(name: str | None, version: str | None) -> list[str]:
    if name is None and version is None:
        return []
    return [f"{name or ''}@{version}" if version else str(name)]


def _values(name: str, a: Any, b: Any) -> tuple[list[str], list[str]]:
    if name == "deptypes":
        return _deptypes(a), _deptypes(b)
    if name == "variants":
        return written(a), written(b)
    return _texts(a), _texts(b)


def _deptypes(kinds: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{name}: {', '.join(types) or 'none'}" for name, types in kinds.items()]


def _texts(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [str(each) for each in value]
    return [] if value is None else [str(value)]
