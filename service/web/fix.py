"""`/fix`: how to get a flawed dependency out of every deployment."""

from flask import Blueprint, render_template, request

from service.api.request import bounded, finish_page, scope_of
from service.api.schemas.splices import FixArguments
from service.paging import cursors
from service.queries.fixes import ADVICE, Fix, find_fixes
from service.web.builds import given_filters, next_address
from service.web.views import address_of, arguments_of

blueprint = Blueprint("fix_page", __name__)


@blueprint.get("/fix")
def show_fixes() -> str:
    """Show a splice for each affected root, or why only a rebuild helps."""
    given = given_filters(("dependency", "with", "site"))
    if not given["dependency"]:
        return render_template("lists/fix.html", given=given)
    put_in = [given["with"]] if given["with"] else []
    asked = {**given, "limit": request.args.get("limit"), "cursor": request.args.get("cursor")}
    arguments = {**arguments_of(FixArguments, {**asked, "with": ""}), "with": put_in}
    scope, limit = scope_of(arguments), arguments["limit"]
    position = cursors.decode(arguments["cursor"], scope)
    found = find_fixes(
        bounded(ADVICE), arguments["dependency"], put_in, arguments["site"], position, limit
    )
    page = finish_page(found.roots, found.total, limit, scope, seen=position.seen)
    return render_template(
        "lists/fix.html",
        given=given,
        page=page,
        spliced=[each for each in found.items if each.splice],
        rebuilt=[each for each in found.items if not each.splice],
        plan_of=_plan_address,
        next=next_address(page["next"]),
    )


def _plan_address(fix: Fix) -> str:
    """Return the address of the plan of a root's splice."""
    assert fix.splice is not None
    return address_of(
        "/plan",
        target=fix.root["hash"],
        replacement=fix.splice.replacement["hash"],
        transitive=None if fix.splice.transitive else "no",
    )
