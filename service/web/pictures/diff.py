"""Two DAGs as one picture: what differs is drawn, what both have is folded to counts."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from loaders.specs.node import NodeRecord
from service.dags.dag import Dag
from service.dags.deptypes import ALL
from service.web.pictures.differences import CHANGES, Package, Row
from service.web.pictures.folding import Arrow, contracted, groups, nearness, reduced
from service.web.pictures.picture import Picture, PictureEdge, PictureNode, named, version_note

MOST = 40
"""Most packages that differ and get nodes of their own."""
FEW = 50
"""Where more differ, those that only differ further down are folded."""
_ROLES = {"changed": "changed", "removed": "taken-out", "added": "put-in", "dependencies": "plain"}
_FOLDS = {"same": "the same", "dependencies": "differ further down", "rest": "more that differ"}
_TOLD_AT = {"same": "#same", "dependencies": "#packages", "rest": "#packages"}
"""Where in the page the members of a fold are told."""
_NAMED = 2
"""Most packages that a fold names."""

Types = Mapping[str, Sequence[str]]
"""For the sides that have an edge, `a` and `b`: its deptypes there."""


def diff_picture(a: Dag, b: Dag, types: Collection[str], differing: Sequence[Package]) -> Picture:
    """The union of two DAGs, in which specs that belong with each other are one node.

    :param types: the dependency types that are followed.
    :param differing: all that differs.
    """
    in_a, in_b = a.reached(types), b.reached(types)
    rows = {row.id: row for package in differing for row in package.rows}
    same = {hash_: in_a[hash_] for hash_ in in_a.keys() & in_b.keys()}
    place = {spec["hash"]: id_ for id_, row in rows.items() for spec in (row.a, row.b) if spec}
    edges = _edges((in_a, in_b), types, place)
    roots = {place.get(dag.root, dag.root) for dag in (a, b)}
    folds = _folds(edges, _to_fold(rows, same, nearness(edges, roots)))
    fold_of = {each: fold for fold, ids in folds.items() for each in ids}
    both = {id_ for id_, row in rows.items() if row.a and row.b} | same.keys()
    names = {id_: str(_shown(row)["name"]) for id_, row in rows.items()}
    names |= {hash_: node.name for hash_, node in same.items()}
    drawn = [row for id_, row in rows.items() if id_ not in fold_of]
    alone = [node for hash_, node in same.items() if hash_ not in fold_of]
    return Picture(
        " beside ".join(named(dag.nodes[dag.root], dag.root) for dag in (a, b)),
        [
            *(_of_row(row, b.root if row.b else a.root, top=row.id in roots) for row in drawn),
            *(_of_same(node, top=node.hash in roots) for node in alone),
            *(_of_fold(fold, [names[each] for each in ids]) for fold, ids in folds.items()),
        ],
        list(_drawn(edges, fold_of, both)),
        start=place.get(b.root, b.root),
    )


def _shown(row: Row) -> Mapping[str, Any]:
    """The spec that stands for a row: that of B, where there is one."""
    return row.b or row.a or {}


def _edges(
    sides: tuple[Mapping[str, NodeRecord], Mapping[str, NodeRecord]],
    types: Collection[str],
    place: Mapping[str, str],
) -> dict[Arrow, dict[str, list[str]]]:
    """The edges of both sides between the nodes of the picture."""
    every = set(types) >= ALL
    found: dict[Arrow, dict[str, list[str]]] = defaultdict(dict)
    for side, nodes in zip("ab", sides, strict=True):
        for hash_, node in nodes.items():
            for edge in node.edges:
                if edge.hash in nodes and (every or not set(types).isdisjoint(edge.deptypes)):
                    arrow = place.get(hash_, hash_), place.get(edge.hash, edge.hash)
                    found[arrow].setdefault(side, []).extend(edge.deptypes)
    return found


def _to_fold(
    rows: Mapping[str, Row], same: Collection[str], near: Mapping[str, int]
) -> dict[str, list[str]]:
    """What gets no node of its own, by the reason, a key of `_FOLDS`; never a root.

    :param near: how many steps each is away from the roots.
    """
    others = [id_ for id_ in rows if near[id_]]
    below = [id_ for id_ in others if rows[id_].change == "dependencies"]
    if len(rows) <= FEW:
        below = []
    left = [id_ for id_ in others if id_ not in set(below)]
    left.sort(key=lambda id_: (rows[id_].change != "changed", near[id_]))
    shared = [hash_ for hash_ in sorted(same) if near[hash_]]
    return {"same": shared, "dependencies": below, "rest": left[MOST:]}


def _folds(edges: Collection[Arrow], hidden: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The members of each fold: what is connected, and more than one."""
    return {
        f"{reason} {index}": members
        for reason, ids in hidden.items()
        for index, members in enumerate(groups(edges, ids))
        if len(members) > 1
    }


def _drawn(
    edges: Mapping[Arrow, Types], fold_of: Mapping[str, str], both: AbstractSet[str]
) -> Iterator[PictureEdge]:
    """The edges of the picture: those that no longer way stands for, and those that came or went.

    :param both: the nodes that both sides have.
    """
    sides: dict[Arrow, set[str]] = defaultdict(set)
    for arrow, types in edges.items():
        for drawn in contracted([arrow], fold_of):
            sides[drawn] |= types.keys()
    came_or_went = {
        arrow for arrow, told in sides.items() if len(told) == 1 and both >= set(arrow)
    } & edges.keys()
    needed = reduced(contracted(reduced(edges), fold_of))
    for arrow, told in sides.items():
        role = "plain" if len(told) == 2 else "taken-out" if told == {"a"} else "put-in"
        if arrow in needed or arrow in came_or_went:
            yield PictureEdge(*arrow, label=_label(edges.get(arrow, {}), role), role=role)


def _label(types: Types, role: str) -> str:
    told = [", ".join(dict.fromkeys(kinds)) for _, kinds in sorted(types.items())]
    note = {"taken-out": " (only in A)", "put-in": " (only in B)"}.get(role, "")
    return " / ".join(dict.fromkeys(told)) + note


def _of_row(row: Row, root: str, *, top: bool) -> PictureNode:
    spec = _shown(row)
    note = f"@{spec['version']}"
    if row.a and row.b and row.other_version:
        note = f"@{row.a['version']} \N{RIGHTWARDS ARROW} @{row.b['version']}"
    words = [word for word in row.words if word != "version"]
    badges = [CHANGES[row.change]] if row.change != "changed" else words
    if len(badges) > 3:
        badges = [*badges[:2], f"{len(badges) - 2} more"]
    return PictureNode(
        row.id,
        str(spec["name"]),
        note,
        _ROLES[row.change],
        badges=["root", *badges] if top else badges,
        card=f"/spec/{spec['hash']}/card?root={root}",
    )


def _of_same(node: NodeRecord, *, top: bool) -> PictureNode:
    note, role = version_note(node, node.hash), "root" if top else "kept"
    return PictureNode(
        node.hash, node.name, note, role, badges=["the same"], card=f"/spec/{node.hash}/card"
    )


def _of_fold(fold: str, names: Sequence[str]) -> PictureNode:
    reason = fold.partition(" ")[0]
    told = sorted(set(names))
    note = ", ".join(told[:_NAMED]) + (", \N{HORIZONTAL ELLIPSIS}" if len(told) > _NAMED else "")
    return PictureNode(fold, f"{len(names)} {_FOLDS[reason]}", note, "fold", href=_TOLD_AT[reason])
