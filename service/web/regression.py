"""`/regression`: compare the last success of a package to the first failure after it."""

from flask import Blueprint, render_template

from service.api.request import bounded
from service.api.schemas.builds import RegressionArguments
from service.queries.attempts import ADVICE
from service.queries.parsing import parse_one
from service.queries.regression import find_regression
from service.web.builds import given_filters
from service.web.pictures import differences
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of

blueprint = Blueprint("regression_page", __name__)

CHANGES = {**differences.CHANGES, "removed": "only in the success", "added": "only in the failure"}
"""How a package differs, in words for the page."""


@blueprint.get("/regression")
def show_regression() -> str:
    """Show the turn from success to failure, or a form if no package is named."""
    given = given_filters(("q", "site"))
    found = None
    if given["q"]:
        asked = arguments_of(RegressionArguments, given)
        constraint = parse_one("q", asked["q"])
        found = find_regression(bounded(ADVICE), constraint, asked["site"])
        turn = [each["uid"] for each in (found.success, found.failure) if each]
        draw_page("regression", uids=turn)
    return render_template(
        "builds/regression.html",
        given=given,
        found=found,
        packages=differences.differing_packages(found.entries) if found else [],
        changes=CHANGES,
        json_twin=address_of("/api/v1/regression", **given) if found else None,
    )
