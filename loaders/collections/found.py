"""What the loaders of indexes, lockfiles, mirrors and manifests hand over beside their rows."""

from dataclasses import dataclass

from loaders.errors import DocumentError, Fault, Problem

CRAY_ORIGIN = "external-db"
"""What Spack calls where the specs of a Cray manifest are from: their hashes are the manifest's."""


@dataclass(frozen=True, slots=True)
class WholeDocument:
    """A spec document that was put together or taken out of another one.

    :ivar root: hash of its first node.
    :ivar raw: JSON as `loaders.specs.document.parse` takes it; node records as they were found.
    :ivar spec_format: the format of its nodes.
    :ivar unverifiable: its hashes are not those of its content by nature, so that it is to be
        parsed with `allow_unverified`.
    """

    root: str
    raw: bytes
    spec_format: int
    unverifiable: bool = False


@dataclass(slots=True)
class Origin:
    """Where records are from.

    :ivar place: the file, as the caller named it.
    :ivar above: JSON pointer to the object that holds the records by hash.
    :ivar below: from a record to its node.
    :ivar spec_format: the format of its records; None where it is not known, so that no documents
        are made of them.
    """

    place: str
    above: str
    below: str = ""
    spec_format: int | None = None

    def problem(self, hash_: str, fault: Fault, detail: str) -> Problem:
        """What is wrong with one record."""
        pointer = f"{self.above}/{hash_}{self.below}"
        return Problem(self.place, DocumentError(fault, detail, pointer))
