"""Delete old attempts, logs or roots."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.errors import StillNeededError
from loaders.store.attempt_rows import sort_key
from loaders.store.audit import count_entries, prune_entries
from loaders.store.removal.attempts import delete_attempts, drop_report_texts
from loaders.store.removal.garbage import SCAN_SECONDS
from loaders.store.removal.specs import SpecGoneError, delete_root
from loaders.store.removal.unused import Tally, UnusedKeys, count_removal, write_removal
from loaders.store.rows import load_id_before

ATTEMPTS_PER_READ = 500
_REPORTS = 100


@dataclass(frozen=True)
class Age:
    """Which records are old enough.

    Attributes:
        seconds: Age from which on a record goes.
        site: Only of this site.
        statuses: Only attempts that ended so; empty for all.
        tag: Only attempts with this tag of a monitor's client.
    """

    seconds: float
    site: str | None = None
    statuses: Sequence[str] = ()
    tag: str | None = None


class _OldAttempt(TypedDict):
    uid: str
    sort_key: str
    logs: bool


def prune_attempts(database: Database, age: Age, *, dry_run: bool = False) -> Tally:
    """Delete old attempts with their logs; `attempts_to_prune.cypher` has the exceptions."""
    tally = Tally()
    for part in _old_attempts(database, age):
        uids = [each["uid"] for each in part]
        if dry_run:
            tally.counts["Build"] += len(uids)
        else:
            delete_attempts(database, uids, tally)
    return tally


def prune_logs(database: Database, age: Age, *, dry_run: bool = False) -> Tally:
    """Delete the texts of old attempts, but neither the attempts nor their errors and warnings.

    Old CDash reports go, too, since they contain the same texts; with `statuses` or a `tag` they
    stay, since a report may be on several attempts.
    """
    tally = Tally()
    for part in _old_attempts(database, age):
        uids = [each["uid"] for each in part if each["logs"]]
        tally.counts["logs of Build"] += len(uids)
        if not dry_run and uids:
            tally.counts.update(write_removal(database, partial(_drop_logs, uids=uids)))
    if not dry_run and not age.statuses and age.tag is None:
        before = time.time() - age.seconds
        while counts := write_removal(
            database, partial(_drop_reports, before=before, site=age.site)
        ):
            tally.counts.update(counts)
    return tally


def prune_roots(database: Database, age: Age, *, dry_run: bool = False) -> Tally:
    """Delete old roots that nothing needs: neither built nor installed, offered, locked or tested.

    Roots are not of a site, so `age` must not name one.
    """
    tally = Tally()
    for uids in _old_roots(database, age):
        for uid in uids:
            if dry_run:
                tally.counts["Root"] += 1
                continue
            try:
                delete_root(database, uid, tally)
            except (StillNeededError, SpecGoneError):
                # An upload needs it since it was read, or another request deleted it.
                continue
    return tally


def prune_audit(database: Database, age: Age, *, dry_run: bool = False) -> Tally:
    """Delete the entries of the audit that are older than an age; return the deletions."""
    before = time.time() - age.seconds
    tally = Tally()
    tally.counts["AuditEntry"] += (
        count_entries(database, before) if dry_run else prune_entries(database, before)
    )
    return tally


PRUNERS: dict[str, Callable[..., Tally]] = {
    "attempts": prune_attempts,
    "logs": prune_logs,
    "roots": prune_roots,
    "audit": prune_audit,
}
"""The pruners by the value of `--what`."""


def _old_attempts(database: Database, age: Age) -> Iterator[list[_OldAttempt]]:
    now = time.time()
    after = ""
    while True:
        found: list[_OldAttempt] = database.read(
            "attempts_to_prune",
            seconds=SCAN_SECONDS,
            after=after,
            before=sort_key(now - age.seconds, ""),
            load_before=load_id_before(age.seconds),
            site=age.site,
            statuses=list(age.statuses) or None,
            tag=age.tag,
            limit=ATTEMPTS_PER_READ,
        )[0]["attempts"]
        if not found:
            return
        yield found
        after = found[-1]["sort_key"]


def _old_roots(database: Database, age: Age) -> Iterator[list[str]]:
    after = ""
    while True:
        uids: list[str] = database.read(
            "roots_to_prune",
            seconds=SCAN_SECONDS,
            after=after,
            load_before=load_id_before(age.seconds),
            limit=ATTEMPTS_PER_READ,
        )[0]["uids"]
        if not uids:
            return
        yield uids
        after = uids[-1]


def _drop_logs(tx: ManagedTransaction, uids: Sequence[str]) -> Counter[str]:
    unused = UnusedKeys()
    unused.add("texts", run_one(tx, "drop_logs", uids=sorted(uids)) or ())
    count_removal(tx)
    return unused.drop(tx)


def _drop_reports(tx: ManagedTransaction, before: float, site: str | None) -> Counter[str]:
    texts = run_one(tx, "drop_old_reports", before=before, site=site, limit=_REPORTS) or []
    return drop_report_texts(tx, texts) if texts else Counter()
