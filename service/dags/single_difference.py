"""Two DAGs of the same package: whether they differ in one thing only, and in which."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from loaders.specs.node import NodeRecord
from service.dags.aspects import Aspect
from service.dags.dependency_tree import DependencyTree
from service.dags.diff import LANGUAGES, compiler_attribute, group_by_package
from service.dags.pairing import FieldValue, field_changes, pair_up

Values = tuple[list[str], list[str]]
"""Values of the first DAG, and those of the second in their place."""

_NOTHING: frozenset[str] = frozenset()
_ANYWHERE = ("target", "os")
_AT_ROOT = ("version", "variants", "variant")
_COMPILER_FIELDS = frozenset({"compiler", "compiler_version"})
_EDGE_FIELDS = frozenset({"dependencies", "deptypes"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs, or a spec that only one side has.

    Attributes:
        field: A field of :func:`service.dags.pairing.field_changes`, or `presence`.
        a: The spec of the first DAG.
        b: The spec of the second.
        at_root: Whether the specs are the roots.
        values: The values of both sides; none for `presence`.
    """

    field: str
    a: NodeRecord | None
    b: NodeRecord | None
    at_root: bool = False
    values: tuple[FieldValue, FieldValue] = (None, None)

    @property
    def value_texts(self) -> Values:
        """The values of both sides as lists of texts; a property that is missing is left out."""
        return _as_texts(self.values[0]), _as_texts(self.values[1])


def _as_texts(value: FieldValue) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str | bool):
        return [str(value)]
    return list(value)


