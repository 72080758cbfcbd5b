"""`/sites` and `/installations`: where there are stores, and what is installed in them."""

from flask import Blueprint, render_template, request

from service.api.installations import installations
from service.api.installations import sites as sites_view
from service.api.schemas.installations import InstallationArguments
from service.api.schemas.specs import NoArguments
from service.web.builds import given_filters, next_address
from service.web.views import address, answer

blueprint = Blueprint("installed_pages", __name__)

FILTERS = ("q", "site", "on", "explicit", "gone")


@blueprint.get("/sites")
def sites() -> str:
    """The page of the sites and their stores."""
    found = answer(sites_view, NoArguments, {})["items"]
    return render_template("builds/sites.html", sites=found, json_twin="/api/v1/sites")


@blueprint.get("/installations")
def listed() -> str:
    """The page of what is installed: now, on a date, or ever."""
    given = given_filters(FILTERS)
    page = answer(installations, InstallationArguments, request.args)
    return render_template(
        "builds/installations.html",
        page=page,
        given=given,
        next=next_address(page["next"]),
        json_twin=address("/api/v1/installations", **given),
    )
