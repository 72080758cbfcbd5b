"""Who depends on a spec: directly or through others, at run time or to be built."""

from flask import Blueprint, render_template, request

from service.api.request import full_hash
from service.api.schemas import traversals as schemas
from service.api.traversals import dependents as dependents_view
from service.web import spec
from service.web.views import address, answer

blueprint = Blueprint("dependents_page", __name__)

PAGE = 50
"""Dependents on a page."""
_ASKED = ("transitive", "runtime", "roots_only")


@blueprint.get("/spec/<hash_>/dependents")
def dependents_page(hash_: str) -> str:
    """A page of the specs that depend on one."""
    full = full_hash(hash_)
    asked = {key: value for key, value in request.args.items() if key in _ASKED and value}
    if asked.get("runtime") == "false":
        asked.pop("transitive", None)
    given = {"limit": PAGE, **request.args, "transitive": None, **asked}
    found = answer(dependents_view, schemas.DependentsArguments, given, hash_=full)
    here = request.path  # A cursor belongs to the path as it was asked for.
    return render_template(
        "dependents.html",
        spec=spec.of(full),
        asked=asked,
        found=found,
        next=address(here, **asked, cursor=found["next"]) if found["next"] else None,
        first=address(here, **asked) if request.args.get("cursor") else None,
        json_twin=address(f"/api/v1/specs/{full}/dependents", **asked),
    )
