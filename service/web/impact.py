"""The impact page: packages and roots that a dependency affects, when, and by which paths."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request

from service.api.listing import page_of_affected
from service.api.request import bounded, database
from service.api.schemas import impact as schemas
from service.queries.affected import (
    ADVICE,
    AffectedCounts,
    ImpactQuestion,
    When,
    impact_question_of,
    rank_packages,
)
from service.queries.errors import ParameterSyntaxError
from service.queries.filters import FILTERS
from service.web.examples import example_dependencies
from service.web.pictures.impact import impact_picture, merge_paths
from service.web.statements import draw_matches
from service.web.unknown_places import find_unknown_places
from service.web.views import address_of, arguments_of

blueprint = Blueprint("impact_page", __name__)

PAGE = 25
"""Roots on a page."""
MOST_PACKAGES = 200
"""Most packages in the list of packages."""
WHEN = {"any": "total", "run": "at run time", "build": "at build time only"}
_EXAMPLES = 8
_FILTERS = tuple(each for each in FILTERS if each.fits_impact)
_FILTER_NAMES = tuple(each.name for each in _FILTERS)


@blueprint.get("/impact")
def page() -> tuple[str, int]:
    """Show the roots that a dependency affects, or which dependency to ask about."""
    keys = ("dependency", "when", *_FILTER_NAMES, "scope", "cursor")
    given = {key: request.args.get(key, "").strip() for key in keys}
    given["when"] = given["when"] or "any"
    shown: dict[str, Any] = {
        "given": given,
        "address": address_of,
        "whens": WHEN,
        "filters": _FILTERS,
    }
    shown["rare"] = any(given[each.name] for each in _FILTERS if not each.side)
    shown["kept_filters"] = {key: given[key] for key in _FILTER_NAMES}
    if not given["dependency"]:
        shown["examples"] = example_dependencies(bounded(ADVICE), _EXAMPLES)
        return render_template("impact.html", **shown), 200
    arguments = arguments_of(schemas.ImpactArguments, {**given, "limit": PAGE})
    try:
        question = impact_question_of(arguments)
    except ParameterSyntaxError as fault:
        return render_template("impact.html", **shown, fault=fault), 400
    found, counts = page_of_affected(question, arguments)
    kept = {key: given[key] for key in keys if key != "cursor"}
    shown["page"] = found
    shown["counts"] = counts
    shown["next"] = found["next"] and address_of("/impact", **kept, cursor=found["next"])
    shown["search"] = _search(given)
    shown["json_twin"] = address_of("/api/v1/impact", **kept)
    draw_matches(found["items"])
    if not found["items"]:
        shown["unknown_places"] = find_unknown_places(database(), "/impact", given)
    if counts is not None and found["total"]["count"] and not given["cursor"]:
        shown |= _by_package(given, question, arguments["when"], counts)
    return render_template("impact.html", **shown), 200


def _by_package(
    given: dict[str, str], question: ImpactQuestion, when: When, counts: AffectedCounts
) -> dict[str, Any]:
    """Return what the page shows of the affected packages and the paths to them."""
    found = rank_packages(bounded(ADVICE), question, when, counts)
    paths = merge_paths(found.paths())
    between = [name for name in paths.through if name not in found.packages]
    between.sort(key=lambda name: (name in paths.ends, -paths.through[name], name))
    return {
        "ranking": found,
        "paths": paths,
        "between": [name for name in between if name not in paths.ends],
        "most_packages": MOST_PACKAGES,
        "picture": impact_picture(paths, given["dependency"], found) if paths.steps else None,
        "narrow": _narrow(given, list(found.packages)),
    }


def _narrow(given: Mapping[str, str], packages: list[str]) -> dict[str, str]:
    """Return for each package the address of its roots alone; nothing if it is the only one."""
    if len(packages) == 1:
        return {}
    q = given["q"]
    kept = {key: value for key, value in given.items() if key not in ("q", "scope", "cursor")}
    return {
        name: address_of("/impact", **kept, q=f"{name} and ({q})" if q else name) + "#roots"
        for name in packages
    }


def _search(given: Mapping[str, str]) -> str:
    """Return the address of the search for the same specs."""
    q, dependency = given["q"], given["dependency"]
    kept = {key: given[key] for key in (*_FILTER_NAMES, "scope") if key != "q"}
    if given["when"] == "run":
        return address_of("/", q=q, deployed_with=dependency, **kept)
    if given["when"] == "build":
        condition, side = f"not deployed_with ({dependency})", dependency
    else:
        condition, side = f"(deployed_with ({dependency}) or built_with ({dependency}))", ""
    both = f"({q}) and {condition}" if q else condition
    return address_of("/", q=both, built_with=side, **kept)
