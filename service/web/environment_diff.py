"""`/environments/diff`: two locked environments, or the last two states of one, side by side."""

from flask import Blueprint, render_template, request

from service.api.request import bounded
from service.queries.environment_diff import ADVICE, compare_environments
from service.web.builds import given_filters
from service.web.pictures.differences import CHANGES
from service.web.views import address_of

blueprint = Blueprint("environment_diff_page", __name__)

FILTERS = ("a", "b", "site")
MOST_PACKAGES = 1000
"""Most packages on the page; the JSON answer has pages."""


@blueprint.get("/environments/diff")
def show_environment_diff() -> str:
    """Show how two environments differ, or the form to choose them."""
    given = given_filters(FILTERS)
    found = None
    if given["a"]:
        site = request.args.get("site") or None
        found = compare_environments(bounded(ADVICE), given["a"], given["b"] or None, site)
    return render_template(
        "builds/environment_diff.html",
        given=given,
        found=found,
        entries=found.specs.entries[:MOST_PACKAGES] if found else [],
        changes=CHANGES,
        json_twin=address_of("/api/v1/diff/environments", **given) if found else None,
    )
