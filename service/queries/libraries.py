"""Programs and libraries: the files of specs and their facts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cypher.run import Database
from loaders.elf.facts import ElfFacts
from loaders.elf.packing import decompress, unpack_facts, with_symbols
from service.queries.listing import Dated

_ROWS = 1_000


class FileItem(Dated):
    """A program or library in a prefix of a spec, as lists show it.

    `spec_uid` is the identity of the spec, `path` is below the prefix, `kind` is `store`, `cache`
    or `external`, `library` is the SHA-256 of the file.
    """

    spec_uid: str
    hash: str
    name: str | None
    version: str | None
    path: str
    prefix: str
    kind: str
    site: str | None
    mirror: str | None
    library: str
    soname: str | None


def file_item(row: Mapping[str, Any]) -> FileItem:
    """Return the file that a row of a list describes."""
    return FileItem(
        sort_key=row["sort_key"],
        spec_uid=row["spec_uid"],
        hash=row["hash"],
        name=row["name"],
        version=row["version"],
        path=row["path"],
        prefix=row["prefix"],
        kind=row["kind"],
        site=row["site"],
        mirror=row["mirror"],
        library=row["library"],
        soname=row["soname"],
    )


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
    database: Database, uids: Iterable[str], *, site: str | None = None, libraries: bool = True
) -> dict[str, list[PrefixFiles]]:
    """Return all reads of the files of some specs, the one that counts first.

    That is the newest one at the site, else the newest one in a store, else in a build cache.

    Args:
        database: The graph.
        uids: Identities of the specs' contents.
        site: The site that counts first; None for any.
        libraries: Whether to read which libraries they have.

    Returns:
        The reads by content; without the contents of which no files were read.
    """
    found: dict[str, list[PrefixFiles]] = {}
    for part in _parts(uids):
        for record in database.read("prefixes_of_specs", uids=part, site=site, files=libraries):
            read = _prefix_files(record.data())
            found.setdefault(read.spec, []).append(read)
    return found


def _prefix_files(row: Mapping[str, Any]) -> PrefixFiles:
    prefix = row["prefix"]
    entries = msgspec.json.decode(decompress(prefix["entries"]), type=_Entries)
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

    They never change, as the identity is the SHA-256 of the file, or of all that was sent of it.

    Args:
        database: The graph.
        libraries: Identities of the libraries.
        symbols: Whether the symbols are read, too.
    """
    facts: dict[str, ElfFacts] = {}
    for part in _parts(libraries):
        records = database.read("facts_of_libraries", uids=part)
        wanted = {record[key] for record in records for key in ("exports", "imports")} - {None}
        sets = read_sets(database, wanted) if symbols else {}
        for record in records:
            plain = unpack_facts(record["facts"])
            exports, imports = sets.get(record["exports"]), sets.get(record["imports"])
            facts[record["uid"]] = with_symbols(plain, exports, imports)
    return facts


def read_sets(database: Database, uids: Iterable[str]) -> dict[str, bytes]:
    """Return packed sets of symbols by identity."""
    return {
        record["uid"]: record["data"]
        for part in _parts(uids)
        for record in database.read("symbol_sets", uids=part)
    }


def _parts(uids: Iterable[str]) -> Iterator[list[str]]:
    ordered = list(dict.fromkeys(uids))
    for start in range(0, len(ordered), _ROWS):
        yield ordered[start : start + _ROWS]
