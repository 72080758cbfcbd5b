"""`/tests`: runs of the tests of installed specs."""

from functools import partial

from flask import Blueprint, render_template, request

from service.api.listing import page_by_time, with_facts
from service.api.request import bounded
from service.api.schemas.tests import TestArguments
from service.queries.choices import STATUSES
from service.queries.installations import ADVICE
from service.queries.parsing import parse_one
from service.queries.test_runs import find_test_runs
from service.web.builds import given_filters, next_address
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of

blueprint = Blueprint("test_run_pages", __name__)

FILTERS = ("q", "status", "site")


@blueprint.get("/tests")
def show_test_runs() -> str:
    """Show runs of tests, newest first."""
    given = given_filters(FILTERS)
    arguments = arguments_of(TestArguments, request.args)
    constraint = parse_one("q", arguments["q"])
    status, site = arguments["status"], arguments["site"]
    fetch = partial(find_test_runs, bounded(ADVICE), constraint, status, site)
    page = with_facts(page_by_time(arguments, fetch), arguments, "hash")
    draw_page("tests", uids=[each["uid"] for each in page["items"]])
    return render_template(
        "lists/tests.html",
        page=page,
        given=given,
        statuses=STATUSES,
        next=next_address(page["next"]),
        json_twin=address_of("/api/v1/tests", **given),
    )
