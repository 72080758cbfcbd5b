"""Why a question cannot be answered. `service/api/problems.py` maps each error to a status."""

from typing import TypedDict


class InvalidQuestionError(ValueError):
    """An argument of a question that makes no sense; its text is a message for the user."""


class NotInGraphError(LookupError):
    """The graph does not hold what the question is about; its text is a message for the user."""


class SpecLabel(TypedDict):
    """A spec as one line of a list shows it."""

    hash: str
    name: str
    version: str | None


class AmbiguousHashError(Exception):
    """An abbreviated hash that several specs share.

    Attributes:
        prefix: The abbreviated hash.
        candidates: At most ten of the specs that share it.
    """

    def __init__(self, prefix: str, candidates: list[SpecLabel]) -> None:
        super().__init__(f"/{prefix} is ambiguous")
        self.prefix = prefix
        self.candidates = candidates


class TooComplexError(ValueError):
    """A query with so many alternatives that its clauses would be too many."""
