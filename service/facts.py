"""The facts that tell the rows of a list of specs apart, chosen from the rows at hand.

Pages, REST answers and commands all show the columns that :func:`choose_facts` chooses. It needs
no database, so that a command can choose again after it has joined several pages.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from service.text import format_variants
from spec_syntax import COMPILER_LANGUAGES

Facts = dict[str, str]
"""The facts of one row by their column, in the order of the columns; empty if there is none."""

_RUNTIMES = frozenset({"fortran-rt", "libc", "libgfortran", "libifcore", "libllvm"})
"""Virtuals of a compiler's runtime libraries; nobody chooses their providers."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A direct dependency, as a fact of a row.

    Attributes:
        name: Name of its package.
        version: Its version.
        hash: Its DAG hash.
    """

    name: str
    version: str | None
    hash: str

    @property
    def label(self) -> str:
        """The dependency as in spec syntax, with the start of its hash."""
        return f"^{self.name}@{self.version}/{self.hash[:7]}"


@dataclass(frozen=True, slots=True)
class SpecFacts:
    """All that may tell a spec apart from others.

    Attributes:
        name: Name of its package; None if only its hash is known.
        version: Its version.
        compilers: Compilers that it was built with, as `name@version`.
        virtuals: For each virtual the providers that it is deployed with or depends on directly.
        target: Name of the microarchitecture.
        os: Operating system.
        platform: Platform.
        namespace: Package repository.
        variants: Variants and flags, as stored.
        build_spec: Hash of its build spec, if it was spliced.
        package_hash: Hash of the recipe.
        dependencies: Direct dependencies.
        sites: Sites at which it is installed now.
        date: Day of its newest installation, or else of its upload, as `YYYY-MM-DD`.
    """

    name: str | None
    version: str | None
    compilers: Sequence[str] = ()
    virtuals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    target: str | None = None
    os: str | None = None
    platform: str | None = None
    namespace: str | None = None
    variants: Sequence[str] = ()
    build_spec: str | None = None
    package_hash: str | None = None
    dependencies: Sequence[Dependency] = ()
    sites: Sequence[str] = ()
    date: str = ""


def choose_facts(specs: Mapping[Key, SpecFacts]) -> dict[Key, Facts]:
    """Return for each row of a list the facts that tell it apart from the others.

    Compiler, MPI, target, site and date are shown if any rows differ in them, and so are the
    variants in which rows of one package differ. Each further column is shown only if it tells
    apart rows that read the same without it: providers of other virtuals first, then attributes,
    the direct dependencies, and in the end the recipe.

    Args:
        specs: The rows by anything that identifies them.

    Returns:
        The facts by the same keys. All rows have the same columns in the same order.
    """
    table = _Table(specs)
    attributes = {key: attributes_of(spec) for key, spec in specs.items()}
    for name in _ALWAYS:
        values = {key: each[name] for key, each in attributes.items()}
        if len(set(values.values())) > 1:
            table.add(name, values)
    variants = _differing_variants(specs)
    if any(variants.values()):
        table.add("variants", variants)
    for virtual in _other_virtuals(specs.values()):
        table.add_if_needed(virtual, lambda key: _providers(specs[key], virtual))  # noqa: B023
    for name in _IF_NEEDED:
        table.add_if_needed(name, lambda key: attributes[key][name])  # noqa: B023
    dependencies: dict[Key, str] = {}
    for keys in table.alike:
        dependencies |= _differing_dependencies(specs, keys)
    if dependencies:
        table.add("dependencies", {key: dependencies.get(key, "") for key in specs})
    for name, value_of in (("recipe", _recipe), ("patches", _patches)):
        rows = {key for keys in table.alike for key in keys}
        table.add_if_needed(name, lambda key: value_of(specs[key]) if key in rows else "")  # noqa: B023
    ordered = sorted(table.columns, key=_place)
    return {key: {name: table.columns[name][key] for name in ordered} for key in specs}


def rows_alike(specs: Mapping[Key, SpecFacts]) -> set[Key]:
    """Return the rows that read like another one; their dependencies may tell them apart."""
    chosen = choose_facts(specs)
    groups = _split(specs, lambda key: (specs[key].name, specs[key].version, *chosen[key].values()))
    return {key for keys in groups for key in keys}


class _Table(Generic[Key]):
    """The columns of a list that were chosen so far.

    Attributes:
        columns: The values of all rows, by column.
        alike: The rows that read the same, apart from their hashes, in groups of two or more.
    """

    def __init__(self, specs: Mapping[Key, SpecFacts]) -> None:
        self._keys = list(specs)
        self.columns: dict[str, dict[Key, str]] = {}
        self.alike = _split(specs, lambda key: (specs[key].name, specs[key].version))

    def add(self, name: str, values: dict[Key, str]) -> None:
        """Add a column."""
        self.columns[name] = values
        self.alike = [group for keys in self.alike for group in _split(keys, values.__getitem__)]

    def add_if_needed(self, name: str, value_of: Callable[[Key], str]) -> None:
        """Add a column if rows that read the same without it differ in it."""
        if any(len(set(map(value_of, keys))) > 1 for keys in self.alike):
            self.add(name, {key: value_of(key) for key in self._keys})


def _split(keys: Iterable[Key], value_of: Callable[[Key], object]) -> list[list[Key]]:
    """Return those of some rows that have the same value, in groups of two or more."""
    groups: dict[object, list[Key]] = defaultdict(list)
    for key in keys:
        groups[value_of(key)].append(key)
    return [each for each in groups.values() if len(each) > 1]


def attributes_of(spec: SpecFacts) -> Facts:
    """Return the facts of a spec that do not depend on the other rows."""
    return {
        "compiler": ", ".join(sorted(set(spec.compilers))),
        "mpi": _providers(spec, "mpi"),
        **{
            each: _providers(spec, each)
            for each in sorted(spec.virtuals.keys() - COMPILER_LANGUAGES)
        },
        "target": spec.target or "",
        "os": spec.os or "",
        "platform": spec.platform or "",
        "namespace": spec.namespace or "",
        "variants": " ".join(format_variants(sorted(_plain_variants(spec)))),
        "built_as": f"/{spec.build_spec[:7]}" if spec.build_spec else "",
        "site": ", ".join(sorted(set(spec.sites))),
        "date": spec.date,
    }


def facts_text(facts: Mapping[str, str]) -> list[str]:
    """Return the facts of a row, as in spec syntax where that has a word for them."""
    return [_written(name, value) for name, value in facts.items() if value]


_ALWAYS = ("compiler", "mpi", "target", "site", "date")
_IF_NEEDED = ("os", "platform", "namespace", "built_as")
_FIRST = ("compiler", "mpi")
_LAST = (
    *("variants", "target", "os", "platform", "namespace", "built_as", "dependencies"),
    *("recipe", "patches", "site", "date"),
)


def _place(column: str) -> tuple[int, int]:
    """Return the place of a column: the compiler first, then virtuals, the date last."""
    if column in _FIRST:
        return 0, _FIRST.index(column)
    return (2, _LAST.index(column)) if column in _LAST else (1, 0)


def _written(name: str, value: str) -> str:
    if name == "compiler":
        return " ".join(f"%{each}" for each in value.split(", "))
    if name in ("target", "os", "platform", "namespace"):
        return f"{name}={value}"
    return value if name in ("variants", "dependencies") else f"{name.replace('_', ' ')} {value}"


def _providers(spec: SpecFacts, virtual: str) -> str:
    return ", ".join(sorted(set(spec.virtuals.get(virtual, ()))))


def _other_virtuals(specs: Iterable[SpecFacts]) -> list[str]:
    """Return the virtuals that users choose providers of, besides MPI, most frequent first."""
    rows: Counter[str] = Counter()
    for spec in specs:
        rows.update(spec.virtuals.keys() - COMPILER_LANGUAGES - _RUNTIMES - {"mpi"})
    return sorted(rows, key=lambda virtual: (-rows[virtual], virtual))


def _differing_variants(specs: Mapping[Key, SpecFacts]) -> dict[Key, str]:
    """Return the variants of each row that not all rows of its package have."""
    of_package: dict[str | None, list[frozenset[str]]] = defaultdict(list)
    own = {key: frozenset(_plain_variants(spec)) for key, spec in specs.items()}
    for key, spec in specs.items():
        of_package[spec.name].append(own[key])
    shared = {name: frozenset.intersection(*sets) for name, sets in of_package.items()}
    return {
        key: " ".join(format_variants(sorted(own[key] - shared[spec.name])))
        for key, spec in specs.items()
    }


def _plain_variants(spec: SpecFacts) -> Iterable[str]:
    return (each for each in spec.variants if not each.startswith("patches="))


def _differing_dependencies(specs: Mapping[Key, SpecFacts], keys: Iterable[Key]) -> dict[Key, str]:
    """Return those direct dependencies of some rows that tell them apart, as few as possible."""
    of_package: dict[str, dict[Key, str]] = defaultdict(dict)
    for key in keys:
        for dependency in specs[key].dependencies:
            of_package[dependency.name][key] = dependency.label
    found: dict[Key, list[str]] = {key: [] for key in keys}
    while True:
        groups = _split(found, lambda key: tuple(found[key]))
        gains = {
            name: sum(len({values.get(key) for key in group}) - 1 for group in groups)
            for name, values in sorted(of_package.items())
        }
        name = max(gains, key=gains.__getitem__, default="")
        if not gains or not gains[name]:
            return {key: " ".join(sorted(labels)) for key, labels in found.items() if labels}
        for key, label in of_package.pop(name).items():
            found[key].append(label)


def _recipe(spec: SpecFacts) -> str:
    return (spec.package_hash or "")[:7]


def _patches(spec: SpecFacts) -> str:
    entries = [each for each in spec.variants if each.startswith("patches=")]
    return " ".join(each.partition("=")[2][:7] for each in sorted(entries))
