"""Waiting for other processes."""

import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds after which an awaited event is taken to have failed."""


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once a condition is true, which must be so within `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.05)
