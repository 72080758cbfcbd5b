"""A planned splice: what would change if something was put in the place of a dependency."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from service.api.request import bounded, database
from service.dags.labels import label_root
from service.dags.splices import ROLES, Splice, compute_splice
from service.paging.cursors import Position
from service.queries import splice_origins
from service.queries.all_specs import find_all
from service.queries.candidates import Candidate, describe_candidates
from service.queries.errors import NotInGraphError, ParameterSyntaxError, UnplannableError
from service.queries.parsing import parse_expression
from service.queries.planned_abi import judged
from service.queries.plans import ADVICE, DEPLOYED, PlannedSplice, plan_dags
from service.queries.query import Query
from service.queries.stored_dags import find_dag
from service.web.chosen import box
from service.web.pictures.broken import broken_edges
from service.web.pictures.splice import SpliceAddresses, SpliceDrawing
from service.web.splice_rows import rows_of
from service.web.views import address_of
from spec_syntax import AllOf, Side

blueprint = Blueprint("plan_page", __name__)

_OFFERED = 20
"""Most specs that are offered as a replacement."""
_DEFAULTS = {"transitive": "yes", "kept": "", "relinked": ""}


@blueprint.get("/plan")
def page() -> tuple[str, int]:
    """A planned splice in the view of splices, or the boxes to choose the two specs."""
    names = ("target", "replacement", "transitive", "replace", "kept", "relinked")
    given = {key: request.args.get(key, "").strip() for key in names}
    given["transitive"] = "no" if given["transitive"] == "no" else "yes"
    boxes = box("target", given["target"]), box("replacement", given["replacement"])
    shown: dict[str, Any] = {"boxes": boxes, "given": given, "address": _address}
    shown["many"] = address_of("/plans", q=given["target"])
    if boxes[0].hash and boxes[1].hash:
        try:
            plan = _plan(boxes[0].hash, boxes[1].hash, given)
        except UnplannableError as error:
            return render_template("plan.html", **shown, refusal=str(error)), 422
        return render_template("plan.html", **shown, **_picture(plan, given)), 200
    if given["replace"] and not given["replacement"]:
        shown["offered"] = _offered(given["replace"])
    status = 400 if any(each.fault for each in boxes) else 200
    return render_template("plan.html", **shown), status


@blueprint.get("/spec/<hash_>/plan")
def origin(hash_: str) -> Response:
    """Lead to the plan that gives exactly a stored splice."""
    limited = bounded(splice_origins.ADVICE)
    dag = find_dag(limited, hash_)
    plan = splice_origins.find_origin(limited, label_root(dag), dag).plan
    if plan is None:
        raise NotInGraphError(
            f"/{hash_[:40]}: no plan gives this splice; it was not spliced, was spliced several "
            "times, or what was put in is not stored"
        )
    given = {
        "target": plan.target["hash"],
        "replacement": plan.replacement["hash"],
        "transitive": "yes" if plan.transitive else "no",
    }
    return redirect(_address(given))  # type: ignore[return-value]


def _address(given: dict[str, str], **changed: str) -> str:
    """Return the address of the page with some arguments changed."""
    arguments = {**given, **changed}
    kept = {key: value for key, value in arguments.items() if value != _DEFAULTS.get(key, "")}
    return address_of("/plan", **kept)


def _plan(target: str, replacement: str, given: dict[str, str]) -> PlannedSplice:
    limited = bounded(ADVICE)
    plan = plan_dags(
        limited,
        find_dag(limited, target),
        find_dag(limited, replacement),
        transitive=given["transitive"] == "yes",
        replace=given["replace"] or None,
    )
    return judged(limited, plan)


def _picture(plan: PlannedSplice, given: dict[str, str]) -> dict[str, Any]:
    splice = compute_splice(plan.dag, DEPLOYED)
    rows = rows_of(splice)
    addresses = SpliceAddresses(
        card=lambda each: _card_of(splice, each),
        draw_kept=None if given["kept"] == "all" else _address(given, kept="all"),
        draw_relinked=None if given["relinked"] == "all" else _address(given, relinked="all"),
    )
    drawing = SpliceDrawing(splice, addresses, broken_edges(splice, plan.abi) if plan.abi else {})
    other = "no" if given["transitive"] == "yes" else "yes"
    return {
        "plan": plan,
        "abi": plan.abi,
        "planned": {each["hash"] for each in plan.nodes},
        "picture": drawing.draw_picture(),
        "rows": {role: [row for row in rows if row.role == role] for role in ROLES},
        "counts": {role: sum(row.role == role for row in rows) for role in ROLES},
        "other_kind": _address(given, transitive=other),
        "drawn": len(drawing.drawn),
        "is_cut": drawing.is_cut,
    }


def _card_of(splice: Splice, hash_: str) -> str:
    """Return the address of the details of a spec; those of a planned one, of what was built."""
    return f"/spec/{splice.before_relinking.get(hash_, hash_)}/card?root={splice.before}"


def _offered(name: str) -> list[Candidate]:
    """Return stored specs of a package, to be put in the place of one of them."""
    try:
        expression = parse_expression("replace", name, Side.SELF)
    except ParameterSyntaxError:
        return []
    found = find_all(database(), Query(AllOf(tuple(expression))), Position(), _OFFERED)
    return describe_candidates(database(), [item["uid"] for item in found.items])
