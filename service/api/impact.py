"""`/impact` and `/facets`: who is reached by a dependency, and what there is under a filter."""

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE
from werkzeug.exceptions import BadRequest

from service.api.request import Page, bounded, finish_page, parse_expression, query_of, scope_of
from service.api.schemas import impact as schemas
from service.paging import cursors
from service.queries.all_specs import find_all
from service.queries.roots import FACET_ROOTS, Query, count, find, sample
from spec_syntax import AllOf, AnyOf, Atom, Expression, Not, Side


class ImpactPage(Page):
    """A page of roots, with how many are affected at run time and at build time only."""

    counts: dict[str, int]


blueprint = Blueprint("impact", __name__, description="Who is reached, and what there is.")

ADVICE = "narrow it: name a version range of the dependency, or ask for roots only"
MAX_VIRTUALS = 10
"""Most virtuals whose providers are told at once."""
FACET_ADVICE = "narrow the filter: name a package, or what it was built or is deployed with"


def sides_of(text: str) -> tuple[Expression, Expression]:
    """A dependency as what a spec was built with, and as what it is deployed with.

    :raises ParameterSyntaxError: it is no query.
    :raises BadRequest: it is empty, or only says what is not to be there.
    """
    built = parse_expression("dependency", text, Side.BUILT_WITH)
    deployed = parse_expression("dependency", text, Side.DEPLOYED_WITH)
    if not built:
        raise BadRequest("dependency: empty; name what to look for")
    if not _asks_for_something(built[0]):
        raise BadRequest("dependency: name what is to be there, not only what is not")
    return built[0], deployed[0]


def _asks_for_something(expression: Expression, negated: bool = False) -> bool:
    if isinstance(expression, Atom):
        return not negated
    if isinstance(expression, Not):
        return _asks_for_something(expression.operand, not negated)
    return any(_asks_for_something(each, negated) for each in expression.operands)


def reached(arguments: Mapping[str, Any]) -> dict[str, Expression]:
    """Who is reached at run time, at build time only, and at all."""
    built, deployed = sides_of(arguments["dependency"])
    filters = parse_expression("q", arguments["q"], Side.SELF)
    found = {
        "run": deployed,
        "build": AllOf((built, Not(deployed))),
        "any": AnyOf((deployed, built)),
    }
    return {when: AllOf((*filters, each)) for when, each in found.items()}


@blueprint.route("/impact")
@blueprint.arguments(schemas.ImpactArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.ImpactPageSchema)
def impact(arguments: dict[str, Any]) -> Page | ImpactPage:
    """List who has a dependency: at run time, or at build time only, and by which path."""
    expressions = reached(arguments)
    database = bounded(ADVICE)
    scope = scope_of(arguments)
    limit = arguments["limit"]
    position = cursors.decode(arguments["cursor"], scope)
    search = find if arguments["scope"] == "roots" else find_all
    page = search(database, Query(expressions[arguments["when"]]), position, limit + 1)
    for item in page.items:
        item["when"] = "run" if item["matches"].get("deployed_with") else "build"
    if arguments["scope"] == "all":
        return finish_page(page.items, page.total, limit, scope)
    run, every = (count(database, Query(expressions[when])) for when in ("run", "any"))
    totals = {"run": run, "build": every - run, "any": every}
    answer = finish_page(page.items, totals[arguments["when"]], limit, scope)
    return {**answer, "counts": {"run": run, "build": every - run}}


@blueprint.route("/facets")
@blueprint.arguments(schemas.FacetArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.FacetsSchema)
def facets(arguments: dict[str, Any]) -> dict[str, Any]:
    """Tell which packages, versions, targets, compilers and providers the roots have.

    Of more than 20,000 roots a fair sample is looked at, and counts are AT_LEAST.
    """
    virtuals = [part.strip() for part in arguments["virtuals"].split(",") if part.strip()]
    if len(virtuals) > MAX_VIRTUALS:
        raise BadRequest(f"virtuals: at most {MAX_VIRTUALS}")
    database = bounded(FACET_ADVICE)
    roots, total = sample(database, query_of(arguments), FACET_ROOTS)
    hashes = [root["hash"] for root in roots]
    rows = database.read_one("facets", hashes=hashes, virtuals=virtuals, limit=arguments["limit"])
    kind = "EXACT" if len(hashes) == total else "AT_LEAST"
    known = {facet: (distinct, values) for facet, distinct, values in rows}
    names = ("package", "version", "compiler", "target", "os", *virtuals)
    return {
        "roots": {"count": total, "type": "EXACT"},
        "looked_at": len(hashes),
        "facets": {name: _facet(*known.get(name, (0, [])), kind) for name in names},
    }


def _facet(distinct: int, values: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return {"distinct": {"count": distinct, "type": kind}, "type": kind, "values": values}
