"""Values among which some filters choose, and limits of answers, also for the commands.

This module imports nothing heavy, so that a command's help does not wait for Neo4j's driver.
"""

from typing import Literal

from loaders.evidence import Status

STATUSES = tuple(status.value for status in Status)
"""How an attempt or a test run may have ended."""
DIAGNOSTIC_KINDS = ("error", "warning")
"""Kinds of diagnostics."""
MOST_VALUES = 50
"""Packages, compilers, targets and sites of a diagnostic that are returned, of each."""
MATRIX_PROPERTIES = ("compiler", "version", "target", "os", "site")
"""Properties by which attempts can be compared."""

Basis = Literal["declared by the recipe", "seen before", "undeclared"]

BASES: tuple[Basis, ...] = ("declared by the recipe", "seen before", "undeclared")
"""How well a planned splice is supported, best first."""
VERDICTS = ("loads", "unknown", "broken")
"""Whether a spec starts, best first."""


def rank_plan(verdict: str | None, basis: Basis, relinked: int) -> tuple[int, int]:
    """Return a sort key for planned splices, the best first.

    Args:
        verdict: Whether it would start; None if that was not asked. If it was, the basis does not
            count.
        basis: Whether a recipe declares it, or it was seen before.
        relinked: How many specs it relinks.
    """
    return VERDICTS.index(verdict) if verdict else BASES.index(basis), relinked
