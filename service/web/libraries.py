"""`/libraries`, `/symbols`, `/spec/<hash>/abi`: owners of libraries, and verdicts."""

from flask import Blueprint, render_template, request

from service.api.library_lists import (
    LibraryPage,
    SymbolPage,
    page_of_libraries,
    page_of_symbol,
)
from service.api.request import bounded, database, identity_of
from service.api.schemas.libraries import AbiDiffArguments, LibraryArguments, SymbolArguments
from service.queries import abi, abi_diff
from service.queries.abi_diff import compare_libraries
from service.queries.stored_dags import find_dag
from service.queries.stored_specs import read_spec
from service.queries.suggestions import require_site
from service.queries.type_changes import judge_known
from service.web.builds import given_filters, next_address
from service.web.chosen import box
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of, name_in_address

blueprint = Blueprint("library_pages", __name__)

DIFF_FILTERS = ("a", "b", "site")
SYMBOL_FILTERS = ("name", "role", "site")
FILTERS = ("soname", "needs", "spec", "site")


@blueprint.get("/libraries")
def show_libraries() -> str:
    """Show the programs and libraries of a name, of a spec, or that need some library."""
    given = given_filters(FILTERS)
    page = None
    if given["soname"] or given["needs"] or given["spec"]:
        page = page_of_libraries(arguments_of(LibraryArguments, request.args))
    return _show_list("libraries", given, page)


@blueprint.get("/symbols")
def show_symbol() -> str:
    """Show the programs and libraries that export or import a symbol."""
    given = given_filters(SYMBOL_FILTERS)
    page = None
    if given["name"]:
        page = page_of_symbol(arguments_of(SymbolArguments, request.args))
    return _show_list("symbols", given, page)


def _show_list(name: str, given: dict[str, str], page: LibraryPage | SymbolPage | None) -> str:
    """Show a page of a list of this name in REST, or only the form if there is none."""
    if page:
        draw_page("libraries", libraries=sorted({each["library"] for each in page["items"]}))
    return render_template(
        f"lists/{name}.html",
        page=page,
        given=given,
        next=next_address(page["next"]) if page else None,
        json_twin=address_of(f"/api/v1/{name}", **given) if page else None,
    )


@blueprint.get("/spec/<hash_>/abi")
def show_verdict(hash_: str) -> str:
    """Show whether the programs of a spec start."""
    uid = identity_of(hash_)
    given = given_filters(("site",))
    limited = bounded(abi.ADVICE)
    require_site(limited, given["site"] or None)
    spec = read_spec(database(), uid)
    return render_template(
        "lists/abi.html",
        spec=spec,
        abi=judge_known(limited, find_dag(limited, uid), given["site"] or None),
        given=given,
        json_twin=address_of(f"/api/v1/specs/{name_in_address(spec)}/abi", **given),
    )


@blueprint.get("/libraries/diff")
def show_abi_diff() -> tuple[str, int]:
    """Show how the libraries of two specs differ, or the form to choose them."""
    given = given_filters(DIFF_FILTERS)
    boxes = a, b = box("a", given["a"]), box("b", given["b"])
    found = None
    if a.hash and b.hash:
        arguments = arguments_of(AbiDiffArguments, request.args)
        limited = bounded(abi_diff.ADVICE)
        require_site(limited, given["site"] or None)
        found = compare_libraries(
            limited, a.hash, b.hash, site=given["site"] or None, most=arguments["limit"]
        )
    shown = render_template(
        "lists/abi_diff.html",
        boxes=boxes,
        given=given,
        found=found,
        json_twin=address_of("/api/v1/diff/abi", **given) if found else None,
    )
    return shown, 400 if any(each.fault for each in boxes) else 200
