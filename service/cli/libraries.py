"""`specgraph provides` and `symbol`: who has a library or a symbol, and who needs it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from service.cli.api import open_api
from service.cli.builds import LIMIT, SITE
from service.cli.connection import take_target, target_options
from service.cli.output import (
    end_if_empty,
    fact_cells,
    fact_columns,
    for_people,
    format_options,
    name_of,
    note,
    show_count,
    show_for_programs,
    table,
)
from service.cli.queries import collect
from service.cli.shell import SPEC

if TYPE_CHECKING:
    from service.queries.installed_libraries import LibraryItem, SpecsThatNeed
    from service.queries.symbols import SymbolItem, SymbolOfFile

_MOST_NAMED = 5


@click.command()
@click.argument("name", required=False)
@click.option("--spec", type=SPEC, metavar="SPEC", help="Only programs and libraries of this spec.")
@click.option("--needs", metavar="NAME", help="Only those that need a library of this name.")
@SITE
@LIMIT
@format_options
@target_options
def provides(name: str | None, limit: int, **options: Any) -> None:
    """List the specs that have a library, and count those that need it.

    NAME is a SONAME, a file name, or the end of a path. Without it, name a spec or a library that
    is needed.

    \b
      specgraph provides libmpi.so.40
      specgraph provides --spec hdf5@1.14.6
      specgraph provides --needs libmpi.so.40 --at frontier
    """
    target = take_target(options)
    if not (name or options["needs"] or options["spec"]):
        raise click.UsageError("Give NAME, --needs or --spec.")
    with open_api(target) as api:
        answer = collect(api, "/libraries", limit, soname=name, **options)
    if not show_for_programs(answer):
        _show_libraries(answer)
    end_if_empty(answer)


def _show_libraries(answer: Mapping[str, Any]) -> None:
    columns = fact_columns(answer["items"])
    rows = [
        [
            *(name_of(i), i["path"], i["soname"] or "-", ", ".join(i["versions"]) or "-"),
            *(_count(i["needed_by"]), place_text(i), *fact_cells(i, columns)),
        ]
        for i in answer["items"]
    ]
    titles = ["spec", "path", "soname", "versions", "needed by", "place", *columns]
    table("", titles, rows)
    show_count(answer)
    if needed_by := answer.get("needed_by"):
        named = ", ".join(map(name_of, needed_by["specs"][:_MOST_NAMED]))
        more = ", ..." if needed_by["count"] > _MOST_NAMED else ""
        specs = f": {named}{more}" if named else ""
        note(f"{needed_by['name']} is needed by {_count(needed_by)} specs{specs}")


def _count(needed_by: "SpecsThatNeed") -> str:
    return f"{'' if needed_by['exact'] else 'more than '}{needed_by['count']}"


def place_text(item: "LibraryItem | SymbolItem") -> str:
    """Return where a file is: its site or build cache, for programs with its prefix."""
    place = item["site"] or item["mirror"] or item["kind"]
    return place if for_people() else f"{place}: {item['prefix']}"


@click.command()
@click.argument("name")
@click.option("--exports", "role", flag_value="exports", help="Only files that export it.")
@click.option("--imports", "role", flag_value="imports", help="Only files that import it.")
@SITE
@LIMIT
@format_options
@target_options
def symbol(name: str, limit: int, **options: Any) -> None:
    """List the programs and libraries that export or import a symbol.

    NAME is a symbol, with a version or without, or the name that it has in C++ or Fortran.

    \b
      specgraph symbol H5Fopen
      specgraph symbol memcpy@GLIBC_2.14 --imports
      specgraph symbol H5::H5File::openFile
    """
    with open_api(take_target(options)) as api:
        answer = collect(api, "/symbols", limit, name=name, **options)
    if not show_for_programs(answer):
        columns = fact_columns(answer["items"])
        rows = [
            [
                *(name_of(i), i["role"], ", ".join(map(_symbol_text, i["symbols"]))),
                *(i["path"], i["soname"] or "-", place_text(i), *fact_cells(i, columns)),
            ]
            for i in answer["items"]
        ]
        table("", ["spec", "role", "symbol", "path", "soname", "place", *columns], rows)
        for mangled, readable in sorted(_demangled(answer["items"])):
            note(f"{mangled} is {readable}")
        if answer["is_cut"]:
            note("Not all are listed: name a site, or only exports or imports.")
    end_if_empty(answer)


def _symbol_text(found: "SymbolOfFile") -> str:
    """Return a symbol as the dynamic loader writes it, with the library that should define it."""
    sign = "@@" if found["default"] else "@"
    version = f"{sign}{found['version']}" if found["version"] else ""
    wanted = f" of {found['wanted_of']}" if found["wanted_of"] else ""
    return f"{found['name']}{version}{wanted}{' (weak)' if found['weak'] else ''}"


def _demangled(items: Sequence["SymbolItem"]) -> set[tuple[str, str]]:
    return {
        (each["name"], each["demangled"])
        for item in items
        for each in item["symbols"]
        if each["demangled"]
    }
