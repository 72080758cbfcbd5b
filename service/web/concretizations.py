"""`/concretizations`: specs that clients could not concretize."""

from functools import partial

from flask import Blueprint, render_template, request

from service.api.listing import page_by_time
from service.api.request import bounded
from service.api.schemas.concretizations import ConcretizationArguments
from service.queries.concretizations import (
    ADVICE,
    ConcretizationFilter,
    find_failed_concretizations,
)
from service.queries.times import parse_time
from service.web.builds import given_filters, next_address
from service.web.views import address_of, arguments_of

blueprint = Blueprint("concretization_pages", __name__)

FILTERS = ("package", "site", "since", "until")


@blueprint.get("/concretizations")
def show_concretizations() -> str:
    """Show failed concretizations, those reported last first."""
    given = given_filters(FILTERS)
    arguments = arguments_of(ConcretizationArguments, request.args)
    asked = ConcretizationFilter(
        package=arguments["package"],
        site=arguments["site"],
        since=parse_time("since", arguments["since"]),
        until=parse_time("until", arguments["until"]),
    )
    page = page_by_time(arguments, partial(find_failed_concretizations, bounded(ADVICE), asked))
    return render_template(
        "lists/concretizations.html",
        page=page,
        given=given,
        next=next_address(page["next"]),
        json_twin=address_of("/api/v1/concretizations", **given),
    )
