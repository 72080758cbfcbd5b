"""Read lockfiles of Spack environments, `spack.lock`: the requested specs and their concretization.

`roots` pairs abstract specs with hashes, `concrete_specs` holds a node's record for each hash.
`FORMAT` lists the versions (`_to_lockfile_dict` and `_read_lockfile_dict` in
`lib/spack/spack/environment/environment.py`, before 0.17 `lib/spack/spack/environment.py`).

The key of a record is its identity. If the record lacks it (versions 1 to 3), it is inserted as the
last member: `hash` in version 1, otherwise `build_hash`. Lockfiles do not contain views.
"""

import hashlib
import io
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import NamedTuple, TypeVar

import msgspec

from loaders import limits, source
from loaders.collections.dags import DagBuilder
from loaders.collections.json_members import TRUNCATED, JsonMembers
from loaders.collections.outline import Outline, insert_member, read_outline
from loaders.collections.whole_document import WholeDocument
from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Record, hash_prefix
from loaders.folder import printable
from loaders.known_versions import Format, KnownVersion
from loaders.load_options import collection_name
from loaders.specs.checks import check_hash, decode_error

T = TypeVar("T")

FORMAT = Format(
    subject="lockfile",
    pointer="/_meta/lockfile-version",
    kept="every root as it was requested, its group and its spec with the whole DAG, the "
    "environments that are included, and the Spack that wrote it; no views",
    versions=(
        KnownVersion(
            "1",
            "0.12",
            "spec format 1; keyed by the old `hash` over link and run dependencies, which edges "
            "use too; it is not in the record",
        ),
        KnownVersion(
            "2",
            "0.13 to 0.16",
            "spec format 1; keyed by build hash, which edges use too, as their `hash`; in the "
            "record, `hash` is the old one",
        ),
        KnownVersion(
            "3", "0.17", "spec format 2; the same, but edges use it as their `build_hash`"
        ),
        KnownVersion(
            "4",
            "0.18 to 0.20",
            "spec format 3; keyed by `hash`, the only one left; from here on a record has all its "
            "hashes, and the file names the Spack that wrote it",
        ),
        KnownVersion(
            "5",
            "0.21 to 0.23",
            "spec format 4; `include_concrete`: environments, by path, each with `roots`, "
            "`concrete_specs` and further ones",
        ),
        KnownVersion("6", "1.0, 1.1", "spec format 5"),
        KnownVersion("7", "1.2", "spec format 5; roots have a `group`"),
        KnownVersion("8", "1.3 (development)", "spec format 6"),
    ),
)
SPEC_FORMATS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 5, 8: 6}
"""Spec format of the records, by version of the lockfile."""
MAX_NESTING = 16
"""Maximum nesting depth of included environments."""


