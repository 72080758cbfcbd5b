"""Lockfiles of Spack environments, `spack.lock`: what was asked for and what came of it.

`roots` pairs abstract specs with hashes, `concrete_specs` holds a node's record for each hash.
What the versions hold (`_to_lockfile_dict` and `_read_lockfile_dict` in
`lib/spack/spack/environment/environment.py`, before 0.17 `lib/spack/spack/environment.py`):

=======  =============  ===========  =============================================================
version  Spack          spec format  records
=======  =============  ===========  =============================================================
1        0.12           1            keyed by the old `hash` over link and run dependencies, which
                                     edges name too; it is not in the record
2        0.13 to 0.16   1            keyed by build hash, which edges name too, in their `hash`; in
                                     the record, `hash` is the old one
3        0.17           2            the same, but edges name it by `build_hash`
4        0.18 to 0.20   3            keyed by `hash`, the only one left; from here on a record has
                                     all its hashes, and the file names the Spack that wrote it
5        0.21 to 0.23   4            `include_concrete` is new: environments, by path, each with
                                     `roots`, `concrete_specs` and further ones
6        1.0, 1.1       5
7        1.2            5            roots have a `group`
8        (development)  6            not read: `loaders.specs.document` has no format 6
=======  =============  ===========  =============================================================

The key of a record is its identity. Where the record lacks it (versions 1 to 3), it is put in as
the last member: `hash` in version 1, else `build_hash`. Views are not in lockfiles.
"""

import hashlib
import io
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

import msgspec

from loaders.collections.dags import Dags
from loaders.collections.found import WholeDocument
from loaders.collections.json_members import JsonMembers
from loaders.collections.outline import Outline, outline, with_member
from loaders.errors import DocumentError, Fault, Problem
from loaders.specs.checks import check_hash, decode_error
from loaders.specs.document import READABLE_FORMATS

T = TypeVar("T")
_VERSION_POINTER = "/_meta/lockfile-version"

SPEC_FORMATS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 5, 8: 6}
"""The spec format of the records in each version of the lockfile."""
MAX_NESTING = 16
"""Deepest nesting of included environments."""


