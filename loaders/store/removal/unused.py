"""Delete the shared nodes that nothing refers to any more, and count deletions."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypedDict, TypeVar

from neo4j import ManagedTransaction
from neo4j.exceptions import ConstraintError

from cypher.run import Database, run_one
from loaders.store.rows import REMOVALS

T = TypeVar("T")

MOST_NAMED = 1_000
"""Limit of the specs that a report names."""
_MOST_ATTEMPTS = 5


class RemovedSpec(TypedDict):
    """A spec that was deleted, or that stays because of `reason`."""

    uid: str
    hash: str
    name: str | None
    version: str | None


class KeptSpec(RemovedSpec):
    """A spec that stays, and the reason."""

    reason: str


@dataclass
class Tally:
    """Nodes that were deleted, or would be.

    Attributes:
        counts: Number of nodes by label.
        specs: The specs among them, at most `MOST_NAMED`.
    """

    counts: Counter[str] = field(default_factory=Counter)
    specs: list[RemovedSpec] = field(default_factory=list)

    def add_specs(self, specs: Iterable[RemovedSpec]) -> None:
        """Count specs."""
        for each in specs:
            self.counts["Spec"] += 1
            if len(self.specs) < MOST_NAMED:
                self.specs.append(each)

    def add(self, other: "Tally") -> None:
        """Add the deletions of another transaction."""
        self.counts.update(other.counts)
        self.specs += other.specs[: MOST_NAMED - len(self.specs)]

    def as_dict(self) -> dict[str, int]:
        """Return the counts that are not zero, by label."""
        return {label: number for label, number in sorted(self.counts.items()) if number}


class UnusedKeys:
    """Keys of nodes that may have become unused, by kind."""

    KINDS = (
        *("claims", "virtuals", "recipes", "texts", "diagnostics", "variables"),
        *("hosts", "archives", "sites", "libraries"),
    )

    def __init__(self) -> None:
        self._keys: dict[str, set[str]] = {kind: set() for kind in self.KINDS}

    def add(self, kind: str, keys: Iterable[str]) -> None:
        """Add keys of one kind."""
        self._keys[kind].update(keys)

    def drop(self, tx: ManagedTransaction) -> Counter[str]:
        """Delete those that are unused; return their number by label."""
        if not any(self._keys.values()):
            return Counter()
        keys = {kind: sorted(found) for kind, found in self._keys.items()}
        dropped: dict[str, int] = run_one(tx, "drop_unused_nodes", **keys)
        return Counter(dropped)


def write_removal(database: Database, work: Callable[[ManagedTransaction], T]) -> T:
    """Run `work` in one write transaction, again if an upload refers to a deleted node.

    The server ends a transaction that would delete one end of a relationship of which it did not
    know, and does not call that transient.
    """
    for _ in range(_MOST_ATTEMPTS - 1):
        try:
            return database.write(work)
        except ConstraintError:
            continue
    return database.write(work)


def count_removal(tx: ManagedTransaction) -> None:
    """Note that the transaction removes something, so that loads forget their caches."""
    run_one(tx, "count_removals", name=REMOVALS)
