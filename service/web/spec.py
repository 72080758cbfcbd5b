"""One spec: its properties, where it came from, and links to everything about it."""

from typing import Any

from flask import Blueprint, render_template, request

from cypher.run import BudgetExceededError
from loaders.specs.contents import hash_of
from service.api.request import bounded, dag_scope, database, identity_of, total_of
from service.api.schemas.traversals import VariationsArguments
from service.dags.aspects import parse_aspect
from service.queries import needs
from service.queries.attempts import find_attempts_at_spec
from service.queries.installations import find_installations_of_spec
from service.queries.installed_files import list_files
from service.queries.installed_libraries import LibraryFilter, LibraryItem, find_libraries
from service.queries.libraries import read_prefixes
from service.queries.needs import SystemNeeds, find_needs
from service.queries.neighbours import MOST, find_neighbours
from service.queries.stored_dags import find_dag
from service.queries.stored_specs import StoredSpec, read_spec
from service.queries.variations import ADVICE, Block, list_variations
from service.text import format_variants
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of, name_in_address

blueprint = Blueprint("spec_page", __name__)
blueprint.add_app_template_filter(name_in_address, "address_name")

_MOST = 5
"""Builds and installations on the page of a spec."""
_MOST_LIBRARIES = 12
"""Programs and libraries on the page of a spec."""
PAGE = 25
"""Variations on a page."""


def spec_with_variants(uid: str) -> StoredSpec:
    """Return the content with an identity, with its variants as Spack writes them."""
    spec = read_spec(database(), uid)
    return {**spec, "variants": format_variants(spec.get("variants") or [])}


@blueprint.get("/spec/<hash_>")
def overview(hash_: str) -> str:
    """The page of one spec."""
    spec = spec_with_variants(identity_of(hash_, request.args.get("content")))
    draw_page("spec", uid=spec["uid"])
    return render_template(
        "spec.html",
        spec=spec,
        around=find_neighbours(database(), spec["uid"]),
        most=MOST,
        **_related_records(spec["uid"]),
        needs=_system_needs(spec),
        libraries=_own_libraries(spec["uid"]),
        json_twin=f"/api/v1/specs/{name_in_address(spec)}",
    )


def _system_needs(spec: StoredSpec) -> SystemNeeds | None:
    """Return its needs of the system; None if its files were not read, or are too many."""
    if not read_prefixes(database(), [spec["uid"]], libraries=False):
        return None
    limited = bounded(needs.ADVICE)
    try:
        return find_needs(limited, find_dag(limited, spec["uid"]), {}, symbols=False)
    except BudgetExceededError:
        return None


def _own_libraries(uid: str) -> dict[str, Any]:
    """Return its first programs and libraries, and whether there are more.

    Files that were read at several sites are shown once.
    """
    found = find_libraries(database(), LibraryFilter(spec=uid), "", 2 * _MOST_LIBRARIES)
    files: dict[tuple[str, str], LibraryItem] = {}
    for each in found.items:
        files.setdefault((each["path"], each["library"]), each)
    shown = list(files.values())[:_MOST_LIBRARIES]
    return {"files": shown, "more": len(files) > len(shown) or found.total > len(found.items)}


def _related_records(uid: str) -> dict[str, Any]:
    """Return its builds, its installations, and the number of its files."""
    return {
        "builds": find_attempts_at_spec(database(), hash_of(uid), _MOST),
        "installations": find_installations_of_spec(database(), uid, _MOST),
        "files": list_files(database(), uid, "", 1).total,
    }


@blueprint.get("/spec/<hash_>/variations")
def variations(hash_: str) -> str:
    """The other roots of its package that differ from a spec in one thing."""
    spec = spec_with_variants(identity_of(hash_))
    given = {key: request.args.get(key, "") for key in ("only", "cursor")}
    arguments = arguments_of(VariationsArguments, {**given, "limit": PAGE})
    dag = find_dag(database(), spec["uid"])
    only = arguments["only"]
    aspect = None if only is None else parse_aspect(only, dag)
    scope = dag_scope(arguments, dag)
    block = Block.decode(arguments["cursor"], scope)
    found = list_variations(bounded(ADVICE), dag, aspect, block, PAGE)
    following = found.following and found.following.cursor(scope)
    here = request.path  # A cursor belongs to the path as it was requested.
    return render_template(
        "variations.html",
        spec=spec,
        only=given["only"],
        variations=found.items,
        total=total_of(found.total, exact=found.exact),
        next=following and address_of(here, only=given["only"], cursor=following),
        json_twin=address_of(
            f"/api/v1/specs/{name_in_address(spec)}/variations", only=given["only"]
        ),
    )


@blueprint.get("/spec/<hash_>/card")
def card(hash_: str) -> str:
    """The details of a spec beside a picture; `root` is the spec of the picture."""
    root = request.args.get("root", "")
    return render_template(
        "card.html",
        spec=spec_with_variants(identity_of(hash_)),
        root=identity_of(root) if root else None,
    )
