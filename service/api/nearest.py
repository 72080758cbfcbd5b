"""`/nearest`: the stored specs nearest to one that none was reused for."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.request import Arguments, bounded
from service.api.schemas import nearest as schemas
from service.queries.errors import InvalidQuestionError
from service.queries.nearest import ADVICE, find_nearest
from service.queries.parsing import parse_one

blueprint = Blueprint("nearest", __name__, description="Why no stored spec was reused.")


@blueprint.route("/nearest")
@blueprint.arguments(schemas.NearestArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.NearestSchema)
def nearest(arguments: Arguments) -> dict[str, Any]:
    """List the stored specs of a package that are nearest to a spec, with what differs.

    For an abstract spec these are the parts that a stored spec does not satisfy; for the hash of a
    stored spec its attributes and direct dependencies.
    """
    constraint = parse_one("spec", arguments["spec"])
    if constraint is None:
        raise InvalidQuestionError("spec: empty; name a package, or give the hash of a stored spec")
    found = find_nearest(bounded(ADVICE), constraint, arguments["limit"])
    return {"items": found.items, "compared": found.compared, "total": found.total}
