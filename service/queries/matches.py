"""Why a spec is in an answer: the nodes that matched on its sides, each with a path to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from cypher.run import Database
from service.dags.provenance import matches
from service.queries.clauses import Literal
from service.queries.stored_dags import load_dag

MATCHES_SHOWN = 3
"""Most matches that an answer explains for a side."""

Sides = Mapping[str, Sequence[Literal]]
"""For each side that was asked for, the literals of which it can hold a match."""

_STATEMENTS = {
    "built_with": "paths_built",
    "deployed_with": "paths_deployed",
    "spliced_from": "paths_spliced",
}


def explain(
    database: Database, items: Sequence[dict[str, Any]], sides: Sides, *, roots: bool
) -> None:
    """Add to each item which nodes matched on its sides, and by which path.

    Paths are those of the graph. What a root reaches is what its document tells; where that is
    not what the graph shows, they are read off the document.
    """
    if not items or not sides:
        return
    hashes = [item["hash"] for item in items]
    found = {side: _paths(database, side, hashes, literals) for side, literals in sides.items()}
    in_conflict = set(database.read_one("roots_in_conflict", hashes=hashes)) if roots else set()
    for item in items:
        hash_ = item["hash"]
        item["matches"] = {side: found[side].get(hash_, []) for side in sides}
        if hash_ in in_conflict:
            item["matches"] |= _from_document(database, hash_, sides)


def _paths(
    database: Database, side: str, hashes: Sequence[str], literals: Sequence[Literal]
) -> dict[str, list[dict[str, Any]]]:
    """For each spec the nearest matches on a side."""
    wanted = [literal.set or literal.wanted for literal in literals]
    rows = database.read_one(_STATEMENTS[side], hashes=hashes, wanted=wanted, limit=MATCHES_SHOWN)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for hash_, _, nodes, edges in sorted(rows, key=lambda row: (len(row[2]), row[1])):
        known = found.setdefault(hash_, {})
        if nodes[-1][0] not in known and len(known) < MATCHES_SHOWN * len(literals):
            known[nodes[-1][0]] = {**_label(nodes[-1]), "path": _path(nodes, edges)}
    return {hash_: list(each.values()) for hash_, each in found.items()}


def _label(node: Sequence[Any]) -> dict[str, Any]:
    return {"hash": node[0], "name": node[1], "version": node[2]}


def _path(nodes: Sequence[Any], edges: Sequence[Any]) -> list[dict[str, Any]]:
    """A path as an answer shows it: the nodes in order, each with the step that led to it."""
    described = [_label(nodes[0])]
    for node, (deptypes, virtuals) in zip(nodes[1:], edges, strict=True):
        if deptypes is None:
            described.append({**_label(node), "by": "SPLICED_FROM"})
        else:
            edge = {"by": "DEPENDS_ON", "deptypes": deptypes, "virtuals": virtuals}
            described.append({**_label(node), **edge})
    return described


def _from_document(database: Database, root: str, sides: Sides) -> dict[str, Any]:
    """Matches as the root's own document has them; what was spliced is told by the graph."""
    database.tick()
    dag = load_dag(database, root)
    if dag is None:
        return {}
    told = {}
    for side in sides.keys() - {"spliced_from"}:
        fitting: set[str] = set()
        for literal in sides[side]:
            source = literal.set or literal.wanted
            fitting.update(database.read_one("keep_fitting", hashes=list(dag.nodes), w=source))
        built = side == "built_with"
        told[side] = matches(dag, frozenset(fitting), built=built, limit=MATCHES_SHOWN)
    return told
