"""Find the uses of a spec that forbid its deletion."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from neo4j import ManagedTransaction

from cypher.run import run_one
from loaders.errors import Need


class _StoredNeed(TypedDict):
    """A row of `needs_of_spec`; the parts of a name differ by kind."""

    kind: str
    count: int
    names: list[list[str | None]]


def label_spec(name: str | None, version: str | None, hash_: str) -> str:
    """Return a spec as messages name it: `zlib@1.3/abcdefg`."""
    at = f"@{version}" if version else ""
    return f"{name or 'unknown'}{at}/{hash_[:7]}"


def find_needs(tx: ManagedTransaction, uid: str) -> list[Need]:
    """Return the uses of a spec, within a transaction."""
    return read_needs(run_one(tx, "needs_of_spec", uid=uid) or [])


def read_needs(stored: Iterable[_StoredNeed]) -> list[Need]:
    """Return the needs that a row of `needs_of_spec` has; those of number 0 are left out."""
    return [
        Need(
            kind=each["kind"],
            count=each["count"],
            names=[_name_of(each["kind"], parts) for parts in each["names"]],
        )
        for each in stored
        if each["count"]
    ]


def _name_of(kind: str, parts: Sequence[str | None]) -> str:
    if kind in ("dependent", "splice"):
        name, version, hash_ = parts
        return label_spec(name, version, hash_ or "")
    first, *rest = (part or "unknown" for part in parts)
    if kind in ("build", "blamed", "test"):
        first = first[:12]
    return " ".join([first, *(part[:12] for part in rest)])
