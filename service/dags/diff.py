"""Two DAGs, package by package."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from loaders.specs.node import Edge, NodeRecord
from service.dags.dag import Dag
from service.dags.deptypes import ALL
from service.dags.pairing import Pair, changes, pair_up
from service.dags.provenance import label

LANGUAGES = frozenset({"c", "cxx", "fortran"})
"""The virtuals that compilers provide."""

Nodes = Mapping[str, NodeRecord]


def compare(a: Dag, b: Dag, deptypes: Collection[str]) -> tuple[int, list[dict[str, Any]]]:
    """What differs between two DAGs; build specs are not compared.

    :param deptypes: the types that an edge must have one of to be followed.
    :returns: the number of specs in both, and an entry a package that differs. `changed` names
        the fields; `dependencies` means that only something below differs.
    """
    in_a, in_b = a.reached(deptypes), b.reached(deptypes)
    same = in_a.keys() & in_b.keys()
    left, right = by_name(in_a, same), by_name(in_b, same)
    names = sorted(left.keys() | right.keys())
    return len(same), [_entry(name, left.get(name, []), right.get(name, [])) for name in names]


def by_name(nodes: Nodes, same: Collection[str]) -> dict[str, list[NodeRecord]]:
    """The specs of each package by version and hash, without those that both sides have."""
    grouped: dict[str, list[NodeRecord]] = defaultdict(list)
    others = [node for node in nodes.values() if node.hash not in same]
    for node in sorted(others, key=lambda n: (str(n.properties["version_key"]), n.hash)):
        grouped[node.name].append(node)
    return grouped


def _entry(name: str, before: Sequence[NodeRecord], after: Sequence[NodeRecord]) -> dict[str, Any]:
    pairs = pair_up(before, after)
    differing = [changes(*pair) for pair in pairs]
    several = bool(before and after) and (len(before) > 1 or len(after) > 1)
    fields = _versions(before, after) if several else next(iter(differing), {})
    return {
        "name": name,
        "change": _kind(before, after, any([fields, *differing])),
        "a": [label(node, node.hash) for node in before],
        "b": [label(node, node.hash) for node in after],
        "fields_": fields,
        "pairs": [_pair(*each) for each in zip(pairs, differing, strict=True)] if several else [],
    }


def _pair(pair: Pair, fields: dict[str, Any]) -> dict[str, Any]:
    old, new = pair
    return {"a": label(old, old.hash), "b": label(new, new.hash), "fields_": fields}


def _versions(before: Iterable[NodeRecord], after: Iterable[NodeRecord]) -> dict[str, Any]:
    versions = [[node.version for node in side] for side in (before, after)]
    return {"version": versions} if versions[0] != versions[1] else {}


def _kind(before: Sequence[NodeRecord], after: Sequence[NodeRecord], changed: bool) -> str:
    if not before:
        return "added"
    if not after:
        return "removed"
    return "changed" if changed else "dependencies"


def providers(edges: Iterable[Edge], virtuals: Collection[str]) -> frozenset[str]:
    """The hashes that edges lead to which provide any of some virtuals."""
    return frozenset(e.hash for e in edges if not set(virtuals).isdisjoint(e.virtuals))


def compilers(dag: Dag) -> list[str]:
    """The compilers of a DAG, `name@version` each: attributes of nodes, or what provides languages.

    The edges of all types are followed, since compilers are build dependencies.
    """
    nodes = dag.reached(ALL)
    found = {compiler_of(node) for node in nodes.values()}
    edges = (edge for node in nodes.values() for edge in node.edges)
    for hash_ in providers(edges, LANGUAGES) & nodes.keys():
        node = nodes[hash_]
        found.add((node.name, str(node.properties["version_key"]), node.version))
    return [f"{name}@{version}" for name, _, version in sorted(filter(None, found))]


def compiler_of(node: NodeRecord) -> tuple[str, str, str] | None:
    """The compiler that is an attribute of a node: name, sort key and text of its version."""
    held = node.properties
    if "compiler" not in held:
        return None
    return held["compiler"], held["compiler_version_key"], held["compiler_version"]
