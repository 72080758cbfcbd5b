"""Notice that the database has panicked or did not open, which Neo4j survives without serving it.

After a failed write to its transaction log, for example on a full disk, Neo4j refuses every
transaction until it is restarted. Its process does not end. The same holds for a database that
could not be opened.
"""

import threading
from collections.abc import Callable

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from service.embedded.settings import USER

INTERVAL = 1.0
"""Seconds between two checks."""
_PANIC = "Neo.DatabaseError.Transaction.TransactionStartFailed"
_ANSWER_SECONDS = 5.0


def has_panicked(driver: Driver) -> bool:
    """Return whether the database refuses transactions until it is restarted.

    A database that does not answer, or answers with another error, has not.
    """
    try:
        driver.execute_query("RETURN 1", database_="neo4j")
    except Neo4jError as error:
        return error.code == _PANIC
    except DriverError:
        return False
    return False


def reason_not_opened(driver: Driver) -> str:
    """Return why Neo4j serves without its database, in its own words; empty if it does not.

    The debug log says that as well, but not if the disk was full when it was written.
    """
    query = "SHOW DATABASE neo4j YIELD statusMessage RETURN statusMessage"
    try:
        records = driver.execute_query(query, database_="system").records
    except (DriverError, Neo4jError):
        return ""
    return " ".join(record[0] for record in records if record[0])


class PanicWatch:
    """A thread that asks the database for a transaction, and calls back once if it has panicked."""

    def __init__(
        self,
        uri: str,
        password: str,
        on_panic: Callable[[], None],
        check: Callable[[Driver], bool] = has_panicked,
    ) -> None:
        """Start the thread.

        Args:
            uri: the address for drivers.
            password: the password of `USER`.
            on_panic: called once, from the thread, which then ends.
            check: returns whether the database of a driver has panicked.

        """
        self._uri = uri
        self._password = password
        self._on_panic = on_panic
        self._check = check
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="specgraph-panic", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its current check, without waiting for it."""
        self._ended.set()

    def _watch(self) -> None:
        with GraphDatabase.driver(
            self._uri,
            auth=(USER, self._password),
            telemetry_disabled=True,
            connection_timeout=_ANSWER_SECONDS,
            connection_acquisition_timeout=_ANSWER_SECONDS,
            max_transaction_retry_time=0,
        ) as driver:
            while not self._ended.wait(INTERVAL):
                if self._check(driver):
                    self._on_panic()
                    return
