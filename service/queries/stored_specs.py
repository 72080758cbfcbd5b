"""One stored spec: its properties, its documents, and the records in conflict with it."""

from typing import Any, NotRequired, TypedDict, cast

from cypher.run import Database
from service.queries.selection import resolve_hash

_OLD_HASHES = ("runtime_hash", "build_hash", "full_hash")


class StoredDocument(TypedDict):
    """A document that describes a root."""

    digest: str
    spec_format: int
    unverified: int
    origin: str
    load: str


class ConflictingRecord(TypedDict):
    """A record in conflict with the one that is shown for a hash."""

    uid: str
    digest: str
    verified: bool
    name: str
    version: str


class BuildSpec(TypedDict):
    """The build spec of a spliced spec; a stub is only named, its document is missing."""

    hash: str
    name: str
    version: str | None
    stub: bool | None


class StoredSpec(TypedDict):
    """One spec. A stub, named by a build spec only, lacks most properties."""

    hash: str
    name: str
    version: NotRequired[str]
    namespace: NotRequired[str]
    platform: NotRequired[str]
    os: NotRequired[str]
    target: NotRequired[str]
    compiler: NotRequired[str]
    compiler_version: NotRequired[str]
    variants: NotRequired[list[str]]
    external: NotRequired[bool]
    spliced: NotRequired[bool]
    verified: NotRequired[bool]
    package_hash: NotRequired[str]
    spec_format: NotRequired[int]
    origin: NotRequired[str]
    load: NotRequired[str]
    stub: bool
    root: bool
    hashes: dict[str, str]
    dependents: int
    spliced_from: BuildSpec | None
    documents: list[StoredDocument]
    conflicts: list[ConflictingRecord]


def find_spec(database: Database, text: str) -> StoredSpec:
    """Return the spec that a hash, or the start of one, names.

    Args:
        database: The graph.
        text: The hash; see :func:`service.queries.selection.resolve_hash` for errors.
    """
    return read_spec(database, resolve_hash(database, text))


def read_spec(database: Database, hash_: str) -> StoredSpec:
    """Return the stored spec with a full hash."""
    record = database.read("spec_overview", hash=hash_)[0]
    properties: dict[str, Any] = dict(record["spec"])
    hashes = {key: properties[key] for key in _OLD_HASHES if key in properties}
    # A claim's uid is the hash, a separator and the digest.
    conflicts = [{**claim, "digest": claim["uid"][33:]} for claim in record["conflicts"]]
    columns = {key: record[key] for key in ("root", "documents", "spliced_from", "dependents")}
    spec = {"stub": False, **properties, **columns, "hashes": hashes, "conflicts": conflicts}
    return cast(StoredSpec, spec)
