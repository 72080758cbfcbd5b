"""Collect unreachable nodes, which interrupted deletions and uploads leave behind.

A graph that was only written by whole uploads and whole deletions has nothing to collect, except
the remains of a superseded document: texts of replaced logs, diagnostics and variables.
"""

from collections import Counter
from functools import partial
from typing import TypedDict

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.store.removal.specs import sweep_specs
from loaders.store.removal.unused import Tally, UnusedKeys, count_removal, write_removal
from loaders.store.rows import load_id_before

GRACE_SECONDS = 3600.0
"""Age of the load that wrote a spec, in seconds, from which on it can be garbage."""
SCAN_SECONDS = 600.0
"""Time budget of one scan of the graph."""
KEYS_PER_TRANSACTION = 1_000
_SPECS = 500


class _DroppedPhase(TypedDict):
    label: str
    texts: list[str]


class _DroppedParts(TypedDict):
    """The answer of `drop_detached_parts`; for each document the claims that it held."""

    documents: list[list[str]]
    phases: list[_DroppedPhase]
    files: int
    prefixes: int


def collect_garbage(database: Database, *, grace: float = GRACE_SECONDS) -> Tally:
    """Delete everything that nothing reaches; return the deletions.

    It may run while documents are uploaded, and may be interrupted.

    Args:
        database: The database to write to.
        grace: Age in seconds of the load that wrote a spec or a claim, from which on it can be
            garbage: a large upload connects them in a later transaction.

    Raises:
        neo4j.exceptions.Neo4jError: The database refused; earlier deletions stay.
    """
    tally = Tally()
    before = load_id_before(grace)
    _sweep_orphans(database, before, tally)
    while counts := write_removal(database, _drop_parts):
        tally.counts.update(counts)
    while True:
        found = find_unused(database, before)
        if not any(found.values()):
            return tally
        unused = UnusedKeys()
        for kind, keys in found.items():
            unused.add(kind, keys)
        counts = write_removal(database, partial(_drop_unused, unused=unused))
        tally.counts.update(counts)
        if not any(counts.values()):
            # Everything is referred to again: uploads run meanwhile.
            return tally


def count_garbage(database: Database, *, grace: float = GRACE_SECONDS) -> dict[str, int]:
    """Count the first candidates of `collect_garbage`, by kind; each at most 1,000."""
    before = load_id_before(grace)
    counts = {kind: len(keys) for kind, keys in find_unused(database, before).items()}
    counts["specs"] = len(_read_orphans(database, "", before))
    return {kind: number for kind, number in sorted(counts.items()) if number}


def find_unused(database: Database, before: str) -> dict[str, list[str]]:
    """Return keys of nodes that nothing refers to, by kind, at most 1,000 of each."""
    found = database.read(
        "orphan_keys", seconds=SCAN_SECONDS, before=before, limit=KEYS_PER_TRANSACTION
    )
    keys: dict[str, list[str]] = found[0]["keys"]
    return keys


def _sweep_orphans(database: Database, before: str, tally: Tally) -> None:
    after = ""
    while uids := _read_orphans(database, after, before):
        sweep_specs(database, uids, tally)
        after = uids[-1]


def _read_orphans(database: Database, after: str, before: str) -> list[str]:
    found = database.read(
        "orphan_specs", seconds=SCAN_SECONDS, after=after, before=before, limit=_SPECS
    )
    return list(found[0]["uids"])


def _drop_unused(tx: ManagedTransaction, unused: UnusedKeys) -> Counter[str]:
    count_removal(tx)
    return unused.drop(tx)


def _drop_parts(tx: ManagedTransaction) -> Counter[str]:
    """Delete some parts whose owner is gone; return their number by label."""
    dropped: _DroppedParts = run_one(tx, "drop_detached_parts", limit=KEYS_PER_TRANSACTION)
    unused = UnusedKeys()
    for held in dropped["documents"]:
        unused.add("claims", held)
    for phase in dropped["phases"]:
        unused.add("texts", phase["texts"])
    counts = unused.drop(tx)
    counts["Document"] += len(dropped["documents"])
    counts.update(Counter(phase["label"] for phase in dropped["phases"]))
    counts["Artifact"] += dropped["files"]
    counts["Prefix"] += dropped["prefixes"]
    if any(counts.values()):
        count_removal(tx)
    return +counts
