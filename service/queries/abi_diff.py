"""The libraries of two specs compared: their symbols, and who uses those that are gone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from loaders.elf.facts import ElfFacts, Export
from loaders.elf.packing import unpack_references
from service.abi.difference import ExportChange, broken_symbols, compare_exports
from service.abi.verdict import is_program
from service.dags.labels import SpecLabel, make_label
from service.queries.demangling import demangle_symbol
from service.queries.errors import NotInGraphError
from service.queries.libraries import PrefixFiles, read_facts, read_prefixes
from service.queries.stored_specs import read_spec

ADVICE = "name a site, or specs with fewer libraries"
"""How to narrow a question that took too long."""
MOST_SETS = 2_000
"""Most sets of imported symbols that are looked at for one library."""
MOST_CLIENTS = 1_000
"""Clients of one library are counted exactly up to this many files."""


class SymbolChange(TypedDict):
    """A symbol that a library no longer exports as before.

    `change` is `added`, `removed` or `versions`. A version is empty for none, else `@V`, or `@@V`
    if programs are linked to it. `used_by` is the number of specs with a client that uses what is
    gone.
    """

    name: str
    demangled: str | None
    change: str
    before: list[str]
    after: list[str]
    used_by: int


class Client(TypedDict):
    """A file that needs a library, and the symbols of it that are gone and that the file uses.

    If the whole library is gone, all its clients are listed, without symbols.
    """

    spec: SpecLabel
    path: str
    symbols: list[str]


class LibraryDiff(TypedDict):
    """A library in two specs.

    `change` is `added`, `removed`, `changed` or `same`. `before` and `after` are its paths, None
    where it is not. Numbers count all symbols and clients; the lists have the first ones, symbols
    that clients use before others. `clients_exact` is false if counting stopped there.
    """

    soname: str
    change: str
    before: str | None
    after: str | None
    added: int
    removed: int
    versions: int
    symbols: list[SymbolChange]
    clients: list[Client]
    clients_count: int
    clients_exact: bool


@dataclass(frozen=True)
class AbiDiff:
    """The libraries of two specs, those first that may break a client.

    Attributes:
        a: The first spec.
        b: The second.
        libraries: Its libraries and those of the second, by name.
    """

    a: SpecLabel
    b: SpecLabel
    libraries: Sequence[LibraryDiff]


@dataclass(frozen=True)
class _Provided:
    """A library of a spec: the path of the first file of its name, and the exports of all."""

    path: str
    exports: Sequence[Export]


@dataclass(frozen=True)
class _Clients:
    """Clients of a library, and whether these are all."""

    files: Sequence[Client]
    exact: bool

    def count_by_symbol(self) -> dict[str, int]:
        """Return for each symbol that is gone the number of specs that use it."""
        users: dict[str, set[str]] = {}
        for client in self.files:
            for name in client["symbols"]:
                users.setdefault(name, set()).add(client["spec"]["uid"])
        return {name: len(specs) for name, specs in users.items()}


def compare_libraries(
    database: Database, a: str, b: str, *, site: str | None = None, most: int = 50
) -> AbiDiff:
    """Compare the libraries of two specs by name.

    Args:
        database: The graph.
        a: Identity of the first spec.
        b: Identity of the second.
        site: The site whose files count, and whose clients are looked for; None for all.
        most: Most symbols and most clients that are listed of a library.

    Raises:
        NotInGraphError: Of one of them no files were read.
    """
    reads = read_prefixes(database, [a, b], site=site)
    first, second = _label(database, a), _label(database, b)
    for uid, label in ((a, first), (b, second)):
        if uid not in reads:
            raise NotInGraphError(
                f"no files of {label['name']}@{label['version']}/{label['hash'][:7]} were read; "
                "load the install tree or build cache that has it"
            )
    old, new = (_provided(database, reads[uid][0]) for uid in (a, b))
    found = []
    for soname in sorted(old.keys() | new.keys()):
        before, after = old.get(soname), new.get(soname)
        changes = compare_exports(before.exports if before else (), after.exports if after else ())
        clients = _clients(database, soname, changes, a, site, is_gone=after is None)
        found.append(_library_diff(soname, before, after, changes, clients, most))
    found.sort(key=lambda each: (not each["clients_count"], each["change"] == "same"))
    return AbiDiff(first, second, found)


def _label(database: Database, uid: str) -> SpecLabel:
    spec = read_spec(database, uid)
    return make_label(uid, spec.get("name"), spec.get("version"))


def _provided(database: Database, files: PrefixFiles) -> Mapping[str, _Provided]:
    """Return the libraries of a spec by their SONAMEs or file names; programs are left out."""
    found: dict[str, _Provided] = {}
    facts = read_facts(database, files.libraries.values())
    for path, uid in sorted(files.libraries.items()):
        library = facts[uid]
        if is_program(library) or not (library.soname or library.exports):
            continue
        soname = _name_of(library, path)
        first = found.get(soname, _Provided(path, ()))
        found[soname] = _Provided(first.path, (*first.exports, *library.exports))
    return found


def _name_of(library: ElfFacts, path: str) -> str:
    return library.soname or path.rpartition("/")[2]


def _clients(
    database: Database,
    soname: str,
    changes: Iterable[ExportChange],
    own: str,
    site: str | None,
    *,
    is_gone: bool,
) -> _Clients:
    """Return the clients that use symbols that a library lost, all if it is gone.

    Args:
        database: The graph.
        soname: Name of the library.
        changes: Differences of its exports.
        own: Identity of the spec that it is taken from, whose own files do not count.
        site: Only clients at this site.
        is_gone: Whether the whole library is gone.
    """
    gone = {each.name: each for each in changes if not each.after or each.lost}
    if not gone and not is_gone:
        return _Clients((), exact=True)
    sets = database.read("imports_of_clients", name=soname, most=MOST_SETS + 1)
    used = {}
    for each in sets[:MOST_SETS]:
        database.check_clock()
        used[each["uid"]] = broken_symbols(gone, unpack_references(each["data"]), soname)
    asked = [uid for uid, names in used.items() if names or is_gone]
    rows = database.read(
        "clients_with_imports",
        name=soname,
        sets=asked,
        site=site,
        without=own,
        most=MOST_CLIENTS + 1,
    )
    files = [
        Client(
            spec=row["spec"],
            path=row["path"],
            symbols=[] if is_gone else used[row["symbol_set"]],
        )
        for row in rows[:MOST_CLIENTS]
    ]
    return _Clients(files, exact=len(rows) <= MOST_CLIENTS and len(sets) <= MOST_SETS)


def _library_diff(
    soname: str,
    before: _Provided | None,
    after: _Provided | None,
    changes: Sequence[ExportChange],
    clients: _Clients,
    most: int,
) -> LibraryDiff:
    change = "added" if not before else "removed" if not after else "changed" if changes else "same"
    used = clients.count_by_symbol()
    first = sorted(changes, key=lambda each: (-used.get(each.name, 0), each.change == "added"))
    kinds = [each.change for each in changes]
    return LibraryDiff(
        soname=soname,
        change=change,
        before=before.path if before else None,
        after=after.path if after else None,
        added=kinds.count("added"),
        removed=kinds.count("removed"),
        versions=kinds.count("versions"),
        symbols=[_symbol_change(each, used.get(each.name, 0)) for each in first[:most]],
        clients=list(clients.files[:most]),
        clients_count=len(clients.files),
        clients_exact=clients.exact,
    )


def _symbol_change(change: ExportChange, used_by: int) -> SymbolChange:
    return SymbolChange(
        name=change.name,
        demangled=demangle_symbol(change.name),
        change=change.change,
        before=sorted(change.before),
        after=sorted(change.after),
        used_by=used_by,
    )