@dataclass(frozen=True, slots=True)
class LockedRoot:
    """A root of an environment.

    Attributes:
        hash: Identity of the concrete spec, as in its document.
        spec: The abstract spec that the user requested.
        group: Its group of specs in the environment, from version 7 on.
    """

    hash: str
    spec: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class LockedEnvironment(Record):
    """An environment as it was concretized.

    Attributes:
        name: Its name; for an included one the last part of its path, and the start of a digest of
            the path, which itself is not kept.
        included: Digests of the environments whose concrete specs it includes.
    """

    name: str | None
    lockfile_version: int
    spack_version: str | None
    spack_commit: str | None
    roots: tuple[LockedRoot, ...]
    included: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Identity: SHA-256 of roots and included environments, whichever Spack wrote them."""
        roots = [(root.hash, root.spec, root.group) for root in self.roots]
        text = json.dumps([roots, sorted(self.included)], separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class _Meta(msgspec.Struct):
    lockfile_version: int = msgspec.field(name="lockfile-version")


class _Spack(msgspec.Struct):
    version: str | None = None
    commit: str | None = None


class _Root(msgspec.Struct):
    hash: str
    spec: str
    group: str | None = None


def looks_like(head: bytes) -> bool:
    """Return whether a file is a lockfile, by its first bytes."""
    return head.lstrip().startswith(b"{") and b'"lockfile-version"' in head


def read(
    raw: bytes, place: str, name: str | None = None
) -> Iterator[LockedEnvironment | WholeDocument | Problem]:
    """Read a lockfile.

    The environments come first, included ones before the one that includes them; then the documents
    of their roots.

    Args:
        raw: Uncompressed JSON in UTF-8.
        place: Name of the file in problems.
        name: Name of the environment, if known.
    """
    with DagBuilder() as dags:
        yield from _LockfileReader(dags, place).read_records(raw, name)
        yield from dags.build_documents()


_EnvironmentReader = Generator[LockedEnvironment | Problem, None, str]
"""Yields the content of an environment; returns its digest."""


class _EnvironmentParts(NamedTuple):
    """An environment whose JSON was split.

    Attributes:
        members: All members but the records, by key.
        records: Key and JSON of each record.
        error: Why the JSON could not be read to its end, or None.
    """

    members: dict[str, bytes]
    records: list[tuple[str, bytes]]
    error: DocumentError | None


class _LockfileReader:
    """Reads one lockfile and adds its records to the DAGs."""

    def __init__(self, dags: DagBuilder, place: str) -> None:
        self._dags = dags
        self._place = place
        self._version = 0
        self._spack = _Spack()
        self._root_hashes: list[tuple[str, str]] = []

    def read_records(self, raw: bytes, name: str | None) -> Iterator[LockedEnvironment | Problem]:
        parts = _split_environment(raw)
        if parts.error is not None:
            yield self._file_problem(parts.error)
        try:
            self._version = _read_version(parts.members)
            self._spack = _decode_part(parts.members.get("spack", b"{}"), _Spack, "/spack")
        except DocumentError as error:
            yield self._file_problem(error)
            return
        yield from self._read_environment(parts, name, "")
        for hash_, pointer in self._root_hashes:
            if not self._dags.mark_explicit(hash_):
                detail = f"the root {hash_} has no record"
                yield self._file_problem(DocumentError(Fault.MISSING_DEPENDENCY, detail, pointer))

    def _file_problem(self, error: DocumentError) -> Problem:
        return Problem(self._place, error)

    def _read_environment(
        self, parts: _EnvironmentParts, name: str | None, pointer: str
    ) -> _EnvironmentReader:
        included = []
        if "include_concrete" in parts.members:
            included = yield from self._read_included(parts.members["include_concrete"], pointer)
        yield from self._add_records(parts.records, pointer)
        raw_roots = parts.members.get("roots", b"null")
        roots = yield from self._read_roots(raw_roots, f"{pointer}/roots")
        spack = self._spack
        environment = LockedEnvironment(
            name, self._version, spack.version, spack.commit, roots, tuple(included)
        )
        yield environment
        return environment.digest

    def _read_included(
        self, raw: bytes, pointer: str
    ) -> Generator[LockedEnvironment | Problem, None, list[str]]:
        pointer += "/include_concrete"
        digests: list[str] = []
        if pointer.count("/include_concrete/") > MAX_NESTING:
            detail = f"included environments are nested more than {MAX_NESTING} levels deep"
            yield self._file_problem(DocumentError(Fault.INVALID, detail, pointer))
            return digests
        environments = JsonMembers(io.BytesIO(raw), (), limit=len(raw))
        try:
            for path, environment in environments:
                # `/` and `~` in a key are escaped in JSON pointers (RFC 6901).
                inner = f"{pointer}/{path.replace('~', '~0').replace('/', '~1')}"
                parts = _split_environment(environment)
                if parts.error is not None:
                    yield self._file_problem(parts.error.with_prefix(inner))
                # The path distinguishes environments of the same name, and is not kept itself.
                name = f"{printable(PurePath(path).name)}-{hash_prefix(path)[:8]}"
                digests.append((yield from self._read_environment(parts, name, inner)))
        except DocumentError as error:
            yield self._file_problem(error.with_prefix(pointer))
        return digests

    def _add_records(self, records: list[tuple[str, bytes]], pointer: str) -> Iterator[Problem]:
        parent = f"{pointer}/concrete_specs"
        origin = self._dags.new_origin(self._place, parent)
        origin.spec_format = SPEC_FORMATS[self._version]
        for key, raw in records:
            try:
                node = read_outline(raw)
                node_raw = self._insert_identity(check_hash(key, ""), node, raw)
                other = self._dags.add_record(key, node, node_raw)
                if other not in (None, node_raw):
                    detail = f"{node.name}/{key[:7]} has a second record"
                    raise DocumentError(Fault.INVALID, detail)
            except DocumentError as error:
                yield self._file_problem(error.with_prefix(f"{parent}/{key}"))

    def _insert_identity(self, key: str, node: Outline, raw: bytes) -> bytes:
        if self._version in (2, 3):
            return insert_member(raw, "build_hash", f'"{key}"')
        if self._version == 1 and not node.hash:
            return insert_member(raw, "hash", f'"{key}"')
        if node.hash != key:
            raise DocumentError(Fault.INVALID, f"its key is {key}", "/hash")
        return raw

    def _read_roots(
        self, raw: bytes, pointer: str
    ) -> Generator[Problem, None, tuple[LockedRoot, ...]]:
        roots = []
        try:
            entries = _decode_part(raw, list[msgspec.Raw], "")
        except DocumentError as error:
            yield self._file_problem(error.with_prefix(pointer))
            return ()
        for index, entry in enumerate(entries):
            place = f"{pointer}/{index}"
            try:
                root = _decode_part(bytes(entry), _Root, "")
                roots.append(LockedRoot(check_hash(root.hash, "/hash"), root.spec, root.group))
                self._root_hashes.append((root.hash, place))
            except DocumentError as error:
                yield self._file_problem(error.with_prefix(place))
        return tuple(roots)


def _split_environment(raw: bytes) -> _EnvironmentParts:
    records = JsonMembers(io.BytesIO(raw), ("concrete_specs",), limit=len(raw))
    parts = _EnvironmentParts(records.siblings, [], None)
    try:
        for record in records:
            parts.records.append(record)
    except DocumentError as error:
        return parts._replace(error=error)
    return parts


def _read_version(members: dict[str, bytes]) -> int:
    if "_meta" not in members:
        raise FORMAT.unknown(None)
    version = _decode_part(members["_meta"], _Meta, "/_meta").lockfile_version
    return int(FORMAT.check(version))


def _decode_part(raw: bytes, type_: type[T], pointer: str) -> T:
    limits.check_json(raw)
    try:
        return msgspec.json.decode(raw, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error).with_prefix(pointer) from error


def _read_environment(candidate: Candidate, context: ReadContext) -> Records:
    with source.open_path(candidate.path) as stream:
        raw = source.read_bounded(stream)
    name = collection_name(candidate.path, context.options)
    found = list(read(raw, str(candidate.path), name))
    for each in found:
        # Half an environment would look like another environment, so nothing of it is stored.
        if isinstance(each, Problem) and each.error.detail.startswith(TRUNCATED):
            yield each
            return
    # An environment is stored only if all of its roots are, so these come first.
    yield from (each for each in found if not isinstance(each, LockedEnvironment))
    for each in found:
        if isinstance(each, LockedEnvironment):
            # Without a name, an environment is identified by its content.
            yield replace(each, name=each.name or name or f"environment-{each.digest[:8]}")


KIND = DocumentKind(
    name="locked environment",
    read=_read_environment,
    looks_like=looks_like,
    formats=(FORMAT,),
)
