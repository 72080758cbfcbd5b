"""`/sites`, `/installations` and `/environments`: where specs are installed and locked."""

from functools import partial

from flask import Blueprint, render_template, request

from service.api.listing import (
    environment_filter,
    installation_filter,
    page_by_time,
    with_advice,
    with_facts,
)
from service.api.request import bounded
from service.api.schemas.environments import EnvironmentArguments
from service.api.schemas.installations import InstallationArguments
from service.queries.environments import list_environments
from service.queries.installations import ADVICE, find_installations
from service.queries.sites import list_sites
from service.web.builds import given_filters, next_address
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of

blueprint = Blueprint("installed_pages", __name__)

ENVIRONMENT_FILTERS = ("name", "with", "site")
FILTERS = ("q", "site", "on", "explicit", "gone")


@blueprint.get("/sites")
def show_sites() -> str:
    """Show the sites and their stores."""
    sites = list_sites(bounded(ADVICE))
    draw_page("sites")
    return render_template("builds/sites.html", sites=sites, json_twin="/api/v1/sites")


@blueprint.get("/installations")
def show_installations() -> str:
    """Show installed specs: now, on a date, or ever."""
    given = given_filters(FILTERS)
    arguments = arguments_of(InstallationArguments, request.args)
    criteria = installation_filter(arguments)
    page = page_by_time(arguments, partial(find_installations, bounded(ADVICE), criteria))
    page = with_facts(page, arguments, "spec_uid")
    page = with_advice(page, arguments, [criteria.constraint])
    draw_page("installations", uids=[each["uid"] for each in page["items"]])
    return render_template(
        "builds/installations.html",
        page=page,
        given=given,
        next=next_address(page["next"]),
        json_twin=address_of("/api/v1/installations", **given),
    )


@blueprint.get("/environments")
def show_environments() -> str:
    """Show locked environments with their roots."""
    given = given_filters(ENVIRONMENT_FILTERS)
    arguments = arguments_of(EnvironmentArguments, request.args)
    criteria = environment_filter(arguments)
    page = page_by_time(arguments, partial(list_environments, bounded(ADVICE), criteria))
    draw_page("environments", uids=[each["uid"] for each in page["items"]])
    return render_template(
        "builds/environments.html",
        page=page,
        given=given,
        next=next_address(page["next"]),
        json_twin=address_of("/api/v1/environments", **given),
    )
