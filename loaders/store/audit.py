"""Write the audit, and delete old entries of it."""

import secrets
import time
from dataclasses import dataclass

from cypher.run import Database, run_one

COMMAND = "COMMAND"
"""The method of an entry for a command on the database itself."""
_PER_TRANSACTION = 10_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that wrote to the graph.

    Attributes:
        method: HTTP method, or `COMMAND`.
        path: Path of the request, or name of the command.
        status: HTTP status of the answer.
        address: Address of the client, or name of the command's host.
        token: Public id of the token.
        name: Name of the token, or user of the command.
        site: The site that was named.
        digest: SHA-256 of the body as sent, hexadecimal.
        bytes: Size of the body as sent.
        request: Id of the request, as in the access log.
    """

    method: str
    path: str
    status: int | None = None
    address: str | None = None
    token: str | None = None
    name: str | None = None
    site: str | None = None
    digest: str | None = None
    bytes: int | None = None
    request: str | None = None


def first_uid(seconds: float) -> str:
    """Return the lowest uid that an entry of a time can have.

    Args:
        seconds: The time, in seconds since 1970.
    """
    return f"{max(0, int(seconds * 1_000_000)):016x}"


def write_entry(database: Database, entry: AuditEntry) -> None:
    """Add an entry to the audit.

    Raises:
        WriteRefusedError: The database is not to be written to now.
        neo4j.exceptions.Neo4jError: The database refused.
        neo4j.exceptions.DriverError: The database could not be reached.
    """
    now = time.time()
    uid = f"{first_uid(now)}-{secrets.token_hex(4)}"
    given = {name: getattr(entry, name) for name in AuditEntry.__slots__}
    row = {"uid": uid, "time": now} | {k: v for k, v in given.items() if v is not None}
    database.write(lambda tx: run_one(tx, "write_audit_entry", entry=row))


def prune_entries(database: Database, before: float) -> int:
    """Delete the entries that are older than a time; return their number.

    Args:
        database: The database to write to.
        before: The time, in seconds since 1970.
    """
    total = 0
    while True:
        dropped: int = database.write(
            lambda tx: run_one(
                tx, "drop_audit_entries", before=first_uid(before), limit=_PER_TRANSACTION
            )
        )
        total += dropped
        if dropped < _PER_TRANSACTION:
            return total


def count_entries(database: Database, before: float) -> int:
    """Return the number of entries that are older than a time, in seconds since 1970."""
    found: int = database.read_one("count_audit_entries", before=first_uid(before))
    return found
