"""What became of what a load took: a report each, and the sums."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from loaders.errors import DocumentError
from loaders.store.specs import StoredDocument

_MOST_CONFLICTS = 1_000
"""Most conflicts that the sum of many reports names."""


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
    :ivar more_conflicts: how many conflicts there are beside those that `stored` names.
    """

    source: str
    outcome: Outcome
    stored: StoredDocument | None = None
    error: DocumentError | None = None
    what: str = "spec"
    told: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    documents: int = 1
    more_conflicts: int = 0


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
            self.conflicts += len(report.stored.conflicts) + report.more_conflicts


def told(place: str, stored: StoredDocument) -> DocumentReport:
    """The report of a spec document that is stored."""
    return DocumentReport(place, Outcome.STORED if stored.new else Outcome.KNOWN, stored)


class Digest:
    """Reports on documents, of which the first of each outcome are kept and the others summed up.

    However many reports it takes, it stays small, and their sums stay the same.
    """

    MOST = 1_000

    def __init__(self) -> None:
        self._reports: dict[int | tuple[Outcome, str], DocumentReport] = {}
        self._taken: Counter[Outcome] = Counter()

    def add(self, report: DocumentReport) -> None:
        """Take one report."""
        self._taken[report.outcome] += 1
        if self._taken[report.outcome] <= self.MOST:
            self._reports[self._taken.total()] = report
            return
        kind = (report.outcome, report.what)
        before = self._reports.pop(kind, None)
        self._reports[kind] = _joined(before, report)

    @property
    def reports(self) -> list[DocumentReport]:
        """All of them in order, the rest of each outcome and kind where its last one was."""
        return list(self._reports.values())


def _joined(before: DocumentReport | None, report: DocumentReport) -> DocumentReport:
    """A report that stands for one more; of refusals it shows the first."""
    first = before or report
    documents = report.documents + (before.documents if before else 0)
    counts = Counter(before.counts if before else {})
    counts.update(report.counts)
    stored = [each.stored for each in (before, report) if each and each.stored]
    conflicts = [conflict for each in stored for conflict in each.conflicts]
    more_conflicts = max(0, len(conflicts) - _MOST_CONFLICTS) + report.more_conflicts
    return DocumentReport(
        source=first.source if first.error else "",
        outcome=report.outcome,
        stored=_added(stored, conflicts[:_MOST_CONFLICTS]) if stored else None,
        error=first.error,
        what=report.what,
        told=f"the first of {documents} more" if first.error else f"{documents} more documents",
        counts=dict(counts),
        documents=documents,
        more_conflicts=more_conflicts + (before.more_conflicts if before else 0),
    )


def _added(stored: list[StoredDocument], conflicts: list[str]) -> StoredDocument:
    """What was written of several documents."""
    return StoredDocument(
        root="",
        name="",
        version="",
        digest="",
        new=any(each.new for each in stored),
        specs=sum(each.specs for each in stored),
        new_specs=sum(each.new_specs for each in stored),
        edges=sum(each.edges for each in stored),
        unverified=sum(each.unverified for each in stored),
        conflicts=conflicts,
    )


def refused(place: str, error: DocumentError) -> DocumentReport:
    """The report of a document that is not."""
    return DocumentReport(place, Outcome.REFUSED, error=error)


def document_as_json(report: DocumentReport) -> dict[str, Any]:
    """Return the report of one document as JSON; entries that say nothing are left out."""
    entry: dict[str, Any] = {
        "source": report.source,
        "outcome": report.outcome.value,
        "what": report.what,
    }
    if report.told:
        entry["told"] = report.told
    if report.documents != 1:
        entry["documents"] = report.documents
    if report.counts:
        entry["counts"] = dict(report.counts)
    if report.stored is not None:
        entry |= vars(report.stored)
    if report.error is not None:
        entry |= {
            "fault": report.error.fault.value,
            "reason": report.error.detail,
            "pointer": report.error.pointer,
        }
    return entry


def summary_as_json(report: LoadReport) -> dict[str, Any]:
    """Return the sums of a load as JSON."""
    return {
        "documents": {outcome.value: report.outcomes[outcome] for outcome in Outcome},
        "specs": report.specs,
        "new_specs": report.new_specs,
        "edges": report.edges,
        "unverified": report.unverified,
        "conflicts": report.conflicts,
        **({"counts": dict(sorted(report.counts.items()))} if report.counts else {}),
    }
