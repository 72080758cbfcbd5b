"""Two specs side by side: which packages of their DAGs differ, and in what."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.exceptions import BadRequest

from loaders.specs.node import NodeRecord
from service.api.request import bounded
from service.api.spec import dag_of
from service.api.specs import SEARCH_ADVICE
from service.dags import deptypes
from service.dags.dag import Dag
from service.dags.diff import compare, compilers
from service.dags.provenance import label
from service.paging import offsets
from service.paging.cursors import Position
from service.queries.roots import Query, find
from service.web import examples
from service.web.chosen import box, facts_of
from service.web.pictures.diff import diff_picture
from service.web.pictures.differences import CHANGES, packages
from service.web.views import address
from spec_syntax import Side, parse_query

blueprint = Blueprint("diff_page", __name__)

PAGE = 100
"""Packages on a page."""
MOST_SAME = 500
"""Most specs that are in both and are listed."""
_EXAMPLES = 6
_OTHERS = 20
"""Other roots of a package that are offered to compare with."""


@blueprint.get("/diff")
def page() -> tuple[str, int]:
    """What differs between two DAGs, or the way to say which."""
    given = {key: request.args.get(key, "").strip() for key in ("a", "b", "types", "change")}
    if given["change"] and given["change"] not in CHANGES:
        raise BadRequest(f"change: one of {', '.join(CHANGES)}")
    types = deptypes.parse(given["types"]) if given["types"] else deptypes.ALL
    boxes = box("a", given["a"]), box("b", given["b"])
    shown: dict[str, Any] = {"boxes": boxes, "given": given, "address": address, "changes": CHANGES}
    if boxes[0].hash and boxes[1].hash:
        found = _compared(boxes[0].hash, boxes[1].hash, types, given)
        return render_template("diff.html", **shown, **found), 200
    status = 400 if any(each.fault for each in boxes) else 200
    chosen = boxes[0].hash or boxes[1].hash
    if chosen and not all(each.text for each in boxes):
        shown["others"] = _others(chosen)
    elif not any(each.text for each in boxes):
        shown["examples"] = examples.comparisons(_EXAMPLES)
    return render_template("diff.html", **shown), status


def _compared(
    a_hash: str, b_hash: str, types: frozenset[str], given: Mapping[str, str]
) -> dict[str, Any]:
    a, b = dag_of(a_hash), dag_of(b_hash)
    same, entries = compare(a, b, types)
    differing = packages(entries, {dag.nodes[dag.root].name for dag in (a, b)})
    wanted = [each for each in differing if given["change"] in ("", each.change)]
    scope = f"/diff {a.digest} {b.digest} {sorted(types)} {given['change']}"
    shown, following = offsets.page(wanted, PAGE, request.args.get("cursor"), scope)
    counts = Counter(package.change for package in differing)
    return {
        "a": label(a.nodes[a.root], a.root),
        "b": label(b.nodes[b.root], b.root),
        "same": same,
        "shared": _shared(a, b, types),
        "counts": {change: counts[change] for change in CHANGES},
        "differing": len(differing),
        "compilers": (compilers(a), compilers(b)),
        "packages": shown,
        "next": following and address("/diff", **given, cursor=following),
        "picture": diff_picture(a, b, types, differing) if differing else None,
        "json_twin": address("/api/v1/diff", a=a.root, b=b.root, deptypes=given["types"]),
    }


def _shared(a: Dag, b: Dag, types: frozenset[str]) -> list[dict[str, Any]]:
    """The specs that both have, by name."""
    in_a, in_b = a.reached(types), b.reached(types)
    nodes: list[NodeRecord] = [in_a[hash_] for hash_ in in_a.keys() & in_b.keys()]
    nodes.sort(key=lambda node: (node.name, str(node.properties["version_key"]), node.hash))
    return [label(node, node.hash) for node in nodes[:MOST_SAME]]


def _others(hash_: str) -> list[dict[str, Any]]:
    """What a spec may be compared with: its build spec, and other roots of its package."""
    record = bounded(SEARCH_ADVICE).read("spec", hash=hash_)[0]
    origin, name = record["spliced_from"], record["spec"]["name"]
    query = Query(parse_query(name, Side.SELF))
    found = find(bounded(SEARCH_ADVICE), query, Position(), _OTHERS + 1).items
    hashes = [item["hash"] for item in found if item["hash"] != hash_][:_OTHERS]
    if origin and not origin["stub"]:
        hashes = [origin["hash"], *(each for each in hashes if each != origin["hash"])]
    specs = facts_of(hashes)
    for spec in specs:
        if origin and spec["hash"] == origin["hash"]:
            spec["told"] = ["what it was built as", *spec["told"]]
    return specs
