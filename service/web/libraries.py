"""`/libraries` and `/symbols`: who has a library or a symbol, and who needs it."""

from flask import Blueprint, render_template, request

from service.api.library_lists import page_of_libraries, page_of_symbol
from service.api.schemas.libraries import LibraryArguments, SymbolArguments
from service.web.builds import given_filters, next_address
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of

blueprint = Blueprint("library_pages", __name__)

SYMBOL_FILTERS = ("name", "role", "site")
FILTERS = ("soname", "needs", "spec", "site")


@blueprint.get("/libraries")
def show_libraries() -> str:
    """Show the programs and libraries of a name, of a spec, or that need some library."""
    given = given_filters(FILTERS)
    page = None
    if given["soname"] or given["needs"] or given["spec"]:
        page = page_of_libraries(arguments_of(LibraryArguments, request.args))
        draw_page("libraries", libraries=sorted({each["library"] for each in page["items"]}))
    return render_template(
        "lists/libraries.html",
        page=page,
        given=given,
        next=next_address(page["next"]) if page else None,
        json_twin=address_of("/api/v1/libraries", **given) if page else None,
    )


@blueprint.get("/symbols")
def show_symbol() -> str:
    """Show the programs and libraries that export or import a symbol."""
    given = given_filters(SYMBOL_FILTERS)
    page = None
    if given["name"]:
        page = page_of_symbol(arguments_of(SymbolArguments, request.args))
        draw_page("libraries", libraries=sorted({each["library"] for each in page["items"]}))
    return render_template(
        "lists/symbols.html",
        page=page,
        given=given,
        next=next_address(page["next"]) if page else None,
        json_twin=address_of("/api/v1/symbols", **given) if page else None,
    )