@dataclass(frozen=True, slots=True)
class LockedRoot:
    """A root of an environment.

    :ivar hash: of the concrete spec, as its document names it.
    :ivar spec: the abstract spec that was asked for.
    :ivar group: of the environment's groups of specs, from version 7 on.
    """

    hash: str
    spec: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class LockedEnvironment:
    """An environment as it was concretized.

    :ivar name: of one that is included, the last part of its path, which itself is not kept.
    :ivar included: digests of the environments whose concrete specs it includes.
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
    """Whether a file that starts so is a lockfile."""
    return head.lstrip().startswith(b"{") and b'"lockfile-version"' in head


def read(
    raw: bytes, place: str, name: str | None = None
) -> Iterator[LockedEnvironment | WholeDocument | Problem]:
    """Read a lockfile.

    First come the environments, those that are included before the one that includes them; then
    the documents of their roots.

    :param raw: JSON in UTF-8, unpacked.
    :param place: what to call the file in problems.
    :param name: of the environment, where it is known.
    """
    with Dags() as dags:
        yield from _Reading(dags, place).run(raw, name)
        yield from dags.documents()


_Found = Generator[LockedEnvironment | Problem, None, str]
"""What is found in an environment; returns its digest."""


class _Reading:
    """One lockfile, on its way into the DAGs."""

    def __init__(self, dags: Dags, place: str) -> None:
        self._dags = dags
        self._place = place
        self._version = 0
        self._spack = _Spack()
        self._claimed: list[tuple[str, str]] = []

    def run(self, raw: bytes, name: str | None) -> Iterator[LockedEnvironment | Problem]:
        members, records, error = _split(raw)
        if error is not None:
            yield self._problem(error)
        try:
            self._version = _version(members.beside)
            self._spack = _decode(members.beside.get("spack", b"{}"), _Spack, "/spack")
        except DocumentError as error:
            yield self._problem(error)
            return
        if SPEC_FORMATS[self._version] not in READABLE_FORMATS:
            detail = f"no documents are made of a lockfile of version {self._version}"
            yield self._problem(DocumentError(Fault.UNKNOWN_FORMAT, detail, _VERSION_POINTER))
        yield from self._environment(members.beside, records, name, "")
        for hash_, pointer in self._claimed:
            if not self._dags.want(hash_):
                detail = f"the root {hash_} has no record"
                yield self._problem(DocumentError(Fault.MISSING_DEPENDENCY, detail, pointer))

    def _problem(self, error: DocumentError) -> Problem:
        return Problem(self._place, error)

    def _environment(
        self,
        beside: dict[str, bytes],
        records: list[tuple[str, bytes]],
        name: str | None,
        pointer: str,
    ) -> _Found:
        included = []
        if "include_concrete" in beside:
            included = yield from self._included(beside["include_concrete"], pointer)
        yield from self._records(records, pointer)
        roots = yield from self._roots(beside.get("roots", b"null"), f"{pointer}/roots")
        spack = self._spack
        environment = LockedEnvironment(
            name, self._version, spack.version, spack.commit, roots, tuple(included)
        )
        yield environment
        return environment.digest

    def _included(
        self, raw: bytes, pointer: str
    ) -> Generator[LockedEnvironment | Problem, None, list[str]]:
        pointer += "/include_concrete"
        digests: list[str] = []
        if pointer.count("/include_concrete/") > MAX_NESTING:
            detail = f"environments are included more than {MAX_NESTING} deep"
            yield self._problem(DocumentError(Fault.INVALID, detail, pointer))
            return digests
        environments = JsonMembers(io.BytesIO(raw), (), limit=len(raw))
        try:
            for path, environment in environments:
                place = f"{pointer}/{path.replace('~', '~0').replace('/', '~1')}"
                members, records, error = _split(environment)
                if error is not None:
                    yield self._problem(error.prefixed(place))
                name = PurePath(path).name
                digests.append((yield from self._environment(members.beside, records, name, place)))
        except DocumentError as error:
            yield self._problem(error.prefixed(pointer))
        return digests

    def _records(self, records: list[tuple[str, bytes]], pointer: str) -> Iterator[Problem]:
        above = f"{pointer}/concrete_specs"
        origin = self._dags.new_origin(self._place, above)
        spec_format = SPEC_FORMATS[self._version]
        origin.spec_format = spec_format if spec_format in READABLE_FORMATS else None
        for key, raw in records:
            try:
                node = outline(raw)
                node_raw = self._with_identity(check_hash(key, ""), node, raw)
                other = self._dags.add(key, node, node_raw)
                if other not in (None, node_raw):
                    detail = f"{node.name}/{key[:7]} has a second record"
                    raise DocumentError(Fault.INVALID, detail)
            except DocumentError as error:
                yield self._problem(error.prefixed(f"{above}/{key}"))

    def _with_identity(self, key: str, node: Outline, raw: bytes) -> bytes:
        if self._version in (2, 3):
            return with_member(raw, "build_hash", f'"{key}"')
        if self._version == 1 and not node.hash:
            return with_member(raw, "hash", f'"{key}"')
        if node.hash != key:
            raise DocumentError(Fault.INVALID, f"it is kept under {key}", "/hash")
        return raw

    def _roots(self, raw: bytes, pointer: str) -> Generator[Problem, None, tuple[LockedRoot, ...]]:
        roots = []
        try:
            entries = _decode(raw, list[msgspec.Raw], "")
        except DocumentError as error:
            yield self._problem(error.prefixed(pointer))
            return ()
        for index, entry in enumerate(entries):
            place = f"{pointer}/{index}"
            try:
                root = _decode(bytes(entry), _Root, "")
                roots.append(LockedRoot(check_hash(root.hash, "/hash"), root.spec, root.group))
                self._claimed.append((root.hash, place))
            except DocumentError as error:
                yield self._problem(error.prefixed(place))
        return tuple(roots)


def _split(
    raw: bytes,
) -> tuple[JsonMembers, list[tuple[str, bytes]], DocumentError | None]:
    """The records of an environment, what is beside them, and what is wrong with the JSON."""
    members = JsonMembers(io.BytesIO(raw), ("concrete_specs",), limit=len(raw))
    records: list[tuple[str, bytes]] = []
    try:
        for record in members:
            records.append(record)
    except DocumentError as error:
        return members, records, error
    return members, records, None


def _version(beside: dict[str, bytes]) -> int:
    if "_meta" not in beside:
        raise DocumentError(
            Fault.UNKNOWN_FORMAT, "the lockfile's version is missing", _VERSION_POINTER
        )
    version = _decode(beside["_meta"], _Meta, "/_meta").lockfile_version
    if version not in SPEC_FORMATS:
        detail = f"lockfile version {str(version)[:20]} is not one of 1 to 8"
        raise DocumentError(Fault.UNKNOWN_FORMAT, detail, _VERSION_POINTER)
    return version


def _decode(raw: bytes, type_: type[T], pointer: str) -> T:
    try:
        return msgspec.json.decode(raw, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error).prefixed(pointer) from error
