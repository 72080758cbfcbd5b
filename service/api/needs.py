"""`/specs/{hash}/needs`: the versions of the system's libraries that a deployment needs."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.request import bounded, name_content
from service.api.schemas import needs as schemas
from service.queries import needs
from service.queries.needs import SystemNeeds, find_needs, parse_system
from service.queries.stored_dags import find_dag
from service.queries.suggestions import require_site

blueprint = Blueprint("needs", __name__, description="Needs of specs that the system meets.")


@blueprint.route("/specs/<hash>/needs")
@blueprint.arguments(schemas.NeedsArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SystemNeedsSchema)
def get_needs(arguments: dict[str, Any], hash: str) -> SystemNeeds:
    """Return the newest version of glibc and of GCC's runtime that some deployed file needs.

    They are those of symbols, not of packages. With `on` or `site`, the answer says whether the
    system there has them.
    """
    limited = bounded(needs.ADVICE)
    on = parse_system(arguments["on"])
    require_site(limited, arguments["site"])
    dag = find_dag(limited, name_content(hash, arguments["content"]))
    return find_needs(limited, dag, on, arguments["site"])
