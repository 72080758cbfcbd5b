"""Report the result of a load: on each document, and in total."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import NotRequired, TypedDict, cast

from loaders.errors import DocumentError
from loaders.evidence import Status
from loaders.store.specs import StoredDocument

_MOST_CONFLICTS = 1_000
"""Limit of the conflicts that the sum of many reports names."""


class Outcome(StrEnum):
    """The outcome of loading a document.

    `KNOWN`: everything in it was stored before. `IGNORED`: it is not a document of any kind.
    """

    STORED = "stored"
    KNOWN = "known"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class ReportedBuild:
    """The build, an attempt at building a spec, that a record is about.

    Attributes:
        uid: Its identity.
        hash: Hash of its spec.
        status: How it ended, by the best evidence for it.
        marked: Whether the record only says that it failed, or was skipped. It may be about the
            same build as another record.
    """

    uid: str
    hash: str
    status: Status
    marked: bool


@dataclass(frozen=True)
class DocumentReport:
    """The report on one document of a load, or on a part of one.

    Attributes:
        source: The file, followed by `:N` for the N-th document in it, from 2.
        stored: Result of storing a spec document; None if it was refused or ignored.
        error: Why it was refused or ignored.
        kind: `spec`, `build`, `installations`, `compilers`, `environment`, `offers`, `tests` or
            `can_splice`.
        summary: Description in a few words, unless it is a single spec document.
        counts: Numbers by name; those of new things start with `new_`.
        documents: Number of documents that the report stands for.
        more_conflicts: Number of conflicts that `stored` does not name.
        build: The build that it is about, if it is about one.
    """

    source: str
    outcome: Outcome
    stored: StoredDocument | None = None
    error: DocumentError | None = None
    kind: str = "spec"
    summary: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    documents: int = 1
    more_conflicts: int = 0
    build: ReportedBuild | None = None


@dataclass
class LoadReport:
    """The totals of a load.

    Attributes:
        outcomes: Number of documents by outcome.
        other_counts: Numbers by name, except those of single builds.
        builds: The builds that records are about, and whether one of the records was new.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    specs: int = 0
    new_specs: int = 0
    edges: int = 0
    unverified: int = 0
    conflicts: int = 0
    other_counts: Counter[str] = field(default_factory=Counter)
    builds: dict[str, tuple[ReportedBuild, bool]] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        """Return numbers of everything but spec documents, by name.

        `build_records` counts documents about builds, `builds` the builds themselves: the numbers
        by status add up to it. A record that only marks a failure is about the build of the same
        spec that another record describes, if there is one.
        """
        counts = Counter(self.other_counts)
        ended = {
            build.hash
            for build, _ in self.builds.values()
            if not build.marked and build.status in (Status.FAILED, Status.SKIPPED)
        }
        for build, is_new in self.builds.values():
            if not (build.marked and build.hash in ended):
                counts.update({"builds": 1, build.status.value: 1, "new_builds": int(is_new)})
        return counts

    def add(self, report: DocumentReport) -> None:
        """Count one document."""
        self.outcomes[report.outcome] += report.documents
        counts = Counter(report.counts)
        if report.build is not None:
            _, was_new = self.builds.get(report.build.uid, (None, False))
            self.builds[report.build.uid] = report.build, was_new or counts.pop("new_builds", 0) > 0
            counts.pop("new_builds", None)
        self.other_counts.update(counts)
        if report.stored:
            self.specs += report.stored.specs
            self.new_specs += report.stored.new_specs
            self.edges += report.stored.edges
            self.unverified += report.stored.unverified
            self.conflicts += len(report.stored.conflicts) + report.more_conflicts


def report_stored(place: str, stored: StoredDocument) -> DocumentReport:
    """Return the report on a stored spec document."""
    return DocumentReport(place, Outcome.STORED if stored.new else Outcome.KNOWN, stored)


def summarize(place: str, kind: str, text: str, counts: Mapping[str, int]) -> DocumentReport:
    """Return the report on many things of one kind.

    Args:
        place: The document.
        kind: Kind of the things.
        text: Description in a few words.
        counts: Numbers by name; the document is new if one that starts with `new_` is not zero.
    """
    new = any(count for name, count in counts.items() if name.startswith("new_"))
    outcome = Outcome.STORED if new else Outcome.KNOWN
    return DocumentReport(place, outcome, kind=kind, summary=text, counts=dict(counts))


