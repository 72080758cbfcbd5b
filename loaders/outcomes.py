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
    :ivar documents: how many documents it stands for.
    """

    source: str
    outcome: Outcome
    stored: Stored | None = None
    error: DocumentError | None = None
    what: str = "spec"
    told: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    documents: int = 1


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
        self.outcomes[report.outcome] += report.documents
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


class Digest:
    """Reports on documents, of which the first are kept and the others summed up.

    Refusals are kept, and all that is not about spec documents.
    """

    MOST = 1_000

    def __init__(self) -> None:
        self._kept: list[DocumentReport] = []
        self._rest: dict[Outcome, DocumentReport] = {}

    def add(self, report: DocumentReport) -> None:
        """Take one report."""
        stored = report.stored
        if stored is None or len(self._kept) < self.MOST:
            self._kept.append(report)
            return
        before = self._rest.get(report.outcome)
        self._rest[report.outcome] = _joined(before, report, stored)

    @property
    def reports(self) -> list[DocumentReport]:
        """All of them, those that were summed up as one an outcome."""
        return [*self._kept, *self._rest.values()]


def _joined(
    before: DocumentReport | None, report: DocumentReport, stored: Stored
) -> DocumentReport:
    documents = report.documents + (before.documents if before else 0)
    known = (
        before.stored if before and before.stored else Stored("", "", "", "", new=False, specs=0)
    )
    joined = Stored(
        root="",
        name="",
        version="",
        digest="",
        new=known.new or stored.new,
        specs=known.specs + stored.specs,
        new_specs=known.new_specs + stored.new_specs,
        edges=known.edges + stored.edges,
        unverified=known.unverified + stored.unverified,
        conflicts=[*known.conflicts, *stored.conflicts][:1_000],
    )
    return DocumentReport(
        "", report.outcome, joined, told=f"{documents} more documents", documents=documents
    )


def refused(place: str, error: DocumentError) -> DocumentReport:
    """The report of a document that is not."""
    return DocumentReport(place, Outcome.REFUSED, error=error)
