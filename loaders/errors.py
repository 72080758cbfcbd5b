"""Why a document cannot be stored, and why something stored cannot be deleted."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, TypedDict


class Fault(StrEnum):
    """Kind of an error, as a short stable word for reports and problem types."""

    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    UNKNOWN_FORMAT = "unknown-format"
    INVALID = "invalid"
    NOT_CONCRETE = "not-concrete"
    HASH_MISMATCH = "hash-mismatch"
    MISSING_DEPENDENCY = "missing-dependency"
    CYCLE = "cycle"
    UNSUPPORTED = "unsupported-document"


class Problem(NamedTuple):
    """A part of a document that cannot be used, while the rest is.

    Attributes:
        place: The file, as the caller named it; the error's pointer gives the place in it.
        error: Why the part cannot be used.
    """

    place: str
    error: "DocumentError"


class DocumentError(Exception):
    """A document cannot be stored.

    Args:
        fault: Kind of the error.
        detail: One sentence for people.
        pointer: JSON pointer (RFC 6901) to the place in the document, empty for all of it.
    """

    def __init__(self, fault: Fault, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail
        self.pointer = pointer

    def __str__(self) -> str:
        return f"{self.detail} (at {self.pointer})" if self.pointer else self.detail

    def with_prefix(self, prefix: str) -> "DocumentError":
        """Return the same error with its pointer prefixed: that of a part becomes the whole's."""
        return DocumentError(self.fault, self.detail, prefix + self.pointer)


class Need(TypedDict):
    """Why something cannot be deleted.

    Attributes:
        kind: Kind of the user: `dependent`, `splice`, `build`, `blamed`, `installation`,
            `announcement`, `mirror`, `environment`, `test` or `token`.
        count: How many need it.
        names: The first few of them.
    """

    kind: str
    count: int
    names: list[str]


_NEEDS = {
    "dependent": ("spec depends on it", "specs depend on it"),
    "splice": ("spec was spliced from it", "specs were spliced from it"),
    "build": ("attempt built it", "attempts built it"),
    "blamed": ("attempt blames it", "attempts blame it"),
    "installation": ("installation is of it", "installations are of it"),
    "announcement": ("build was announced for it", "builds were announced for it"),
    "mirror": ("build cache offers it", "build caches offer it"),
    "environment": ("environment locks it", "environments lock it"),
    "test": ("test run tested it", "test runs tested it"),
    "token": ("valid token is bound to it", "valid tokens are bound to it"),
}


class StillNeededError(Exception):
    """Something cannot be deleted since something else needs it.

    Attributes:
        subject: The thing that was to be deleted, for people.
        needs: Its uses.
    """

    def __init__(self, subject: str, needs: Sequence[Need]) -> None:
        reasons = "; ".join(map(describe_need, needs))
        super().__init__(f"{subject} is still needed: {reasons}")
        self.subject = subject
        self.needs = list(needs)


def describe_need(need: Need) -> str:
    """Return a need as a clause, with the first few names."""
    one, many = _NEEDS[need["kind"]]
    names = ", ".join(need["names"])
    more = ", ..." if need["count"] > len(need["names"]) else ""
    return f"{need['count']} {one if need['count'] == 1 else many} ({names}{more})"
