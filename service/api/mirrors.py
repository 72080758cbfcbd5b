"""`/mirrors`: build caches, and the specs that they offer."""

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.request import Arguments, bounded, full_hash
from service.api.schemas import mirrors as schemas
from service.queries.installations import ADVICE
from service.queries.mirrors import Mirror, list_mirrors

blueprint = Blueprint("mirrors", __name__, description="Build caches.")


@blueprint.route("/mirrors")
@blueprint.arguments(schemas.MirrorArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.MirrorsSchema)
def mirrors(arguments: Arguments) -> dict[str, list[Mirror]]:
    """List the build caches, or those that offer one spec."""
    offers = arguments["offers"]
    return {"items": list_mirrors(bounded(ADVICE), full_hash(offers) if offers else None)}
