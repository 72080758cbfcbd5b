"""`/libraries`, `/symbols` and `/diff/abi`: who has a library or a symbol, and who needs it."""

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.library_lists import (
    LibraryPage,
    SymbolPage,
    page_of_libraries,
    page_of_symbol,
)
from service.api.request import Arguments, bounded, identity_of
from service.api.schemas import libraries as schemas
from service.queries import abi_diff
from service.queries.abi_diff import AbiDiff, compare_libraries
from service.queries.suggestions import require_site

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


@blueprint.route("/diff/abi")
@blueprint.arguments(schemas.AbiDiffArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.AbiDiffSchema)
def diff_abi(arguments: Arguments) -> AbiDiff:
    """Compare the libraries of two specs: symbols added, removed, or in other versions.

    Lists the files of all stored specs, those of `a` left out, that use symbols gone in `b`.
    """
    limited = bounded(abi_diff.ADVICE)
    require_site(limited, arguments["site"])
    a, b = identity_of(arguments["a"]), identity_of(arguments["b"])
    return compare_libraries(limited, a, b, site=arguments["site"], most=arguments["limit"])
