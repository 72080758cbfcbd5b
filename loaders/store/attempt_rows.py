"""Turn attempts into rows of the merge statements."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, replace

import msgspec
import zstandard

from loaders.evidence import Attempt, Log, Phase
from loaders.logs.failure_cause import find_cause
from loaders.store.rows import Row, Rows, drop_missing
from loaders.store.same_attempts import phase_stamp
from loaders.store.spec_rows import StubRow
from spec_syntax.versions import version_key

_ENCODER = msgspec.json.Encoder(order="sorted")
MOST_FILES = 200_000
"""Limit of the entries of one install manifest that are stored."""
MAX_NAME = 1_000
"""Limit of the name of an environment variable, in characters: it is an index key."""


def digest_of(attempt: Attempt) -> str:
    """Return the SHA-256 of everything that a document says about an attempt.

    The hashes of specs do not count: the graph may know the specs by other hashes than the document
    (`loaders.store.old_hashes`). Nor does the site, which the document does not say.
    """
    spec = replace(attempt.spec, hash="")
    culprit = attempt.culprit and replace(attempt.culprit, hash="")
    said = msgspec.to_builtins(replace(attempt, spec=spec, culprit=culprit))
    del said["site"]
    return hashlib.sha256(_ENCODER.encode(said)).hexdigest()


def standing_of(attempt: Attempt, digest: str) -> str:
    """Return the sort key among all evidence for the same attempt; the lowest counts.

    The kind of document comes first. Within a kind, evidence that was judged with the help of the
    graph precedes the rest, and a binary installation, whose log is that of the original build,
    follows it.
    """
    rank = 0 if attempt.more.get("judged") else 2 if attempt.binary else 1
    return f"{attempt.source.rank}:{rank}:{digest}"


def properties_of(attempt: Attempt, origin: str) -> Row:
    """Return the properties of `Build`, except those that refer to documents."""
    started = attempt.started
    values = {
        "hash": attempt.spec.hash,
        "key": attempt.key,
        "name": attempt.spec.name,
        "version": attempt.spec.version,
        "version_key": version_key(attempt.spec.version) if attempt.spec.version else None,
        "status": attempt.status.value,
        "sort_key": sort_key(started, attempt.uid),
        "failed_phase": attempt.failed_phase,
        "started": started,
        "seconds": attempt.seconds,
        "spack_version": attempt.spack_version,
        "message": attempt.message,
        "binary": attempt.binary,
        "errors": sum(phase.errors for phase in attempt.phases),
        "warnings": sum(phase.warnings for phase in attempt.phases),
        "more": _ENCODER.encode(attempt.more).decode() if attempt.more else None,
        "origin": origin,
    }
    return drop_missing(values)


def sort_key(seconds: float | None, uid: str) -> str:
    """Return a string that sorts by time, then by uid.

    Args:
        seconds: Time since 1970; None sorts first.
        uid: Makes the key unique, which cursors need.
    """
    return f"{max(0.0, seconds or 0.0):017.6f}:{uid}"


class Blobs:
    """Texts to store, compressed, each once."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        # A moderate level: every load waits for the compression of its logs.
        self._compressor = zstandard.ZstdCompressor(level=6)

    def add_log(self, log: Log) -> str:
        """Add a text and return its digest."""
        digest = log.digest
        if digest not in self._rows:
            text = log.text.encode("utf-8")
            properties = {
                "data": self._compressor.compress(text),
                "size": len(text),
                "lines": log.lines,
                "capped": log.capped,
            }
            self._rows[digest] = {"digest": digest, "properties": properties}
        return digest

    @property
    def rows(self) -> Rows:
        """Return the rows of `merge_blobs`, by digest."""
        return [self._rows[digest] for digest in sorted(self._rows)]


def phase_uid(attempt: Attempt, phase: Phase) -> str:
    """Return the identity of a phase."""
    return f"{attempt.uid}:{phase.name}"


def phase_rows(attempts: Iterable[Attempt], blobs: Blobs) -> Rows:
    """Return the rows of `merge_phases`; the logs are added to `blobs`."""
    return [
        {
            "build": attempt.uid,
            "uid": phase_uid(attempt, phase),
            "text": blobs.add_log(phase.log) if phase.log is not None else None,
            "properties": drop_missing(
                {
                    "name": phase.name,
                    "order": phase.order,
                    "status": phase.status.value,
                    "stamp": phase_stamp(phase.log.text) if phase.log else None,
                    "seconds": phase.seconds,
                    "errors": phase.errors,
                    "warnings": phase.warnings,
                    "lines": phase.log.lines if phase.log else None,
                    "size": phase.log.size if phase.log else None,
                    "capped": phase.log.capped if phase.log else None,
                }
            ),
        }
        for attempt in attempts
        for phase in attempt.phases
    ]


def finding_rows(attempts: Iterable[Attempt]) -> Rows:
    """Return the rows of `merge_findings`.

    Sorted by diagnostic, so that concurrent loads take their locks in one order. The other rows
    of nodes that attempts share are sorted for the same reason.
    """
    rows: Rows = [
        {
            "phase": phase_uid(attempt, phase),
            "fingerprint": finding.fingerprint,
            "kind": finding.kind,
            "normal": finding.normal,
            "properties": drop_missing(
                {
                    "line": finding.line,
                    "text": finding.text,
                    "source_file": finding.source_file,
                    "source_line": finding.source_line,
                    "before": list(finding.before),
                    "after": list(finding.after),
                    "notes": list(finding.notes),
                }
            ),
        }
        for attempt in attempts
        for phase in attempt.phases
        for finding in phase.findings
    ]
    return sorted(rows, key=lambda row: (str(row["fingerprint"]), str(row["phase"])))


