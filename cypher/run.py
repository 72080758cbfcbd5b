"""Run the statements: routing sessions, managed transactions, bookmarks, time budgets."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self, TypeVar

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    Driver,
    GraphDatabase,
    ManagedTransaction,
    Record,
    Session,
    Transaction,
    unit_of_work,
)
from neo4j.exceptions import DriverError, Neo4jError

from cypher import query_parameters, statement
from cypher.availability import (
    ACQUIRE_SECONDS,
    CONNECT_SECONDS,
    PROBE_SECONDS,
    Availability,
    answer_within,
)
from cypher.first_runs import FirstRuns
from cypher.observer import Observer, current_observer

T = TypeVar("T")
Transacted = TypeVar("Transacted", bound=Transaction | ManagedTransaction)

READ_SECONDS = 30.0
"""Time budget of a read, after which the server ends it."""
WRITE_SECONDS = 120.0
"""Time budget of one write transaction."""
READ_RETRY_SECONDS = 5.0
"""How long a read is retried after a transient failure; short, as a person waits for the answer."""
WRITE_RETRY_SECONDS = 60.0
"""How long a write is retried after a transient failure."""


Asked = tuple[str, dict[str, Any]]
"""The name of a statement that was run, and its parameters."""

_asked: ContextVar[list[Asked] | None] = ContextVar("asked", default=None)

_FIRST_RETRY_SECONDS = 0.2
_PLANNING_SECONDS = 10.0
"""How long a read waits for another thread that has the same statement planned."""

_ENTITY_GONE = "Neo.ClientError.Statement.EntityNotFound"
_TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"


def is_timeout(error: Exception) -> bool:
    """Return whether the server ended a transaction at a time limit, its own or ours."""
    return isinstance(error, Neo4jError) and str(error.code).startswith(_TIMED_OUT)


class EntityDeletedError(DriverError):
    """Another transaction deleted a node or relationship that a statement had found.

    Statements see each commit at once, so this is no fault of theirs. The driver runs
    the transaction again, as after a deadlock.
    """

    def is_retryable(self) -> bool:
        """Return that the same transaction can succeed."""
        return True


@contextmanager
def _retry_after_deletions() -> Iterator[None]:
    """Raise an error that the driver retries for one that it takes for a mistake.

    Raises:
        EntityDeletedError: A node that a statement had found was deleted before it was read.
    """
    try:
        yield
    except Neo4jError as error:
        if error.code != _ENTITY_GONE:
            raise
        raise EntityDeletedError(str(error.message)) from error


class BudgetExceededError(Exception):
    """A question exceeded its time budget.

    Attributes:
        advice: How to narrow the question, for the user.
    """

    def __init__(self, advice: str) -> None:
        super().__init__(advice)
        self.advice = advice


class WriteRefusedError(Exception):
    """The database is not to be written to now; nothing was written."""


class Budget:
    """Time budget of one question, shared by all of its statements.

    Args:
        seconds: Length of the budget, from now on.
        advice: How to narrow the question, shown to the user when the budget is used up.
    """

    def __init__(self, seconds: float, advice: str) -> None:
        self.advice = advice
        self._end = time.monotonic() + seconds

    def seconds_left(self) -> float:
        """Return the seconds left.

        Raises:
            BudgetExceededError: The budget is used up.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise BudgetExceededError(self.advice)
        return left


@contextmanager
def record_reads() -> Iterator[list[Asked]]:
    """Record the reads that run in this context, in order, into the list that it yields."""
    noted: list[Asked] = []
    # A context variable, because the pages of several requests run in threads side by side.
    token = _asked.set(noted)
    try:
        yield noted
    finally:
        _asked.reset(token)


def run_one(tx: ManagedTransaction, name: str, /, **parameters: Any) -> Any:
    """Run a statement in a transaction; return the first column of its record, None without one."""
    with current_observer.get().timing(name):
        record = tx.run(statement(name).text, query_parameters(parameters)).single()
    return record[0] if record else None


