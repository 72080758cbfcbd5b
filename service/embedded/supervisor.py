"""Supervision of Neo4j: a thread that starts it, waits for its end and restarts it."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from service.embedded.errors import EmbeddedError
from service.embedded.failures import DISK_FULL, StartError

OnLog = Callable[[str], None]
"""Called with a line for the operator, from any thread."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When to restart Neo4j: with exponential backoff, up to a number of restarts.

    Attributes:
        limit: maximum number of restarts within a period, besides those that fail on a full disk.
        within: the period, in seconds.
        pause: seconds before the first restart; doubled for each further one in the period.
        longest_pause: maximum of the doubled pause, in seconds.

    """

    limit: int = 5
    within: float = 600.0
    pause: float = 0.5
    longest_pause: float = 30.0


DEFAULT_RESTART = RestartPolicy()
NO_RESTART = RestartPolicy(limit=0)


class Supervised(Protocol):
    """A process that can be supervised: a run of Neo4j."""

    def wait(self) -> int:
        """Wait for the end of the process and return its exit code."""

    def end(self, patience: float) -> None:
        """Stop the process within about `patience` seconds."""


class Supervisor:
    """Owns the thread that starts Neo4j, and with which Neo4j ends (see `child`)."""

    def __init__(
        self,
        launch: Callable[[threading.Event], Supervised],
        policy: RestartPolicy,
        on_log: OnLog,
    ) -> None:
        """Initialize without starting anything.

        Args:
            launch: starts Neo4j and returns when it answers. It must return early when the event
                is set, and leave no process behind if it raises `EmbeddedError`.
            policy: when to call it again.
            on_log: called with a line when Neo4j ends or is restarted.

        """
        self._launch = launch
        self._policy = policy
        self._on_log = on_log
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._patience = 0.0
        self._restarts: deque[float] = deque()
        self._run: Supervised | None = None
        self._thread = threading.Thread(
            target=self._supervise_runs, name="specgraph-neo4j", daemon=True
        )
        self.failure: EmbeddedError | None = None

    @property
    def is_up(self) -> bool:
        """Whether Neo4j has answered and, as far as is known, not ended since."""
        return self._run is not None

    def start(self) -> None:
        """Start Neo4j and wait until it answers.

        Raises:
            EmbeddedError: if it did not start.

        """
        self._thread.start()
        self._settled.wait()
        if self.failure is not None:
            self._thread.join()
            raise self.failure

    def stop(self, patience: float) -> None:
        """Stop Neo4j and the supervision within about `patience` seconds."""
        self._patience = patience
        self._stopping.set()
        run = self._run
        if run is not None:
            run.end(patience)
        if self._thread.ident is not None:
            self._thread.join(patience + 1.0)

    def _supervise_runs(self) -> None:
        try:
            self._run = self._launch(self._stopping)
        except EmbeddedError as error:
            self.failure = error
            return
        finally:
            self._settled.set()
        while self._run is not None:
            if self._stopping.is_set():  # stop was called before the run was assigned
                self._run.end(self._patience)
            code = self._run.wait()
            self._run = None
            if self._stopping.is_set():
                return
            self._on_log(f"Neo4j ended unexpectedly with code {code}.")
            self._run = self._restart_until_up()

    def _restart_until_up(self) -> Supervised | None:
        """Restart Neo4j until it answers; return None when stopped or out of restarts."""
        while True:
            now = time.monotonic()
            while self._restarts and self._restarts[0] < now - self._policy.within:
                self._restarts.popleft()
            tries = len(self._restarts)
            if tries >= self._policy.limit:
                self._give_up(tries)
                return None
            self._restarts.append(now)
            pause = min(self._policy.pause * 2**tries, self._policy.longest_pause)
            if self._stopping.wait(pause):
                return None
            try:
                run = self._launch(self._stopping)
            except EmbeddedError as error:
                self._on_log(f"Neo4j could not be restarted: {error}")
                if isinstance(error, StartError) and error.cause == DISK_FULL:
                    # Its disk was filled meanwhile. The next start waits until there is room, but
                    # not for a quota or a file system without free inodes.
                    self._restarts.pop()
                    if self._stopping.wait(self._policy.longest_pause):
                        return None
                continue
            self._on_log(f"Neo4j is back (restart {tries + 1} of {self._policy.limit}).")
            return run

    def _give_up(self, tries: int) -> None:
        minutes = self._policy.within / 60
        self.failure = EmbeddedError(
            f"Neo4j ended and stays down, after {tries} restarts in {minutes:.0f} minutes.",
            "Read logs/neo4j.log and logs/java.log in the data directory, then start again.",
        )
        self._on_log(str(self.failure))
