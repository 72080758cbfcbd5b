"""Seal roots in the background while the service runs."""

import contextlib
import logging
import threading
from collections.abc import Iterator

from neo4j.exceptions import DriverError, Neo4jError

from cypher.availability import DatabaseAwayError
from cypher.run import Database, WriteRefusedError
from loaders.postings.sealing import SupersededError, count_waiting, is_ready, seal

FEW_ROOTS = 5_000
"""In a graph of fewer roots, closure edges answer at once: it gets no postings."""
FEW_UNSEALED = 100
"""Fewer roots wait for others, as questions test them one by one in some 30 ms."""
_SECONDS = 5.0
_SECONDS_AFTER_FAULT = 60.0
"""A database that may only be read, for example, refuses each time."""
_PATIENCE = 3.0
_LOG = logging.getLogger(__name__)


def seal_if_needed(database: Database, stopped: threading.Event) -> int:
    """Seal roots if enough of them wait for it, or have gone; return how many were sealed.

    Raises:
        SupersededError: Another process has taken over.
        neo4j.exceptions.Neo4jError: The database refused.
        WriteRefusedError: The database is not to be written to now.
    """
    waiting = count_waiting(database, FEW_UNSEALED)
    if is_ready(database):
        needed = waiting.unsealed >= FEW_UNSEALED or waiting.has_many_gone
    else:
        needed = waiting.roots >= FEW_ROOTS
    return (seal(database, stopped.is_set) or 0) if needed else 0


@contextlib.contextmanager
def sealing(database: Database) -> Iterator[None]:
    """Seal roots every few seconds; on leaving, stop soon.

    A sealing that fails or is cut off is tried again: without postings, questions are answered as
    exactly.
    """
    stopped = threading.Event()
    own = Database(database.driver, database.name)
    own.check_write = database.check_write

    def run() -> None:
        seconds = _SECONDS
        while not stopped.wait(seconds):
            seconds = _SECONDS
            if database.is_away:
                continue
            try:
                seal_if_needed(own, stopped)
            except (SupersededError, WriteRefusedError, DatabaseAwayError) as error:
                _LOG.debug("did not seal roots: %s", error)
            except (Neo4jError, DriverError) as error:
                _LOG.info("did not seal roots: %s", error)
                seconds = _SECONDS_AFTER_FAULT

    worker = threading.Thread(target=run, name="sealing", daemon=True)
    worker.start()
    try:
        yield
    finally:
        stopped.set()
        worker.join(_PATIENCE)
