"""`/installations`, `/sites`, `/owners` and `/specs/{hash}/files`."""

from functools import partial

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import (
    UncountedPage,
    installation_filter,
    page_by_key,
    page_by_time,
    uncounted_page_by_key,
    with_advice,
    with_facts,
)
from service.api.request import Arguments, Page, bounded, identity_of
from service.api.schemas import installations as schemas
from service.api.schemas.specs import ContentPageArguments, NoArguments
from service.queries.installations import ADVICE, find_installations
from service.queries.installed_files import find_owners, list_files
from service.queries.sites import Site, list_sites

blueprint = Blueprint("installations", __name__, description="Installed specs, by site and store.")


@blueprint.route("/installations")
@blueprint.arguments(schemas.InstallationArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.InstallationPageSchema)
def installations(arguments: Arguments) -> Page:
    """List installed specs, newest first: now, on a date, or ever."""
    criteria = installation_filter(arguments)
    found = partial(find_installations, bounded(ADVICE), criteria)
    page = with_facts(page_by_time(arguments, found), arguments, "spec_uid")
    return with_advice(page, arguments, [criteria.constraint])


@blueprint.route("/sites")
@blueprint.arguments(NoArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SitesSchema)
def sites(arguments: Arguments) -> dict[str, list[Site]]:
    """List the sites with their stores, and count the builds and installations at each."""
    return {"items": list_sites(bounded(ADVICE))}


@blueprint.route("/owners")
@blueprint.arguments(schemas.OwnerArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.OwnerPageSchema)
def owners(arguments: Arguments) -> UncountedPage:
    """List the specs that installed a file."""
    found = partial(find_owners, bounded(ADVICE), arguments["path"])
    return with_facts(uncounted_page_by_key(arguments, "uid", found), arguments, "hash")


@blueprint.route("/specs/<hash>/files")
@blueprint.arguments(ContentPageArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.FilePageSchema)
def files(arguments: Arguments, hash: str) -> Page:
    """List the install manifest of a spec, by path."""
    return page_by_key(
        arguments,
        "path",
        partial(list_files, bounded(ADVICE), identity_of(hash, arguments["content"])),
    )
