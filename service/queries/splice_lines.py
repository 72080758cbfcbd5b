"""`can_splice` lines for pairs of builds that were compared.

A line has the version and all variants of builds that were compared. Spack also takes it for
builds with more variants or more values of one, so there is no line that a refused pair satisfies.
A variant is one of `match_variants` only if it is a boolean, and pairs with both values of it were
compared, the same on both sides.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from service.text import escape_unprintable
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
    """Return a string of Python in double quotes, on one line of printable characters."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escape_unprintable(escaped)}"'


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


class RefusedPairs:
    """Pairs of builds that no line may cover.

    A line covers a pair if both builds satisfy it. Spack asks for each value that the line has
    (`package_splice_rules` in `solver/asp.py` of Spack 1.1): a build may have more values of a
    variant, and more variants.

    Args:
        pairs: The constraints of target and replacement of each.
    """

    def __init__(self, pairs: Iterable[Compared]) -> None:
        self._pairs = dict.fromkeys(pairs)
        self._targets = list(dict.fromkeys(target for target, _ in self._pairs))
        self._put_in = list(dict.fromkeys(put_in for _, put_in in self._pairs))
        self._found: dict[tuple[bool, Constraints], list[Constraints]] = {}

    def find_covered(self, target: Constraints, put_in: Constraints) -> Compared | None:
        """Return a pair that a line with these constraints covers; None if it covers none."""
        replacements = self._satisfying(put_in, is_target=False)
        pairs = (
            (each, other)
            for each in self._satisfying(target, is_target=True)
            for other in replacements
        )
        return next((each for each in pairs if each in self._pairs), None)

    def _satisfying(self, wanted: Constraints, *, is_target: bool) -> list[Constraints]:
        key = (is_target, wanted)
        if key not in self._found:
            builds = self._targets if is_target else self._put_in
            self._found[key] = [each for each in builds if _satisfies(each, wanted)]
        return self._found[key]


def _satisfies(build: Constraints, wanted: Constraints) -> bool:
    """Return whether a build has a version and all values of some variants."""
    if build.name != wanted.name or version_key(build.version) != version_key(wanted.version):
        return False
    values = {name: _values(value) for name, value in build.variants}
    return all(_values(value) <= values.get(name, frozenset()) for name, value in wanted.variants)


def _values(value: VariantValue) -> frozenset[str]:
    """Return the values of a variant as Spack reads them from a spec."""
    if isinstance(value, tuple):
        return frozenset(value)
    return frozenset([str(value)] if isinstance(value, bool) else value.split(","))


def make_lines(
    accepted: Mapping[Compared, Sequence[Pair]], refused: RefusedPairs
) -> list[Line[Pair]]:
    """Return the lines that cover pairs of builds, and none that was refused.

    Args:
        accepted: Pairs that may be exchanged, by the constraints of target and replacement.
        refused: Pairs that may not, or of which that is not known.
    """
    lines = [
        Line((target,), put_in, (), tuple(pairs))
        for (target, put_in), pairs in accepted.items()
        if refused.find_covered(target, put_in) is None
    ]
    names = sorted({name for line in lines for name, _ in line.put_in.variants})
    for name in names:
        lines = list(_match(lines, name, refused))
    return sorted(_join_versions(lines), key=lambda each: (each.target, each.when))


def _match(lines: Sequence[Line[Pair]], name: str, refused: RefusedPairs) -> Iterator[Line[Pair]]:
    """Yield lines with those joined that differ only in a boolean that is equal on both sides.

    Of another variant there may be values that were not compared. Spack 1.1 ignores a name in
    `match_variants` if `when` does not satisfy the condition under which the recipe declares the
    variant (`_gen_match_variant_splice_constraints` in `solver/asp.py`). Stored specs do not have
    these conditions, so a joined line must cover no refused pair without `match_variants` either.
    """
    groups = defaultdict(list)
    for line in lines:
        target, put_in = line.targets[0], line.put_in
        value, other = dict(target.variants).get(name), dict(put_in.variants).get(name)
        if isinstance(value, bool) and value is other:
            key = (target.without([name]), put_in.without([name]), line.match_variants)
            groups[key].append(line)
        else:
            yield line
    for (target, put_in, matched), found in groups.items():
        if len(found) == len((True, False)) and refused.find_covered(target, put_in) is None:
            pairs = tuple(pair for line in found for pair in line.pairs)
            yield Line((target,), put_in, (*matched, name), pairs)
        else:
            yield from found


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
