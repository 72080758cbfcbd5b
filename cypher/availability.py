"""Notice a server that is away or hangs, and bound how long anything waits for its answers.

The driver bounds how long it waits for a connection, but not for an answer. A server that is
stopped, swapped out or cut off would block each caller until TCP gives up. So each connection gets
a deadline when it is handed out. While an answer is overdue, a thread asks the server a trivial
question of its own: if that fails as well, the server is away, all connections to it are cut, and
whoever waits for them gets an error at once.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from neo4j.exceptions import DriverError, Neo4jError

GRACE_SECONDS = 5.0
"""How much longer than a transaction's time budget its answer may take, before it is given up."""
LONGEST_SECONDS = 3600.0
"""Time limit of a transaction without a time budget, such as the creation of an index."""
CONNECT_SECONDS = 5.0
"""Time limit of establishing a TCP connection."""
ACQUIRE_SECONDS = 10.0
"""Time limit of getting a connection, which includes establishing one and logging in."""
OVERDUE_SECONDS = 2.0
"""After how long without any answer the server is asked whether it is still there."""
PROBE_SECONDS = 5.0
"""How long it has to answer that."""
_TICK_SECONDS = 0.5
_LOG = logging.getLogger(__name__)

_seconds: ContextVar[float] = ContextVar("seconds", default=LONGEST_SECONDS)
_is_probe: ContextVar[bool] = ContextVar("is_probe", default=False)


class DatabaseAwayError(DriverError):
    """The server is known to be away, so it was not asked. Not retried by the driver."""


@contextmanager
def answer_within(seconds: float) -> Iterator[None]:
    """Limit the transactions that begin in this context.

    Args:
        seconds: Time budget on the server; the client waits a little longer.
    """
    token = _seconds.set(seconds + GRACE_SECONDS)
    try:
        yield
    finally:
        _seconds.reset(token)


class Availability:
    """Watches the connections of a driver, and knows whether its server answers.

    Attributes:
        refuses: Whether new work is refused while the server is away, instead of trying to connect.

    Args:
        driver: The driver, whose connections get deadlines from now on.
        probe: Asks the server a trivial question, or raises the driver's error.
    """

    def __init__(self, driver: Any, probe: Callable[[], object]) -> None:
        self.refuses = False
        self._probe = probe
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._in_use: dict[Any, float] = {}
        self._is_away = False
        self._is_suspected = False
        self._is_closed = False
        self._last_answer = float("-inf")
        self._probes = 0
        # The driver offers no public way to bound the wait for an answer.
        pool = driver._pool  # noqa: SLF001
        self._acquire, self._release = pool.acquire, pool.release
        pool.acquire, pool.release = self._hand_out, self._take_back

    @property
    def is_away(self) -> bool:
        """Whether the server did not answer when it was last asked."""
        return self._is_away

    @property
    def connections_in_use(self) -> int:
        """How many connections are handed out now."""
        return len(self._in_use)

    def is_ready(self, seconds: float) -> bool:
        """Return whether the server answers now.

        Args:
            seconds: How long to wait for its answer at most.
        """
        with self._wake:
            if self._is_away:
                return False
            asked = self._probes
            self._suspect()
            if self._wake.wait_for(lambda: self._probes > asked, seconds):
                return not self._is_away
            # It may only be busy: others have just had answers.
            return time.monotonic() - self._last_answer < OVERDUE_SECONDS

    def close(self) -> None:
        """Stop watching."""
        with self._wake:
            self._is_closed = True
            self._wake.notify_all()

    def _hand_out(self, *args: Any, **named: Any) -> Any:
        """Return a connection of the pool, with a deadline for all of its answers."""
        probes = _is_probe.get()
        if self.refuses and self._is_away and not probes:
            raise DatabaseAwayError("the database is away")
        try:
            connection = self._acquire(*args, **named)
        except DriverError:
            with self._wake:
                self._suspect()
            raise
        seconds = PROBE_SECONDS if probes else _seconds.get()
        connection.socket.set_read_deadline(seconds)
        connection.socket.set_write_deadline(seconds)
        with self._wake:
            self._in_use[connection] = time.monotonic()
            self._watch()
        return connection

    def _take_back(self, *connections: Any) -> None:
        """Give connections back to the pool."""
        self._release(*connections)
        with self._wake:
            for connection in connections:
                self._in_use.pop(connection, None)
                if connection.defunct():
                    self._suspect()
                else:
                    self._last_answer = time.monotonic()

    def _suspect(self) -> None:
        self._is_suspected = True
        self._watch()

    def _watch(self) -> None:
        """Have the thread look, and start it for the first time."""
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(target=self._run, name="availability", daemon=True)
            self._thread.start()
        self._wake.notify_all()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(self._has_to_look)
                if self._is_closed:
                    return
                asks = self._is_suspected or self._is_away or self._is_overdue()
                self._is_suspected = False
            if asks:
                self._ask()
            with self._wake:
                self._wake.wait_for(lambda: self._is_closed or self._is_suspected, _TICK_SECONDS)

    def _has_to_look(self) -> bool:
        return self._is_closed or self._is_suspected or self._is_away or bool(self._in_use)

    def _is_overdue(self) -> bool:
        """Return whether somebody waits for long, and nobody has had an answer meanwhile."""
        latest = time.monotonic() - OVERDUE_SECONDS
        return self._last_answer < latest and any(at < latest for at in self._in_use.values())

    def _ask(self) -> None:
        """Ask whether the server is there; if not, cut the connections that wait for it."""
        began = time.monotonic()
        token = _is_probe.set(True)
        try:
            self._probe()
        except (DriverError, Neo4jError, OSError) as error:
            self._note(answers=False, why=str(error)[:200])
            self._cut(began)
        else:
            self._note(answers=True)
        finally:
            _is_probe.reset(token)

    def _note(self, *, answers: bool, why: str = "") -> None:
        with self._wake:
            if self._is_away == answers and not self._is_closed:
                _LOG.warning("the database %s", "answers again" if answers else f"is away: {why}")
            self._is_away = not answers
            self._is_suspected = False
            self._probes += 1
            if answers:
                self._last_answer = time.monotonic()
            self._wake.notify_all()

    def _cut(self, before: float) -> None:
        """Shut down the connections that were handed out before a time."""
        with self._wake:
            waiting = [each for each, at in self._in_use.items() if at <= before]
        for connection in waiting:
            # Closing a socket does not wake a thread that reads from it; shutting it down does.
            with suppress(OSError):
                socket.socket.shutdown(connection.socket._socket, socket.SHUT_RDWR)  # noqa: SLF001
