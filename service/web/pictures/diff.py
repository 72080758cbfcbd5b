"""Two DAGs as one picture: differences are drawn, shared specs are folded to counts."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from loaders.specs.node import NodeRecord
from service.dags.dag import Dag
from service.dags.deptypes import ALL
from service.dags.labels import SpecLabel
from service.web.pictures.differences import CHANGES, DifferingPackage, SpecRow
from service.web.pictures.folding import (
    Arrow,
    connected_groups,
    contract_edges,
    distances_from,
    reduce_edges,
)
from service.web.pictures.picture import (
    Picture,
    PictureEdge,
    PictureNode,
    spec_title,
    version_note,
)

MOST = 40
"""Most packages that differ and get nodes of their own."""
FEW = 50
"""Up to this many differing packages, those that only differ further down are drawn too."""
_ROLES = {"changed": "changed", "removed": "taken-out", "added": "put-in", "dependencies": "plain"}
_FOLDS = {"same": "the same", "dependencies": "differ further down", "rest": "more that differ"}
_LISTED_AT = {"same": "#same", "dependencies": "#packages", "rest": "#packages"}
"""Parts of the page that list the members of a fold."""
_NAMED = 2
"""Most packages that a fold names."""

TypesBySide = Mapping[str, Sequence[str]]
"""The deptypes of an edge on the sides that have it, `a` and `b`."""


def diff_picture(
    a: Dag, b: Dag, types: Collection[str], differing: Sequence[DifferingPackage]
) -> Picture:
    """Draw the union of two DAGs, in which corresponding specs are one node.

    Args:
        a: The first DAG.
        b: The second.
        types: The dependency types that are followed.
        differing: All packages that differ.
    """
    in_a, in_b = a.reachable_nodes(types), b.reachable_nodes(types)
    rows = {row.id: row for package in differing for row in package.rows}
    same = {hash_: in_a[hash_] for hash_ in in_a.keys() & in_b.keys()}
    place = {spec["hash"]: id_ for id_, row in rows.items() for spec in (row.a, row.b) if spec}
    edges = _edges_of_sides((in_a, in_b), types, place)
    roots = {place.get(dag.root, dag.root) for dag in (a, b)}
    folds = _find_folds(edges, _to_fold(rows, same, distances_from(edges, roots)))
    fold_of = {each: fold for fold, ids in folds.items() for each in ids}
    both = {id_ for id_, row in rows.items() if row.a and row.b} | same.keys()
    names = {id_: str(_shown_spec(row)["name"]) for id_, row in rows.items()}
    names |= {hash_: node.name for hash_, node in same.items()}
    drawn = [row for id_, row in rows.items() if id_ not in fold_of]
    alone = [node for hash_, node in same.items() if hash_ not in fold_of]
    return Picture(
        " beside ".join(spec_title(dag.nodes[dag.root], dag.root) for dag in (a, b)),
        [
            *(_of_row(row, b.root if row.b else a.root, top=row.id in roots) for row in drawn),
            *(_of_same(node, top=node.hash in roots) for node in alone),
            *(_of_fold(fold, [names[each] for each in ids]) for fold, ids in folds.items()),
        ],
        list(_drawn_edges(edges, fold_of, both)),
        start=place.get(b.root, b.root),
    )


def _shown_spec(row: SpecRow) -> SpecLabel:
    """Return the spec that represents a row: that of B, if there is one."""
    shown = row.b or row.a
    assert shown is not None
    return shown


def _edges_of_sides(
    sides: tuple[Mapping[str, NodeRecord], Mapping[str, NodeRecord]],
    types: Collection[str],
    place: Mapping[str, str],
) -> dict[Arrow, dict[str, list[str]]]:
    """Return the edges of both sides between the nodes of the picture."""
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
    rows: Mapping[str, SpecRow], same: Collection[str], distances: Mapping[str, int]
) -> dict[str, list[str]]:
    """Return the ids without a node of their own by the reason, a key of `_FOLDS`; never a root.

    Args:
        rows: The rows by their ids.
        same: Hashes of the specs on both sides.
        distances: For each id the number of steps from the roots.
    """
    others = [id_ for id_ in rows if distances[id_]]
    further_down = [id_ for id_ in others if rows[id_].change == "dependencies"]
    if len(rows) <= FEW:
        further_down = []
    left = [id_ for id_ in others if id_ not in set(further_down)]
    left.sort(key=lambda id_: (rows[id_].change != "changed", distances[id_]))
    shared = [hash_ for hash_ in sorted(same) if distances[hash_]]
    return {"same": shared, "dependencies": further_down, "rest": left[MOST:]}


def _find_folds(edges: Collection[Arrow], hidden: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the members of each fold: connected nodes, at least two."""
    return {
        f"{reason} {index}": members
        for reason, ids in hidden.items()
        for index, members in enumerate(connected_groups(edges, ids))
        if len(members) > 1
    }


def _drawn_edges(
    edges: Mapping[Arrow, TypesBySide], fold_of: Mapping[str, str], both: AbstractSet[str]
) -> Iterator[PictureEdge]:
    """Yield the edges that no longer path implies, and those that only one side has.

    Args:
        edges: All edges.
        fold_of: For each folded node the id of its fold.
        both: The nodes that both sides have.
    """
    sides: dict[Arrow, set[str]] = defaultdict(set)
    for arrow, types in edges.items():
        for drawn in contract_edges([arrow], fold_of):
            sides[drawn] |= types.keys()
    on_one_side = {
        arrow for arrow, having in sides.items() if len(having) == 1 and both >= set(arrow)
    } & edges.keys()
    # Reduced before and after: contracting creates new edges that a longer path may imply.
    needed = reduce_edges(contract_edges(reduce_edges(edges), fold_of))
    for arrow, having in sides.items():
        role = "plain" if len(having) == 2 else "taken-out" if having == {"a"} else "put-in"
        if arrow in needed or arrow in on_one_side:
            yield PictureEdge(*arrow, label=_edge_label(edges.get(arrow, {}), role), role=role)


def _edge_label(types: TypesBySide, role: str) -> str:
    texts = [", ".join(dict.fromkeys(kinds)) for _, kinds in sorted(types.items())]
    note = {"taken-out": " (only in A)", "put-in": " (only in B)"}.get(role, "")
    return " / ".join(dict.fromkeys(texts)) + note


def _of_row(row: SpecRow, root: str, *, top: bool) -> PictureNode:
    spec = _shown_spec(row)
    note = f"@{spec['version']}"
    if row.a and row.b and row.other_version:
        note = f"@{row.a['version']} \N{RIGHTWARDS ARROW} @{row.b['version']}"
    words = [word for word in row.field_names if word != "version"]
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


def _of_fold(fold: str, members: Sequence[str]) -> PictureNode:
    reason = fold.partition(" ")[0]
    names = sorted(set(members))
    note = ", ".join(names[:_NAMED]) + (", \N{HORIZONTAL ELLIPSIS}" if len(names) > _NAMED else "")
    label = f"{len(members)} {_FOLDS[reason]}"
    return PictureNode(fold, label, note, "fold", href=_LISTED_AT[reason])
