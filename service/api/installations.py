"""`/installations`, `/sites`, `/owners`: what is installed where, and which spec owns a file."""

import re
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE
from werkzeug.exceptions import BadRequest

from service.api.request import (
    Page,
    bounded,
    finish_page_by_time,
    full_hash,
    parse_parameter,
    scope_of,
)
from service.api.schemas import installations as schemas
from service.api.schemas.specs import NoArguments, PagingArguments
from service.paging import cursors
from service.queries.node_filter import HIGHEST
from service.queries.stub_selection import select_installed
from service.queries.timeline import MOST_COUNTED
from service.queries.times import parse_end_time

blueprint = Blueprint("installations", __name__, description="What is installed where.")

_HASH = re.compile(r"(?<![a-z2-7])[a-z2-7]{32}(?![a-z2-7])")
ADVICE = "narrow it: name a package or a site"


@blueprint.route("/installations")
@blueprint.arguments(schemas.InstallationArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.InstallationPageSchema)
def installations(arguments: dict[str, Any]) -> Page:
    """List what is installed, newest first: now, on a date, or ever."""
    at = parse_end_time("on", arguments["on"])
    if at is not None and arguments["gone"]:
        raise BadRequest("gone: not together with on")
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    limit = arguments["limit"]
    database = bounded(ADVICE)
    told: dict[str, Any] = {key: arguments[key] for key in ("site", "explicit", "gone")}
    told["at"] = at
    page = {"before": position.name or HIGHEST, "limit": limit + 1}
    constraint = parse_parameter("q", arguments["q"])
    if constraint is not None:
        hashes = select_installed(database, constraint)
        record = database.read("installations_of", hashes=hashes, **told, **page)[0]
        return finish_page_by_time(
            record["items"], record["total"], limit, scope, exact=True, seen=position.seen
        )
    items = database.read_one("installations_in_order", **told, **page)
    total = database.read_one("installations_counted", **told, most=MOST_COUNTED + 1)
    exact = total <= MOST_COUNTED
    total = min(total, MOST_COUNTED)
    return finish_page_by_time(items, total, limit, scope, exact=exact, seen=position.seen)


@blueprint.route("/sites")
@blueprint.arguments(NoArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SitesSchema)
def sites(arguments: dict[str, Any]) -> dict[str, Any]:
    """List the sites with their stores and how much there is at each."""
    return {"items": bounded(ADVICE).read_one("sites")}


@blueprint.route("/owners")
@blueprint.arguments(schemas.OwnerArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.OwnerPageSchema)
def owners(arguments: dict[str, Any]) -> dict[str, Any]:
    """Tell which specs installed a file."""
    path = arguments["path"].strip().strip("/")
    if not path:
        raise BadRequest("path: empty; name a file")
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    limit = arguments["limit"]
    items = bounded(ADVICE).read_one(
        "owners",
        path=path,
        name=path.rpartition("/")[2],
        ending="/" + path,
        hash=told.group() if (told := _HASH.search(path)) else None,
        before=position.name,
        limit=limit + 1,
    )
    return _files_page(items, "uid", limit, scope, position.seen)


@blueprint.route("/specs/<hash>/files")
@blueprint.arguments(PagingArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.FilePageSchema)
def files(arguments: dict[str, Any], hash: str) -> dict[str, Any]:
    """List the install manifest of a spec, by path."""
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    limit = arguments["limit"]
    record = bounded(ADVICE).read(
        "installed_files", hash=full_hash(hash), before=position.name, limit=limit + 1
    )[0]
    page = _files_page(record["items"], "path", limit, scope, position.seen)
    return {**page, "total": {"count": record["total"], "type": "EXACT"}}


def _files_page(
    items: list[dict[str, Any]], key: str, limit: int, scope: str, seen: int
) -> dict[str, Any]:
    following = None
    if len(items) > limit:
        following = cursors.encode_key(items[limit - 1][key], scope, seen + limit)
    return {"items": items[:limit], "next": following}
