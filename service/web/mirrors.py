"""`/mirrors`: build caches, and what they offer of one spec."""

from flask import Blueprint, render_template

from loaders.specs.contents import hash_of
from service.api.request import bounded
from service.queries.installations import ADVICE
from service.queries.mirrors import list_mirrors
from service.web.builds import given_filters
from service.web.chosen import box
from service.web.statements import draw_page
from service.web.views import address_of

blueprint = Blueprint("mirror_pages", __name__)


@blueprint.get("/mirrors")
def show_mirrors() -> tuple[str, int]:
    """Show the build caches, or those that offer one spec."""
    given = given_filters(("offers",))
    choice = box("offers", given["offers"])
    hash_ = hash_of(choice.hash) if choice.hash else None
    known = hash_ or not choice.text
    found = list_mirrors(bounded(ADVICE), hash_) if known else []
    draw_page("mirrors", names=[each["name"] for each in found])
    return render_template(
        "lists/mirrors.html",
        mirrors=found,
        choice=choice,
        offered=hash_,
        json_twin=address_of("/api/v1/mirrors", offers=hash_) if known else None,
    ), (400 if choice.fault else 200)
