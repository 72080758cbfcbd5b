"""Programs and libraries: the files of specs, their facts, and the symbols of a name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import zstandard

from cypher.run import Database
from loaders.elf.facts import ElfFacts, Export, Reference
from loaders.elf.packing import (
    MAX_UNPACKED,
    symbol_word,
    symbols_named,
    unpack_facts,
    with_symbols,
)

_ROWS = 1_000


class _Entries(msgspec.Struct):
    """The files in a prefix that are not libraries, by path."""

    links: dict[str, str] = {}
    refused: dict[str, str] = {}
    unknown: dict[str, str] = {}
    texts: dict[str, list[str]] = {}


@dataclass(frozen=True)
class PrefixFiles:
    """The files of a spec as they were read at one place.

    Attributes:
        uid: Identity of the read.
        spec: Identity of the spec's content.
        hash: DAG hash of the spec.
        name: Name of its package.
        version: Its version.
        prefix: The prefix for which the files were made.
        kind: `store`, `cache` or `external`.
        site: The site at which it was read; None for build caches.
        mirror: The build cache that has it; None for others.
        read_at: Time of the read, in seconds since 1970.
        complete: Whether all files were looked at, so that others are known to be absent.
        libraries: Identity of the library at each path. Paths are relative to the prefix.
        links: Target of each symbolic link, by path.
        refused: Files that look like libraries and that the loader refuses, with the reason.
        unknown: Files of which nothing is known, with the reason.
        texts: The DAG hashes that texts name, by path.
    """

    uid: str
    spec: str
    hash: str
    name: str | None
    version: str | None
    prefix: str
    kind: str
    site: str | None
    mirror: str | None
    read_at: float
    complete: bool
    libraries: Mapping[str, str]
    links: Mapping[str, str]
    refused: Mapping[str, str]
    unknown: Mapping[str, str]
    texts: Mapping[str, list[str]]

    def texts_naming(self, hash_: str) -> list[str]:
        """Return the paths of the texts that name a DAG hash, sorted."""
        return sorted(path for path, named in self.texts.items() if hash_ in named)


def read_prefixes(
    database: Database, uids: Iterable[str], *, site: str | None = None
) -> dict[str, list[PrefixFiles]]:
    """Return all reads of the files of some specs, the one that counts first.

    That is the newest one at the site, else the newest one in a store, else in a build cache.

    Args:
        database: The graph.
        uids: Identities of the specs' contents.
        site: The site that counts first; None for any.

    Returns:
        The reads by content; without the contents of which no files were read.
    """
    found: dict[str, list[PrefixFiles]] = {}
    for part in _parts(uids):
        for record in database.read("prefixes_of_specs", uids=part, site=site):
            read = _prefix_files(record.data())
            found.setdefault(read.spec, []).append(read)
    return found


def _prefix_files(row: Mapping[str, Any]) -> PrefixFiles:
    prefix = row["prefix"]
    raw = zstandard.ZstdDecompressor().decompress(
        bytes(prefix["entries"]), max_output_size=MAX_UNPACKED
    )
    entries = msgspec.json.decode(raw, type=_Entries)
    return PrefixFiles(
        uid=prefix["uid"],
        spec=row["spec"],
        hash=row["hash"],
        name=row["name"],
        version=row["version"],
        prefix=prefix["path"],
        kind=prefix["kind"],
        site=row["site"],
        mirror=prefix["mirror"],
        read_at=prefix["read_at"],
        complete=prefix["complete"],
        libraries=dict(row["files"]),
        links=entries.links,
        refused=entries.refused,
        unknown=entries.unknown,
        texts=entries.texts,
    )


def read_facts(
    database: Database, libraries: Iterable[str], *, symbols: bool = True
) -> dict[str, ElfFacts]:
    """Return the facts of libraries by identity, the symbols sorted.

    They never change, as the identity is the SHA-256 of the file.

    Args:
        database: The graph.
        libraries: Identities of the libraries.
        symbols: Whether the symbols are read, too.
    """
    facts: dict[str, ElfFacts] = {}
    for part in _parts(libraries):
        records = database.read("facts_of_libraries", uids=part)
        wanted = {record[key] for record in records for key in ("exports", "imports")} - {None}
        sets = _read_sets(database, wanted) if symbols else {}
        for record in records:
            plain = unpack_facts(record["facts"])
            exports, imports = sets.get(record["exports"]), sets.get(record["imports"])
            facts[record["uid"]] = with_symbols(plain, exports, imports)
    return facts


def _read_sets(database: Database, uids: Iterable[str]) -> dict[str, bytes]:
    return {
        record["uid"]: record["data"]
        for part in _parts(uids)
        for record in database.read("symbol_sets", uids=part)
    }


@dataclass(frozen=True, slots=True)
class SymbolSetPage:
    """A part of the sets of symbols with some name.

    Attributes:
        exports: Definitions of that name, by the identity of the set that they are in.
        references: References to it, by the identity of the set that they are in.
        next_place: Where the next part starts; None at the end.
    """

    exports: Mapping[str, list[Export]]
    references: Mapping[str, list[Reference]]
    next_place: int | None


def find_symbol_sets(
    database: Database, name: str, *, place: int = 0, limit: int = 100
) -> SymbolSetPage:
    """Return a part of the sets of symbols in which a name occurs, in no particular order.

    Args:
        database: The graph.
        name: The mangled name of the symbol, without its version.
        place: Where the part starts.
        limit: Most sets.
    """
    records = database.read("sets_with_word", word=symbol_word(name), skip=place, limit=limit)
    exports: dict[str, list[Export]] = {}
    references: dict[str, list[Reference]] = {}
    for record in records:
        for symbol in symbols_named(record["data"], name):
            if isinstance(symbol, Export):
                exports.setdefault(record["uid"], []).append(symbol)
            else:
                references.setdefault(record["uid"], []).append(symbol)
    more = place + limit if len(records) == limit else None
    return SymbolSetPage(exports, references, more)


def _parts(uids: Iterable[str]) -> Iterator[list[str]]:
    ordered = list(dict.fromkeys(uids))
    for start in range(0, len(ordered), _ROWS):
        yield ordered[start : start + _ROWS]
