"""Errors and warnings in the log of a phase."""

from collections.abc import Iterable
from dataclasses import dataclass

from loaders.diagnostics import normalise
from loaders.evidence import Finding

LIMIT = 50
"""Errors, and warnings, kept of one log."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a log holds.

    :ivar findings: by line; at most `LIMIT` errors and as many warnings.
    :ivar errors: all errors, also those not kept; `warnings` likewise.
    """

    findings: tuple[Finding, ...]
    errors: int
    warnings: int


def scan(lines: Iterable[str], limit: int = LIMIT) -> Scan:
    """The errors and warnings in the cleaned lines of a log."""
    scanner = Scanner(limit)
    for line in lines:
        scanner.feed(line)
    return scanner.finish()


class Scanner:
    """Finds errors and warnings in the lines of a log, fed in turn."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._line = 0
        self._found: list[Finding] = []
        self._counts = {"error": 0, "warning": 0}

    def feed(self, line: str) -> None:
        """Take the next line of the log, without its line end."""
        self._line += 1
        for kind in self._counts:
            if f" {kind}: " in line or (kind == "error" and ": *** [" in line):
                self._counts[kind] += 1
                if self._counts[kind] <= self._limit:
                    text = line.strip()
                    self._found.append(Finding(kind, self._line, text, normalise(text)))
                return

    def finish(self) -> Scan:
        """What was found in all lines that were fed."""
        return Scan(tuple(self._found), self._counts["error"], self._counts["warning"])
