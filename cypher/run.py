"""Running the statements: routing sessions, managed transactions, bookmarks, time budgets."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar

from neo4j import Driver, GraphDatabase, ManagedTransaction, Record, Session, unit_of_work
from neo4j.exceptions import Neo4jError

from cypher import query_parameters, statement

T = TypeVar("T")

READ_SECONDS = 30.0
"""Time budget of a read, after which the server ends it."""
WRITE_SECONDS = 120.0
"""Time budget of one write transaction."""
READ_RETRY_SECONDS = 5.0
"""How long a read is tried again after a transient failure; somebody waits for the answer."""
WRITE_RETRY_SECONDS = 60.0
"""How long a write is tried again after a transient failure."""


Asked = tuple[str, dict[str, Any]]
"""The name of a statement that was run, and its parameters."""

_asked: ContextVar[list[Asked] | None] = ContextVar("asked", default=None)

_TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"


def is_timeout(error: Exception) -> bool:
    """Whether the server ended a transaction for the time it took, by its limit or by ours."""
    return isinstance(error, Neo4jError) and str(error.code).startswith(_TIMED_OUT)


class BudgetExceededError(Exception):
    """A question took longer than it may.

    :ivar advice: how to ask for less.
    """

    def __init__(self, advice: str) -> None:
        super().__init__(advice)
        self.advice = advice


class Budget:
    """The time that one question may take, over all of its statements.

    :param seconds: from now on.
    :param advice: how to ask for less, for the answer when the time is over.
    """

    def __init__(self, seconds: float, advice: str) -> None:
        self.advice = advice
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left.

        :raises BudgetExceededError: there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise BudgetExceededError(self.advice)
        return left


@contextmanager
def recording() -> Iterator[list[Asked]]:
    """Note which reads are run in this context, in their order, into the list that it yields."""
    noted: list[Asked] = []
    token = _asked.set(noted)
    try:
        yield noted
    finally:
        _asked.reset(token)


def run_one(tx: ManagedTransaction, name: str, /, **parameters: Any) -> Any:
    """The first column of the only record of a statement in a transaction, None without one."""
    record = tx.run(statement(name).text, query_parameters(parameters)).single()
    return record[0] if record else None


class Database:
    """A Neo4j database, reached through a driver that the caller owns or :meth:`connect` makes.

    Reads see what this object wrote before, also on a cluster.
    """

    def __init__(
        self, driver: Driver, name: str | None = None, budget: Budget | None = None
    ) -> None:
        self.driver = driver
        self.name = name
        self.budget = budget

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

    def within(self, budget: Budget) -> "Database":
        """The same database for one question, whose reads share a budget."""
        return Database(self.driver, self.name, budget)

    def tick(self) -> None:
        """Look at the clock between two reads.

        :raises BudgetExceededError: the budget is used up.
        """
        if self.budget is not None:
            self.budget.left()

    def close(self) -> None:
        """Close the driver's connections."""
        self.driver.close()

    def read(
        self, name: str, /, *, seconds: float = READ_SECONDS, **parameters: Any
    ) -> list[Record]:
        """All records of a reading statement.

        :param seconds: time budget, unless less is left of the question's.
        :raises BudgetExceededError: the question's budget is used up.
        :raises neo4j.exceptions.Neo4jError: the server refused or ended it.
        :raises neo4j.exceptions.DriverError: the server could not be reached.
        """
        text = statement(name).text
        noted = _asked.get()
        if noted is not None:
            noted.append((name, parameters))
        if self.budget is not None:
            seconds = min(seconds, self.budget.left())

        @unit_of_work(timeout=seconds)
        def work(tx: ManagedTransaction) -> list[Record]:
            return list(tx.run(text, query_parameters(parameters)))

        with self._session(READ_RETRY_SECONDS) as session:
            try:
                return session.execute_read(work)
            except Neo4jError as error:
                if self.budget is not None and is_timeout(error):
                    raise BudgetExceededError(self.budget.advice) from error
                raise

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
