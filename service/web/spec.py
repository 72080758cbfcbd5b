"""One spec: what it is, where it came from, and the ways on from it."""

from typing import Any

from flask import Blueprint, render_template, request

from service.api.request import database, full_hash
from service.api.schemas import specs as schemas
from service.api.schemas import traversals as shapes
from service.api.spec import spec as spec_view
from service.api.traversals import variations as variations_view
from service.queries.attempts import find_attempts_at_spec
from service.queries.node_filter import HIGHEST
from service.text import written
from service.web.views import address, answer

blueprint = Blueprint("spec_page", __name__)

_MOST = 5
"""Builds and installations that are told on the page of a spec."""
PAGE = 25
"""Variations on a page."""


def of(hash_: str) -> dict[str, Any]:
    """All that is told of a spec, by its hash or the start of one; raises as the resource does."""
    found: dict[str, Any] = answer(spec_view, schemas.NoArguments, {}, hash_=hash_)
    return {**found, "variants": written(found.get("variants") or [])}


@blueprint.get("/spec/<hash_>")
def overview(hash_: str) -> str:
    """The page of one spec."""
    spec = of(hash_)
    return render_template(
        "spec.html",
        spec=spec,
        **_around(spec["hash"]),
        json_twin=f"/api/v1/specs/{spec['hash']}",
    )


def _around(hash_: str) -> dict[str, Any]:
    """How its builds went, where it is installed, and how many files it has there."""
    page: dict[str, Any] = {"hashes": [hash_], "site": None, "before": HIGHEST, "limit": _MOST}
    read = database().read
    return {
        "builds": find_attempts_at_spec(database(), hash_, _MOST),
        "installations": read("installations_of", **page, explicit=None, at=None, gone=True)[0],
        "files": read("files", hash=hash_, before="", limit=1)[0]["total"],
    }


@blueprint.get("/spec/<hash_>/variations")
def variations(hash_: str) -> str:
    """The other roots of its package that differ from a spec in one thing."""
    spec = of(hash_)
    given = {key: request.args.get(key, "") for key in ("only", "cursor")}
    wanted = {**given, "limit": PAGE}
    found = answer(variations_view, shapes.VariationsArguments, wanted, hash_=spec["hash"])
    here = request.path  # A cursor belongs to the path as it was asked for.
    return render_template(
        "variations.html",
        spec=spec,
        only=given["only"],
        page=found,
        next=found["next"] and address(here, only=given["only"], cursor=found["next"]),
        json_twin=address(f"/api/v1/specs/{spec['hash']}/variations", only=given["only"]),
    )


@blueprint.get("/spec/<hash_>/card")
def card(hash_: str) -> str:
    """What is told of a spec beside a picture; `root` is the spec that the picture is of."""
    root = request.args.get("root", "")
    return render_template("card.html", spec=of(hash_), root=full_hash(root) if root else None)
