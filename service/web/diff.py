"""Two specs side by side: the packages of their DAGs that differ, and the fields."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request

from service.api.request import bounded, database
from service.dags import deptypes
from service.dags.diff import compare_dags, compilers_of, shared_nodes
from service.dags.labels import label_node, label_root
from service.paging import offsets
from service.paging.cursors import Position
from service.queries.candidates import Candidate, describe_candidates
from service.queries.errors import InvalidQuestionError
from service.queries.overview import find_comparisons
from service.queries.query import Query
from service.queries.roots import find
from service.queries.search import ADVICE
from service.queries.stored_dags import find_dag
from service.queries.stored_specs import read_spec
from service.web.chosen import box
from service.web.pictures.diff import diff_picture
from service.web.pictures.differences import CHANGES, differing_packages
from service.web.statements import draw_page
from service.web.views import address_of
from spec_syntax import Side, parse_query

blueprint = Blueprint("diff_page", __name__)

PAGE = 100
"""Packages on a page."""
MOST_SAME = 500
"""Most specs listed that are in both."""
_EXAMPLES = 6
_OTHERS = 20
"""Most other roots of a package offered for comparison."""


@blueprint.get("/diff")
def page() -> tuple[str, int]:
    """The differences between two DAGs, or the boxes to choose the two specs."""
    given = {key: request.args.get(key, "").strip() for key in ("a", "b", "types", "change")}
    if given["change"] and given["change"] not in CHANGES:
        raise InvalidQuestionError(f"change: one of {', '.join(CHANGES)}")
    types = deptypes.parse(given["types"]) if given["types"] else deptypes.ALL
    boxes = box("a", given["a"]), box("b", given["b"])
    shown: dict[str, Any] = {
        "boxes": boxes,
        "given": given,
        "address": address_of,
        "changes": CHANGES,
    }
    if boxes[0].hash and boxes[1].hash:
        draw_page("diff", a=boxes[0].hash, b=boxes[1].hash)
        found = _compare_dags(boxes[0].hash, boxes[1].hash, types, given)
        return render_template("diff.html", **shown, **found), 200
    status = 400 if any(each.fault for each in boxes) else 200
    chosen = boxes[0].hash or boxes[1].hash
    if chosen and not all(each.text for each in boxes):
        shown["others"] = _comparison_candidates(chosen)
    elif not any(each.text for each in boxes):
        shown["examples"] = find_comparisons(bounded(ADVICE), _EXAMPLES)
    return render_template("diff.html", **shown), status


def _compare_dags(
    a_hash: str, b_hash: str, types: frozenset[str], given: Mapping[str, str]
) -> dict[str, Any]:
    a, b = find_dag(database(), a_hash), find_dag(database(), b_hash)
    found = compare_dags(a, b, types)
    differing = differing_packages(found.entries, {dag.nodes[dag.root].name for dag in (a, b)})
    chosen = [each for each in differing if given["change"] in ("", each.change)]
    scope = f"/diff {a.digest} {b.digest} {sorted(types)} {given['change']}"
    shown, following = offsets.cut_page(chosen, PAGE, request.args.get("cursor"), scope)
    counts = Counter(package.change for package in differing)
    shared = shared_nodes(a, b, types)[:MOST_SAME]
    return {
        "a": label_root(a),
        "b": label_root(b),
        "same": found.same,
        "shared": [label_node(node, node.hash) for node in shared],
        "counts": {change: counts[change] for change in CHANGES},
        "differing": len(differing),
        "compilers": (compilers_of(a), compilers_of(b)),
        "packages": shown,
        "next": following and address_of("/diff", **given, cursor=following),
        "picture": diff_picture(a, b, types, differing) if differing else None,
        "json_twin": address_of("/api/v1/diff", a=a.root, b=b.root, deptypes=given["types"]),
    }


def _comparison_candidates(uid: str) -> list[Candidate]:
    """Return specs to compare with: the build spec, and other roots of the package."""
    spec = read_spec(bounded(ADVICE), uid)
    origin = spec["spliced_from"]
    query = Query(parse_query(spec["name"], Side.SELF))
    found = find(bounded(ADVICE), query, Position(), _OTHERS + 1).items
    uids = [item["uid"] for item in found if item["uid"] != uid][:_OTHERS]
    if origin and not origin["stub"]:
        uids = [origin["uid"], *(each for each in uids if each != origin["uid"])]
    specs = describe_candidates(bounded(ADVICE), uids)
    for other in specs:
        if origin and other["uid"] == origin["uid"]:
            other["facts"] = ["what it was built as", *other["facts"]]
    return specs
