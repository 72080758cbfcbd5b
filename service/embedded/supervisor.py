"""Keeping Neo4j up: a thread that starts it, waits for its end and starts it again."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from service.embedded.errors import EmbeddedError

OnLog = Callable[[str], None]
"""Takes one line for the operator, from any thread."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When to start Neo4j again: at most `limit` times in `within` seconds, with growing pauses.

    The first pause takes `pause` seconds, each later one in that time twice as long as the one
    before, up to `longest_pause`.
    """

    limit: int = 5
    within: float = 600.0
    pause: float = 0.5
    longest_pause: float = 30.0


DEFAULT_RESTART = RestartPolicy()
NO_RESTART = RestartPolicy(limit=0)


class Supervised(Protocol):
    """What the supervisor needs of a run of Neo4j."""

    def wait(self) -> int:
        """Return the exit code of the process at its end."""

    def end(self, patience: float) -> None:
        """Stop the process, at the latest after `patience` seconds."""


class Supervisor:
    """Owns the thread that Neo4j's life is bound to (see `child`)."""

    def __init__(
        self,
        launch: Callable[[threading.Event], Supervised],
        policy: RestartPolicy,
        on_log: OnLog,
    ) -> None:
        """Describe the supervision; nothing runs yet.

        Args:
            launch: Starts Neo4j and returns once it answers; gives up when the event is set;
                leaves no process behind when it raises `EmbeddedError`.
            policy: When to call it again.
            on_log: Hears of ends and restarts.

        """
        self._launch = launch
        self._policy = policy
        self._on_log = on_log
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._patience = 0.0
        self._restarts: deque[float] = deque()
        self._run: Supervised | None = None
        self._thread = threading.Thread(target=self._work, name="specgraph-neo4j", daemon=True)
        self.failure: EmbeddedError | None = None

    @property
    def up(self) -> bool:
        """Whether Neo4j answered last and has not been seen to end since."""
        return self._run is not None

    def start(self) -> None:
        """Start Neo4j and return once it answers.

        Raises:
            EmbeddedError: It did not start.

        """
        self._thread.start()
        self._settled.wait()
        if self.failure is not None:
            self._thread.join()
            raise self.failure

    def stop(self, patience: float) -> None:
        """Stop Neo4j and the supervision, at the latest after about `patience` seconds."""
        self._patience = patience
        self._stopping.set()
        run = self._run
        if run is not None:
            run.end(patience)
        if self._thread.ident is not None:
            self._thread.join(patience + 1.0)

    def _work(self) -> None:
        try:
            self._run = self._launch(self._stopping)
        except EmbeddedError as error:
            self.failure = error
            return
        finally:
            self._settled.set()
        while self._run is not None:
            if self._stopping.is_set():
                self._run.end(self._patience)
            code = self._run.wait()
            self._run = None
            if self._stopping.is_set():
                return
            self._on_log(f"Neo4j ended unexpectedly with code {code}.")
            self._run = self._bring_back()

    def _bring_back(self) -> Supervised | None:
        """Start Neo4j until it answers; None when there is no more to try."""
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
