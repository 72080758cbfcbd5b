"""Delete locked environments; the documents of their roots stay."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TypedDict

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.store.removal.specs import sweep_specs
from loaders.store.removal.unused import Tally, UnusedKeys, count_removal, write_removal


class StoredEnvironment(TypedDict):
    """A locked environment, and the identities of its roots."""

    uid: str
    name: str | None
    site: str
    specs: list[str]


class _DroppedEnvironment(TypedDict):
    specs: list[str]
    sites: list[str]


def find_environments(database: Database, prefix: str) -> list[StoredEnvironment]:
    """Return the environments whose identity starts so, at most two."""
    return list(database.read_one("environments_by_uid", prefix=prefix) or ())


def delete_environments(database: Database, uids: Sequence[str], tally: Tally) -> None:
    """Delete locked environments, and the stubs that only they named.

    Args:
        database: The database to write to.
        uids: Identities of the environments; unknown ones are skipped.
        tally: Takes the deletions.
    """
    specs, counts = write_removal(database, partial(_drop_environments, uids=uids))
    tally.counts.update(counts)
    sweep_specs(database, specs, tally)


def _drop_environments(
    tx: ManagedTransaction, uids: Sequence[str]
) -> tuple[list[str], Counter[str]]:
    dropped: list[_DroppedEnvironment] = run_one(tx, "drop_environments", uids=sorted(uids)) or []
    unused = UnusedKeys()
    for row in dropped:
        unused.add("sites", row["sites"])
    counts = unused.drop(tx)
    counts["Lockfile"] += len(dropped)
    count_removal(tx)
    return [uid for row in dropped for uid in row["specs"]], counts
