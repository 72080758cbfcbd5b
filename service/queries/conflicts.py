"""Records that claim a hash for which the graph shows another record."""

from collections.abc import Sequence
from typing import Any, TypedDict

from cypher.run import Database
from service.paging.cursors import Position


class Conflict(TypedDict):
    """A record in conflict.

    Attributes:
        hash: The hash that it claims.
        name: Package name.
        version: Version.
        version_key: The hash, as the second key of the order.
        uid: Identity of the record, the last key of the order.
        digest: SHA-256 of the record.
        verified: Whether the record's hash matches its content.
        shown_verified: Whether that of the record which is shown does.
        documents: Digests of the documents that hold the record.
    """

    hash: str
    name: str
    version: str | None
    version_key: str
    uid: str
    digest: str
    verified: bool
    shown_verified: bool
    documents: list[str]


def find_conflicts(
    database: Database, position: Position, limit: int
) -> tuple[Sequence[Conflict], int]:
    """Return a page of the records in conflict, by name, hash and digest, and how many there are.

    Args:
        database: The graph.
        position: The last record of the page before.
        limit: Most records of the page.
    """
    parameters: dict[str, Any] = {"limit": limit, **position.parameters()}
    record = database.read("conflicting_records", **parameters)[0]
    return record["items"], record["total"]
