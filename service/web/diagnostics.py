"""`/diagnostics` and `/diagnostic/<fingerprint>`: which errors break builds, and which builds."""

from functools import partial

from flask import Blueprint, render_template, request

from service.api.listing import (
    attempt_filter,
    diagnostic_filter,
    page_by_rank,
    page_by_time,
    with_facts,
)
from service.api.request import bounded
from service.api.schemas import builds as schemas
from service.queries.attempts import ADVICE, find_attempts
from service.queries.choices import DIAGNOSTIC_KINDS, MOST_VALUES
from service.queries.diagnostics import rank_diagnostics, summarize_diagnostic
from service.web.builds import given_filters, next_address
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of

blueprint = Blueprint("diagnostic_pages", __name__)

FILTERS = ("q", "text", "kind", "site", "causes")
_ATTEMPTS = 25
"""Attempts on a page of one diagnostic."""


@blueprint.get("/diagnostics")
def list_diagnostics() -> str:
    """Show the distinct errors and warnings, the most frequent first.

    An address without any parameter shows those that attempts died of.
    """
    given = given_filters(FILTERS)
    if not request.args:
        given["causes"] = "true"
    # The next page has a cursor in its address, and so has to name `causes` itself.
    asked = {**request.args, **given}
    arguments = arguments_of(schemas.DiagnosticArguments, asked)
    criteria = diagnostic_filter(arguments)
    page = page_by_rank(arguments, partial(rank_diagnostics, bounded(ADVICE), criteria))
    draw_page("diagnostics", fingerprints=[each["fingerprint"] for each in page["items"]])
    return render_template(
        "builds/diagnostics.html",
        page=page,
        given=given,
        kinds=DIAGNOSTIC_KINDS,
        next=page["next"] and address_of("/diagnostics", **{**asked, "cursor": page["next"]}),
        json_twin=address_of("/api/v1/diagnostics", **given),
    )


@blueprint.get("/diagnostic/<fingerprint>")
def show_diagnostic(fingerprint: str) -> str:
    """Show one diagnostic: common properties of the attempts that hit it, and these attempts."""
    found = summarize_diagnostic(bounded(ADVICE), fingerprint)
    draw_page("diagnostics", fingerprints=[found["fingerprint"]])
    asked = {
        "diagnostic": found["fingerprint"],
        "cursor": request.args.get("cursor"),
        "limit": _ATTEMPTS,
    }
    arguments = arguments_of(schemas.AttemptArguments, asked)
    criteria = attempt_filter(arguments)
    page = page_by_time(arguments, partial(find_attempts, bounded(ADVICE), criteria))
    page = with_facts(page, arguments, "spec_uid")
    return render_template(
        "builds/diagnostic.html",
        found=found,
        most_values=MOST_VALUES,
        page=page,
        next=next_address(page["next"]),
        json_twin=f"/api/v1/diagnostics/{found['fingerprint']}",
    )
