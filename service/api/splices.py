"""`/splices/plan` and `/specs/{hash}/plan`: splices that nobody has built yet, and their plans."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.request import bounded, name_content
from service.api.schemas import splices as schemas
from service.dags.labels import label_root
from service.queries import splice_origins
from service.queries.plans import ADVICE, PlannedSplice, PlanQuestion, plan_stored_splice
from service.queries.splice_origins import SpliceOrigin, find_origin
from service.queries.stored_dags import find_dag

blueprint = Blueprint("splices", __name__, description="Splices planned before they are built.")


@blueprint.route("/splices/plan", methods=["POST"])
@blueprint.arguments(schemas.PlanArguments, location="json", unknown=RAISE)
@blueprint.response(200, schemas.PlanSchema)
def plan(arguments: dict[str, Any]) -> PlannedSplice:
    """Plan a splice: the spec that Spack would make of a target and a replacement.

    Nothing is stored. The splice is recognised by its pure hash when the real one is uploaded.
    """
    return plan_stored_splice(bounded(ADVICE), PlanQuestion(**arguments))


@blueprint.route("/specs/<hash>/plan")
@blueprint.arguments(schemas.ContentArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SpliceOriginSchema)
def get_origin(arguments: dict[str, Any], hash: str) -> SpliceOrigin:
    """Return the plan that gives exactly this splice, whatever hash Spack stored it under."""
    limited = bounded(splice_origins.ADVICE)
    dag = find_dag(limited, name_content(hash, arguments["content"]))
    return find_origin(limited, label_root(dag), dag)
