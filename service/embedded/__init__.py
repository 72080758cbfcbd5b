"""Embedded Neo4j: the real Community edition, downloaded once and run as a child process."""

from service.embedded.errors import EmbeddedError
from service.embedded.existing import Connection, attach, wait_and_attach
from service.embedded.offline_import import has_database, import_graph
from service.embedded.recovery import force_recovery
from service.embedded.server import EmbeddedNeo4j
from service.embedded.supervisor import NO_RESTART, RestartPolicy

__all__ = [
    "NO_RESTART",
    "Connection",
    "EmbeddedError",
    "EmbeddedNeo4j",
    "RestartPolicy",
    "attach",
    "force_recovery",
    "has_database",
    "import_graph",
    "wait_and_attach",
]
