"""Symbols by name: which programs and libraries export them, and which import them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict

from cypher.run import Database
from loaders.elf.facts import Export, Reference
from loaders.elf.names import mangled_starts, qualified_name, spellings_of
from loaders.elf.packing import find_symbols, symbol_word
from service.queries.demangling import demangle_symbol
from service.queries.errors import InvalidQuestionError
from service.queries.libraries import FileItem, file_item, read_sets
from service.queries.listing import MOST_COUNTED

ADVICE = "narrow it: name a site, or only exports or imports"
"""How to narrow a question about symbols that takes too long."""
MOST_SPELLINGS = 8_192
"""Most characters of a name that is looked up."""


class Role(StrEnum):
    """Use of a symbol by a file."""

    EXPORTS = "exports"
    IMPORTS = "imports"

    @property
    def statement(self) -> str:
        """The statement that finds the files."""
        return "files_that_export" if self is Role.EXPORTS else "files_that_import"


class SymbolOfFile(TypedDict):
    """A symbol of a file.

    `demangled` is its name in C++, Rust or Fortran if it is mangled. `version` is empty for a
    symbol without one. Only of exports: `default` is false for a version that new programs are not
    linked to. Only of imports: `wanted_of` is the library that should define the version, `weak`
    says that a program starts without the symbol.
    """

    name: str
    demangled: str | None
    version: str
    default: bool | None
    wanted_of: str | None
    weak: bool | None


class SymbolItem(FileItem):
    """A program or library that exports or imports a symbol."""

    role: str
    symbols: list[SymbolOfFile]


@dataclass(frozen=True, slots=True)
class AskedSymbol:
    """A name that a user asks for.

    Attributes:
        text: The name, without its version.
        version: The version of the symbol; None for any.
        names: Symbols that it may mean.
        qualified: The C++ name that it may be, without its parameters; None if it is none.
    """

    text: str
    version: str | None
    names: tuple[str, ...]
    qualified: str | None

    @classmethod
    def parse(cls, text: str) -> "AskedSymbol":
        """Parse a name: mangled or not, with a version after `@` or `@@` or without.

        Raises:
            InvalidQuestionError: It is empty or too long.
        """
        name, at, version = text.strip().partition("@")
        if not name:
            raise InvalidQuestionError("name: empty; name a symbol")
        if len(name) > MOST_SPELLINGS:
            raise InvalidQuestionError(f"name: more than {MOST_SPELLINGS:,} characters")
        qualified = name.partition("(")[0].strip()
        names = tuple(spellings_of(name))
        return cls(name, version.lstrip("@") if at else None, names, qualified or None)

    @property
    def words(self) -> str:
        """The words of the names in the full-text index."""
        searched = {*self.names, *([self.qualified] if self.qualified else ())}
        return " ".join(sorted(map(symbol_word, searched)))

    @property
    def starts(self) -> list[str]:
        """How the C++ symbols that it may mean start."""
        return mangled_starts(self.qualified) if self.qualified else []

    def means(self, symbol: Export | Reference) -> bool:
        """Return whether a symbol with one of `names` or `starts` is asked for."""
        if self.version is not None and symbol.version != self.version:
            return False
        if symbol.name in self.names:
            return True
        if qualified_name(symbol.name) != self.qualified:
            return False
        return "(" not in self.text or _equal(demangle_symbol(symbol.name) or "", self.text)


def _equal(first: str, second: str) -> bool:
    """Return whether two C++ names are the same but for their blanks."""
    return first.replace(" ", "") == second.replace(" ", "")


@dataclass(frozen=True, slots=True)
class SymbolFiles:
    """A part of the files with a symbol.

    Attributes:
        items: The part, exports first.
        is_cut: More than `MOST_COUNTED` files export or import it, of which only so many are
            looked at.
    """

    items: list[SymbolItem]
    is_cut: bool


def find_symbol(
    database: Database,
    asked: AskedSymbol,
    after: str,
    limit: int,
    *,
    role: Role | None = None,
    site: str | None = None,
) -> SymbolFiles:
    """Return a part of the programs and libraries that export or import a symbol, by spec.

    Args:
        database: The graph.
        asked: The symbol.
        after: Sort key of the last file of the part before, empty at the start.
        limit: Most files.
        role: Only those that export it, or only those that import it.
        site: Only files that were read at this site.
    """
    items: list[SymbolItem] = []
    is_cut = False
    for each in (role,) if role else Role:
        first = f"{each} "
        if after > first and not after.startswith(first):
            continue
        place: str | None = after.removeprefix(first)
        while place is not None and len(items) < limit:
            size = limit - len(items)
            found = database.read(
                each.statement,
                words=asked.words,
                site=site,
                after=place,
                limit=size,
                most=MOST_COUNTED + 1,
            )[0]
            rows = found["items"]
            is_cut = is_cut or found["total"] > MOST_COUNTED
            items += _items_of(database, asked, each, rows)
            # Some words are shared by several names: such rows were left out.
            place = rows[-1]["sort_key"] if len(rows) == size else None
    return SymbolFiles(items, is_cut)


def _items_of(
    database: Database, asked: AskedSymbol, role: Role, rows: Iterable[Mapping[str, Any]]
) -> Iterator[SymbolItem]:
    """Yield the rows whose symbols are really asked for, with these."""
    rows = list(rows)
    sets = read_sets(database, {row["symbol_set"] for row in rows})
    symbols = {
        uid: [each for each in find_symbols(data, asked.names, asked.starts) if asked.means(each)]
        for uid, data in sets.items()
    }
    for row in rows:
        if found := symbols.get(row["symbol_set"]):
            yield {
                **file_item(row),
                "sort_key": f"{role} {row['sort_key']}",
                "role": role,
                "symbols": list(_described(found)),
            }


def _described(symbols: Iterable[Export | Reference]) -> Iterator[SymbolOfFile]:
    """Yield symbols as answers show them; uses of one symbol by several relocations count once."""
    seen = set()
    for each in symbols:
        is_export = isinstance(each, Export)
        file = None if isinstance(each, Export) else each.file or None
        weak = None if isinstance(each, Export) else each.weak
        if (key := (each.name, each.version, file)) not in seen:
            seen.add(key)
            yield SymbolOfFile(
                name=each.name,
                demangled=demangle_symbol(each.name),
                version=each.version,
                default=not each.hidden if is_export else None,
                wanted_of=file,
                weak=weak,
            )
