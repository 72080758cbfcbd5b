"""Name the current step of a start if it takes long."""

import time
from collections.abc import Callable

OnStatus = Callable[[str], None]
"""Called with a line for a person about a step that takes long, from any thread."""

QUIET_SECONDS = 8.0
"""A start that is shorter than this says nothing."""
REPEAT_SECONDS = 15.0
"""After so many seconds without a line, the last one is repeated."""


class StatusReport:
    """Reports the stages of something that takes long, each once and then from time to time."""

    def __init__(self, on_status: OnStatus) -> None:
        self._on_status = on_status
        self._started = self._reported = time.monotonic()
        self._last = ""

    def update(self, text: str) -> None:
        """Take the current step; to be called often.

        Percentages alone make no new line: they are reported when the line is repeated.
        """
        now = time.monotonic()
        if now < self._started + QUIET_SECONDS:
            return
        stage = text.partition(":")[0]
        if stage != self._last or now > self._reported + REPEAT_SECONDS:
            self._last, self._reported = stage, now
            self._on_status(f"{text} ({now - self._started:.0f} s)")
