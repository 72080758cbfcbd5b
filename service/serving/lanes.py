"""Which requests wait for which workers, and for how long."""

import re
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from service.access import METRICS_PATH, writes


@dataclass(frozen=True, slots=True)
class Lane:
    """Workers for one kind of requests.

    Attributes:
        key: Its name in metrics.
        name: Its name in messages.
        workers: Number of requests answered at the same time.
        places: Number of requests that may wait for a worker.
        seconds: How long a request may wait, after which it is refused.
    """

    key: str
    name: str
    workers: int
    places: int
    seconds: float


HEALTH = Lane("health", "health checks", workers=3, places=1000, seconds=10.0)
"""Health checks, and the refusals of the other lanes."""
READINESS = Lane("readiness", "readiness checks", workers=3, places=256, seconds=5.0)
"""Not of health checks, because each waits for the database for a moment."""
METRICS = Lane("metrics", "requests of metrics", workers=1, places=16, seconds=10.0)
"""Not of health checks, because a scrape with a token asks the database."""
HEADERS = Lane("headers", "uploads", workers=4, places=256, seconds=10.0)
"""Headers of requests with a body that is still to come."""
LIGHT = Lane("light", "questions", workers=8, places=256, seconds=5.0)
HEAVY = Lane("heavy", "heavy questions", workers=4, places=64, seconds=10.0)
WRITES = Lane("uploads", "uploads", workers=4, places=64, seconds=20.0)
"""Whatever writes; so the number of workers is that of documents parsed at the same time."""
LANES = (HEALTH, READINESS, METRICS, HEADERS, LIGHT, HEAVY, WRITES)

_HEALTH = re.compile(r"(/api/v1)?/healthz")
_READINESS = re.compile(r"(/api/v1)?/readyz")
_HEAVY = re.compile(
    r"(/api/v1)?/(impact|facets|matrix|regression|diagnostics|common|concretizations)"
    r"|(/api/v1/specs|/spec)/[^/]+/(dependents|variations|dag|abi|needs)"
    r"|(/api/v1/splices)?/(plans|fixes|fix)|/api/v1/(abi/proposals|diff/abi)|/libraries/diff"
)


def lane_of(method: str, path: str) -> Lane:
    """Return the lane of a request."""
    if _HEALTH.fullmatch(path):
        return HEALTH
    if _READINESS.fullmatch(path):
        return READINESS
    if path == METRICS_PATH:
        return METRICS
    if writes(method, path):
        return WRITES
    return HEAVY if _HEAVY.fullmatch(path) else LIGHT


@dataclass(frozen=True, slots=True)
class LaneState:
    """How busy a lane is.

    Attributes:
        lane: The lane.
        busy: Number of requests that are answered now.
        waiting: Number of requests that wait for a worker.
        refused: Number of requests refused since the start, for want of a worker or a place.
    """

    lane: Lane
    busy: int
    waiting: int
    refused: int


class Task(Protocol):
    """Work for a worker."""

    def service(self) -> None:
        """Do it."""

    def cancel(self) -> None:
        """Give it up, as the server stops."""


class Workers:
    """The workers of a lane, and the tasks that wait for them."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._wake = threading.Condition()
        self._waiting: deque[tuple[float, Task]] = deque()
        self._stopping = False
        self._busy = 0
        self._refused = 0
        self._threads = [
            threading.Thread(target=self._work, name=f"{lane.name} {number}", daemon=True)
            for number in range(lane.workers)
        ]
        for thread in self._threads:
            thread.start()

    def offer(self, task: Task) -> bool:
        """Let a task wait for a worker; return False if there is no place for it."""
        with self._wake:
            if self._stopping or len(self._waiting) >= self.lane.places:
                self._refused += 1
                return False
            self._waiting.append((time.monotonic(), task))
            self._wake.notify()
            return True

    def take_overdue(self) -> list[Task]:
        """Remove and return the tasks that have waited for too long."""
        latest = time.monotonic() - self.lane.seconds
        overdue = []
        with self._wake:
            while self._waiting and self._waiting[0][0] < latest:
                overdue.append(self._waiting.popleft()[1])
            self._refused += len(overdue)
        return overdue

    def state(self) -> LaneState:
        """Return how busy the lane is."""
        with self._wake:
            return LaneState(self.lane, self._busy, len(self._waiting), self._refused)

    def stop(self) -> None:
        """Cancel waiting tasks, and let the workers end after their current task."""
        with self._wake:
            self._stopping = True
            waiting = [task for _, task in self._waiting]
            self._waiting.clear()
            self._wake.notify_all()
        for task in waiting:
            task.cancel()

    def join(self, deadline: float) -> None:
        """Wait until the workers have ended, or until a time of the monotonic clock."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._stopping)
                if self._stopping:
                    return
                _, task = self._waiting.popleft()
                self._busy += 1
            try:
                task.service()
            finally:
                with self._wake:
                    self._busy -= 1
