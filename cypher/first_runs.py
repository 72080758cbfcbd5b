"""Let one thread have a statement planned while the others wait for its plan.

Neo4j plans a statement anew for every transaction that runs it before its first plan is ready. On a
cold server, which plans for seconds, requests that meet would slow each other down.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class FirstRuns:
    """The statements that one driver has run, or is running for the first time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: dict[str, threading.Event] = {}
        self._finished: set[str] = set()

    @contextmanager
    def one_at_a_time(self, name: str, seconds: float) -> Iterator[None]:
        """Run the body alone if nothing has run the statement yet.

        Args:
            name: Name of the statement.
            seconds: How long to wait for a first run in another thread. After that, or if that run
                fails, the body runs in any case.
        """
        if name in self._finished:
            yield
            return
        with self._guard:
            others = self._running.get(name)
            if others is None:
                mine = self._running[name] = threading.Event()
        if others is not None:
            others.wait(seconds)
            yield
            return
        try:
            yield
        finally:
            self._finished.add(name)
            mine.set()
