"""`/splices/plan` and `/specs/{hash}/plan`: planned splices, and the plans of stored ones."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.request import bounded, finish_page, name_content, scope_of, total_of
from service.api.schemas import splices as schemas
from service.dags.labels import label_root
from service.paging import cursors, offsets
from service.queries import many_plans, splice_origins
from service.queries.fixes import ADVICE as FIX_ADVICE
from service.queries.fixes import find_fixes
from service.queries.many_plans import PlansQuestion, plan_many
from service.queries.planned_abi import judged
from service.queries.plans import ADVICE, PlannedSplice, PlanQuestion, plan_stored_splice
from service.queries.splice_origins import SpliceOrigin, find_origin
from service.queries.stored_dags import find_dag
from service.queries.suggestions import require_site

blueprint = Blueprint("splices", __name__, description="Splices planned before they are built.")


@blueprint.route("/splices/plan", methods=["POST"])
@blueprint.arguments(schemas.PlanArguments, location="json", unknown=RAISE)
@blueprint.arguments(schemas.PlanOptions, location="query", unknown=RAISE)
@blueprint.response(200, schemas.PlanSchema)
def plan(arguments: dict[str, Any], options: dict[str, Any]) -> PlannedSplice:
    """Plan a splice: the spec that Spack would make of a target and a replacement.

    Nothing is stored. The splice is recognised by its pure hash when the real one is uploaded.
    With `abi=true` the answer has the verdict that `/specs/{hash}/abi` gives to installed splices.
    """
    limited = bounded(ADVICE)
    require_site(limited, options["site"])
    planned = plan_stored_splice(limited, PlanQuestion(**arguments))
    return judged(limited, planned, options["site"]) if options["abi"] else planned


@blueprint.route("/splices/plans", methods=["POST"])
@blueprint.arguments(schemas.PlansArguments, location="json", unknown=RAISE)
@blueprint.arguments(schemas.PlansOptions, location="query", unknown=RAISE)
@blueprint.response(200, schemas.PlansSchema)
def plans(arguments: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Plan every splice that could be deployed from what is built, page by page.

    A page examines some pairs of a target and a replacement; `next` continues even after a page
    without items, since Spack refuses some pairs. Within a page, plans that a recipe declares
    come first, then those that were seen before, of these the ones that relink the fewest specs.
    With `abi=true`, those that would start come first, then those of which that is not known, then
    those that would not, of these the ones that relink the fewest specs.
    """
    question = PlansQuestion(
        arguments["q"],
        arguments["with"],
        arguments["transitive"],
        arguments["site"],
        options["abi"],
    )
    scope = scope_of(arguments)
    offset = offsets.decode(arguments["cursor"], scope)
    page = plan_many(bounded(many_plans.ADVICE), question, offset, arguments["limit"])
    return {
        "items": page.items,
        "examined": page.examined,
        "next": offsets.next_cursor(offset, page.examined, page.total, scope),
        "total": total_of(page.total, exact=page.exact),
    }


@blueprint.route("/splices/fixes", methods=["POST"])
@blueprint.arguments(schemas.FixArguments, location="json", unknown=RAISE)
@blueprint.response(200, schemas.FixesSchema)
def fixes(arguments: dict[str, Any]) -> dict[str, Any]:
    """Find a splice that gets a flawed dependency out of each deployment, page by page.

    Roots for which only a rebuild helps are listed with the reason.
    """
    scope, limit = scope_of(arguments), arguments["limit"]
    position = cursors.decode(arguments["cursor"], scope)
    page = find_fixes(
        bounded(FIX_ADVICE),
        arguments["dependency"],
        arguments["with"],
        arguments["site"],
        position,
        limit,
    )
    shaped = finish_page(page.roots, page.total, limit, scope, seen=position.seen)
    return {**shaped, "items": page.items}


@blueprint.route("/specs/<hash>/plan")
@blueprint.arguments(schemas.ContentArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SpliceOriginSchema)
def get_origin(arguments: dict[str, Any], hash: str) -> SpliceOrigin:
    """Return the plan that gives exactly this splice, whatever hash Spack stored it under."""
    limited = bounded(splice_origins.ADVICE)
    dag = find_dag(limited, name_content(hash, arguments["content"]))
    return find_origin(limited, label_root(dag), dag)
