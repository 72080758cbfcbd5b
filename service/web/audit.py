"""`/audit`: which requests and commands wrote to the graph."""

from functools import partial

from flask import Blueprint, render_template, request

from service.api.listing import uncounted_page_by_key
from service.api.request import bounded
from service.api.schemas.audit import AuditArguments
from service.queries.audit import AuditFilter, find_entries
from service.queries.times import parse_time
from service.web.builds import given_filters, next_address
from service.web.views import address_of, arguments_of

blueprint = Blueprint("audit_page", __name__)

ADVICE = "name a token, a digest or a time"
_NAMES = ("name", "address", "since", "digest")


@blueprint.get("/audit")
def show_audit() -> str:
    """Show the newest entries of the audit. It needs the scope admin where tokens are required."""
    given = given_filters(_NAMES)
    paging = {key: request.args.get(key) for key in ("limit", "cursor")}
    arguments = arguments_of(AuditArguments, {**given, **paging})
    wanted = AuditFilter(
        name=arguments["name"],
        digest=arguments["digest"],
        address=arguments["address"],
        since=parse_time("since", arguments["since"]),
    )
    page = uncounted_page_by_key(arguments, "uid", partial(find_entries, bounded(ADVICE), wanted))
    return render_template(
        "lists/audit.html",
        given=given,
        page=page,
        next=next_address(page["next"]),
        json_twin=address_of("/api/v1/audit", **given),
    )
