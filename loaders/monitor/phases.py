"""Phases as a client tells of them: read once, and kept until the attempt is whole."""

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
from loaders.monitor.bodies import PhaseTold
from loaders.store.attempt_rows import Blobs

_MAX_CONTENT = 1 << 28


def read_told(told: PhaseTold, redactor: Redactor) -> tuple[runs.Phase, Phase]:
    """A phase as it was told, and as attempts have it."""
    status = runs.STATUS.get(told.status, Status.RUNNING)
    phase = read_phase(told.name, 0, status, told.output.encode(), redactor)
    if phase.log is not None and not phase.log.text:
        phase = replace(phase, log=None)
    text = phase.log.text if phase.log else ""
    digest = hashlib.sha256(f"{told.name}\0{told.status}\0{text}".encode()).hexdigest()
    return runs.Phase(
        told.name, told.status, digest, first_timestamp(text), first_timestamp_seconds(text)
    ), phase


def keep(tx: ManagedTransaction, announcement: str, digest: str, phase: Phase) -> None:
    """Keep a phase with an announcement.

    :param announcement: its uid.
    :param digest: of what was told.
    """
    blobs = Blobs()
    text = blobs.add(phase.log) if phase.log is not None else None
    if blobs.rows:
        run_one(tx, "merge_blobs", blobs=blobs.rows)
    bare = replace(phase, log=replace(phase.log, text="") if phase.log else None)
    content = zstandard.compress(msgspec.json.encode(bare))
    row = {"uid": f"{announcement}:{digest}", "content": content, "text": text}
    run_one(tx, "merge_phase_reports", announcement=announcement, reports=[row])


def kept(tx: ManagedTransaction, announcement: str, digests: Iterable[str]) -> dict[str, Phase]:
    """The phases that were kept with an announcement, by their digests."""
    uids = [f"{announcement}:{digest}" for digest in digests]
    found = run_one(tx, "phase_reports", uids=uids) or []
    return {
        report["uid"].rpartition(":")[2]: _unpacked(report["content"], report["text"])
        for report in found
    }


def _unpacked(content: bytes, text: bytes | None) -> Phase:
    unpack = zstandard.ZstdDecompressor().decompress
    phase = msgspec.json.decode(unpack(content, max_output_size=_MAX_CONTENT), type=Phase)
    if phase.log is None or text is None:
        return phase
    whole = unpack(text, max_output_size=_MAX_CONTENT).decode()
    return replace(phase, log=replace(phase.log, text=whole))
