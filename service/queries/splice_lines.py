"""`can_splice` lines for pairs of builds that were compared.

A line covers versions and variants that were compared, and nothing else. A variant is one of
`match_variants` only if pairs with several values of it were compared, the same on both sides.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from spec_syntax.concrete import ConcreteNode, VariantValue
from spec_syntax.version_keys import version_key

NOT_OF_RECIPES = frozenset({"patches", "dev_path", "commit"})
"""Parameters of concrete specs that recipes do not declare as variants."""

_PLAIN = re.compile(r"[\w.,:+*/-]+", re.ASCII)
"""A value of a variant that needs no quotes in a spec."""

Variants = tuple[tuple[str, VariantValue], ...]
Pair = TypeVar("Pair")


@dataclass(frozen=True)
class Constraints:
    """Version and variants of a build.

    Attributes:
        name: Name of the package.
        version: Its version.
        variants: Its variants by name, sorted.
    """

    name: str
    version: str
    variants: Variants

    @classmethod
    def of(cls, node: ConcreteNode) -> "Constraints":
        """Return those of a concrete spec."""
        variants = sorted(
            (name, value) for name, value in node.variants.items() if name not in NOT_OF_RECIPES
        )
        return cls(node.name, node.version, tuple(variants))

    def without(self, names: Iterable[str]) -> "Constraints":
        """Return the constraints without some variants."""
        left_out = frozenset(names)
        return replace(self, variants=tuple(v for v in self.variants if v[0] not in left_out))


@dataclass(frozen=True)
class Line(Generic[Pair]):
    """A `can_splice` directive.

    Attributes:
        targets: The builds that may be replaced; they differ in their versions only.
        put_in: The builds that may be put in.
        match_variants: Variants that must have the same value on both sides.
        pairs: The compared pairs that it is based on.
    """

    targets: tuple[Constraints, ...]
    put_in: Constraints
    match_variants: tuple[str, ...]
    pairs: tuple[Pair, ...]

    @property
    def target(self) -> str:
        """The first argument."""
        versions = ",".join(f"={each.version}" for each in self.targets)
        first = self.targets[0]
        return f"{first.name}@{versions}{format_values(first.variants)}"

    @property
    def when(self) -> str:
        """The argument `when`."""
        return f"@={self.put_in.version}{format_values(self.put_in.variants)}"

    @property
    def directive(self) -> str:
        """The line as it stands in a recipe."""
        matched = ", ".join(f'"{name}"' for name in self.match_variants)
        more = f", match_variants=[{matched}]" if matched else ""
        return f"can_splice({_quoted(self.target)}, when={_quoted(self.when)}{more})"


def _quoted(text: str) -> str:
    """Return a string of Python in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def format_values(variants: Variants) -> str:
    """Return variants as Spack writes them behind a version: `+shared~static opts=x,y`."""
    booleans = [
        f"{'+' if value else '~'}{name}" for name, value in variants if isinstance(value, bool)
    ]
    others = [
        f" {name}={_format_value(','.join(value) if isinstance(value, tuple) else value)}"
        for name, value in variants
        if not isinstance(value, bool)
    ]
    return "".join((*booleans, *others))


def _format_value(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return f"'{value}'" if "'" not in value else f'"{value}"'


Compared = tuple[Constraints, Constraints]


def make_lines(
    accepted: Mapping[Compared, Sequence[Pair]], refused: Iterable[Compared]
) -> list[Line[Pair]]:
    """Return the lines that cover pairs of builds, and none that was refused.

    Args:
        accepted: Pairs that may be exchanged, by the constraints of target and replacement.
        refused: Constraints of pairs that may not, or of which that is not known.
    """
    not_covered = frozenset(refused)
    lines = [
        Line((target,), put_in, (), tuple(pairs))
        for (target, put_in), pairs in accepted.items()
        if (target, put_in) not in not_covered
    ]
    names = sorted({name for line in lines for name, _ in line.put_in.variants})
    for name in names:
        lines = list(_match(lines, name, not_covered))
    return sorted(_join_versions(lines), key=lambda each: (each.target, each.when))


def _match(
    lines: Sequence[Line[Pair]], name: str, refused: frozenset[Compared]
) -> Iterator[Line[Pair]]:
    """Yield lines with those joined that differ only in a variant that is equal on both sides."""
    groups = defaultdict(list)
    for line in lines:
        target, put_in = line.targets[0], line.put_in
        value, other = dict(target.variants).get(name), dict(put_in.variants).get(name)
        if value is None or value != other or isinstance(value, tuple):
            yield line
        else:
            key = (target.without([name]), put_in.without([name]), line.match_variants)
            groups[key].append(line)
    for (target, put_in, matched), found in groups.items():
        joined = Line(
            (target,),
            put_in,
            (*matched, name),
            tuple(pair for line in found for pair in line.pairs),
        )
        if len(found) > 1 and not any(_covers(joined, each) for each in refused):
            yield joined
        else:
            yield from found


def _covers(line: Line[Pair], compared: Compared) -> bool:
    target, put_in = compared
    values, others = dict(target.variants), dict(put_in.variants)
    return (
        target.without(line.match_variants) in line.targets
        and put_in.without(line.match_variants) == line.put_in
        and all(values.get(name) == others.get(name) for name in line.match_variants)
    )


def _join_versions(lines: Iterable[Line[Pair]]) -> list[Line[Pair]]:
    """Join lines that differ only in the version of the target.

    Spack 1.1 keeps one directive for each `when` (`splice_specs` in `directives.py`).
    """
    groups = defaultdict(list)
    for line in lines:
        target = line.targets[0]
        key = (target.name, target.variants, line.put_in, line.match_variants)
        groups[key].append(line)
    return [
        replace(
            found[0],
            targets=tuple(target for line in found for target in line.targets),
            pairs=tuple(pair for line in found for pair in line.pairs),
        )
        for found in map(_by_version, groups.values())
    ]


def _by_version(lines: Iterable[Line[Pair]]) -> list[Line[Pair]]:
    return sorted(lines, key=lambda each: version_key(each.targets[0].version))