@dataclass(frozen=True)
class SingleDifference:
    """Two DAGs whose roots are of one package, and the search for the one thing that differs.

    Attributes:
        a: The first DAG.
        b: The second.
    """

    a: DependencyTree
    b: DependencyTree

    @cached_property
    def _all_differences(self) -> list[Difference]:
        return self._remaining_differences(_NOTHING, _NOTHING)

    def values_if_only(self, aspect: Aspect) -> Values | None:
        """Return the values of an aspect if the DAGs differ in it and in nothing else."""
        if not self._all_differences:
            return None
        if aspect.kind in _ANYWHERE:
            return self._in_fields(aspect.kind, at_root=False)
        if aspect.kind in _AT_ROOT:
            return self._at_root(aspect)
        if aspect.kind == "compiler":
            return self._in_compilers()
        if aspect.kind == "virtual":
            virtuals = {aspect.name}
            return self._apart_from(self.a.providers_of(virtuals), self.b.providers_of(virtuals))
        return self._in_package(aspect.name)

    def find_aspect(self) -> tuple[Aspect, Values] | None:
        """Return the one aspect in which the DAGs differ, the most specific one that covers it."""
        for aspect in self._candidate_aspects():
            alone = aspect.kind == "package"
            values = (
                self._in_package(aspect.name, exchange=False)
                if alone
                else self.values_if_only(aspect)
            )
            if values is not None:
                return aspect, values
        return None

    def _candidate_aspects(self) -> Iterator[Aspect]:
        """Yield the aspects that may cover the difference, the most specific first."""
        if not self._all_differences:
            return
        yield Aspect("version")
        for difference in self._all_differences:
            if difference.field == "variants" and difference.at_root:
                yield from (Aspect("variant", name) for name in _variant_names(difference)[:1])
        yield from (Aspect(kind) for kind in ("variants", "target", "os", "compiler"))
        # Edges differ above every spec that differs: they do not show which package it is.
        own = [d for d in self._all_differences if d.field not in _EDGE_FIELDS]
        if not own or any(d.at_root for d in own):
            return
        for side, node in ((self.a, own[0].a), (self.b, own[0].b)):
            if node is not None:
                yield from (Aspect("package", name) for name in side.packages_up_from(node.hash))
        virtuals = {v for side in (self.a, self.b) for e in side.all_edges for v in e.virtuals}
        yield from (Aspect("virtual", name) for name in sorted(virtuals))

    def _in_fields(self, field: str, *, at_root: bool) -> Values | None:
        if any(d.field != field or (at_root and not d.at_root) for d in self._all_differences):
            return None
        left, right = zip(
            *(difference.value_texts for difference in self._all_differences), strict=True
        )
        return sorted(set(chain.from_iterable(left))), sorted(set(chain.from_iterable(right)))

    def _at_root(self, aspect: Aspect) -> Values | None:
        field = "version" if aspect.kind == "version" else "variants"
        if self._in_fields(field, at_root=True) is None:
            return None
        (difference,) = self._all_differences
        if aspect.kind == "variant" and _variant_names(difference) != [aspect.name]:
            return None
        return difference.value_texts

    def _in_package(self, name: str, *, exchange: bool = True) -> Values | None:
        """Return the values of a package, as :meth:`values_if_only`.

        Args:
            name: Name of the package.
            exchange: Whether a provider of the same virtuals may stand in its place.
        """
        cut_a, cut_b = self.a.specs_of_package(name), self.b.specs_of_package(name)
        if exchange:
            virtuals = self.a.virtuals_of(cut_a) | self.b.virtuals_of(cut_b)
            if not cut_a:
                cut_a = self.a.providers_of(virtuals)
            if not cut_b:
                cut_b = self.b.providers_of(virtuals)
        return self._apart_from(cut_a, cut_b)

    def _apart_from(self, cut_a: frozenset[str], cut_b: frozenset[str]) -> Values | None:
        if cut_a == cut_b or self.a.root in cut_a or self.b.root in cut_b:
            return None
        if self._remaining_differences(cut_a, cut_b):
            return None
        return self._spec_texts(cut_a - cut_b, cut_b - cut_a)

    def _in_compilers(self) -> Values | None:
        cut_a, cut_b = self.a.compiler_hashes, self.b.compiler_hashes
        left = self._remaining_differences(cut_a, cut_b)
        if any(d.field not in _COMPILER_FIELDS for d in left) or (not left and cut_a == cut_b):
            return None
        given_a, given_b = self.a.providers_of(LANGUAGES), self.b.providers_of(LANGUAGES)
        if given_a == given_b and not left:
            given_a, given_b = cut_a, cut_b
        old, new = self._spec_texts(given_a - given_b, given_b - given_a)
        return old + _compiler_texts(d.a for d in left), new + _compiler_texts(d.b for d in left)

    def _spec_texts(self, old: frozenset[str], new: frozenset[str]) -> Values:
        """Return specs of both sides as texts, with hashes if they would read the same."""
        values = self.a.describe_specs(old), self.b.describe_specs(new)
        if values[0] == values[1]:
            return self.a.describe_specs(old, with_hashes=True), self.b.describe_specs(
                new, with_hashes=True
            )
        return values

    def _remaining_differences(
        self, cut_a: frozenset[str], cut_b: frozenset[str]
    ) -> list[Difference]:
        """Return the differences that remain if some nodes of each side are removed."""
        rest_a, rest_b = self.a.nodes_without(cut_a), self.b.nodes_without(cut_b)
        same = rest_a.keys() & rest_b.keys()
        left, right = group_by_package(rest_a, same), group_by_package(rest_b, same)
        found: list[Difference] = []
        for name in sorted(left.keys() | right.keys()):
            for old, new in self._paired_specs(left.get(name, []), right.get(name, [])):
                found += _compare_nodes(old, new, cut_a | cut_b, self.a.root)
        return found

    def _paired_specs(
        self, before: Sequence[NodeRecord], after: Sequence[NodeRecord]
    ) -> Iterator[tuple[NodeRecord | None, NodeRecord | None]]:
        """Yield the specs of one package in pairs, the roots together; None for no partner."""
        roots = self.a.nodes[self.a.root], self.b.nodes[self.b.root]
        old, new = list(before), list(after)
        if roots[0] in old and roots[1] in new:
            old.remove(roots[0])
            new.remove(roots[1])
            yield roots
        pairs = pair_up(old, new)
        yield from pairs
        paired = {node.hash for pair in pairs for node in pair}
        yield from ((node, None) for node in old if node.hash not in paired)
        yield from ((None, node) for node in new if node.hash not in paired)


def _compare_nodes(
    old: NodeRecord | None, new: NodeRecord | None, cut: frozenset[str], root: str
) -> list[Difference]:
    if old is None or new is None:
        return [Difference("presence", old, new)]
    at_root = old.hash == root
    changes = field_changes(old, new, cut)
    return [Difference(field, old, new, at_root, values) for field, values in changes.items()]


def _variant_names(difference: Difference) -> list[str]:
    """Return the names of the variants that differ."""
    entries = chain.from_iterable(difference.value_texts)
    return sorted({entry.partition("=")[0] for entry in entries})


def _compiler_texts(nodes: Iterable[NodeRecord | None]) -> list[str]:
    found = {compiler_attribute(node) for node in nodes if node is not None}
    return [f"{name}@{version}" for name, _, version in sorted(filter(None, found))]
