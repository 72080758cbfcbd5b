"""Who is reached by a dependency: which packages and roots, when, and by which ways."""

from typing import Any

from flask import Blueprint, render_template, request

from service.api.impact import ADVICE, reached
from service.api.impact import impact as impact_view
from service.api.problems import ParameterSyntaxError
from service.api.request import bounded
from service.api.schemas import impact as shapes
from service.queries.affected import reach
from service.web import examples
from service.web.pictures.impact import impact_picture, merged
from service.web.views import address, answer, arguments_of

blueprint = Blueprint("impact_page", __name__)

PAGE = 25
"""Roots on a page."""
MOST_PACKAGES = 200
"""Most packages in the list of packages."""
WHEN = {"any": "at all", "run": "at run time", "build": "at build time only"}
_EXAMPLES = 8


@blueprint.get("/impact")
def page() -> tuple[str, int]:
    """Who is reached by a dependency, or which dependency to ask about."""
    keys = ("dependency", "when", "q", "scope", "cursor")
    given = {key: request.args.get(key, "").strip() for key in keys}
    given["when"] = given["when"] or "any"
    shown: dict[str, Any] = {"given": given, "address": address, "whens": WHEN}
    if not given["dependency"]:
        shown["examples"] = examples.dependencies(_EXAMPLES)
        return render_template("impact.html", **shown), 200
    try:
        found = answer(impact_view, shapes.ImpactArguments, {**given, "limit": PAGE})
    except ParameterSyntaxError as fault:
        return render_template("impact.html", **shown, fault=fault), 400
    kept = {key: given[key] for key in keys if key != "cursor"}
    shown["page"] = found
    shown["next"] = found["next"] and address("/impact", **kept, cursor=found["next"])
    shown["search"] = _search(given)
    shown["json_twin"] = address("/api/v1/impact", **kept)
    if "counts" in found and found["total"]["count"] and not given["cursor"]:
        shown |= _by_package(given, found["counts"])
    return render_template("impact.html", **shown), 200


def _by_package(given: dict[str, str], counts: dict[str, int]) -> dict[str, Any]:
    """The packages that are reached, and the ways to them."""
    expressions = reached(arguments_of(shapes.ImpactArguments, given))
    found = reach(bounded(ADVICE), expressions, given["when"], counts)
    ways = merged(found.paths())
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


def _narrow(given: dict[str, str], packages: list[str]) -> dict[str, str]:
    """For each package the address of its roots alone; nothing where there is but one."""
    kept = {key: given[key] for key in ("dependency", "when")}
    if len(packages) == 1:
        return {}
    q = given["q"]
    return {
        name: address("/impact", **kept, q=f"{name} and ({q})" if q else name) + "#roots"
        for name in packages
    }


def _search(given: dict[str, str]) -> str:
    """The address of the search for the same specs."""
    q, dependency = given["q"], given["dependency"]
    if given["when"] == "run":
        return address("/", q=q, deployed_with=dependency, scope=given["scope"])
    if given["when"] == "build":
        condition, side = f"not deployed_with ({dependency})", dependency
    else:
        condition, side = f"(deployed_with ({dependency}) or built_with ({dependency}))", ""
    both = f"({q}) and {condition}" if q else condition
    return address("/", q=both, built_with=side, scope=given["scope"])
