"""`/environments` and `/diff/environments`: locked environments with their roots, differences."""

from functools import partial
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import environment_filter, page_by_time
from service.api.request import Arguments, Page, bounded, scope_of, total_of
from service.api.schemas import environments as schemas
from service.paging import offsets
from service.queries import environment_diff
from service.queries.environments import list_environments
from service.queries.installations import ADVICE

blueprint = Blueprint("environments", __name__, description="Locked environments.")


@blueprint.route("/environments")
@blueprint.arguments(schemas.EnvironmentArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.EnvironmentPageSchema)
def environments(arguments: Arguments) -> Page:
    """List locked environments with their roots, those loaded last first.

    With `with`, only those that hold a spec which satisfies it, as a root or below one.
    """
    criteria = environment_filter(arguments)
    found = partial(list_environments, bounded(ADVICE), criteria, facts=arguments["facts"])
    return page_by_time(arguments, found)


@blueprint.route("/diff/environments")
@blueprint.arguments(schemas.EnvironmentDiffArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.EnvironmentDiffSchema)
def diff_environments(arguments: Arguments) -> dict[str, Any]:
    """Compare two locked environments, or the last two states of one.

    Compares the specs that were requested, and all specs by package.
    """
    found = environment_diff.compare_environments(
        bounded(environment_diff.ADVICE), arguments["a"], arguments["b"], arguments["site"]
    )
    scope = f"{scope_of(arguments)} {found.a['uid']} {found.b['uid']}"
    entries = found.specs.entries
    shown, following = offsets.cut_page(entries, arguments["limit"], arguments["cursor"], scope)
    return {
        "a": found.a,
        "b": found.b,
        "roots": found.roots,
        "same": found.specs.same,
        "entries": shown,
        "next": following,
        "total": total_of(len(entries)),
    }
