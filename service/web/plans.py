"""`/plans`: splices of builds that exist, and whether they would start."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from service.api.request import bounded, scope_of, total_of
from service.api.schemas.splices import PlansArguments
from service.dags.splicing.replaced import replaceable_names
from service.paging import offsets
from service.queries.many_plans import ADVICE, PlannedPair, PlansQuestion, plan_many
from service.queries.parsing import parse_expression
from service.queries.stored_dags import find_dag
from service.web.builds import given_filters
from service.web.chosen import box
from service.web.views import address_of, arguments_of
from spec_syntax import Side

blueprint = Blueprint("plans_page", __name__)

_BOXES = 2
"""Least number of boxes for replacements."""


@blueprint.get("/plans")
def show_plans() -> str:
    """Show the splices of each target with each replacement, those that would start first."""
    given = given_filters(("q", "site"))
    given["transitive"] = "no" if request.args.get("transitive") == "no" else "yes"
    put_in = [text for each in request.args.getlist("with") if (text := each.strip())]
    empty = [""] * max(1, _BOXES - len(put_in))
    shown: dict[str, Any] = {"given": given, "boxes": [*put_in, *empty]}
    if not given["q"] or not put_in:
        return render_template("lists/plans.html", **shown, **_offers(given))
    asked = {"q": given["q"], "site": given["site"], "limit": request.args.get("limit")}
    asked["cursor"] = request.args.get("cursor")
    transitive = given["transitive"] == "yes"
    more = {"with": put_in, "transitive": transitive}
    arguments = arguments_of(PlansArguments, {**asked, **more})
    question = PlansQuestion(
        arguments["q"], arguments["with"], transitive, arguments["site"], abi=True
    )
    scope = scope_of(arguments)
    offset = offsets.decode(arguments["cursor"], scope)
    page = plan_many(bounded(ADVICE), question, offset, arguments["limit"])
    following = offsets.next_cursor(offset, page.examined, page.total, scope)
    return render_template(
        "lists/plans.html",
        **shown,
        page=page,
        total=total_of(page.total, exact=page.exact),
        new=sum(not each.is_stored for each in page.items),
        saved=sum(each.counts["relinked"] for each in page.items if not each.is_stored),
        plan_of=_plan_address,
        next=_page_address(following),
    )


def _offers(given: dict[str, str]) -> dict[str, Any]:
    """Return the packages and virtuals of a target for which something could be put in."""
    if not given["q"]:
        return {}
    parse_expression("q", given["q"], Side.SELF)
    target = box("q", given["q"])
    if target.hash is None:
        return {}
    names = replaceable_names(find_dag(bounded(ADVICE), target.hash))
    return {
        "offered": [
            (name, spec, address_of("/plans", **given, **{"with": name})) for name, spec in names
        ]
    }


def _page_address(following: str | None) -> str | None:
    """Return the address of the page that a cursor leads to; `with` may be given several times."""
    if following is None:
        return None
    arguments = {**request.args.to_dict(flat=False), "cursor": [following]}
    return f"{request.path}?{urlencode(arguments, doseq=True)}"


def _plan_address(pair: PlannedPair) -> str:
    """Return the address of the plan of a pair."""
    return address_of(
        "/plan",
        target=pair.target["hash"],
        replacement=pair.replacement["hash"],
        transitive=None if pair.transitive else "no",
    )
