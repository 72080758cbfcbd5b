"""Recognize an attempt that two documents describe if one of them lacks its beginning.

A monitor's client reads the output of a phase before all of it is written, so the first time in
the log, which identifies an attempt, may be missing. A phase that began at the same moment, to the
microsecond, belongs to the same attempt.
"""

from collections.abc import Sequence
from typing import TypedDict

from neo4j import ManagedTransaction

from cypher.run import run_one
from loaders.evidence import DEFAULT_SITE, Attempt, Source
from loaders.logs.cleaning import first_timestamp
from loaders.store.rows import Row

UNSURE = "monitor:"
"""Prefix of an attempt's key if its beginning is unknown."""


class _Pair(TypedDict):
    """An attempt, and another one that is the same."""

    uid: str
    other_uid: str
    other_key: str


def unite_attempts(tx: ManagedTransaction, attempts: Sequence[Attempt], owner: str | None) -> None:
    """Give attempts that a client reported with an unsure key the uids of these attempts.

    Both are at the same site, and of the same owner if the client's attempt has one.
    """
    sure = [each for each in attempts if each.source is not Source.MONITOR]
    by_uid = {each.uid: each for each in sure}
    for pair in _find_pairs(tx, sure, owner):
        if not pair["other_key"].startswith(UNSURE):
            continue
        uid, other = pair["uid"], pair["other_uid"]
        attempt = by_uid[uid]
        if not run_one(tx, "rename_attempt", old=other, new=uid, key=attempt.key):
            run_one(tx, "drop_monitored_attempt", uid=other, source=f"{Source.MONITOR.rank}:")
        elif attempt.source.rank < Source.MONITOR.rank:
            # The better document brings phases of its own.
            run_one(tx, "drop_attempt_phases", uids=[uid])
        else:
            run_one(tx, "rename_attempt_phases", uid=uid)


def find_sure_key(tx: ManagedTransaction, attempt: Attempt, owner: str | None) -> str | None:
    """Return the key of this attempt from another document that has its beginning, or None."""
    keys = (pair["other_key"] for pair in _find_pairs(tx, [attempt], owner))
    return next((key for key in keys if not key.startswith(UNSURE)), None)


def _find_pairs(
    tx: ManagedTransaction, attempts: Sequence[Attempt], owner: str | None
) -> list[_Pair]:
    rows: list[Row] = []
    for attempt in attempts:
        stamps = {phase_stamp(phase.log.text) for phase in attempt.phases if phase.log} - {None}
        if stamps:
            rows.append(
                {
                    "uid": attempt.uid,
                    "hash": attempt.spec.hash,
                    "site": attempt.site or DEFAULT_SITE,
                    "stamps": sorted(map(str, stamps)),
                }
            )
    if not rows:
        return []
    pairs: list[_Pair] = run_one(tx, "attempts_by_phase_stamp", attempts=rows, owner=owner)
    return pairs


def phase_stamp(text: str) -> str | None:
    """Return the first time in a phase's log, or None if it is not exact to the microsecond."""
    stamp = first_timestamp(text)
    return stamp if stamp is not None and "." in stamp else None
