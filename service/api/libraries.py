"""`/libraries` and `/symbols`: who has a library or a symbol, and who needs it."""

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.library_lists import (
    LibraryPage,
    SymbolPage,
    page_of_libraries,
    page_of_symbol,
)
from service.api.request import Arguments
from service.api.schemas import libraries as schemas

blueprint = Blueprint(
    "libraries", __name__, description="Which specs have a library or symbol, and which need it."
)


@blueprint.route("/libraries")
@blueprint.arguments(schemas.LibraryArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.LibraryPageSchema)
def libraries(arguments: Arguments) -> LibraryPage:
    """List the programs and libraries of a name, of a spec, or that need some library.

    Each with its spec, its place, the versions that it defines, and the specs that need it. At most
    10,000 are listed: of more, the total is `AT_LEAST`.
    """
    return page_of_libraries(arguments)


@blueprint.route("/symbols")
@blueprint.arguments(schemas.SymbolArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SymbolPageSchema)
def symbols(arguments: Arguments) -> SymbolPage:
    """List the programs and libraries that export or import a symbol, those that export it first.

    A name stands for the symbol itself, for its spelling by Fortran compilers (`name_` and
    `__module_MOD_name`), and for C++ functions and variables of that name that are no templates.
    """
    return page_of_symbol(arguments)
