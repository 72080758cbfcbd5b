"""Two DAGs, package by package."""

from collections import defaultdict
from typing import Any

from loaders.records import NodeRecord
from service.dag import Dag
from service.provenance import label

_FIELDS = (
    *("version", "namespace", "platform", "os", "target", "compiler", "compiler_version"),
    *("external", "spliced"),
)


def compare(a: Dag, b: Dag, *, runtime: bool) -> tuple[int, list[dict[str, Any]]]:
    """What differs between two DAGs.

    :param runtime: look only at what is there at run time, else at the whole deployed DAG with
        its build dependencies; build specs are not compared.
    :returns: the number of specs in both, and an entry a package that differs. `changed` names
        the fields; `dependencies` means that only something below differs.
    """
    in_a, in_b = _deployed(a, runtime), _deployed(b, runtime)
    same = in_a.keys() & in_b.keys()
    left, right = _by_name(in_a, same), _by_name(in_b, same)
    entries = []
    for name in sorted(left.keys() | right.keys()):
        before, after = left.get(name, []), right.get(name, [])
        changes = _changes(before, after)
        entries.append(
            {
                "name": name,
                "change": _kind(before, after, changes),
                "a": [label(node, node.hash) for node in before],
                "b": [label(node, node.hash) for node in after],
                "fields_": changes,
            }
        )
    return len(same), entries


def _deployed(dag: Dag, runtime: bool) -> dict[str, NodeRecord]:
    reached: dict[str, NodeRecord] = {}
    waiting = [dag.root]
    while waiting:
        hash_ = waiting.pop()
        node = dag.nodes.get(hash_)
        if node is not None and hash_ not in reached:
            reached[hash_] = node
            waiting += [edge.hash for edge in node.edges if edge.runtime or not runtime]
    return reached


def _by_name(nodes: dict[str, NodeRecord], same: set[str]) -> dict[str, list[NodeRecord]]:
    grouped: dict[str, list[NodeRecord]] = defaultdict(list)
    for hash_ in sorted(nodes.keys() - same):
        grouped[nodes[hash_].name].append(nodes[hash_])
    return grouped


def _kind(before: list[NodeRecord], after: list[NodeRecord], changes: dict[str, Any]) -> str:
    if not before:
        return "added"
    if not after:
        return "removed"
    return "changed" if changes else "dependencies"


def _changes(before: list[NodeRecord], after: list[NodeRecord]) -> dict[str, Any]:
    if not before or not after:
        return {}
    if len(before) > 1 or len(after) > 1:
        versions = [sorted(node.version for node in side) for side in (before, after)]
        return {"version": versions} if versions[0] != versions[1] else {}
    old, new = before[0], after[0]
    changes: dict[str, Any] = {}
    for key in _FIELDS:
        values = [old.properties.get(key), new.properties.get(key)]
        if values[0] != values[1]:
            changes[key] = values
    variants = [set(node.properties["variants"]) for node in (old, new)]
    if variants[0] != variants[1]:
        changes["variants"] = [
            sorted(variants[0] - variants[1]),
            sorted(variants[1] - variants[0]),
        ]
    changes |= _edge_changes(old, new)
    return changes


def _edge_changes(old: NodeRecord, new: NodeRecord) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    names = [{edge.name for edge in node.edges} for node in (old, new)]
    if names[0] != names[1]:
        changes["dependencies"] = [sorted(names[0] - names[1]), sorted(names[1] - names[0])]
    types = [{(e.name, e.deptypes) for e in node.edges} for node in (old, new)]
    shared = {edge.name: edge.deptypes for edge in old.edges if edge.name in names[0] & names[1]}
    other = {edge.name: edge.deptypes for edge in new.edges if edge.name in shared}
    if types[0] != types[1] and shared != other:
        differing = sorted(name for name in other if shared[name] != other[name])
        changes["deptypes"] = [
            {name: list(shared[name]) for name in differing},
            {name: list(other[name]) for name in differing},
        ]
    return changes
