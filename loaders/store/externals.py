"""Store the libraries of prefixes that Spack did not install, for the external specs there."""

from dataclasses import dataclass, replace

import msgspec

from cypher.run import Database
from loaders.evidence import SpecName
from loaders.prefixes.contents import PrefixContents
from loaders.store.libraries import forget_facts, store_libraries, store_prefix


@dataclass(frozen=True, slots=True)
class StoredExternal:
    """The result of storing an external prefix.

    Attributes:
        specs: The external specs that have this prefix.
        libraries: Number of libraries.
        new_libraries: Number of those that were not stored before.
        changed: Whether anything changed for one of the specs.
    """

    specs: tuple[SpecName, ...]
    libraries: int
    new_libraries: int
    changed: bool


def store_external(database: Database, contents: PrefixContents, site: str) -> StoredExternal:
    """Store the libraries of a prefix for all external specs with that prefix.

    Nothing is stored if there is none.

    Args:
        database: The database to write to.
        contents: What was found.
        site: The site at which it was read.

    Raises:
        LibrariesGoneError: The libraries were deleted meanwhile.
    """
    specs = _find_specs(database, contents.prefix)
    if not specs:
        return StoredExternal((), len(contents.libraries), 0, changed=False)
    new = store_libraries(database, contents.libraries)
    light = forget_facts(contents)
    changed = False
    for uid, spec in specs:
        content = uid if uid != spec.hash else None
        stored = store_prefix(database, replace(light, spec=spec, content=content), site=site)
        changed = changed or (stored is not None and stored.changed)
    return StoredExternal(tuple(spec for _, spec in specs), len(contents.libraries), new, changed)


def _find_specs(database: Database, prefix: str) -> list[tuple[str, SpecName]]:
    """Return the external specs whose prefix is a path, with their identities."""
    path = prefix.rstrip("/") or "/"
    found = []
    for row in database.read("external_specs", path=msgspec.json.encode(path).decode()[1:-1]):
        external = msgspec.json.decode(row["document"]).get("external")
        named = external.get("path") if isinstance(external, dict) else None
        if isinstance(named, str) and (named.rstrip("/") or "/") == path:
            found.append((row["uid"], SpecName(row["hash"], row["name"], row["version"])))
    return found
