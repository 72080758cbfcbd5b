"""The specs that depend on one: directly or through others, at run time or to be built."""

from flask import Blueprint, render_template, request

from service.api.listing import with_facts
from service.api.request import bounded, finish_page, identity_of, scope_of
from service.api.schemas.traversals import DependentsArguments
from service.paging import cursors
from service.queries import dependents
from service.web import rows, spec
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of, name_in_address

blueprint = Blueprint("dependents_page", __name__)

PAGE = 50
"""Dependents on a page."""
_ASKED = ("transitive", "runtime", "roots_only")


@blueprint.get("/spec/<hash_>/dependents")
def dependents_page(hash_: str) -> str:
    """A page of the specs that depend on one."""
    uid = identity_of(hash_, request.args.get("content"))
    asked = {key: value for key, value in request.args.items() if key in _ASKED and value}
    if asked.get("runtime") == "false":
        asked.pop("transitive", None)
    given = {"limit": PAGE, **request.args, "transitive": None, **asked}
    arguments = arguments_of(DependentsArguments, given)
    scope, limit = scope_of(arguments), arguments["limit"]
    walk = dependents.Walk.parse(
        arguments["transitive"], arguments["runtime"], arguments["deptypes"]
    )
    position = cursors.decode(arguments["cursor"], scope)
    found = dependents.list_dependents(
        bounded(dependents.ADVICE),
        uid,
        walk,
        position,
        limit + 1,
        roots_only=arguments["roots_only"],
    )
    page = with_facts(
        finish_page(found.items, found.total, limit, scope, exact=found.exact, seen=position.seen),
        arguments,
    )
    shown = spec.spec_with_variants(uid)
    draw_page("dependents", uid=uid)
    here = request.path  # A cursor belongs to the path as it was requested.
    return render_template(
        "dependents.html",
        spec=shown,
        asked=asked,
        found=page,
        table=rows.table_of(here, page, {}),
        next=address_of(here, **asked, cursor=page["next"]) if page["next"] else None,
        first=address_of(here, **asked) if request.args.get("cursor") else None,
        json_twin=address_of(f"/api/v1/specs/{name_in_address(shown)}/dependents", **asked),
    )
