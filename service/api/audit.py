"""`/audit`: which requests and commands wrote to the graph."""

from functools import partial

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import UncountedPage, uncounted_page_by_key
from service.api.request import Arguments, bounded
from service.api.schemas import audit as schemas
from service.queries.audit import AuditFilter, find_entries
from service.queries.times import parse_time

ADVICE = "name a token, a digest or a time"

blueprint = Blueprint("audit", __name__, description="Who wrote what to the graph.")


@blueprint.route("/audit")
@blueprint.arguments(schemas.AuditArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.AuditPageSchema)
def audit(arguments: Arguments) -> UncountedPage:
    """List the requests and commands that wrote to the graph, newest first.

    An upload of spec documents that were all known has no entry.
    """
    wanted = AuditFilter(
        name=arguments["name"],
        digest=arguments["digest"],
        address=arguments["address"],
        since=parse_time("since", arguments["since"]),
    )
    return uncounted_page_by_key(arguments, "uid", partial(find_entries, bounded(ADVICE), wanted))
