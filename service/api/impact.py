"""`/impact` and `/facets`: the roots that a dependency affects, and facets of roots."""

from typing import Any, TypedDict

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import page_of_affected
from service.api.request import Page, Total, bounded, total_of
from service.api.schemas import impact as schemas
from service.queries.affected import AffectedCounts, impact_question_of
from service.queries.facets import ADVICE, Facets, FacetValue, find_facets, parse_virtuals
from service.queries.parsing import query_of

blueprint = Blueprint("impact", __name__, description="Affected roots, and facets of roots.")


class ImpactPage(Page):
    """A page of roots, with how many are affected at run time and at build time only."""

    counts: AffectedCounts


class FacetAnswer(TypedDict):
    """One facet as an answer shows it; see :class:`schemas.FacetSchema`."""

    distinct: Total
    type: str
    values: list[FacetValue]


class FacetsAnswer(TypedDict):
    """All facets as an answer shows them; see :class:`schemas.FacetsSchema`."""

    roots: Total
    looked_at: int
    facets: dict[str, FacetAnswer]


@blueprint.route("/impact")
@blueprint.arguments(schemas.ImpactArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.ImpactPageSchema)
def impact(arguments: dict[str, Any]) -> Page | ImpactPage:
    """List the specs that a dependency affects, at run time or at build time only, with paths."""
    page, counts = page_of_affected(impact_question_of(arguments), arguments)
    return page if counts is None else {**page, "counts": counts}


@blueprint.route("/facets")
@blueprint.arguments(schemas.FacetArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.FacetsSchema)
def facets(arguments: dict[str, Any]) -> FacetsAnswer:
    """Count the packages, versions, targets, compilers and providers that the roots have.

    If there are more than 20,000 roots, a fair sample is looked at, and counts are AT_LEAST.
    """
    virtuals = parse_virtuals(arguments["virtuals"])
    query = query_of(arguments)
    return _facets(find_facets(bounded(ADVICE), query, virtuals, arguments["limit"]))


def _facets(found: Facets) -> FacetsAnswer:
    kind = total_of(0, exact=found.exact)["type"]
    return {
        "roots": total_of(found.roots),
        "looked_at": found.looked_at,
        "facets": {
            name: {
                "distinct": total_of(facet.distinct, exact=found.exact),
                "type": kind,
                "values": list(facet.values),
            }
            for name, facet in found.facets.items()
        },
    }
