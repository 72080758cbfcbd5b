"""`/facets`: the versions, compilers, targets and providers of roots, with their counts."""

from flask import Blueprint, render_template, request

from service.api.request import bounded
from service.api.schemas.impact import FacetArguments
from service.queries.facets import ADVICE, find_facets, parse_virtuals
from service.queries.filters import FILTERS
from service.queries.parsing import query_of
from service.web.builds import given_filters
from service.web.views import address_of, arguments_of

blueprint = Blueprint("facets_page", __name__)

_NAMES = (*(each.name for each in FILTERS), "virtuals")


@blueprint.get("/facets")
def show_facets() -> str:
    """Show the facets of all roots, or of those under a filter."""
    given = given_filters(_NAMES)
    arguments = arguments_of(FacetArguments, {**given, "limit": request.args.get("limit")})
    virtuals = parse_virtuals(arguments["virtuals"])
    return render_template(
        "lists/facets.html",
        given={**given, "virtuals": arguments["virtuals"]},
        filters=[each for each in FILTERS if each.kind.name != "FLAG" and not each.is_rare],
        found=find_facets(bounded(ADVICE), query_of(arguments), virtuals, arguments["limit"]),
        everything=address_of("/", **{each.name: given[each.name] for each in FILTERS}),
        json_twin=address_of("/api/v1/facets", **given),
    )
