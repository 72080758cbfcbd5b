"""`/tests`: runs of the tests of installed specs."""

from functools import partial

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import page_by_time, with_advice, with_facts
from service.api.request import Arguments, Page, bounded
from service.api.schemas import tests as schemas
from service.queries.installations import ADVICE
from service.queries.parsing import parse_one
from service.queries.test_runs import find_test_runs

blueprint = Blueprint("tests", __name__, description="Runs of the tests of installed specs.")


@blueprint.route("/tests")
@blueprint.arguments(schemas.TestArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.TestPageSchema)
def tests(arguments: Arguments) -> Page:
    """List runs of the tests of installed specs, newest first."""
    constraint = parse_one("q", arguments["q"])
    status, site = arguments["status"], arguments["site"]
    found = partial(find_test_runs, bounded(ADVICE), constraint, status, site)
    page = with_facts(page_by_time(arguments, found), arguments, "hash")
    return with_advice(page, arguments, [constraint])
