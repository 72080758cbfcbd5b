"""`/regression`: what separates the last success of a package from the first failure after it."""

from flask import Blueprint, render_template

from service.api.builds import regression
from service.api.schemas.builds import RegressionArguments
from service.web.builds import given_filters
from service.web.pictures import differences
from service.web.views import address, answer

blueprint = Blueprint("regression_page", __name__)

CHANGES = {**differences.CHANGES, "removed": "only in the success", "added": "only in the failure"}
"""What becomes of a package, as a person reads it."""


@blueprint.get("/regression")
def page() -> str:
    """The page of a turn from success to failure."""
    given = given_filters(("q", "site"))
    found = answer(regression, RegressionArguments, given) if given["q"] else None
    return render_template(
        "builds/regression.html",
        given=given,
        found=found,
        packages=differences.packages(found["entries"]) if found else [],
        changes=CHANGES,
        json_twin=address("/api/v1/regression", **given) if found else None,
    )
