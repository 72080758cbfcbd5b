"""The same attempt told of twice, where one of both does not know when it began.

A monitor's client reads the output of a phase before all of it is written, so that the first time
in the log, by which attempts are known, may be missing. Any phase that began at the same moment,
to the microsecond, is of the same attempt.
"""

from collections.abc import Sequence

from neo4j import ManagedTransaction

from cypher.run import run_one
from loaders.evidence import Attempt, Source
from loaders.logs.cleaning import first_timestamp

UNSURE = "monitor:"
"""Keys of attempts start so of which the beginning is not known."""


def unite(tx: ManagedTransaction, attempts: Sequence[Attempt]) -> None:
    """Let what clients told of these attempts go by the uids that they have."""
    sure = [each for each in attempts if each.source is not Source.MONITOR]
    known = {each.uid: each for each in sure}
    for uid, other, key in _pairs(tx, sure):
        if not key.startswith(UNSURE):
            continue
        if not run_one(tx, "rename_attempt", old=other, new=uid, key=known[uid].key):
            run_one(tx, "drop_monitored", uid=other, source=f"{Source.MONITOR.rank}:")
        elif known[uid].source.rank < Source.MONITOR.rank:
            run_one(tx, "drop_phases", uids=[uid])
        else:
            run_one(tx, "rename_phases", uid=uid)


def known_key(tx: ManagedTransaction, attempt: Attempt) -> str | None:
    """The key of this attempt where another document that tells of it knows when it began."""
    keys = (key for _, _, key in _pairs(tx, [attempt]))
    return next((key for key in keys if not key.startswith(UNSURE)), None)


def _pairs(tx: ManagedTransaction, attempts: Sequence[Attempt]) -> list[tuple[str, str, str]]:
    """Uids of the attempts, with the uid and the key of another that is the same."""
    rows = []
    for attempt in attempts:
        stamps = {stamp_of(phase.log.text) for phase in attempt.phases if phase.log} - {None}
        if stamps:
            rows.append(
                {"uid": attempt.uid, "hash": attempt.spec.hash, "stamps": sorted(map(str, stamps))}
            )
    return run_one(tx, "same_attempts", attempts=rows) if rows else []


def stamp_of(text: str) -> str | None:
    """The first time in a phase's log, where it is told to the microsecond."""
    stamp = first_timestamp(text)
    return stamp if stamp is not None and "." in stamp else None
