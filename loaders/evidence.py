"""Records that the readers of builds and installations return, before anything is stored.

Times are seconds since 1970 in UTC. Logs give local time without a zone; it is taken as UTC.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

DEFAULT_SITE = "default"
"""Name of the site of documents for which no site is given."""
MAX_SITE_LENGTH = 200
"""Limit of the name of a site, in characters."""


class Record:
    """Base class of everything that a reader yields, to be stored by its type."""

    __slots__ = ()


class Status(StrEnum):
    """How an attempt or a phase ended.

    A skipped attempt was never started, because a dependency failed.
    """

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Source(IntEnum):
    """Kind of evidence for an attempt, best first; `MONITOR` ranks between `JUNIT` and `CDASH`.

    If several documents describe the same attempt, the best one counts. `MARK` says no more than
    that there was an attempt: Spack's failure marker, or a stage without a log. `MONITOR` is a
    client that reports phase by phase; its latest report counts.
    """

    FOLDER = 0
    JUNIT = 1
    CDASH = 2
    MARK = 3
    MONITOR = 4

    @property
    def rank(self) -> str:
        """Return a string that sorts as the sources rank."""
        return "1m" if self is Source.MONITOR else str(int(self))


@dataclass(frozen=True, slots=True)
class SpecName:
    """A spec as a document names it, `version` being None if the document has none."""

    hash: str
    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An error or a warning in a log.

    Attributes:
        kind: `error` or `warning`.
        line: Line number in the phase's log, from 1.
        text: The line itself.
        normal: The text without paths, hashes, addresses and line numbers.
        source_file: Path of the source file that the line names.
        source_line: Line number in the source file, from 1.
        before: Lines that precede it in the log.
        after: Lines that follow it in the log.
        notes: The compiler's notes on it.
        message: The line joined with those that complete its message; None if it is complete.
    """

    kind: str
    line: int
    text: str
    normal: str
    source_file: str | None = None
    source_line: int | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    message: str | None = None

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of `kind` and `normal`, the same for a diagnostic on every machine."""
        return hashlib.sha256(f"{self.kind}\0{self.normal}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Log:
    """The text of a log, cleaned and truncated.

    Attributes:
        text: The part that is kept, without control characters and with invalid UTF-8 replaced.
        lines: Number of lines in the whole log.
        size: Bytes in the whole log.
        capped: Whether `text` is incomplete: lines were shortened or the middle was left out.
    """

    text: str
    lines: int
    size: int
    capped: bool = False

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of an attempt, such as `configure`, `build`, `install` or `test`.

    Attributes:
        order: Position among the attempt's phases, from 0.
        findings: Errors and warnings that are kept.
        errors: Number of errors in the whole log, including those not in `findings`.
        warnings: Number of warnings in the whole log, including those not in `findings`.
    """

    name: str
    order: int
    status: Status
    seconds: float | None = None
    log: Log | None = None
    findings: tuple[Finding, ...] = ()
    errors: int = 0
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable.

    Attributes:
        value: None if it was unset; a placeholder if it was redacted.
    """

    name: str
    value: str | None
    redacted: bool = False

    @property
    def digest(self) -> str:
        """Return the SHA-256 of name and value as they are stored."""
        value = "\0unset" if self.value is None else self.value
        return hashlib.sha256(f"{self.name}={value}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class HostEnvironment:
    """The host of an attempt, with the fields of `install_environment.json`."""

    host_os: str | None = None
    platform: str | None = None
    host_target: str | None = None
    hostname: str | None = None
    kernel_version: str | None = None

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of all fields."""
        parts = (self.host_os, self.platform, self.host_target, self.hostname, self.kernel_version)
        return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A small text document kept with an attempt.

    Attributes:
        name: Path in the folder, such as `archived-files/spack-src/config.log`.
        kind: `configure-args`, `archived`, `test-log`, `errors`, `modifications` or `message`.
    """

    name: str
    kind: str
    log: Log


@dataclass(frozen=True, slots=True)
class Recipe:
    """A package recipe that was kept with an installation.

    Attributes:
        namespace: Namespace of its repository.
        package: Name of the package.
        path: Path within the repository.
    """

    namespace: str | None
    package: str
    path: str
    log: Log


@dataclass(frozen=True, slots=True)
class FetchedSource:
    """Origin of fetched sources: a URL, or a file in the stage with its SHA-256."""

    url: str | None
    file: str | None = None
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """An entry of an install manifest.

    Attributes:
        path: Path relative to the prefix, with slashes.
        kind: `file`, `directory` or `link`.
        mode: Permission bits.
        size: Size in bytes.
        checksum: Spack's own checksum as the manifest has it: base32 of SHA-1.
        target: Target of a link, relative to the prefix if it points inside.
    """

    path: str
    kind: str
    mode: int | None = None
    size: int | None = None
    checksum: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt(Record):
    """One attempt to build a spec.

    Attributes:
        key: Distinguishes the attempts at one spec: the first time of day in the log as Spack
            writes it, or else the SHA-256 of the log or of the message.
        site: Site at which it was made, part of its identity; None if that is not known yet.
        message: Spack's own message about the failure.
        binary: Whether it was unpacked from a build cache instead of built.
        culprit: The dependency whose failure caused a skipped attempt.
        files: The install manifest, or None without one.
        more: Further facts that only some kinds of documents have.
    """

    spec: SpecName
    key: str
    status: Status
    source: Source
    failed_phase: str | None = None
    started: float | None = None
    seconds: float | None = None
    spack_version: str | None = None
    message: str | None = None
    binary: bool | None = None
    culprit: SpecName | None = None
    phases: tuple[Phase, ...] = ()
    environment: HostEnvironment | None = None
    variables: tuple[Variable, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    sources: tuple[FetchedSource, ...] = ()
    files: tuple[InstalledFile, ...] | None = None
    more: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    site: str | None = None

    @property
    def uid(self) -> str:
        """Return the identity of the attempt, the same in every document that describes it."""
        return attempt_uid(self.spec.hash, self.key, self.site)


@dataclass(frozen=True, slots=True)
class Installation(Record):
    """A spec in the install tree of a site.

    Attributes:
        explicit: Whether a user asked for it.
        installed_at: Time of installation, in seconds since 1970.
        prefix_hash: SHA-256 of the prefix; the prefix itself is never stored.
        installed: False if the database still lists it although it was removed.
        upstream: Whether it is in an upstream store.
        deprecated_for: Hash of the spec that replaces it.
        full_hash: Its `full_hash` if the index names it by an older hash.
    """

    spec: SpecName
    explicit: bool
    installed_at: float | None
    prefix_hash: str | None
    installed: bool = True
    external: bool = False
    upstream: bool = False
    deprecated_for: str | None = None
    origin: str | None = None
    full_hash: str | None = None


@dataclass(frozen=True, slots=True)
class InstallTree(Record):
    """The store that the installations after it belong to.

    Attributes:
        name: Name of the store, unique at its site.
        as_of: Time of the document, in seconds since 1970: installations that are missing from it
            are gone.
        upstream: Whether it is an upstream of other stores.
        partial: Whether the document lists only some installations; those that are missing from it
            are not gone.
    """

    name: str
    as_of: float
    upstream: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedSpecs(Record):
    """The number of specs in the documents that follow, by which progress is measured."""

    count: int


@dataclass(frozen=True, slots=True)
class Mirror(Record):
    """The build cache that the offers after it belong to."""

    name: str


@dataclass(frozen=True, slots=True)
class EmbeddedDocument(Record):
    """A spec document that another document contains.

    Attributes:
        place: Where it is, for reports.
        raw: Its JSON.
    """

    place: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class StoredPart(Record):
    """A part of a document that its reader has stored itself.

    Attributes:
        place: The file, for reports.
        kind: Kind of the part, as in reports.
        new: Whether it added anything.
    """

    place: str
    kind: str
    new: bool


@dataclass(frozen=True, slots=True)
class StoredBuild(Record):
    """An attempt that the reader of several messages about it has stored itself.

    Attributes:
        uid: Its identity.
        status: How it ended, by the best evidence for it.
        new: Whether it was announced for the first time.
    """

    uid: str
    spec: SpecName
    status: Status
    new: bool


@dataclass(frozen=True, slots=True)
class NothingToStore(Record):
    """A document that is valid, but has nothing to store.

    Attributes:
        detail: Why, in one sentence for people.
    """

    detail: str


@dataclass(frozen=True, slots=True)
class HalfRewiredPrefix(Record):
    """A prefix that Spack failed to rewire for a splice, and that is no installation of it.

    Attributes:
        place: Its folder `.spack`, for reports.
    """

    place: str


def attempt_uid(hash_: str, key: str, site: str | None = None) -> str:
    """Return the identity of an attempt, from the hash of its spec, its key and its site.

    Without a site it is that of an attempt at the default one.
    """
    at = "" if site in (None, DEFAULT_SITE) else f"\0{site}"
    return hashlib.sha256(f"{hash_}:{key}{at}".encode()).hexdigest()[:32]


def hash_prefix(prefix: str) -> str:
    """Return the SHA-256 of a prefix without a trailing slash."""
    return hashlib.sha256(prefix.rstrip("/").encode("utf-8", "surrogateescape")).hexdigest()
