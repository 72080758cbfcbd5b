"""`/conflicts`: records that claim a hash for which the graph shows another record."""

from flask import Blueprint, render_template, request

from service.api.request import database, finish_page, scope_of
from service.api.schemas.specs import PagingArguments
from service.paging import cursors
from service.queries.conflicts import find_conflicts
from service.web.builds import next_address
from service.web.views import arguments_of

blueprint = Blueprint("conflict_pages", __name__)


@blueprint.get("/conflicts")
def show_conflicts() -> str:
    """Show the records in conflict, by name."""
    arguments = arguments_of(PagingArguments, request.args)
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    items, total = find_conflicts(database(), position, arguments["limit"] + 1)
    page = finish_page(items, total, arguments["limit"], scope, seen=position.seen)
    return render_template(
        "lists/conflicts.html",
        page=page,
        next=next_address(page["next"]),
        json_twin="/api/v1/conflicts",
    )
