"""One spec: what it is, where it came from, and the ways on from it."""

from typing import Any

from flask import Blueprint, render_template, request

from service import schemas
from service.one_spec import full_hash
from service.one_spec import spec as spec_view
from service.web.views import answer

blueprint = Blueprint("spec_page", __name__)


def of(hash_: str) -> dict[str, Any]:
    """All that is told of a spec, by its hash or the start of one; raises as the resource does."""
    found: dict[str, Any] = answer(spec_view, schemas.NoArguments, {}, hash_=hash_)
    return {**found, "variants": _variants(found.get("variants") or [])}


def _variants(entries: list[str]) -> list[str]:
    """Searchable entries as Spack writes variants: `+shared`, `~static`, `build_type=Release`."""
    written = []
    for entry in entries:
        name, _, value = entry.partition("=")
        written.append({"true": f"+{name}", "false": f"~{name}"}.get(value, entry))
    return written


@blueprint.get("/spec/<hash_>")
def overview(hash_: str) -> str:
    """The page of one spec."""
    return render_template("spec.html", spec=of(hash_), json_twin=f"/api/v1/specs/{hash_}")


@blueprint.get("/spec/<hash_>/card")
def card(hash_: str) -> str:
    """What is told of a spec beside a picture; `root` is the spec that the picture is of."""
    root = request.args.get("root", "")
    return render_template("card.html", spec=of(hash_), root=full_hash(root) if root else None)
