"""Delete attempts with their phases, logs and findings, and nodes that only they referred to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypedDict

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.store.removal.specs import sweep_specs
from loaders.store.removal.unused import Tally, UnusedKeys, count_removal, write_removal

ATTEMPTS_PER_TRANSACTION = 20
FILES_PER_TRANSACTION = 10_000


class _DroppedAttempt(TypedDict):
    """A row of `drop_attempts`: keys of the nodes that an attempt referred to."""

    phases: int
    findings: int
    folder: bool
    specs: list[str]
    built: str | None
    sites: list[str]
    texts: list[str]
    diagnostics: list[str]
    variables: list[str]
    hosts: list[str]
    recipes: list[str]
    announcements: list[str]
    archives: list[str]


class DroppedRecord(TypedDict):
    """A row of the statements that delete announcements and test runs."""

    specs: list[str]
    texts: list[str]


_KINDS = ("sites", "texts", "diagnostics", "variables", "hosts", "recipes", "archives")


def delete_attempts(database: Database, uids: Sequence[str], tally: Tally) -> None:
    """Delete attempts, in transactions of bounded size.

    The install manifest of a spec goes with the last attempt that was read from an install folder,
    a CDash report and a monitor's announcement with the last attempt that was read from it, and a
    spec that nothing needs then goes, too.

    Args:
        database: The database to write to.
        uids: Identities of the attempts; unknown ones are skipped.
        tally: Takes the deletions.
    """
    specs: dict[str, None] = {}
    for start in range(0, len(uids), ATTEMPTS_PER_TRANSACTION):
        part = uids[start : start + ATTEMPTS_PER_TRANSACTION]
        dropped, counts = write_removal(database, partial(_drop_attempts, uids=part))
        tally.counts.update(counts)
        for row in dropped:
            specs |= dict.fromkeys(row["specs"])
            if row["folder"] and row["built"] is not None:
                tally.counts["Artifact"] += drop_manifest(database, row["built"])
    if uids:
        tally.counts.update(write_removal(database, partial(_drop_reports, builds=list(uids))))
    sweep_specs(database, specs, tally)


def _drop_attempts(
    tx: ManagedTransaction, uids: Sequence[str]
) -> tuple[list[_DroppedAttempt], Counter[str]]:
    dropped: list[_DroppedAttempt] = run_one(tx, "drop_attempts", uids=sorted(uids)) or []
    if not dropped:
        return [], Counter()
    unused = UnusedKeys()
    for row in dropped:
        for kind in _KINDS:
            unused.add(kind, row[kind])  # type: ignore[literal-required]
    announced = sorted({uid for row in dropped for uid in row["announcements"]})
    announcements: list[DroppedRecord] = []
    if announced:
        announcements = run_one(tx, "drop_announcements", uids=announced) or []
    add_dropped(unused, announcements)
    # Their specs are looked at together with those of the attempts.
    dropped[0]["specs"] += specs_of(announcements)
    counts = unused.drop(tx)
    counts["Build"] += len(dropped)
    counts["Phase"] += sum(row["phases"] for row in dropped)
    counts["Announcement"] += len(announcements)
    count_removal(tx)
    return dropped, counts


def add_dropped(unused: UnusedKeys, dropped: Iterable[DroppedRecord]) -> None:
    """Add the texts of deleted records to the keys that may be unused."""
    for row in dropped:
        unused.add("texts", row["texts"])


def specs_of(dropped: Iterable[DroppedRecord]) -> list[str]:
    """Return the identities of the specs of deleted records."""
    return [uid for row in dropped for uid in row["specs"]]


def drop_manifest(database: Database, uid: str) -> int:
    """Delete the files of a spec unless an attempt is left that may have brought them; count."""

    def drop_part(tx: ManagedTransaction) -> int:
        return int(run_one(tx, "drop_manifest", uid=uid, limit=FILES_PER_TRANSACTION) or 0)

    total = 0
    while dropped := write_removal(database, drop_part):
        total += dropped
    return total


def _drop_reports(tx: ManagedTransaction, builds: list[str]) -> Counter[str]:
    return drop_report_texts(tx, run_one(tx, "drop_reports", builds=builds) or [])


def drop_report_texts(tx: ManagedTransaction, texts: Sequence[Sequence[str]]) -> Counter[str]:
    """Delete the texts of deleted reports; return the number of nodes that went by label.

    Args:
        tx: The transaction.
        texts: For each report the digests of the texts of its files.
    """
    unused = UnusedKeys()
    for each in texts:
        unused.add("texts", each)
    counts = unused.drop(tx)
    counts["Report"] += len(texts)
    return counts
