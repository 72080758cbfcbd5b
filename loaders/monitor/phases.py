"""Read the phases that a client reports, and store them until the attempt is complete."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import msgspec
import zstandard
from neo4j import ManagedTransaction

from cypher.run import run_one
from loaders.evidence import Phase, Status
from loaders.logs.cleaning import first_timestamp, first_timestamp_seconds
from loaders.logs.phases import read_phase
from loaders.logs.redaction import Redactor
from loaders.monitor import runs
from loaders.monitor.bodies import PhaseReport
from loaders.store.attempt_rows import Blobs

_MAX_CONTENT = 1 << 28


def read_phase_report(report: PhaseReport, redactor: Redactor) -> tuple[runs.ReportedPhase, Phase]:
    """Return a reported phase, in short and as a phase of an attempt."""
    status = runs.STATUS.get(report.status, Status.RUNNING)
    phase = read_phase(report.name, 0, status, report.output.encode(), redactor)
    if phase.log is not None and not phase.log.text:
        phase = replace(phase, log=None)
    text = phase.log.text if phase.log else ""
    digest = hashlib.sha256(f"{report.name}\0{report.status}\0{text}".encode()).hexdigest()
    return runs.ReportedPhase(
        report.name, report.status, digest, first_timestamp(text), first_timestamp_seconds(text)
    ), phase


def store_phase(tx: ManagedTransaction, announcement: str, digest: str, phase: Phase) -> None:
    """Store a phase with an announcement.

    Args:
        tx: The transaction.
        announcement: Its uid.
        digest: Digest of the report.
        phase: The phase.
    """
    blobs = Blobs()
    text = blobs.add_log(phase.log) if phase.log is not None else None
    if blobs.rows:
        run_one(tx, "merge_blobs", blobs=blobs.rows)
    # The text is stored once, as a blob that the attempt shares later.
    bare = replace(phase, log=replace(phase.log, text="") if phase.log else None)
    content = zstandard.compress(msgspec.json.encode(bare))
    row = {"uid": f"{announcement}:{digest}", "content": content, "text": text}
    run_one(tx, "merge_phase_reports", announcement=announcement, reports=[row])


def load_phases(
    tx: ManagedTransaction, announcement: str, digests: Iterable[str]
) -> dict[str, Phase]:
    """Return the phases stored with an announcement, by the digests of their reports."""
    uids = [f"{announcement}:{digest}" for digest in digests]
    reports = run_one(tx, "phase_reports", uids=uids) or []
    return {
        report["uid"].rpartition(":")[2]: _unpack_phase(report["content"], report["text"])
        for report in reports
    }


def _unpack_phase(content: bytes, text: bytes | None) -> Phase:
    decompress = zstandard.ZstdDecompressor().decompress
    raw = decompress(content, max_output_size=_MAX_CONTENT)
    phase = msgspec.json.decode(raw, type=Phase)
    if phase.log is None or text is None:
        return phase
    log = decompress(text, max_output_size=_MAX_CONTENT).decode()
    return replace(phase, log=replace(phase.log, text=log))
