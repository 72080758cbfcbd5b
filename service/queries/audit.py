"""The audit: who wrote what to the graph."""

from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from service.queries.node_filter import HIGHEST


class AuditItem(TypedDict):
    """An entry of the audit; see `graph_models.audit.AuditEntry`. `uid` is in order of time."""

    uid: str
    time: float
    method: str
    path: str
    status: int | None
    address: str | None
    token: str | None
    name: str | None
    site: str | None
    digest: str | None
    bytes: int | None
    request: str | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to show.

    Attributes:
        name: Only those of tokens with this name, or of this user's commands.
        digest: Only those of a body with this SHA-256.
        address: Only those of this client.
        since: Only those from this time on, in seconds since 1970.
    """

    name: str | None = None
    digest: str | None = None
    address: str | None = None
    since: float | None = None


def find_entries(
    database: Database, wanted: AuditFilter, before: str, limit: int
) -> list[AuditItem]:
    """Return a part of the audit, newest first.

    Args:
        database: The graph.
        wanted: Which entries.
        before: Uid of the last entry of the part before, empty at the start.
        limit: Most entries.
    """
    found: list[AuditItem] = database.read_one(
        "audit_entries",
        name=wanted.name,
        digest=wanted.digest,
        address=wanted.address,
        since=wanted.since or 0.0,
        before=before or HIGHEST,
        limit=limit,
    )
    return found