def cause_rows(attempts: Iterable[Attempt]) -> Rows:
    """Return the rows of `merge_causes`."""
    rows: Rows = []
    for attempt in attempts:
        cause = find_cause(attempt)
        if cause is not None:
            phase, finding = cause
            properties = {
                "phase": phase.name,
                "line": finding.line,
                "text": finding.message or finding.text,
                "source_file": finding.source_file,
                "source_line": finding.source_line,
            }
            rows.append(
                {
                    "build": attempt.uid,
                    "fingerprint": finding.fingerprint,
                    "properties": drop_missing(properties),
                }
            )
    return rows


def host_rows(attempts: Iterable[Attempt]) -> Rows:
    """Return the rows of `merge_hosts`, by fingerprint."""
    return sorted(
        (
            {
                "build": attempt.uid,
                "fingerprint": attempt.environment.fingerprint,
                "properties": drop_missing(asdict(attempt.environment)),
            }
            for attempt in attempts
            if attempt.environment is not None
        ),
        key=lambda row: str(row["fingerprint"]),
    )


def variable_rows(attempts: Iterable[Attempt]) -> Rows:
    """Return the rows of `merge_variables`, by digest: a variable with all attempts that had it.

    Variables with a name too long for the index are left out; no system accepts such names.
    """
    builds: dict[str, list[str]] = defaultdict(list)
    properties: dict[str, Row] = {}
    for attempt in attempts:
        for variable in attempt.variables:
            if len(variable.name) > MAX_NAME:
                continue
            digest = variable.digest
            builds[digest].append(attempt.uid)
            properties[digest] = drop_missing(
                {"name": variable.name, "value": variable.value, "redacted": variable.redacted}
            )
    return [
        {"digest": digest, "builds": builds[digest], "properties": properties[digest]}
        for digest in sorted(builds)
    ]


def attachment_rows(attempts: Iterable[Attempt], blobs: Blobs) -> Rows:
    """Return the rows of `merge_attachments`; the texts are added to `blobs`."""
    return [
        {
            "build": attempt.uid,
            "name": each.name,
            "kind": each.kind,
            "text": blobs.add_log(each.log),
        }
        for attempt in attempts
        for each in attempt.attachments
    ]


def recipe_rows(attempts: Iterable[Attempt], blobs: Blobs) -> Rows:
    """Return the rows of `merge_recipes`, by uid; the texts are added to `blobs`."""
    rows: Rows = []
    for attempt in attempts:
        for recipe in attempt.recipes:
            text = blobs.add_log(recipe.log)
            identity = f"{recipe.namespace or ''}\0{recipe.path}\0{text}"
            rows.append(
                {
                    "build": attempt.uid,
                    "uid": hashlib.sha256(identity.encode()).hexdigest(),
                    "text": text,
                    "properties": drop_missing(
                        {
                            "namespace": recipe.namespace,
                            "package": recipe.package,
                            "path": recipe.path,
                        }
                    ),
                }
            )
    return sorted(rows, key=lambda row: str(row["uid"]))


def archive_rows(attempts: Iterable[Attempt]) -> Rows:
    """Return the rows of `merge_archives`, by uid."""
    rows: Rows = []
    for attempt in attempts:
        for each in attempt.sources:
            properties = drop_missing(
                {"url": each.url, "file": each.file, "sha256": each.sha256, "size": each.size}
            )
            identity = _ENCODER.encode(properties)
            rows.append(
                {
                    "build": attempt.uid,
                    "uid": hashlib.sha256(identity).hexdigest(),
                    "properties": properties,
                }
            )
    return sorted(rows, key=lambda row: str(row["uid"]))


def culprit_rows(attempts: Iterable[Attempt]) -> Rows:
    """Return the rows of `merge_culprits`."""
    return [
        {"build": attempt.uid, "hash": attempt.culprit.hash}
        for attempt in attempts
        if attempt.culprit is not None
    ]


def file_rows(attempt: Attempt) -> Rows:
    """Return the rows of `merge_artifacts`, by path."""
    hash_ = attempt.spec.hash
    return [
        {
            "hash": hash_,
            "uid": f"{hash_}:{file.path}",
            "properties": drop_missing(
                {
                    "hash": hash_,
                    "path": file.path,
                    "name": file.path.rpartition("/")[2],
                    "kind": file.kind,
                    "mode": file.mode,
                    "size": file.size,
                    "checksum": file.checksum,
                    "target": file.target,
                }
            ),
        }
        for file in sorted(attempt.files or (), key=lambda each: each.path)[:MOST_FILES]
    ]


def attempt_stubs(attempts: Iterable[Attempt]) -> list[StubRow]:
    """Return the rows of `merge_stubs`, by hash: every spec that the attempts name."""
    names: dict[str, str] = {}
    for attempt in attempts:
        for spec in (attempt.spec, attempt.culprit):
            if spec is not None:
                names[spec.hash] = spec.name
    return [{"hash": hash_, "name": name} for hash_, name in sorted(names.items())]
