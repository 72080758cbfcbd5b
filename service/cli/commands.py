"""Record the commands that write to a database of their own accord in its audit."""

import getpass
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cypher.run import Database


def user_name() -> str | None:
    """Return the name of the user, or None if it is not known, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def record_command(database: "Database", command: str, site: str | None = None) -> None:
    """Add a command to the audit of the database that it wrote to.

    Args:
        database: The database.
        command: The command in words, such as `load`.
        site: The site that it wrote for.

    Raises:
        WriteRefusedError: The database is not to be written to now.
        neo4j.exceptions.Neo4jError: The database refused.
        neo4j.exceptions.DriverError: The database could not be reached.
    """
    from loaders.store.audit import COMMAND, AuditEntry, write_entry

    entry = AuditEntry(COMMAND, command, address=socket.gethostname(), name=user_name(), site=site)
    write_entry(database, entry)
