"""Two DAGs, compared package by package."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from loaders.specs.node import Edge, NodeRecord
from service.dags.dag import Dag
from service.dags.deptypes import ALL
from service.dags.labels import SpecLabel, label_node
from service.dags.pairing import FieldChanges, Pair, field_changes, pair_up

LANGUAGES = frozenset({"c", "cxx", "fortran"})
"""The virtuals that compilers provide."""

Nodes = Mapping[str, NodeRecord]


@dataclass(frozen=True, slots=True)
class SpecPair:
    """Two specs of one package that correspond, and the fields in which they differ."""

    a: SpecLabel
    b: SpecLabel
    fields: FieldChanges


@dataclass(frozen=True, slots=True)
class PackageDiff:
    """A package that differs between two DAGs.

    Attributes:
        name: Name of the package.
        change: `added`, `removed`, `changed`; or `dependencies` if only something below differs.
        a: Its specs that only the first DAG has.
        b: Its specs that only the second DAG has.
        fields: Aspects that differ if each side has at most one such spec; else only the versions.
        pairs: The specs that correspond, if a side has several.
    """

    name: str
    change: str
    a: list[SpecLabel]
    b: list[SpecLabel]
    fields: FieldChanges = field(default_factory=dict)
    pairs: list[SpecPair] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DagDiff:
    """How two DAGs differ.

    Attributes:
        same: Number of specs in both.
        entries: One entry for each package that differs, by name.
    """

    same: int
    entries: list[PackageDiff]


def compare_dags(a: Dag, b: Dag, types: Collection[str]) -> DagDiff:
    """Compare two DAGs package by package; build specs are not compared.

    Args:
        a: The first DAG.
        b: The second.
        types: Dependency types of which an edge must have one to be followed.
    """
    return compare_nodes(a.reachable_nodes(types), b.reachable_nodes(types))


def compare_nodes(in_a: Nodes, in_b: Nodes) -> DagDiff:
    """Compare two sets of nodes, by identity, package by package."""
    same = in_a.keys() & in_b.keys()
    left, right = group_by_package(in_a, same), group_by_package(in_b, same)
    names = sorted(left.keys() | right.keys())
    entries = [_compare_package(name, left.get(name, []), right.get(name, [])) for name in names]
    return DagDiff(len(same), entries)


def shared_nodes(a: Dag, b: Dag, types: Collection[str]) -> list[NodeRecord]:
    """Return the specs that both DAGs have, by name, version and hash."""
    in_a, in_b = a.reachable_nodes(types), b.reachable_nodes(types)
    return sorted((in_a[hash_] for hash_ in in_a.keys() & in_b.keys()), key=_sort_key)


def group_by_package(nodes: Nodes, same: Collection[str]) -> dict[str, list[NodeRecord]]:
    """Return the specs of each package by version and hash, without those on both sides."""
    grouped: dict[str, list[NodeRecord]] = defaultdict(list)
    for node in sorted((n for n in nodes.values() if n.hash not in same), key=_sort_key):
        grouped[node.name].append(node)
    return grouped


def _sort_key(node: NodeRecord) -> tuple[str, str, str]:
    return node.name, node.properties["version_key"], node.hash


def _compare_package(
    name: str, before: Sequence[NodeRecord], after: Sequence[NodeRecord]
) -> PackageDiff:
    pairs = pair_up(before, after)
    differing = [field_changes(*pair) for pair in pairs]
    several = bool(before and after) and (len(before) > 1 or len(after) > 1)
    fields = _version_changes(before, after) if several else next(iter(differing), {})
    return PackageDiff(
        name=name,
        change=_kind_of_change(before, after, changed=any([fields, *differing])),
        a=[label_node(node, node.hash) for node in before],
        b=[label_node(node, node.hash) for node in after],
        fields=fields,
        pairs=[_label_pair(*each) for each in zip(pairs, differing, strict=True)]
        if several
        else [],
    )


def _label_pair(pair: Pair, fields: FieldChanges) -> SpecPair:
    old, new = pair
    return SpecPair(label_node(old, old.hash), label_node(new, new.hash), fields)


def _version_changes(before: Iterable[NodeRecord], after: Iterable[NodeRecord]) -> FieldChanges:
    left, right = [node.version for node in before], [node.version for node in after]
    return {"version": (left, right)} if left != right else {}


def _kind_of_change(
    before: Sequence[NodeRecord], after: Sequence[NodeRecord], *, changed: bool
) -> str:
    if not before:
        return "added"
    if not after:
        return "removed"
    return "changed" if changed else "dependencies"


def virtual_providers(edges: Iterable[Edge], virtuals: Collection[str]) -> frozenset[str]:
    """Return the hashes at the end of edges that provide one of some virtuals."""
    return frozenset(e.hash for e in edges if not set(virtuals).isdisjoint(e.virtuals))


def compilers_of(dag: Dag) -> list[str]:
    """Return the compilers of a DAG as `name@version`.

    They are attributes of nodes in formats 1 to 4, and providers of languages in format 5. Edges
    of all types are followed, since compilers are build dependencies.
    """
    nodes = dag.reachable_nodes(ALL)
    found = {compiler_attribute(node) for node in nodes.values()}
    edges = (edge for node in nodes.values() for edge in node.edges)
    for hash_ in virtual_providers(edges, LANGUAGES) & nodes.keys():
        node = nodes[hash_]
        found.add((node.name, node.properties["version_key"], node.version))
    return [f"{name}@{version}" for name, _, version in sorted(filter(None, found))]


def compiler_attribute(node: NodeRecord) -> tuple[str, str, str] | None:
    """Return the compiler that is an attribute of a node: name, version key and version."""
    found = node.properties
    if "compiler" not in found:
        return None
    return found["compiler"], found["compiler_version_key"], found["compiler_version"]
