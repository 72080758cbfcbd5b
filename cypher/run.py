"""Running the statements: routing sessions, managed transactions, bookmarks, time budgets."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from neo4j import Driver, GraphDatabase, ManagedTransaction, Record, Session, unit_of_work

from cypher import statement

T = TypeVar("T")

READ_SECONDS = 30.0
"""Time budget of a read, after which the server ends it."""
WRITE_SECONDS = 120.0
"""Time budget of one write transaction."""
READ_RETRY_SECONDS = 5.0
"""How long a read is tried again after a transient failure; somebody waits for the answer."""
WRITE_RETRY_SECONDS = 60.0
"""How long a write is tried again after a transient failure."""


class Database:
    """A Neo4j database, reached through a driver that the caller owns or :meth:`connect` makes.

    Reads see what this object wrote before, also on a cluster.
    """

    def __init__(self, driver: Driver, name: str | None = None) -> None:
        self.driver = driver
        self.name = name

    @classmethod
    def connect(
        cls, uri: str, user: str | None, password: str | None, name: str | None = None
    ) -> Self:
        """A database behind a bolt or neo4j URI; nothing is sent before the first statement.

        :raises ValueError: the URI's scheme is unknown.
        """
        auth = (user or "neo4j", password) if password is not None else None
        driver = GraphDatabase.driver(
            uri,
            auth=auth,
            user_agent="specgraph",
            connection_timeout=10.0,
            keep_alive=True,
            notifications_min_severity="OFF",
        )
        return cls(driver, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the driver's connections."""
        self.driver.close()

    def read(
        self, name: str, /, *, seconds: float = READ_SECONDS, **parameters: Any
    ) -> list[Record]:
        """All records of a reading statement.

        :param seconds: time budget.
        :raises neo4j.exceptions.Neo4jError: the server refused or ended it.
        :raises neo4j.exceptions.DriverError: the server could not be reached.
        """
        text = statement(name).text

        @unit_of_work(timeout=seconds)
        def work(tx: ManagedTransaction) -> list[Record]:
            return list(tx.run(text, parameters))

        with self._session(READ_RETRY_SECONDS) as session:
            return session.execute_read(work)

    def read_one(self, name: str, /, **parameters: Any) -> Any:
        """The first column of the only record of a reading statement, None without a record."""
        records = self.read(name, **parameters)
        return records[0][0] if records else None

    def write(self, work: Callable[[ManagedTransaction], T]) -> T:
        """Run `work` in one managed write transaction, again after a transient failure."""
        bounded = unit_of_work(timeout=WRITE_SECONDS)(work)
        with self._session(WRITE_RETRY_SECONDS) as session:
            return session.execute_write(bounded)

    def _session(self, retry_seconds: float) -> Session:
        return self.driver.session(
            database=self.name,
            bookmark_manager=self.driver.execute_query_bookmark_manager,
            max_transaction_retry_time=retry_seconds,
        )
