"""What became of what a load took: a report each, and the sums."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from loaders.errors import DocumentError
from loaders.merge import Stored


class Outcome(StrEnum):
    """What became of a document."""

    STORED = "stored"
    KNOWN = "known"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True)
class DocumentReport:
    """One document of a load, or one of the things that a document told of.

    :ivar source: the file, with `:N` after it for the N-th document in it, from 1.
    :ivar stored: what was written of a spec document, None where it was refused or ignored.
    :ivar error: why it was refused or ignored.
    :ivar what: the kind: `spec`, `build`, `installations`, `environment`, `offers`, `tests`.
    :ivar told: what it is, in a few words, where it is no spec document.
    :ivar counts: how many there are and how many are new, by name.
    """

    source: str
    outcome: Outcome
    stored: Stored | None = None
    error: DocumentError | None = None
    what: str = "spec"
    told: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass
class LoadReport:
    """The sums over a load.

    :ivar counts: of what is no spec document, by name.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    specs: int = 0
    new_specs: int = 0
    edges: int = 0
    unverified: int = 0
    conflicts: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, report: DocumentReport) -> None:
        """Count one document."""
        self.outcomes[report.outcome] += 1
        self.counts.update(report.counts)
        if report.stored:
            self.specs += report.stored.specs
            self.new_specs += report.stored.new_specs
            self.edges += report.stored.edges
            self.unverified += report.stored.unverified
            self.conflicts += len(report.stored.conflicts)


def told(place: str, stored: Stored) -> DocumentReport:
    """The report of a spec document that is stored."""
    return DocumentReport(place, Outcome.STORED if stored.new else Outcome.KNOWN, stored)


def refused(place: str, error: DocumentError) -> DocumentReport:
    """The report of a document that is not."""
    return DocumentReport(place, Outcome.REFUSED, error=error)
