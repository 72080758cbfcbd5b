"""Spec documents assembled from records of an index, lockfile, mirror or manifest."""

from dataclasses import dataclass

from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Record

CRAY_ORIGIN = "external-db"
"""Spack's name for the origin of specs in a Cray manifest, whose hashes are the manifest's own."""


@dataclass(frozen=True, slots=True)
class WholeDocument(Record):
    """A spec document assembled from records, or extracted from another document.

    Attributes:
        root: Hash of its first node.
        raw: JSON for `loaders.specs.document.parse_document`; node records are unchanged.
        spec_format: The format of its nodes.
        unverifiable: Whether its hashes were not computed from its content, so that it has to be
            parsed with `allow_unverified`.
    """

    root: str
    raw: bytes
    spec_format: int
    unverifiable: bool = False


@dataclass(slots=True)
class RecordOrigin:
    """The document from which records come.

    Attributes:
        place: The file, as the caller named it.
        parent: JSON pointer to the object that holds the records by hash.
        suffix: JSON pointer from a record to its node.
        spec_format: The format of its records; None if unknown, in which case no documents are
            assembled from them.
    """

    place: str
    parent: str
    suffix: str = ""
    spec_format: int | None = None

    def record_problem(self, hash_: str, fault: Fault, detail: str) -> Problem:
        """Return a problem with one record."""
        pointer = f"{self.parent}/{hash_}{self.suffix}"
        return Problem(self.place, DocumentError(fault, detail, pointer))
