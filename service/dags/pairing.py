"""The specs of one package in two DAGs: which correspond, and how a pair differs."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, get_args

from loaders.specs.node import Edge, NodeRecord

ComparedField = Literal[
    "version",
    "namespace",
    "platform",
    "os",
    "target",
    "compiler",
    "compiler_version",
    "external",
    "spliced",
]
FIELDS: tuple[ComparedField, ...] = get_args(ComparedField)
"""The properties of a node that are compared, besides its variants and edges."""

MAX_PAIRINGS = 10_000
"""Most candidate pairs to compare; if there are more, no specs are paired."""

_SEPARATOR = re.compile(r"[._+-]")

Pair = tuple[NodeRecord, NodeRecord]

FieldValue = str | bool | Sequence[str] | Mapping[str, Sequence[str]] | None
"""A property; variants or names of dependencies; or dependency types by package."""

FieldChanges = dict[str, tuple[FieldValue, FieldValue]]
"""The fields in which two specs differ, each with the value in the first and in the second."""


def pair_up(before: Sequence[NodeRecord], after: Sequence[NodeRecord]) -> list[Pair]:
    """Return pairs of the specs that are most alike, each spec in one pair at most.

    Specs of the same version come first, then those of the nearest version: with most leading
    parts in common, then with fewest other versions between them. A tie goes to the pair with
    fewest differing fields.
    """
    if len(before) * len(after) > MAX_PAIRINGS:
        return []
    keys = sorted({node.properties["version_key"] for node in (*before, *after)})
    ranks = {key: rank for rank, key in enumerate(keys)}

    def pair_distance(pair: Pair) -> tuple[bool, int, int, int, int, int, str, str]:
        old, new = pair
        rank, other = (ranks[node.properties["version_key"]] for node in pair)
        shared_parts = _count_shared_parts(old.version, new.version)
        differing = len(field_changes(old, new))
        apart = (old.version != new.version, -shared_parts, abs(rank - other), differing)
        # Ranks and hashes only break ties, so that the answer does not depend on the input's order.
        return (*apart, rank, other, old.hash, new.hash)

    found: list[Pair] = []
    taken: set[str] = set()
    # Greedy: the closest pair is final, even if another choice made the sum of distances smaller.
    for old, new in sorted(((old, new) for old in before for new in after), key=pair_distance):
        if old.hash not in taken and new.hash not in taken:
            taken |= {old.hash, new.hash}
            found.append((old, new))
    return sorted(found, key=lambda pair: (ranks[pair[0].properties["version_key"]], pair[0].hash))


def _count_shared_parts(old: str, new: str) -> int:
    """Return how many leading parts two versions share: 2 for 1.2.3 and 1.2.9."""
    shared = 0
    for one, other in zip(_SEPARATOR.split(old), _SEPARATOR.split(new), strict=False):
        if one != other:
            break
        shared += 1
    return shared


def field_changes(
    old: NodeRecord, new: NodeRecord, ignored: Collection[str] = frozenset()
) -> FieldChanges:
    """Return the fields in which two specs of a package differ.

    Args:
        old: The first spec.
        new: The second.
        ignored: Hashes; edges that lead to them do not count.
    """
    found: FieldChanges = {}
    for key in FIELDS:
        left, right = old.properties.get(key), new.properties.get(key)
        if left != right:
            found[key] = left, right
    variants = [set(node.properties["variants"]) for node in (old, new)]
    if variants[0] != variants[1]:
        found["variants"] = sorted(variants[0] - variants[1]), sorted(variants[1] - variants[0])
    edges = [[edge for edge in node.edges if edge.hash not in ignored] for node in (old, new)]
    return found | _edge_changes(*edges)


def _edge_changes(old: Sequence[Edge], new: Sequence[Edge]) -> FieldChanges:
    found: FieldChanges = {}
    before, after = _types_by_package(old), _types_by_package(new)
    if before.keys() != after.keys():
        found["dependencies"] = (
            sorted(before.keys() - after.keys()),
            sorted(after.keys() - before.keys()),
        )
    differing = sorted(n for n in before.keys() & after.keys() if before[n] != after[n])
    if differing:
        found["deptypes"] = (
            {name: before[name] for name in differing},
            {name: after[name] for name in differing},
        )
    return found


def _types_by_package(edges: Sequence[Edge]) -> dict[str, list[str]]:
    """Return the types of the edges to each package, merged if several edges lead to it."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        merged = found.get(edge.name, [])
        found[edge.name] = merged + [kind for kind in edge.deptypes if kind not in merged]
    return {name: sorted(kinds) for name, kinds in found.items()}
