"""Attempts as the rows that the merge statements take."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import msgspec
import zstandard

from loaders.evidence import Attempt, Log, Phase
from loaders.logs.failure_cause import find_cause
from loaders.store.same_attempts import stamp_of
from spec_syntax.versions import version_key

Rows = list[dict[str, Any]]

_ENCODER = msgspec.json.Encoder(order="sorted")
MOST_FILES = 200_000
"""Most lines of one install manifest that are kept."""
MAX_NAME = 1_000
"""Longest name of an environment variable, in characters."""


def digest_of(attempt: Attempt) -> str:
    """SHA-256 over everything that a document tells of an attempt."""
    return hashlib.sha256(_ENCODER.encode(attempt)).hexdigest()


def standing_of(attempt: Attempt, digest: str) -> str:
    """Sort key of a document among all that tell of the same attempt: the lowest is believed.

    First by the kind of document; then one that was judged by what else is known comes before
    others, and one that was unpacked and brings the log of where it was built after them.
    """
    rank = 0 if attempt.more.get("judged") else 2 if attempt.binary else 1
    return f"{attempt.source.rank}:{rank}:{digest}"


def properties_of(attempt: Attempt, origin: str) -> dict[str, Any]:
    """What `Build` holds, but for what ties it to documents."""
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
    return _given(values)


def sort_key(seconds: float | None, uid: str) -> str:
    """A string whose order is that of the times, then of the uids."""
    return f"{max(0.0, seconds or 0.0):017.6f}:{uid}"


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


class Blobs:
    """Texts to keep, each once."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._compressor = zstandard.ZstdCompressor(level=6)

    def add(self, log: Log) -> str:
        """Keep a text.

        :returns: its digest.
        """
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
        """Rows of `merge_blobs`, sorted."""
        return [self._rows[digest] for digest in sorted(self._rows)]


def phase_uid(attempt: Attempt, phase: Phase) -> str:
    """Identity of a phase."""
    return f"{attempt.uid}:{phase.name}"


def phase_rows(attempts: Iterable[Attempt], blobs: Blobs) -> Rows:
    """Rows of `merge_phases`."""
    return [
        {
            "build": attempt.uid,
            "uid": phase_uid(attempt, phase),
            "text": blobs.add(phase.log) if phase.log is not None else None,
            "properties": _given(
                {
                    "name": phase.name,
                    "order": phase.order,
                    "status": phase.status.value,
                    "stamp": stamp_of(phase.log.text) if phase.log else None,
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
    """Rows of `merge_findings`, sorted by diagnostic so that concurrent loads lock in one order."""
    rows = [
        {
            "phase": phase_uid(attempt, phase),
            "fingerprint": finding.fingerprint,
            "kind": finding.kind,
            "normal": finding.normal,
            "properties": _given(
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
    return sorted(rows, key=lambda row: (row["fingerprint"], row["phase"]))


def cause_rows(attempts: Iterable[Attempt]) -> Rows:
    """Rows of `merge_causes`."""
    rows = []
    for attempt in attempts:
        cause = find_cause(attempt)
        if cause is not None:
            phase, finding = cause
            properties = {
                "phase": phase.name,
                "line": finding.line,
                "text": finding.text,
                "source_file": finding.source_file,
                "source_line": finding.source_line,
            }
            rows.append(
                {
                    "build": attempt.uid,
                    "fingerprint": finding.fingerprint,
                    "properties": _given(properties),
                }
            )
    return rows


def host_rows(attempts: Iterable[Attempt]) -> Rows:
    """Rows of `merge_hosts`."""
    return sorted(
        (
            {
                "build": attempt.uid,
                "fingerprint": attempt.environment.fingerprint,
                "properties": _given(asdict(attempt.environment)),
            }
            for attempt in attempts
            if attempt.environment is not None
        ),
        key=lambda row: str(row["fingerprint"]),
    )


def variable_rows(attempts: Iterable[Attempt]) -> Rows:
    """Rows of `merge_variables`, a row a variable with all attempts that saw it, sorted.

    Names that no system takes, too long for the index, are left out.
    """
    builds: dict[str, list[str]] = defaultdict(list)
    properties = {}
    for attempt in attempts:
        for variable in attempt.variables:
            if len(variable.name) > MAX_NAME:
                continue
            digest = variable.digest
            builds[digest].append(attempt.uid)
            properties[digest] = _given(
                {"name": variable.name, "value": variable.value, "redacted": variable.redacted}
            )
    return [
        {"digest": digest, "builds": builds[digest], "properties": properties[digest]}
        for digest in sorted(builds)
    ]


def attachment_rows(attempts: Iterable[Attempt], blobs: Blobs) -> Rows:
    """Rows of `merge_attachments`."""
    return [
        {"build": attempt.uid, "name": each.name, "kind": each.kind, "text": blobs.add(each.log)}
        for attempt in attempts
        for each in attempt.attachments
    ]


def recipe_rows(attempts: Iterable[Attempt], blobs: Blobs) -> Rows:
    """Rows of `merge_recipes`, sorted."""
    rows = []
    for attempt in attempts:
        for recipe in attempt.recipes:
            text = blobs.add(recipe.log)
            identity = f"{recipe.namespace or ''}\0{recipe.path}\0{text}"
            rows.append(
                {
                    "build": attempt.uid,
                    "uid": hashlib.sha256(identity.encode()).hexdigest(),
                    "text": text,
                    "properties": _given(
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
    """Rows of `merge_archives`, sorted."""
    rows = []
    for attempt in attempts:
        for each in attempt.sources:
            properties = _given(
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
    """Rows of `merge_culprits`."""
    return [
        {"build": attempt.uid, "hash": attempt.culprit.hash}
        for attempt in attempts
        if attempt.culprit is not None
    ]


def file_rows(attempt: Attempt) -> Rows:
    """Rows of `merge_artifacts`, sorted by path."""
    hash_ = attempt.spec.hash
    return [
        {
            "hash": hash_,
            "uid": f"{hash_}:{file.path}",
            "properties": _given(
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


def named_rows(attempts: Iterable[Attempt]) -> Rows:
    """Rows of `merge_stubs`: every spec that the attempts name, sorted by hash."""
    named = {}
    for attempt in attempts:
        for spec in (attempt.spec, attempt.culprit):
            if spec is not None:
                named[spec.hash] = spec.name
    return [{"hash": hash_, "name": name} for hash_, name in sorted(named.items())]
