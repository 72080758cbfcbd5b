"""Store programs and libraries, and the prefixes that have them.

Libraries and sets of symbols are stored by their content, each in a transaction that writes it as a
whole; until a prefix refers to them, nothing finds them. A prefix is written in one transaction
after its libraries, and after its spec.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec
from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.elf.packing import PackedFacts, SymbolSet, compress
from loaders.prefixes.contents import LibraryFile, PrefixContents
from loaders.store.rows import Row, Rows, drop_missing, new_load_id

BYTES_PER_TRANSACTION = 4 << 20
"""Limit of the packed facts that one transaction writes; a library has some 5 kB."""
LIBRARIES_PER_TRANSACTION = 500
_NO_FACTS = PackedFacts(b"", None, None)


@dataclass(frozen=True, slots=True)
class StoredPrefix:
    """The result of storing a prefix.

    Attributes:
        changed: Whether it is new, or other files were found than before.
        libraries: Number of its programs and libraries.
    """

    changed: bool
    libraries: int


def store_libraries(database: Database, files: Iterable[LibraryFile]) -> int:
    """Store the facts of programs and libraries that are not stored yet.

    Returns:
        The number of new ones.
    """
    load = new_load_id()
    distinct = {each.sha256: each for each in files}
    new = 0
    for chunk in _chunks(distinct.values()):
        new += database.write(partial(_write_libraries, files=chunk, load=load))
    return new


def _chunks(files: Iterable[LibraryFile]) -> Iterator[list[LibraryFile]]:
    chunk: list[LibraryFile] = []
    size = 0
    for each in files:
        chunk.append(each)
        size += sum(len(symbols.data) + len(symbols.words) for symbols in _sets_of(each))
        if size > BYTES_PER_TRANSACTION or len(chunk) >= LIBRARIES_PER_TRANSACTION:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _write_libraries(tx: ManagedTransaction, files: Sequence[LibraryFile], load: str) -> int:
    stored = set(run_one(tx, "stored_libraries", uids=[each.sha256 for each in files]))
    # Sorted, so that concurrent loads take their locks in one order.
    new = sorted((each for each in files if each.sha256 not in stored), key=lambda f: f.sha256)
    if new:
        sets = {symbols.uid: symbols for each in new for symbols in _sets_of(each)}
        names = {name for each in new for name in (*each.needed, each.soname) if name is not None}
        run_one(
            tx,
            "merge_libraries",
            sets=[_set_row(sets[uid], load) for uid in sorted(sets)],
            sonames=sorted(names),
            libraries=[_library_row(each, load) for each in new],
        )
    return len(new)


def _sets_of(file: LibraryFile) -> Iterator[SymbolSet]:
    yield from filter(None, (file.facts.exports, file.facts.imports))


def _set_row(symbols: SymbolSet, load: str) -> Row:
    properties: Row = {
        "count": symbols.count,
        "size": symbols.size,
        "data": symbols.data,
        "words": symbols.words,
        "load": load,
    }
    return {"uid": symbols.uid, "properties": properties}


def _library_row(file: LibraryFile, load: str) -> Row:
    exports, imports = file.facts.exports, file.facts.imports
    more: Row = {"size": file.size, "facts": file.facts.facts, "load": load}
    return {
        "uid": file.sha256,
        "properties": drop_missing(file.properties) | more,
        "exports": exports and exports.uid,
        "imports": imports and imports.uid,
        "needs": sorted(set(file.needed)),
        "has": file.soname,
    }


def forget_facts(contents: PrefixContents) -> PrefixContents:
    """Return the contents of a prefix without the facts of its libraries, to wait in memory."""
    light = [each._replace(facts=_NO_FACTS) for each in contents.libraries]
    return replace(contents, libraries=light)


def store_prefix(database: Database, contents: PrefixContents, *, site: str) -> StoredPrefix | None:
    """Store the files that were found in a prefix; its libraries must be stored.

    Args:
        database: The database to write to.
        contents: What was found.
        site: The site at which it was read; the files of a build cache belong to none.

    Returns:
        None if its spec is not stored.

    Raises:
        LibrariesGoneError: Its libraries were deleted meanwhile.
    """
    uid = prefix_uid(contents, site)
    files = sorted((each.path, each.sha256) for each in contents.libraries)
    listing = msgspec.json.encode(contents.listing(), order="sorted")
    digest = hashlib.sha256(msgspec.json.encode((files, contents.complete)) + listing).hexdigest()
    properties: Row = {
        "hash": contents.spec.hash,
        "path": contents.prefix,
        "kind": contents.kind,
        "mirror": contents.mirror,
        "read_at": contents.read_at,
        "complete": contents.complete,
        "digest": digest,
        "libraries": len(files),
        "entries": compress(listing),
        "load": new_load_id(),
    }
    rows: Rows = [{"path": path, "library": library} for path, library in files]

    def write_prefix(tx: ManagedTransaction) -> StoredPrefix | None:
        written = run_one(
            tx,
            "merge_prefix",
            uid=uid,
            hash=contents.spec.hash,
            content=contents.content,
            site=None if contents.mirror is not None else site,
            properties=drop_missing(properties),
            files=rows,
        )
        if written is None:
            return None
        if written["changed"] and written["files"] != len(rows):
            raise LibrariesGoneError(contents.place)
        return StoredPrefix(written["changed"], len(rows))

    return database.write(write_prefix)


class LibrariesGoneError(Exception):
    """The libraries of a prefix were deleted between its two transactions."""


def prefix_uid(contents: PrefixContents, site: str) -> str:
    """Return the identity of a prefix: that of its content, its place and its path."""
    spec = contents.content or contents.spec.hash
    place = site if contents.mirror is None else contents.mirror
    identity = (spec, contents.kind, place, contents.prefix)
    return hashlib.sha256("\0".join(identity).encode()).hexdigest()
