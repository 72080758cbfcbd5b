"""`/mirrors`: build caches, the specs that they offer, and those that they have to keep."""

from functools import partial

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import page_by_key
from service.api.request import Arguments, Page, bounded, full_hash
from service.api.schemas import mirrors as schemas
from service.queries.installations import ADVICE
from service.queries.mirrors import Mirror, list_mirrors, list_needed_specs

blueprint = Blueprint("mirrors", __name__, description="Build caches.")


@blueprint.route("/mirrors")
@blueprint.arguments(schemas.MirrorArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.MirrorsSchema)
def mirrors(arguments: Arguments) -> dict[str, list[Mirror]]:
    """List the build caches, or those that offer one spec."""
    offers = arguments["offers"]
    return {"items": list_mirrors(bounded(ADVICE), full_hash(offers) if offers else None)}


@blueprint.route("/mirrors/keep")
@blueprint.arguments(schemas.KeepArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.KeepPageSchema)
def keep(arguments: Arguments) -> Page:
    """List the specs that a build cache has to keep for the locked environments, by hash.

    These are their roots, and everything that the roots were built with and are deployed with.
    """
    environment, site = arguments["environment"], arguments["site"]
    fetch = partial(list_needed_specs, bounded(ADVICE), environment, site)
    return page_by_key(arguments, "hash", fetch)
