"""A progress bar on standard error, if that is a terminal."""

import sys
from typing import Optional, TextIO

WIDTH = 30


class Progress:
    """A progress bar, drawn only on a terminal and only for more than one step.

    Args:
        total: number of steps.
        label: the text behind the numbers, such as `files`.
        stream: where to draw; standard error by default.

    """

    def __init__(self, total: int, label: str, stream: Optional[TextIO] = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._total = total
        self._label = label
        self._done = 0
        self._visible = total > 1 and self._stream.isatty()
        self._last_line = ""

    def __enter__(self) -> "Progress":
        self._draw()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._visible:
            self._stream.write("\r\033[K")
            self._stream.flush()

    def step(self, count: int = 1) -> None:
        """Advance by a number of steps."""
        self._done += count
        self._draw()

    def _draw(self) -> None:
        if not self._visible:
            return
        filled = min(WIDTH, WIDTH * self._done // self._total)
        bar = "#" * filled + "." * (WIDTH - filled)
        line = f"\r[{bar}] {self._done}/{self._total} {self._label}"
        if line != self._last_line:
            self._stream.write(line)
            self._stream.flush()
            self._last_line = line
