"""Lists of programs, libraries and their symbols, for views and pages alike."""

from functools import partial
from typing import NotRequired, cast

from service.api.listing import (
    UncountedPage,
    page_by_key,
    uncounted_page_by_key,
    with_advice,
    with_facts,
)
from service.api.request import Arguments, Page, bounded, identity_of
from service.queries import installed_libraries, symbols
from service.queries.installed_libraries import (
    LibraryFilter,
    SpecsThatNeed,
    find_libraries,
    find_specs_that_need,
    suggest_names,
)
from service.queries.symbols import AskedSymbol, Role, SymbolItem, find_symbol


class LibraryPage(Page):
    """A page of programs and libraries; `needed_by` is there if a name was asked for."""

    needed_by: NotRequired[SpecsThatNeed]


class SymbolPage(UncountedPage):
    """A page of the files with a symbol.

    `names` are the symbols that were looked up. `is_cut` is true if so many files export or import
    it that not all are listed.
    """

    names: list[str]
    is_cut: bool


def page_of_libraries(arguments: Arguments) -> LibraryPage:
    """Return the page of programs and libraries that arguments ask for.

    Args:
        arguments: As `LibraryArguments` has loaded them.

    Raises:
        InvalidQuestionError: They ask for everything.
        CursorError: The cursor is not one of this list.
    """
    limited = bounded(installed_libraries.ADVICE)
    name, site = (arguments["soname"] or "").strip(), arguments["site"]
    needs, spec = (arguments["needs"] or "").strip(), arguments["spec"]
    criteria = LibraryFilter(
        name or None, needs or None, identity_of(spec) if spec else None, site or None
    )
    found = page_by_key(arguments, "sort_key", partial(find_libraries, limited, criteria))
    page = cast("LibraryPage", with_advice(with_facts(found, arguments, "spec_uid"), arguments, ()))
    if name:
        page["needed_by"] = find_specs_that_need(limited, [name], criteria.site)[name]
    if not page["items"] and not spec and not page.get("advice"):
        page["advice"] = suggest_names(limited, name or needs)
    return page


def page_of_symbol(arguments: Arguments) -> SymbolPage:
    """Return the page of the programs and libraries with a symbol that arguments ask for.

    Args:
        arguments: As `SymbolArguments` has loaded them.

    Raises:
        InvalidQuestionError: The name is empty or too long.
        CursorError: The cursor is not one of this list.
    """
    asked = AskedSymbol.parse(arguments["name"])
    role = Role(arguments["role"]) if arguments["role"] else None
    limited, cut = bounded(symbols.ADVICE), []

    def fetch(after: str, limit: int) -> list[SymbolItem]:
        found = find_symbol(limited, asked, after, limit, role=role, site=arguments["site"] or None)
        cut.append(found.is_cut)
        return found.items

    page = with_facts(uncounted_page_by_key(arguments, "sort_key", fetch), arguments, "spec_uid")
    return SymbolPage(
        items=page["items"], next=page["next"], names=list(asked.names), is_cut=any(cut)
    )
