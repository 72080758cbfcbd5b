"""The error of a document that cannot be stored."""

from enum import StrEnum
from typing import NamedTuple


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
