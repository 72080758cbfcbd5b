"""The impact page: packages and roots that a dependency affects, when, and by which paths."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request

from service.api.request import Page, bounded, database, finish_page, scope_of
from service.api.schemas import impact as schemas
from service.paging import cursors
from service.queries import affected
from service.queries.affected import AffectedCounts, ImpactQuestion
from service.queries.errors import ParameterSyntaxError
from service.queries.filters import FILTERS
from service.web.examples import example_dependencies
from service.web.pictures.impact import impact_picture, merge_paths
from service.web.unknown_places import find_unknown_places
from service.web.views import address, arguments_of

blueprint = Blueprint("impact_page", __name__)

PAGE = 25
"""Roots on a page."""
MOST_PACKAGES = 200
"""Most packages in the list of packages."""
WHEN = {"any": "at all", "run": "at run time", "build": "at build time only"}
_EXAMPLES = 8
_FILTERS = tuple(each for each in FILTERS if each.fits_impact)
_FILTER_NAMES = tuple(each.name for each in _FILTERS)
_ADVICE = "narrow it: name a version range of the dependency, or ask for roots only"


@blueprint.get("/impact")
def page() -> tuple[str, int]:
    """Show the roots that a dependency affects, or which dependency to ask about."""
    keys = ("dependency", "when", *_FILTER_NAMES, "scope", "cursor")
    given = {key: request.args.get(key, "").strip() for key in keys}
    given["when"] = given["when"] or "any"
    shown: dict[str, Any] = {"given": given, "address": address, "whens": WHEN, "filters": _FILTERS}
    shown["kept_filters"] = {key: given[key] for key in _FILTER_NAMES}
    if not given["dependency"]:
        shown["examples"] = example_dependencies(bounded(_ADVICE), _EXAMPLES)
        return render_template("impact.html", **shown), 200
    arguments = arguments_of(schemas.ImpactArguments, {**given, "limit": PAGE})
    try:
        question = affected.impact_question_of(arguments)
    except ParameterSyntaxError as fault:
        return render_template("impact.html", **shown, fault=fault), 400
    found, counts = _find_page(question, arguments)
    kept = {key: given[key] for key in keys if key != "cursor"}
    shown["page"] = found
    shown["counts"] = counts
    shown["next"] = found["next"] and address("/impact", **kept, cursor=found["next"])
    shown["search"] = _search(given)
    shown["json_twin"] = address("/api/v1/impact", **kept)
    if not found["items"]:
        shown["unknown_places"] = find_unknown_places(database(), "/impact", given)
    if counts is not None and found["total"]["count"] and not given["cursor"]:
        shown |= _by_package(given, question, arguments["when"], counts)
    return render_template("impact.html", **shown), 200


def _find_page(
    question: ImpactQuestion, arguments: Mapping[str, Any]
) -> tuple[Page, AffectedCounts | None]:
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    limit = arguments["limit"]
    roots_only = arguments["scope"] == "roots"
    find = affected.find_affected if roots_only else affected.find_all_affected
    found = find(bounded(_ADVICE), question, arguments["when"], position, limit + 1)
    return finish_page(found.items, found.total, limit, scope), found.counts


def _by_package(
    given: dict[str, str], question: ImpactQuestion, when: affected.When, counts: AffectedCounts
) -> dict[str, Any]:
    """Return the affected packages as the page shows them, with the paths to them."""
    found = affected.rank_packages(bounded(_ADVICE), question, when, counts)
    ways = merge_paths(found.paths())
    between = [name for name in ways.through if name not in found.packages]
    between.sort(key=lambda name: (name in ways.ends, -ways.through[name], name))
    return {
        "reach": found,
        "ways": ways,
        "between": [name for name in between if name not in ways.ends],
        "most_packages": MOST_PACKAGES,
        "picture": impact_picture(ways, given["dependency"], found) if ways.steps else None,
        "narrow": _narrow(given, list(found.packages)),
    }


def _narrow(given: Mapping[str, str], packages: list[str]) -> dict[str, str]:
    """Return for each package the address of its roots alone; nothing if it is the only one."""
    if len(packages) == 1:
        return {}
    q = given["q"]
    kept = {key: value for key, value in given.items() if key not in ("q", "scope", "cursor")}
    return {
        name: address("/impact", **kept, q=f"{name} and ({q})" if q else name) + "#roots"
        for name in packages
    }


def _search(given: Mapping[str, str]) -> str:
    """Return the address of the search for the same specs."""
    q, dependency = given["q"], given["dependency"]
    kept = {key: given[key] for key in (*_FILTER_NAMES, "scope") if key != "q"}
    if given["when"] == "run":
        return address("/", q=q, deployed_with=dependency, **kept)
    if given["when"] == "build":
        condition, side = f"not deployed_with ({dependency})", dependency
    else:
        condition, side = f"(deployed_with ({dependency}) or built_with ({dependency}))", ""
    both = f"({q}) and {condition}" if q else condition
    return address("/", q=both, built_with=side, **kept)
