"""The specs of one package in two DAGs: which belongs with which, and what differs in a pair."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from loaders.specs.node import Edge, NodeRecord

FIELDS = (
    *("version", "namespace", "platform", "os", "target", "compiler", "compiler_version"),
    *("external", "spliced"),
)
"""The properties of a node that are compared, beside its variants and edges."""

MAX_PAIRINGS = 10_000
"""Most pairs that are looked at to find who belongs with whom; beyond that nobody does."""

_SEPARATOR = re.compile(r"[._+-]")

Pair = tuple[NodeRecord, NodeRecord]


def pair_up(before: Sequence[NodeRecord], after: Sequence[NodeRecord]) -> list[Pair]:
    """Pairs of what is most alike, each spec in one at most.

    Of the same version first, then of the nearest one: with most leading parts in common, then
    with fewest other versions between. Among equals the pair with fewest differing fields.
    """
    if len(before) * len(after) > MAX_PAIRINGS:
        return []
    keys = sorted({str(node.properties["version_key"]) for node in (*before, *after)})
    ranks = {key: rank for rank, key in enumerate(keys)}

    def distance(pair: Pair) -> tuple[Any, ...]:
        old, new = pair
        rank, other = (ranks[str(node.properties["version_key"])] for node in pair)
        common = _common_parts(old.version, new.version)
        differing = len(changes(old, new))
        apart = (old.version != new.version, -common, abs(rank - other), differing)
        return (*apart, rank, other, old.hash, new.hash)

    found: list[Pair] = []
    taken: set[str] = set()
    for old, new in sorted(((old, new) for old in before for new in after), key=distance):
        if old.hash not in taken and new.hash not in taken:
            taken |= {old.hash, new.hash}
            found.append((old, new))
    return sorted(
        found, key=lambda pair: (ranks[str(pair[0].properties["version_key"])], pair[0].hash)
    )


def _common_parts(old: str, new: str) -> int:
    """How many leading parts two versions share: 2 for 1.2.3 and 1.2.9."""
    common = 0
    for one, other in zip(_SEPARATOR.split(old), _SEPARATOR.split(new), strict=False):
        if one != other:
            break
        common += 1
    return common


def changes(
    old: NodeRecord, new: NodeRecord, ignored: Collection[str] = frozenset()
) -> dict[str, list[Any]]:
    """The fields in which two specs of a package differ, each with both values.

    :param ignored: hashes; edges that lead to them are not looked at.
    """
    found: dict[str, list[Any]] = {}
    for key in FIELDS:
        values = [old.properties.get(key), new.properties.get(key)]
        if values[0] != values[1]:
            found[key] = values
    variants = [set(node.properties["variants"]) for node in (old, new)]
    if variants[0] != variants[1]:
        found["variants"] = [sorted(variants[0] - variants[1]), sorted(variants[1] - variants[0])]
    edges = [[edge for edge in node.edges if edge.hash not in ignored] for node in (old, new)]
    return found | _edge_changes(*edges)


def _edge_changes(old: Sequence[Edge], new: Sequence[Edge]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    before, after = _types(old), _types(new)
    if before.keys() != after.keys():
        found["dependencies"] = [
            sorted(before.keys() - after.keys()),
            sorted(after.keys() - before.keys()),
        ]
    differing = sorted(n for n in before.keys() & after.keys() if before[n] != after[n])
    if differing:
        found["deptypes"] = [{name: each[name] for name in differing} for each in (before, after)]
    return found


def _types(edges: Sequence[Edge]) -> dict[str, list[str]]:
    """The types of the edges to each package; of several edges to one package, of all of them."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        known = found.get(edge.name, [])
        found[edge.name] = known + [kind for kind in edge.deptypes if kind not in known]
    return {name: sorted(kinds) for name, kinds in found.items()}
