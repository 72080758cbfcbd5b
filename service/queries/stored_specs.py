"""One stored spec: its properties, its documents, and the other contents of its hash."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict, cast

from neo4j import Record

from cypher.run import Database
from loaders.specs.contents import content_of, hash_of
from service.queries.resolution import resolve_spec, whole_hash

_OLD_HASHES = ("runtime_hash", "build_hash", "full_hash")


class StoredDocument(TypedDict):
    """A document that describes a root."""

    digest: str
    spec_format: int
    unverified: int
    origin: str
    load: str


class Place(TypedDict):
    """An installation of a content; `present` is true if the newest index of its store has it."""

    site: str
    store: str
    installed_at: float | None
    present: bool


class DirectDependency(TypedDict):
    """A dependency of a content at run time."""

    uid: str
    hash: str
    name: str
    version: str | None


class Upload(TypedDict):
    """When and from where a document came."""

    digest: str
    origin: str
    load: str


class Content(TypedDict):
    """One content of a hash, and where it was seen.

    Attributes:
        uid: Its identity.
        content: Its digest, None if the hash determines it.
        spliced: Whether it was spliced.
        stripped: Whether its build spec was lost.
        verified: Whether its hash was recomputed and matches.
        on_disk: Whether it was read from an install folder.
        root: Whether a document describes it.
        build_spec: Hash of its build spec, if it is known.
        dependencies: Its direct dependencies at run time.
        differs: Those of them that not all contents of the hash have.
        documents: The newest documents that describe it.
        installations: Where it is or was installed, newest first.
        mirrors: Build caches that offer it.
    """

    uid: str
    content: str | None
    spliced: bool | None
    stripped: bool | None
    verified: bool | None
    on_disk: bool | None
    root: bool
    build_spec: str | None
    dependencies: list[DirectDependency]
    differs: list[DirectDependency]
    documents: list[Upload]
    installations: list[Place]
    mirrors: list[str]


class ConflictingRecord(TypedDict):
    """A record that claims the hash and that the content does not show."""

    uid: str
    digest: str
    verified: bool
    name: str
    version: str


class BuildSpec(TypedDict):
    """The build spec of a spliced spec; a stub is only named, its document is missing."""

    uid: str
    hash: str
    name: str
    version: str | None
    stub: bool | None


class StoredSpec(TypedDict):
    """One content. A stub, named by a build spec only, lacks most properties.

    Attributes:
        uid: Its identity, which names it where a hash is asked for.
        content: Its digest, None if the hash determines it.
        stripped: Whether its build spec was lost, so that its build dependencies are not known.
        contents: All contents of the hash, the one that is shown for it first.
    """

    uid: str
    hash: str
    content: str | None
    stripped: bool
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
    pure_hash: NotRequired[str]
    spec_format: NotRequired[int]
    origin: NotRequired[str]
    load: NotRequired[str]
    stub: bool
    root: bool
    hashes: dict[str, str]
    dependents: int
    spliced_from: BuildSpec | None
    documents: list[StoredDocument]
    contents: list[Content]
    conflicts: list[ConflictingRecord]


def find_spec(database: Database, text: str) -> StoredSpec:
    """Return the stored spec that a hash, the start of one, or a spec names.

    Raises as :func:`service.queries.resolution.resolve_spec`.
    """
    if hash_ := whole_hash(text):
        # Nearly all are asked for like that, and found by one statement.
        records = database.read("spec_overview", hash=hash_, uid=None)
        if records:
            return _from_record(records[0])
    return read_spec(database, resolve_spec(database, text))


def read_spec(database: Database, uid: str) -> StoredSpec:
    """Return the stored content with an identity."""
    return _from_record(database.read("spec_overview", hash=hash_of(uid), uid=uid)[0])


def _from_record(record: Record) -> StoredSpec:
    properties: dict[str, Any] = dict(record["spec"])
    hashes = {key: properties[key] for key in _OLD_HASHES if key in properties}
    columns = {key: record[key] for key in ("root", "documents", "spliced_from", "dependents")}
    spec = {"stub": False, "stripped": False, **properties, **columns, "hashes": hashes}
    spec["content"] = content_of(properties["uid"])
    spec["contents"] = _compare_contents(record["contents"])
    # A claim's uid is the hash, a separator and the digest.
    spec["conflicts"] = [{**claim, "digest": claim["uid"][33:]} for claim in record["conflicts"]]
    return cast(StoredSpec, spec)


def _compare_contents(contents: Sequence[dict[str, Any]]) -> list[Content]:
    """Add to each content its digest, and the dependencies that not all of them have."""
    shared = set.intersection(
        *({each["uid"] for each in content["dependencies"]} for content in contents)
    )
    return [
        cast(
            Content,
            {
                **content,
                "content": content_of(content["uid"]),
                "differs": [d for d in content["dependencies"] if d["uid"] not in shared],
            },
        )
        for content in contents
    ]
