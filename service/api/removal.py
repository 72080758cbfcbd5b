"""`DELETE` of specs, builds, sites and environments, with a dry run."""

import re

from flask import abort
from flask_smorest import Blueprint
from marshmallow import RAISE

from loaders.store.removal import requests
from loaders.store.removal.environments import StoredEnvironment, find_environments
from loaders.store.removal.preview import find_attempt
from loaders.store.removal.specs import SpecGoneError
from service.api.auth import bound_site
from service.api.request import Arguments, database, one_content
from service.api.schemas import removal as schemas
from service.queries.errors import InvalidQuestionError, NotInGraphError

blueprint = Blueprint("removal", __name__, description="Deletion.")

_ENVIRONMENT = re.compile(r"[0-9a-f]{4,64}")


def _refuse_other_site(site: str | None) -> None:
    """Answer 403 if the request's token is bound to another site; None is no site at all."""
    bound = bound_site()
    if bound is not None and bound != site:
        of = f"of {site}" if site else "of no site"
        abort(403, f"this token is for the site {bound}, and this is {of}")


@blueprint.route("/specs/<hash:hash>", methods=["DELETE"])
@blueprint.arguments(schemas.SpecRemovalArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.RemovalSchema)
@blueprint.alt_response(409, "CONFLICT")
def delete_spec(arguments: Arguments, hash: str) -> requests.Removal:
    """Delete a spec with its documents, and what is below it and nothing else needs.

    A spec that others depend on, or that was spliced, built, installed, tested, offered by a build
    cache or locked by an environment is not deleted.
    """
    _refuse_other_site(None)
    uid = one_content(hash, arguments["content"])
    try:
        return requests.remove_spec(database(), uid, dry_run=arguments["dry_run"])
    except SpecGoneError as error:
        raise NotInGraphError(f"{hash} was deleted meanwhile") from error


@blueprint.route("/builds/<uid>", methods=["DELETE"])
@blueprint.arguments(schemas.RemovalArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.RemovalSchema)
def delete_build(arguments: Arguments, uid: str) -> requests.Removal:
    """Delete an attempt with its phases, logs and findings."""
    attempt = find_attempt(database(), uid)
    if attempt is None:
        raise NotInGraphError(f"no build has the uid {uid[:80]!r}")
    _refuse_other_site(attempt["site"])
    return requests.remove_attempt(database(), attempt, dry_run=arguments["dry_run"])


@blueprint.route("/sites/<name>", methods=["DELETE"])
@blueprint.arguments(schemas.RemovalArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.RemovalSchema)
@blueprint.alt_response(409, "CONFLICT")
def delete_site(arguments: Arguments, name: str) -> requests.Removal:
    """Delete a site: its builds, installations, stores, environments and test runs.

    Spec documents are not of a site, so they stay.
    """
    _refuse_other_site(name)
    removal = requests.remove_site(database(), name, dry_run=arguments["dry_run"])
    if removal is None:
        raise NotInGraphError(f"there is no site {name[:80]!r}")
    return removal


@blueprint.route("/environments/<uid>", methods=["DELETE"])
@blueprint.arguments(schemas.RemovalArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.RemovalSchema)
def delete_environment(arguments: Arguments, uid: str) -> requests.Removal:
    """Delete a locked environment, named by its id or by the start of it.

    The documents of its roots stay.
    """
    environment = _one_environment(uid)
    _refuse_other_site(environment["site"])
    return requests.remove_environment(database(), environment, dry_run=arguments["dry_run"])


def _one_environment(text: str) -> StoredEnvironment:
    found = find_environments(database(), text) if _ENVIRONMENT.fullmatch(text) else []
    if not found:
        raise NotInGraphError(f"no environment has an id that starts with {text[:80]}")
    if len(found) > 1:
        raise InvalidQuestionError(f"several environments have an id that starts with {text}")
    return found[0]
