"""`/regression`: what separates the last success of a package from the first failure after it."""

from typing import Any

from flask import Blueprint, render_template

from service.build_schemas import RegressionArguments
from service.builds import regression
from service.web.builds import given_filters
from service.web.views import address, answer

blueprint = Blueprint("regression_page", __name__)

CHANGES = ("changed", "added", "removed", "dependencies")
"""Kinds of differences, what changed itself before what only differs further down."""


@blueprint.get("/regression")
def page() -> str:
    """The page of a turn from success to failure."""
    given = given_filters(("q", "site"))
    found: dict[str, Any] | None = None
    if given["q"]:
        found = answer(regression, RegressionArguments, given)
        found["entries"] = sorted(
            found["entries"], key=lambda entry: (CHANGES.index(entry["change"]), entry["name"])
        )
    return render_template(
        "builds/regression.html",
        given=given,
        found=found,
        json_twin=address("/api/v1/regression", **given) if found else None,
    )