class Database:
    """A Neo4j database, reached through a driver that the caller owns or :meth:`connect` makes.

    Reads see earlier writes through the same driver, also on a cluster.

    Args:
        driver: The driver.
        name: Name of the database, or None for the user's default.
        budget: Time budget that all reads share, or None for no common one.
        first_runs: The statements that the driver has run; by default none.
        availability: Whether the server answers; None if that is not watched.

    Attributes:
        check_write: Called before each write transaction; raises `WriteRefusedError` if the
            database is not to be written to now.
        observer: Learns of every statement that runs.
    """

    def __init__(
        self,
        driver: Driver,
        name: str | None = None,
        budget: Budget | None = None,
        first_runs: FirstRuns | None = None,
        availability: Availability | None = None,
    ) -> None:
        self.driver = driver
        self.name = name
        self.budget = budget
        self._first_runs = first_runs or FirstRuns()
        self.check_write: Callable[[], None] = lambda: None
        self.observer = Observer()
        self._availability = availability

    @classmethod
    def connect(
        cls, uri: str, user: str | None, password: str | None, name: str | None = None
    ) -> Self:
        """Return the database at a bolt or neo4j URI; nothing is sent before the first statement.

        Raises:
            ValueError: The URI's scheme is unknown.
        """
        auth = (user or "neo4j", password) if password is not None else None
        driver = GraphDatabase.driver(
            uri,
            auth=auth,
            user_agent="specgraph",
            connection_timeout=CONNECT_SECONDS,
            connection_acquisition_timeout=ACQUIRE_SECONDS,
            keep_alive=True,
            notifications_min_severity="OFF",
        )

        def probe() -> None:
            limits: dict[str, Any] = {"connection_acquisition_timeout": PROBE_SECONDS}
            with driver.session(
                database=name, default_access_mode=READ_ACCESS, **limits
            ) as session:
                session.run(statement("ready").text).consume()

        return cls(driver, name, availability=Availability(driver, probe))

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
        """Return the same database for one question, whose reads share a budget."""
        bounded = Database(self.driver, self.name, budget, self._first_runs, self._availability)
        bounded.check_write = self.check_write
        bounded.observer = self.observer
        return bounded

    def refuse_while_away(self) -> None:
        """From now on, fail at once while the server is away, instead of trying to reach it.

        :class:`cypher.availability.DatabaseAwayError` is then raised by whatever needs the server.
        """
        if self._availability is not None:
            self._availability.refuses = True

    @property
    def is_away(self) -> bool:
        """Whether the server is known to be away; no question is asked to find out."""
        return self._availability is not None and self._availability.is_away

    @property
    def connections_in_use(self) -> int:
        """How many connections are handed out to transactions now."""
        return self._availability.connections_in_use if self._availability is not None else 0

    def is_ready(self, seconds: float) -> bool:
        """Return whether the server answers, as far as that can be found out within `seconds`."""
        if self._availability is not None:
            return self._availability.is_ready(seconds)
        try:
            self.read_one("ready", seconds=seconds)
        except (Neo4jError, DriverError):
            return False
        return True

    def check_clock(self) -> None:
        """Check the clock between two reads.

        Raises:
            BudgetExceededError: The budget is used up.
        """
        if self.budget is not None:
            self.budget.seconds_left()

    def close(self) -> None:
        """Close the driver's connections."""
        if self._availability is not None:
            self._availability.close()
        self.driver.close()

    def read(
        self, name: str, /, *, seconds: float = READ_SECONDS, **parameters: Any
    ) -> list[Record]:
        """Run a reading statement and return all of its records.

        Args:
            name: Name of the statement.
            seconds: Time budget, unless less is left of the question's.
            parameters: Entries of the statement's map `$p`.

        Raises:
            BudgetExceededError: The question's budget is used up.
            neo4j.exceptions.Neo4jError: The server refused or ended it.
            neo4j.exceptions.DriverError: The server could not be reached.
        """
        text = statement(name).text
        noted = _asked.get()
        # Before it runs, so that a page can also show the statement that took too long.
        if noted is not None:
            noted.append((name, parameters))
        if self.budget is not None:
            seconds = min(seconds, self.budget.seconds_left())

        def read_all(tx: ManagedTransaction | Transaction) -> list[Record]:
            with _retry_after_deletions():
                return list(tx.run(text, query_parameters(parameters)))

        try:
            with (
                self.observer.timing(name),
                self._first_runs.one_at_a_time(name, min(seconds, _PLANNING_SECONDS)),
            ):
                return self._read_within(read_all, seconds)
        except Neo4jError as error:
            if self.budget is not None and is_timeout(error):
                raise BudgetExceededError(self.budget.advice) from error
            raise

    def _read_within(
        self, work: Callable[[ManagedTransaction | Transaction], T], seconds: float
    ) -> T:
        """Run `work` in the transaction of the current request, or in one of its own."""
        shared = _shared.get()
        # A database of another driver, or of another name, may not join: its data are elsewhere.
        if shared is not None and shared.belongs_to(self):
            return work(shared.open_transaction(seconds))
        with (
            answer_within(seconds),
            self.open_session(READ_ACCESS, READ_RETRY_SECONDS) as session,
        ):
            return session.execute_read(unit_of_work(timeout=seconds)(self._counted("read", work)))

    def _counted(self, kind: str, work: Callable[[Transacted], T]) -> Callable[[Transacted], T]:
        """Return `work`, which the driver may run several times, with its repetitions observed."""
        attempts = 0

        def run(tx: Transacted) -> T:
            nonlocal attempts
            if attempts:
                self.observer.retried(kind)
            attempts += 1
            return work(tx)

        return run

    def share_transaction(self, work: Callable[[], T]) -> T:
        """Run `work`, whose reads all go through one read transaction.

        The first read begins the transaction, with its own time budget, so that work which reads
        nothing needs no server. After a transient failure `work` runs again from the start, as the
        driver's managed transactions do.

        Args:
            work: Called at least once. It must not write.

        Raises:
            neo4j.exceptions.Neo4jError: As :meth:`read`.
            neo4j.exceptions.DriverError: As :meth:`read`.
        """
        end = time.monotonic() + READ_RETRY_SECONDS
        delay = _FIRST_RETRY_SECONDS
        while True:
            try:
                with _SharedTransaction(self) as shared:
                    result = work()
                    shared.commit()
                    return result
            except (Neo4jError, DriverError) as error:
                # Give up at once if the next attempt would start after the deadline.
                if not error.is_retryable() or time.monotonic() + delay > end:
                    raise
            self.observer.retried("read")
            time.sleep(delay)
            delay *= 2

    def read_one(self, name: str, /, **parameters: Any) -> Any:
        """Run a reading statement; return the first column of its record, None without one."""
        records = self.read(name, **parameters)
        return records[0][0] if records else None

    def stream(
        self, name: str, /, *, seconds: float = READ_SECONDS, **parameters: Any
    ) -> Iterator[Record]:
        """Yield the records of a reading statement while they arrive.

        It is not retried: records that were yielded cannot be taken back.

        Args:
            name: Name of the statement.
            seconds: Time budget, in which the caller has to take all records.
            parameters: Entries of the statement's map `$p`.

        Raises:
            neo4j.exceptions.Neo4jError: The server refused or ended it.
            neo4j.exceptions.DriverError: The server could not be reached.
        """
        with self.open_session(READ_ACCESS, READ_RETRY_SECONDS) as session:
            # Not around the `yield`: a context variable would leak into the caller.
            with answer_within(seconds):
                transaction = session.begin_transaction(timeout=seconds)
            with self.observer.timing(name), transaction as tx:
                yield from tx.run(statement(name).text, query_parameters(parameters))

    def write(self, work: Callable[[ManagedTransaction], T]) -> T:
        """Run `work` in one managed write transaction, retried after transient failures.

        Raises:
            WriteRefusedError: The database is not to be written to now.
        """
        self.check_write()

        def write(tx: ManagedTransaction) -> T:
            with _retry_after_deletions():
                return work(tx)

        run = unit_of_work(timeout=WRITE_SECONDS)(self._counted("write", write))
        token = current_observer.set(self.observer)
        try:
            with (
                answer_within(WRITE_SECONDS),
                self.open_session(WRITE_ACCESS, WRITE_RETRY_SECONDS) as session,
            ):
                return session.execute_write(run)
        finally:
            current_observer.reset(token)

    def run_in_batches(self, name: str, /, **parameters: Any) -> None:
        """Run a writing statement that divides its work into transactions of its own.

        Raises:
            neo4j.exceptions.Neo4jError: The server refused; earlier transactions remain.
        """
        with (
            self.observer.timing(name),
            self.open_session(WRITE_ACCESS, WRITE_RETRY_SECONDS) as session,
        ):
            session.run(statement(name).text, query_parameters(parameters)).consume()

    def open_session(self, access: str, retry_seconds: float) -> Session:
        """Open a session that sees earlier writes of this driver, also on a cluster.

        Args:
            access: `neo4j.READ_ACCESS` or `neo4j.WRITE_ACCESS`, for routing.
            retry_seconds: How long managed transactions are retried after a transient failure.
        """
        return self.driver.session(
            database=self.name,
            default_access_mode=access,
            # The driver's own manager: reads wait for all writes of this driver, not of a session.
            bookmark_manager=self.driver.execute_query_bookmark_manager,
            max_transaction_retry_time=retry_seconds,
        )


class _SharedTransaction:
    """The read transaction of one request, begun by its first read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._session: Session | None = None
        self._transaction: Transaction | None = None
        self._token: Token[_SharedTransaction | None] | None = None

    def __enter__(self) -> Self:
        self._token = _shared.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Roll back uncommitted writes and give the connection back."""
        if self._token is not None:
            _shared.reset(self._token)
        # Closing the session rolls back a transaction that was not committed.
        if self._session is not None:
            self._session.close()

    def belongs_to(self, database: Database) -> bool:
        """Return whether reads of a database may go through this transaction."""
        mine = self._database
        return mine.driver is database.driver and mine.name == database.name

    def open_transaction(self, seconds: float) -> Transaction:
        """Return the transaction; the first call begins it, with a time budget in seconds."""
        if self._transaction is None:
            self._session = self._database.open_session(READ_ACCESS, READ_RETRY_SECONDS)
            with answer_within(seconds):
                self._transaction = self._session.begin_transaction(timeout=seconds)
        return self._transaction

    def commit(self) -> None:
        """End the transaction if one was begun, so that its bookmark is kept."""
        if self._transaction is not None:
            self._transaction.commit()


_shared: ContextVar[_SharedTransaction | None] = ContextVar("shared", default=None)
