"""`/environments`: locked environments with their roots."""

from functools import partial

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import page_by_time
from service.api.request import Arguments, Page, bounded
from service.api.schemas import environments as schemas
from service.queries.environments import list_environments
from service.queries.installations import ADVICE

blueprint = Blueprint("environments", __name__, description="Locked environments.")


@blueprint.route("/environments")
@blueprint.arguments(schemas.EnvironmentArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.EnvironmentPageSchema)
def environments(arguments: Arguments) -> Page:
    """List locked environments with their roots, those loaded last first."""
    name, site = arguments["name"], arguments["site"]
    return page_by_time(arguments, partial(list_environments, bounded(ADVICE), name, site))
