"""`/nearest`: the stored specs nearest to one that none was reused for."""

from flask import Blueprint, render_template

from service.api.request import bounded
from service.queries.nearest import ADVICE, find_nearest
from service.queries.parsing import parse_one
from service.web.builds import given_filters
from service.web.views import address_of

blueprint = Blueprint("nearest_page", __name__)

SHOWN = 20
"""Most specs on the page."""


@blueprint.get("/nearest")
def show_nearest() -> str:
    """Show the nearest stored specs with what differs, or the box to enter a spec."""
    given = given_filters(("spec",))
    constraint = parse_one("spec", given["spec"])
    found = None if constraint is None else find_nearest(bounded(ADVICE), constraint, SHOWN)
    return render_template(
        "lists/nearest.html",
        given=given,
        found=found,
        json_twin=address_of("/api/v1/nearest", spec=given["spec"]) if found else None,
    )
