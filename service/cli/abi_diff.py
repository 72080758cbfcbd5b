"""The output of `specgraph diff --abi`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from service.cli.output import for_people, name_of, note, show_for_programs, table

if TYPE_CHECKING:
    from service.queries.abi_diff import LibraryDiff

_MOST_NAMED = 5


def show_abi_diff(answer: dict[str, Any]) -> None:
    """Print how the libraries of two specs differ: a symbol a line, with the users of lost ones."""
    if show_for_programs(answer):
        return
    libraries: list[LibraryDiff] = answer["libraries"]
    rows = [row for each in libraries for row in _rows(each)]
    title = f"{name_of(answer['a'])} and {name_of(answer['b'])}"
    if rows:
        table(title, ["library", "change", "symbol", "a", "b", "used by"], rows)
    else:
        note(f"{title}: all {len(libraries)} libraries export the same symbols.")
    for each in libraries:
        hidden = each["added"] + each["removed"] + each["versions"] - len(each["symbols"])
        if each["before"] and each["after"] and hidden:
            note(f"{each['soname']}: {hidden} more symbols; --limit shows more")
        _show_clients(each)


def _rows(library: "LibraryDiff") -> Iterator[list[object]]:
    """Yield a row for a library that only one of the specs has, else one for each symbol."""
    paths = [library["before"] or "-", library["after"] or "-"]
    if not (library["before"] and library["after"]):
        exact = "" if library["clients_exact"] else "at least "
        used_by = f"{exact}{library['clients_count']} files"
        yield [library["soname"], library["change"], "", *paths, used_by]
        return
    for each in library["symbols"]:
        sides = [", ".join(each[side]) if each[side] else "-" for side in ("before", "after")]
        yield [
            *(library["soname"], each["change"], each["demangled"] or each["name"]),
            *(side or "no version" for side in sides),
            f"{each['used_by']} specs" if each["change"] != "added" else "",
        ]


def _show_clients(library: "LibraryDiff") -> None:
    """Print which files use symbols that a library lost, for people only."""
    if not for_people() or not library["clients"]:
        return
    note(f"{library['soname']} is used by", "")
    for client in library["clients"]:
        symbols = ", ".join(client["symbols"][:_MOST_NAMED])
        more = ", ..." if len(client["symbols"]) > _MOST_NAMED else ""
        names = f": {symbols}{more}" if symbols else ""
        note(f"  {name_of(client['spec'])} {client['path']}{names}")
    if library["clients_count"] > len(library["clients"]) or not library["clients_exact"]:
        note("  and others")