class ReportDigest:
    """Reports of bounded number: the first of each outcome as they are, the rest summed up.

    The totals of a digest are those of all reports that were added, except that a sum counts a
    build once for each record about it.
    """

    MOST = 1_000

    def __init__(self) -> None:
        self._reports: dict[int | tuple[Outcome, str], DocumentReport] = {}
        self._taken: Counter[Outcome] = Counter()

    def add(self, report: DocumentReport) -> None:
        """Add one report."""
        self._taken[report.outcome] += 1
        if self._taken[report.outcome] <= self.MOST:
            self._reports[self._taken.total()] = report
            return
        # Taken out and put back, so that a sum is at the place of its last report.
        kind = (report.outcome, report.kind)
        before = self._reports.pop(kind, None)
        self._reports[kind] = _join(before, report)

    @property
    def reports(self) -> list[DocumentReport]:
        """Return the reports in order, a sum in the place of its last report."""
        return list(self._reports.values())


def _join(before: DocumentReport | None, report: DocumentReport) -> DocumentReport:
    """Return a sum with one more report; a sum of refusals names the first of them."""
    first = before or report
    documents = report.documents + (before.documents if before else 0)
    counts = Counter(before.counts if before else {})
    counts.update(report.counts)
    if report.build is not None:
        # Those that a sum stands for are no longer told apart.
        counts.update({"builds": 1, report.build.status.value: 1})
    stored = [each.stored for each in (before, report) if each and each.stored]
    conflicts = [conflict for each in stored for conflict in each.conflicts]
    more_conflicts = max(0, len(conflicts) - _MOST_CONFLICTS) + report.more_conflicts
    return DocumentReport(
        source=first.source if first.error else "",
        outcome=report.outcome,
        stored=_add_stored(stored, conflicts[:_MOST_CONFLICTS]) if stored else None,
        error=first.error,
        kind=report.kind,
        summary=f"the first of {documents} more" if first.error else f"{documents} more documents",
        counts=dict(counts),
        documents=documents,
        more_conflicts=more_conflicts + (before.more_conflicts if before else 0),
    )


def _add_stored(stored: list[StoredDocument], conflicts: list[str]) -> StoredDocument:
    """Return the sum of the results of several documents."""
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
        defects=sorted({defect for each in stored for defect in each.defects})[:_MOST_CONFLICTS],
    )


class BuildEntry(TypedDict):
    """The build that a record is about, as JSON; see `ReportedBuild`."""

    uid: str
    hash: str
    status: str
    marked: bool


class ReportEntry(TypedDict):
    """A report as JSON, in the answer of `POST /documents` and in the output of `load --json`.

    A spec document adds the fields of `StoredDocument`, a refused one `fault`, `reason` and
    `pointer`.
    """

    source: str
    outcome: str
    what: str
    told: NotRequired[str]
    documents: NotRequired[int]
    counts: NotRequired[dict[str, int]]
    build: NotRequired["BuildEntry"]
    root: NotRequired[str]
    name: NotRequired[str]
    version: NotRequired[str]
    digest: NotRequired[str]
    new: NotRequired[bool]
    specs: NotRequired[int]
    new_specs: NotRequired[int]
    edges: NotRequired[int]
    unverified: NotRequired[int]
    conflicts: NotRequired[list[str]]
    defects: NotRequired[list[str]]
    fault: NotRequired[str]
    reason: NotRequired[str]
    pointer: NotRequired[str]


def report_entry(report: DocumentReport) -> ReportEntry:
    """Return a report as JSON."""
    entry: ReportEntry = {
        "source": report.source,
        "outcome": report.outcome.value,
        "what": report.kind,
    }
    if report.summary:
        entry["told"] = report.summary
    if report.documents != 1:
        entry["documents"] = report.documents
    if report.counts:
        entry["counts"] = dict(report.counts)
    if report.build is not None:
        entry["build"] = cast(BuildEntry, asdict(report.build))
    if report.stored is not None:
        entry.update(cast(ReportEntry, asdict(report.stored)))
    if report.error is not None:
        entry["fault"] = report.error.fault.value
        entry["reason"] = report.error.detail
        entry["pointer"] = report.error.pointer
    return entry


class LoadSummary(TypedDict):
    """The totals of a load as JSON."""

    documents: dict[str, int]
    specs: int
    new_specs: int
    edges: int
    unverified: int
    conflicts: int
    counts: NotRequired[dict[str, int]]


def load_summary(report: LoadReport) -> LoadSummary:
    """Return the totals of a load as JSON."""
    summary: LoadSummary = {
        "documents": {outcome.value: report.outcomes[outcome] for outcome in Outcome},
        "specs": report.specs,
        "new_specs": report.new_specs,
        "edges": report.edges,
        "unverified": report.unverified,
        "conflicts": report.conflicts,
    }
    counts = report.counts
    if counts:
        summary["counts"] = dict(sorted(counts.items()))
    return summary


def refused(place: str, error: DocumentError) -> DocumentReport:
    """Return the report on a refused document."""
    return DocumentReport(place, Outcome.REFUSED, error=error)
