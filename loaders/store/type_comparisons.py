"""Store the results of comparing the types of two libraries."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.store.rows import Row, Rows


@dataclass(frozen=True, slots=True)
class TypeComparison:
    """The result of comparing the types of two libraries.

    Attributes:
        before: Identity of the library as it was.
        after: Identity of the library in its place.
        outcome: `same`, `changed` or `no-debug-information`.
        names: Functions and variables of which a type changed.
        types: The type that changed of each, or an empty text.
        tool: Name and version of the program that compared them.
    """

    before: str
    after: str
    outcome: str
    names: Sequence[str]
    types: Sequence[str]
    tool: str


def store_type_comparisons(database: Database, comparisons: Sequence[TypeComparison]) -> int:
    """Store some results; return how many, without those of libraries that are not stored."""
    compared_at = time.time()
    rows: Rows = [
        {
            "before": each.before,
            "after": each.after,
            "properties": _properties(each, compared_at),
        }
        for each in comparisons
    ]

    def write(tx: ManagedTransaction) -> int:
        return int(run_one(tx, "merge_type_comparisons", rows=rows))

    return database.write(write)


def _properties(comparison: TypeComparison, compared_at: float) -> Row:
    return {
        "outcome": comparison.outcome,
        "names": list(comparison.names),
        "types": list(comparison.types),
        "tool": comparison.tool,
        "compared_at": compared_at,
    }
