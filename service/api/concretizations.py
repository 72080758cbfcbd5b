"""`/concretizations`: specs that clients could not concretize."""

from functools import partial

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import page_by_time
from service.api.request import Arguments, Page, bounded
from service.api.schemas import concretizations as schemas
from service.queries.concretizations import (
    ADVICE,
    ConcretizationFilter,
    find_failed_concretizations,
)
from service.queries.times import parse_time

blueprint = Blueprint(
    "concretizations", __name__, description="Specs that clients could not concretize."
)


@blueprint.route("/concretizations")
@blueprint.arguments(schemas.ConcretizationArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.ConcretizationPageSchema)
def concretizations(arguments: Arguments) -> Page:
    """List specs that clients could not concretize, those reported last first.

    The clients of Spack 0.18 report them (`spack install --monitor`).
    """
    asked = ConcretizationFilter(
        package=arguments["package"],
        site=arguments["site"],
        since=parse_time("since", arguments["since"]),
        until=parse_time("until", arguments["until"]),
    )
    found = partial(find_failed_concretizations, bounded(ADVICE), asked)
    return page_by_time(arguments, found)
