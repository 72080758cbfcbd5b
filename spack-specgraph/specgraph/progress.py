"""A bar on a terminal; nothing elsewhere."""

import sys

WIDTH = 30


class Progress(object):
    """How much of something is done, drawn on standard error where that is a terminal."""

    def __init__(self, total, what, stream=None):
        self._stream = sys.stderr if stream is None else stream
        self._total = total
        self._what = what
        self._done = 0
        self._shown = total > 1 and self._stream.isatty()
        self._drawn = None

    def __enter__(self):
        self._draw()
        return self

    def __exit__(self, *raised):
        if self._shown:
            self._stream.write("\r\033[K")
            self._stream.flush()

    def step(self, count=1):
        """So many more are done."""
        self._done += count
        self._draw()

    def _draw(self):
        if not self._shown:
            return
        filled = min(WIDTH, WIDTH * self._done // self._total)
        bar = "#" * filled + "." * (WIDTH - filled)
        line = "\r[%s] %d/%d %s" % (bar, self._done, self._total, self._what)
        if line != self._drawn:
            self._stream.write(line)
            self._stream.flush()
            self._drawn = line
