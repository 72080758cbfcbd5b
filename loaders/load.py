"""`specgraph load`: files and directories in, one report a document out."""

import io
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from neo4j.exceptions import ClientError

from cypher.run import Database
from loaders import merge, source, spec_document
from loaders.errors import DocumentError, Fault
from loaders.files import Counted, documents_in
from loaders.spec_document import SpecDocument

BATCH_DOCUMENTS = 256
_IN_FLIGHT = 3


class Outcome(StrEnum):
    """What became of a document."""

    STORED = "stored"
    KNOWN = "known"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True)
class DocumentReport:
    """One document of a load.

    :ivar source: the file, with `:N` after it for the N-th document in it, from 1.
    :ivar stored: what was written, None where it was refused or ignored.
    :ivar error: why it was refused or ignored.
    """

    source: str
    outcome: Outcome
    stored: merge.Stored | None = None
    error: DocumentError | None = None


@dataclass
class LoadReport:
    """The sums over a load."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    specs: int = 0
    new_specs: int = 0
    edges: int = 0
    unverified: int = 0
    conflicts: int = 0

    def add(self, report: DocumentReport) -> None:
        """Count one document."""
        self.outcomes[report.outcome] += 1
        if report.stored:
            self.specs += report.stored.specs
            self.new_specs += report.stored.new_specs
            self.edges += report.stored.edges
            self.unverified += report.stored.unverified
            self.conflicts += len(report.stored.conflicts)


@dataclass(frozen=True)
class Candidate:
    """A file that may hold documents; `named` where the user named it and did not just point
    at a directory above it.
    """

    path: Path
    size: int
    named: bool


def discover(paths: Iterable[Path]) -> list[Candidate]:
    """All files at and below `paths`, in a stable order; links to directories are not followed.

    :raises FileNotFoundError: where a path does not exist.
    """
    found = []
    for path in paths:
        if path.is_dir():
            for folder, folders, files in os.walk(path):
                folders.sort()
                for name in sorted(files):
                    file = Path(folder, name)
                    if file.is_file():
                        found.append(Candidate(file, file.stat().st_size, named=False))
        else:
            found.append(Candidate(path, path.stat().st_size, named=True))
    return found


@dataclass(frozen=True)
class Parsed:
    """A document that was read and checked: where it was, its JSON, and what it says."""

    place: str
    raw: bytes
    document: SpecDocument


Store = Callable[[Sequence[Parsed]], list[DocumentReport]]
"""Stores documents and reports on each, in order."""


class Loader:
    """Loads files, parsing some while others are stored.

    :param store: where to; see :func:`into`.
    :param on_document: called with each document's report, in order.
    :param on_bytes: called with the number of file bytes that were read since the last call.
    """

    def __init__(
        self,
        store: Store,
        *,
        allow_unverified: bool = False,
        on_document: Callable[[DocumentReport], None] = lambda report: None,
        on_bytes: Callable[[int], None] = lambda count: None,
    ) -> None:
        self.store = store
        self.allow_unverified = allow_unverified
        self.on_document = on_document
        self.on_bytes = on_bytes
        self.report = LoadReport()
        self._batch: list[Parsed] = []
        self._cost = 0
        self._sent: set[str] = set()
        self._pending: deque[Future[list[DocumentReport]]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="specgraph-merge")

    def run(self, candidates: Iterable[Candidate]) -> LoadReport:
        """Load every candidate; a bad document is reported and the next one taken.

        :raises neo4j.exceptions.DriverError: the database cannot be reached; what was reported
            as stored is stored, and the load can be run again.
        """
        try:
            for candidate in candidates:
                self._file(candidate)
            self._flush()
            self._settle(0)
        finally:
            self._pool.shutdown(cancel_futures=True)
        return self.report

    def _file(self, candidate: Candidate) -> None:
        origin = str(candidate.path)
        try:
            with candidate.path.open("rb") as file:
                counted = Counted(file, self.on_bytes)
                stream = source.open_decompressed(io.BufferedReader(counted))
                for index, raw in enumerate(documents_in(stream, named=candidate.named), 1):
                    if not self._document(f"{origin}:{index}", origin, index, raw, candidate):
                        break
                self.on_bytes(max(0, candidate.size - counted.total))
        except DocumentError as error:
            self._refuse(origin, error, candidate.named)
        except OSError as error:
            detail = f"cannot be read: {error.strerror or error}"
            self._refuse(origin, DocumentError(Fault.MALFORMED, detail), candidate.named)

    def _document(
        self, place: str, origin: str, index: int, raw: bytes, candidate: Candidate
    ) -> bool:
        """Parse one document and queue it; False where the rest of the file is not ours."""
        try:
            document = spec_document.parse(raw, allow_unverified=self.allow_unverified)
        except DocumentError as error:
            foreign = error.fault is Fault.UNSUPPORTED and not candidate.named
            self._refuse(origin if index == 1 else place, error, candidate.named)
            return not (foreign and index == 1)
        self._batch.append(Parsed(origin if index == 1 else place, raw, document))
        self._cost += len(document.closure.build)
        for node in document.nodes:
            if node.hash not in self._sent:
                self._sent.add(node.hash)
                self._cost += len(node.edges) + 1
        full = self._cost >= merge.EDGES_PER_TRANSACTION * 3 // 4
        if full or len(self._batch) >= BATCH_DOCUMENTS:
            self._flush()
        return True

    def _refuse(self, place: str, error: DocumentError, named: bool) -> None:
        ignored = error.fault is Fault.UNSUPPORTED and not named
        outcome = Outcome.IGNORED if ignored else Outcome.REFUSED
        self._tell(DocumentReport(place, outcome, error=error))

    def _tell(self, report: DocumentReport) -> None:
        self.report.add(report)
        self.on_document(report)

    def _flush(self) -> None:
        if self._batch:
            batch, self._batch, self._cost = self._batch, [], 0
            if len(self._sent) > 1_000_000:
                self._sent.clear()
            self._pending.append(self._pool.submit(self.store, batch))
        self._settle(_IN_FLIGHT)

    def _settle(self, allowed: int) -> None:
        while len(self._pending) > allowed:
            for report in self._pending.popleft().result():
                self._tell(report)


def into(database: Database) -> Store:
    """Store documents in a database; one that the database refuses does not stop the rest."""
    memory = merge.Memory()

    def store(batch: Sequence[Parsed]) -> list[DocumentReport]:
        origins = [each.place for each in batch]
        try:
            results = merge.store(
                database,
                [each.document for each in batch],
                origin=_common(origins),
                memory=memory,
            )
        except ClientError as error:
            if len(batch) > 1:
                return [report for each in batch for report in store([each])]
            detail = f"the database refused it: {error.message}"
            return [refused(origins[0], DocumentError(Fault.INVALID, detail))]
        return [told(place, each) for place, each in zip(origins, results, strict=True)]

    return store


def told(place: str, stored: merge.Stored) -> DocumentReport:
    """The report of a document that is stored."""
    return DocumentReport(place, Outcome.STORED if stored.new else Outcome.KNOWN, stored)


def refused(place: str, error: DocumentError) -> DocumentReport:
    """The report of a document that is not."""
    return DocumentReport(place, Outcome.REFUSED, error=error)


def _common(origins: list[str]) -> str:
    """What to keep as the origin of a batch: the file, or the folder that the files share."""
    if len(set(origins)) == 1:
        return Path(origins[0]).name
    return os.path.basename(os.path.commonpath(origins).rstrip(os.sep)) or "files"
