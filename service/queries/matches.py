"""The reason why a spec is in an answer: nodes that matched on its sides, and the paths to them."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

from cypher.run import Database
from service.dags.labels import PathNode, SpecLabel, make_label
from service.dags.provenance import ProvenanceMatch
from service.queries.node_filter import NodeFilter
from service.queries.query import SpecItem

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
    """A path from the spec with an identity, found for the filter at a place."""

    uid: str
    place: int
    nodes: list[SpecLabel]
    steps: list[_Step]


def explain(database: Database, items: Sequence[SpecItem], sides: Sides) -> None:
    """Add to each item which nodes matched on its sides, and by which path.

    Args:
        database: The graph.
        items: Specs of an answer.
        sides: The sides of the query.
    """
    if not items or not sides:
        return
    uids = [item["uid"] for item in items]
    found = {side: _find_matches(database, side, uids, sides[side]) for side in sides}
    for item in items:
        item["matches"] = {side: found[side].get(item["uid"], []) for side in sides}


def _find_matches(
    database: Database, side: str, uids: Sequence[str], filters: Sequence[NodeFilter]
) -> dict[str, list[ProvenanceMatch]]:
    """Return for each spec the nearest matches on a side."""
    # A statement for each side: one for all of them took longer to plan than to run in turn.
    statements = _PACKAGE_STATEMENTS if all(each["plain"] for each in filters) else _STATEMENTS
    rows: list[_Path] = database.read_one(
        statements[side], uids=uids, filters=filters, limit=MATCHES_SHOWN
    )
    paths: dict[str, list[_Path]] = {}
    for row in rows:
        paths.setdefault(row["uid"], []).append(row)
    most = MATCHES_SHOWN * len(filters)
    return {uid: _nearest(found, most) for uid, found in paths.items()}


def _nearest(paths: Sequence[_Path], most: int) -> list[ProvenanceMatch]:
    """Return a match for each of the nodes at the end of some paths, the nearest first."""
    found: dict[str, ProvenanceMatch] = {}
    for path in sorted(paths, key=lambda each: (len(each["nodes"]), each["place"])):
        last = path["nodes"][-1]
        if last["uid"] not in found and len(found) < most:
            found[last["uid"]] = cast(
                ProvenanceMatch, {**_label(last), "path": _path(path["nodes"], path["steps"])}
            )
    return list(found.values())


def _label(node: SpecLabel) -> SpecLabel:
    return make_label(node["hash"], node["name"], node["version"])


def _path(nodes: Sequence[SpecLabel], steps: Sequence[_Step]) -> list[PathNode]:
    """Return the nodes of a path in order, each with the step that led to it."""
    described = [cast(PathNode, _label(node)) for node in nodes]
    for node, step in zip(described[1:], steps, strict=True):
        if step["deptypes"] is None:
            node["by"] = "SPLICED_FROM"
        else:
            node["by"] = "DEPENDS_ON"
            node["deptypes"] = step["deptypes"]
            node["virtuals"] = step["virtuals"]
    return described
