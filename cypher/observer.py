"""Learns which statements run, how long they take, and which transactions are repeated."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Observer:
    """An observer that ignores everything; one that measures overrides its methods."""

    def ran(self, statement: str, seconds: float) -> None:
        """Take note of a statement that ran, whether it succeeded or not.

        Args:
            statement: Its name.
            seconds: Time until its last record was received, waiting for a plan included.
        """

    def retried(self, kind: str) -> None:
        """Take note of a transaction that runs once more after a transient failure.

        Args:
            kind: `read` or `write`.
        """

    @contextmanager
    def timing(self, statement: str) -> Iterator[None]:
        """Measure the statement that runs in this context."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.ran(statement, time.monotonic() - began)


current_observer: ContextVar[Observer] = ContextVar("observer", default=Observer())  # noqa: B039
"""The observer of the write transaction that runs in this context."""
