"""One attempt at building a spec with all that was kept of it, and its logs."""

import json
import re
from typing import Any, TypedDict, cast

import zstandard

from cypher.run import Database
from service.queries.attempts import AttemptItem
from service.queries.errors import InvalidQuestionError, NotInGraphError

MOST_FINDINGS = 100
"""Errors and warnings of a phase that are returned with an attempt, errors first."""
_UID = re.compile(r"[0-9a-f]{4,32}\Z")


class Finding(TypedDict, total=False):
    """An error or warning in a log.

    `before` and `after` are the lines around it, `notes` the compiler's notes that belong to it,
    `normal` is the diagnostic's text.
    """

    kind: str
    line: int
    text: str
    normal: str
    fingerprint: str
    source_file: str | None
    source_line: int | None
    before: list[str]
    after: list[str]
    notes: list[str]


class Phase(TypedDict):
    """A phase of an attempt; `lines` and `size` are of its whole log, `size` in bytes."""

    name: str
    status: str
    seconds: float | None
    errors: int | None
    warnings: int | None
    lines: int | None
    size: int | None
    capped: bool | None
    has_log: bool
    findings: list[Finding]


class Host(TypedDict, total=False):
    """The host that an attempt was made on."""

    host_os: str
    platform: str
    host_target: str
    hostname: str
    kernel_version: str


class EnvironmentVariable(TypedDict):
    """An environment variable; its value is None if it was unset."""

    name: str
    value: str | None
    redacted: bool | None


class Attachment(TypedDict):
    """A document that was kept with an attempt; `size` is in bytes."""

    name: str
    kind: str
    size: int
    lines: int
    capped: bool


class Recipe(TypedDict):
    """A package recipe that was kept with an attempt."""

    namespace: str | None
    package: str
    path: str
    uid: str


class SourceArchive(TypedDict):
    """Where sources were fetched from; `size` is in bytes."""

    url: str | None
    file: str | None
    sha256: str | None
    size: int | None


class AttemptDetails(AttemptItem):
    """An attempt with all that was kept of it.

    `documents` is the number of documents that describe it, `others` of other attempts at its
    spec, and `more` holds entries such as `inferred`: the status is a conclusion.
    """

    message: str | None
    more: dict[str, Any]
    origin: str | None
    load: str | None
    documents: int | None
    phases: list[Phase]
    environment: Host | None
    variables: list[EnvironmentVariable]
    attachments: list[Attachment]
    recipes: list[Recipe]
    sources: list[SourceArchive]
    others: int


_PARTS = ("phases", "environment", "variables", "attachments", "recipes", "sources", "others")


def load_attempt(database: Database, prefix: str) -> AttemptDetails:
    """Return the attempt that a uid, or the start of one, names.

    Raises:
        InvalidQuestionError: It is not a uid, or several attempts have it.
        NotInGraphError: No attempt has it.
    """
    _check_uid(prefix)
    records = database.read("attempt_details", prefix=prefix, findings=MOST_FINDINGS)
    _check_unique(prefix, len(records))
    record = records[0]
    # Neo4j has no properties that are maps: `more` is stored as JSON.
    found = {**record["build"], **{name: record[name] for name in _PARTS}}
    return cast(AttemptDetails, {**found, "more": json.loads(found["more"] or "{}")})


def resolve_uid(database: Database, prefix: str) -> str:
    """Return the uid of the attempt that a uid, or the start of one, names.

    Raises:
        InvalidQuestionError: It is not a uid, or several attempts have it.
        NotInGraphError: No attempt has it.
    """
    _check_uid(prefix)
    records = database.read("attempts_by_uid_prefix", prefix=prefix)
    _check_unique(prefix, len(records))
    return str(records[0]["uid"])


def read_log(
    database: Database, prefix: str, *, phase: str | None = None, attachment: str | None = None
) -> bytes:
    """Return the log of an attempt in UTF-8, or a document that was kept with it.

    Args:
        database: The graph.
        prefix: The attempt's uid, or the start of it.
        phase: Name of the only phase to return the log of.
        attachment: Name of the document to return instead of a log.

    Raises:
        InvalidQuestionError: The prefix is not a uid, or several attempts have it.
        NotInGraphError: There is no such attempt, or no such text was kept with it.
    """
    uid = resolve_uid(database, prefix)
    rows = database.read("attempt_logs", uid=uid, phase=phase, attachment=attachment)
    if not rows:
        raise NotInGraphError(_missing_text(uid, phase, attachment))
    # The log of each phase is a text of its own, so that equal logs are stored once.
    unpacker = zstandard.ZstdDecompressor()
    return b"".join(unpacker.decompress(bytes(row["data"])) for row in rows)


def _check_uid(prefix: str) -> None:
    if not _UID.match(prefix):
        raise InvalidQuestionError(
            f"{prefix[:40]!r} is not the uid of an attempt; use 4 to 32 hexadecimal digits"
        )


def _check_unique(prefix: str, count: int) -> None:
    """Check that a prefix names one attempt, given how many have it, counted up to two.

    Raises:
        InvalidQuestionError: Several have it.
        NotInGraphError: None has it.
    """
    if count == 0:
        raise NotInGraphError(f"no attempt has a uid that starts with {prefix}")
    if count > 1:
        raise InvalidQuestionError(
            f"several attempts have a uid that starts with {prefix}; write more of its digits"
        )


def _missing_text(uid: str, phase: str | None, attachment: str | None) -> str:
    if attachment:
        return f"no document {attachment[:80]!r} was kept with attempt {uid}"
    if phase:
        return f"attempt {uid} has no log of a phase {phase[:80]!r}"
    return f"attempt {uid} has no log"
