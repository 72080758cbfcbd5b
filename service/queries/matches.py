"""The reason why a spec is in an answer: nodes that matched on its sides, and the paths to them."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from cypher.run import Database
from service.dags.labels import PathNode, SpecLabel
from service.dags.provenance import ProvenanceMatch, matches_in_dag
from service.queries.node_filter import NodeFilter
from service.queries.query import SpecItem
from service.queries.stored_dags import load_dag

MATCHES_SHOWN = 3
"""Most matches that an answer explains for a side."""

Sides = Mapping[str, Sequence[NodeFilter]]
"""For each side of the query, the filters of the nodes that can be a match."""

_STATEMENTS = {
    "built_with": "matches_built_with",
    "deployed_with": "matches_deployed_with",
    "spliced_from": "matches_spliced_from",
}
_PACKAGE_STATEMENTS = {
    **_STATEMENTS,
    "built_with": "matches_built_with_packages",
    "deployed_with": "matches_deployed_with_packages",
}
"""Those for filters that only name packages and versions, which plan faster."""


class _Step(TypedDict):
    """Properties of a relationship; both are None for SPLICED_FROM."""

    deptypes: list[str] | None
    virtuals: list[str]


class _Path(TypedDict):
    """A path from the spec with a hash, found for the filter at a place."""

    hash: str
    place: int
    nodes: list[SpecLabel]
    steps: list[_Step]


def explain(database: Database, items: Sequence[SpecItem], sides: Sides, *, roots: bool) -> None:
    """Add to each item which nodes matched on its sides, and by which path.

    Paths are those of the graph. Which nodes a root reaches is decided by its own document; if the
    graph shows another record for one of them, the paths are read off the document.

    Args:
        database: The graph.
        items: Specs of an answer.
        sides: The sides of the query.
        roots: Whether the items are roots.
    """
    if not items or not sides:
        return
    hashes = [item["hash"] for item in items]
    found = {side: _find_matches(database, side, hashes, sides[side]) for side in sides}
    in_conflict = set(database.read_one("roots_in_conflict", hashes=hashes)) if roots else set()
    for item in items:
        hash_ = item["hash"]
        item["matches"] = {side: found[side].get(hash_, []) for side in sides}
        if hash_ in in_conflict:
            item["matches"] |= _matches_in_document(database, hash_, sides)


def _find_matches(
    database: Database, side: str, hashes: Sequence[str], filters: Sequence[NodeFilter]
) -> dict[str, list[ProvenanceMatch]]:
    """Return for each spec the nearest matches on a side."""
    # A statement for each side: one for all of them took longer to plan than to run in turn.
    statements = _PACKAGE_STATEMENTS if all(each["plain"] for each in filters) else _STATEMENTS
    rows: list[_Path] = database.read_one(
        statements[side], hashes=hashes, filters=filters, limit=MATCHES_SHOWN
    )
    paths: dict[str, list[_Path]] = {}
    for row in rows:
        paths.setdefault(row["hash"], []).append(row)
    most = MATCHES_SHOWN * len(filters)
    return {hash_: _nearest(found, most) for hash_, found in paths.items()}


def _nearest(paths: Sequence[_Path], most: int) -> list[ProvenanceMatch]:
    """Return a match for each of the nodes at the end of some paths, the nearest first."""
    found: dict[str, ProvenanceMatch] = {}
    for path in sorted(paths, key=lambda each: (len(each["nodes"]), each["place"])):
        last = path["nodes"][-1]
        if last["hash"] not in found and len(found) < most:
            found[last["hash"]] = ProvenanceMatch(
                hash=last["hash"],
                name=last["name"],
                version=last["version"],
                path=_path(path["nodes"], path["steps"]),
            )
    return list(found.values())


def _path(nodes: Sequence[SpecLabel], steps: Sequence[_Step]) -> list[PathNode]:
    """Return the nodes of a path in order, each with the step that led to it."""
    described = [
        PathNode(hash=node["hash"], name=node["name"], version=node["version"]) for node in nodes
    ]
    for node, step in zip(described[1:], steps, strict=True):
        if step["deptypes"] is None:
            node["by"] = "SPLICED_FROM"
        else:
            node["by"] = "DEPENDS_ON"
            node["deptypes"] = step["deptypes"]
            node["virtuals"] = step["virtuals"]
    return described


def _matches_in_document(
    database: Database, root: str, sides: Sides
) -> dict[str, list[ProvenanceMatch]]:
    """Return matches as the root's own document has them; spliced_from is left to the graph."""
    database.check_clock()
    dag = load_dag(database, root)
    if dag is None:
        return {}
    found = {}
    for side in sides.keys() - {"spliced_from"}:
        passing: set[str] = set()
        for nodes in sides[side]:
            passing.update(database.read_one("keep_passing", hashes=list(dag.nodes), w=nodes))
        built = side == "built_with"
        found[side] = matches_in_dag(dag, frozenset(passing), built=built, limit=MATCHES_SHOWN)
    return found
