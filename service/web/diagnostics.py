"""`/diagnostics` and `/diagnostic/<fingerprint>`: which errors break builds, and whom they hit."""

from flask import Blueprint, render_template, request

from service.api.builds import builds, diagnostic, diagnostics
from service.api.schemas import builds as schemas
from service.api.schemas.specs import NoArguments
from service.web.builds import given_filters, next_address
from service.web.views import address, answer

blueprint = Blueprint("diagnostic_pages", __name__)

FILTERS = ("q", "text", "kind", "site", "causes")


@blueprint.get("/diagnostics")
def ranked() -> str:
    """The page of distinct errors and warnings, the most frequent first.

    Without any question: those that attempts died of.
    """
    given = given_filters(FILTERS)
    if not request.args:
        given["causes"] = "true"
    asked = {**request.args, **given}
    page = answer(diagnostics, schemas.DiagnosticArguments, asked)
    return render_template(
        "builds/diagnostics.html",
        page=page,
        given=given,
        kinds=schemas.KINDS,
        next=page["next"] and address("/diagnostics", **{**asked, "cursor": page["next"]}),
        json_twin=address("/api/v1/diagnostics", **given),
    )


@blueprint.get("/diagnostic/<fingerprint>")
def one(fingerprint: str) -> str:
    """The page of one diagnostic: what is common to the attempts that hit it, and these."""
    found = answer(diagnostic, NoArguments, {}, fingerprint=fingerprint)
    asked = {"diagnostic": found["fingerprint"], "cursor": request.args.get("cursor"), "limit": 25}
    page = answer(builds, schemas.AttemptArguments, asked)
    return render_template(
        "builds/diagnostic.html",
        found=found,
        page=page,
        next=next_address(page["next"]),
        json_twin=f"/api/v1/diagnostics/{found['fingerprint']}",
    )
