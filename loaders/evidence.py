"""What the loaders of builds and installations read from documents: plain rows, nothing stored yet.

Times are seconds since 1970 in UTC. Logs give local time without a zone; it is taken as UTC.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Status(StrEnum):
    """How an attempt or a phase ended.

    `skipped` is an attempt that was not made because a dependency failed.
    """

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Source(IntEnum):
    """Where an attempt is told of, best first but for `MONITOR`, which comes behind `JUNIT`.

    Of two that tell of the same attempt the better one is believed. `MARK` only says that there
    was one: Spack's failure marker, or a stage without a log. `MONITOR` is a client that tells of
    it phase by phase: what it told last is believed.
    """

    FOLDER = 0
    JUNIT = 1
    CDASH = 2
    MARK = 3
    MONITOR = 4

    @property
    def rank(self) -> str:
        """A string whose order is that of the sources."""
        return "1m" if self is Source.MONITOR else str(int(self))


@dataclass(frozen=True, slots=True)
class SpecName:
    """A spec as a document names it; the version may be unknown."""

    hash: str
    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An error or a warning in a log.

    :ivar kind: `error` or `warning`.
    :ivar line: line in the phase's log, from 1.
    :ivar text: the line itself.
    :ivar source_line: line in the source file, from 1.
    :ivar before: lines before it in the log; `after` those behind.
    :ivar notes: the compiler's notes that belong to it.
    :ivar normal: the text with paths, hashes, addresses and numbers of lines taken out.
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

    @property
    def fingerprint(self) -> str:
        """Identity of the diagnostic, the same on every machine: SHA-256 of kind and `normal`."""
        return hashlib.sha256(f"{self.kind}\0{self.normal}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Log:
    """The text of a log, cleaned and capped.

    :ivar text: what is kept, without control characters; invalid UTF-8 replaced.
    :ivar lines: number of lines in the whole log.
    :ivar size: bytes of the whole log.
    :ivar capped: whether `text` is not all of it: lines cut, or the middle left out.
    """

    text: str
    lines: int
    size: int
    capped: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of an attempt, such as `configure`, `build`, `install`, `test`.

    :ivar order: place among the attempt's phases, from 0.
    :ivar errors: errors in the whole log, also those not kept in `findings`; `warnings` likewise.
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
    """An environment variable; `value` is None where it was unset, a mark where it was secret."""

    name: str
    value: str | None
    redacted: bool = False

    @property
    def digest(self) -> str:
        """Identity: SHA-256 of name and value, as kept."""
        value = "\0unset" if self.value is None else self.value
        return hashlib.sha256(f"{self.name}={value}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class HostEnvironment:
    """Where an attempt was made, as `install_environment.json` tells it."""

    host_os: str | None = None
    platform: str | None = None
    host_target: str | None = None
    hostname: str | None = None
    kernel_version: str | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all fields."""
        parts = (self.host_os, self.platform, self.host_target, self.hostname, self.kernel_version)
        return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A small text document kept with an attempt.

    :ivar name: path in the folder, such as `archived-files/spack-src/config.log`.
    :ivar kind: `configure-args`, `archived`, `test-log`, `errors`, `modifications`, `message`.
    """

    name: str
    kind: str
    log: Log


@dataclass(frozen=True, slots=True)
class Recipe:
    """A package recipe that was kept with an installation.

    :ivar namespace: of its repository; `package` the package's name.
    :ivar path: within the repository.
    """

    namespace: str | None
    package: str
    path: str
    log: Log


@dataclass(frozen=True, slots=True)
class FetchedSource:
    """Where sources came from: an URL, or a file in the stage with its SHA-256."""

    url: str | None
    file: str | None = None
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """A line of an install manifest.

    :ivar path: relative to the prefix, with slashes.
    :ivar kind: `file`, `directory` or `link`.
    :ivar mode: permission bits.
    :ivar checksum: Spack's own, as it stands in the manifest: base32 of SHA-1.
    :ivar target: of a link, relative to the prefix where it points inside.
    """

    path: str
    kind: str
    mode: int | None = None
    size: int | None = None
    checksum: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at building a spec.

    :ivar key: what tells it from other attempts at the same spec: the first time of day in its log
        as Spack writes it, else the SHA-256 of the log or of the message.
    :ivar culprit: of a skipped attempt, the dependency that failed.
    :ivar message: how Spack said why it failed.
    :ivar binary: whether it was unpacked from a build cache and not built.
    :ivar files: the install manifest, None where there was none.
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

    @property
    def uid(self) -> str:
        """Identity of the attempt: sent again, or told of by another document, it is the same."""
        return hashlib.sha256(f"{self.spec.hash}:{self.key}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Installation:
    """A spec in the install tree of a site.

    :ivar explicit: whether somebody asked for it.
    :ivar installed_at: seconds since 1970.
    :ivar prefix_hash: SHA-256 of the prefix, which itself is never kept.
    :ivar installed: false where the database remembers it but it is gone.
    :ivar upstream: whether it lies in an upstream store.
    :ivar deprecated_for: hash of the spec that replaces it.
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


def hash_prefix(prefix: str) -> str:
    """What is kept of a prefix: the SHA-256 of it without a slash at the end."""
    return hashlib.sha256(prefix.rstrip("/").encode("utf-8", "surrogateescape")).hexdigest()
