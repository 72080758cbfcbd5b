"""Load files and folders: parse spec documents, store them in batches, and report on each.

Candidates of another kind are passed on to a `CandidateLoader`, and the spec documents in them come
back.
"""

import io
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from neo4j.exceptions import ClientError

from cypher.run import Database
from loaders import limits, source
from loaders.document_kinds import Candidate, unreadable
from loaders.errors import DocumentError, Fault
from loaders.folder import printable
from loaders.pipeline.files import CountingFile, documents_in
from loaders.pipeline.kinds import recognize_file
from loaders.pipeline.reports import (
    DocumentReport,
    LoadReport,
    Outcome,
    refused,
    report_stored,
)
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.spec_writes import EDGES_PER_TRANSACTION, LoadMemory
from loaders.store.specs import store_documents

BATCH_DOCUMENTS = 256
"""Limit of the documents that are stored together."""
_BATCH_EDGES = EDGES_PER_TRANSACTION * 3 // 4
# Batches that wait to be stored: enough that the store never waits for the parser.
_IN_FLIGHT = 3
# Hashes of specs in accepted documents, the last ones if there are more.
_MOST_SEEN = 1_000_000


@dataclass(frozen=True)
class ParsedDocument:
    """A document that was parsed and checked.

    Attributes:
        place: Where it is, for reports.
        raw: Its JSON.
    """

    place: str
    raw: bytes
    document: SpecDocument


OnBytes = Callable[[int], None]
"""Called with the number of bytes that are done since the last call."""

DocumentStore = Callable[[Sequence[ParsedDocument]], list[DocumentReport]]
"""Stores documents and returns a report on each, in order."""


@dataclass(frozen=True, slots=True)
class QueuedDocument:
    """A document that was queued to be stored.

    Attributes:
        new_specs: Number of its specs that occur for the first time in this load.
        contents: Identity of each content that its hash does not determine, by that hash.
    """

    new_specs: int = 0
    contents: Mapping[str, str] = field(default_factory=dict)


class DocumentQueue(Protocol):
    """Takes the spec documents that are in other documents."""

    def __call__(self, place: str, raw: bytes, allow_unverified: bool = False) -> QueuedDocument:
        """Queue one document to be stored.

        Args:
            place: Where it is, for reports.
            raw: Its JSON.
            allow_unverified: Whether hashes that do not match are accepted.
        """

    def has_accepted(self, hash_: str) -> bool:
        """Return whether a spec is in one of the last documents that were queued."""

    def flush(self) -> None:
        """Store all documents that are queued, and wait until they are stored."""


class CandidateLoader(Protocol):
    """Loads candidates that are not spec documents."""

    def __call__(
        self, candidate: Candidate, documents: DocumentQueue, on_bytes: OnBytes, /
    ) -> Iterator[DocumentReport]:
        """Load one candidate and yield reports.

        Args:
            candidate: A candidate of a kind.
            documents: Takes the spec documents in it.
            on_bytes: Called with the number of its bytes that are done.
        """


@runtime_checkable
class FinishingLoader(Protocol):
    """A loader of candidates that stores something after all spec documents of a load."""

    def finish(self) -> Iterator[DocumentReport]:
        """Store the deferred records and yield reports."""


class Loader:
    """Loader of files and folders, which parses documents while others are stored.

    Args:
        store: Stores spec documents; see `document_store`.
        kind_loader: Loads candidates of another kind; None ignores them.
        allow_unverified: Accept documents with hashes that do not match.
        on_document: Called with the report on each document, in order.
        on_bytes: Called with the number of bytes that were read since the last call.
    """

    def __init__(
        self,
        store: DocumentStore,
        *,
        kind_loader: CandidateLoader | None = None,
        allow_unverified: bool = False,
        on_document: Callable[[DocumentReport], None] = lambda report: None,
        on_bytes: OnBytes = lambda count: None,
    ) -> None:
        self.store = store
        self.kind_loader = kind_loader
        self.allow_unverified = allow_unverified
        self.on_document = on_document
        self.on_bytes = on_bytes
        self.report = LoadReport()
        self._batch: list[ParsedDocument] = []
        self._edges = 0
        self._seen: set[str] = set()
        self._pending: deque[Future[list[DocumentReport]]] = deque()
        # A single thread, so that batches are stored, and reported, in their order.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="specgraph-merge")

    def run(self, candidates: Iterable[Candidate]) -> LoadReport:
        """Load every candidate; a bad document is reported and does not stop the rest.

        Raises:
            neo4j.exceptions.DriverError: The database cannot be reached. Everything reported as
                stored is stored, and the load can be repeated.
        """
        try:
            for candidate in candidates:
                with limits.budget():
                    self._load(candidate)
            self._flush()
            self._collect_reports(0)
            kind_loader: object = self.kind_loader
            if isinstance(kind_loader, FinishingLoader):
                for report in kind_loader.finish():
                    self._add_report(report)
        finally:
            self._pool.shutdown(cancel_futures=True)
        return self.report

    def _load(self, candidate: Candidate) -> None:
        origin = str(candidate.path)
        try:
            if self.kind_loader is not None:
                if candidate.kind is None:
                    candidate = replace(candidate, kind=recognize_file(candidate.path))
                if candidate.kind is not None:
                    self._load_kind(candidate, self.kind_loader)
                    return
            self._load_documents(origin, candidate)
        except DocumentError as error:
            self._refuse(origin, error, candidate.named)
        except OSError as error:
            self._refuse(origin, unreadable(error), candidate.named)

    def _load_documents(self, origin: str, candidate: Candidate) -> None:
        """Load the spec documents in a file."""
        with candidate.path.open("rb") as file:
            counting = CountingFile(file, self.on_bytes)
            stream = source.open_decompressed(io.BufferedReader(counting))
            bad, most = 0, limits.current().bad_documents
            for index, raw in enumerate(documents_in(stream, named=candidate.named), 1):
                place = origin if index == 1 else f"{origin}:{index}"
                error = self._load_document(place, raw, candidate)
                bad += error is not None
                # If already the first line is something else, so are all the others.
                foreign = error is not None and error.fault is Fault.UNSUPPORTED
                if foreign and index == 1 and not candidate.named:
                    break
                if bad > most:
                    detail = f"more than {most} documents in it are refused; the rest is not read"
                    raise DocumentError(Fault.TOO_LARGE, detail)
            self.on_bytes(max(0, candidate.size - counting.total))

    def _load_kind(self, candidate: Candidate, kind_loader: CandidateLoader) -> None:
        """Load a candidate of another kind, and the spec documents in it."""
        if candidate.kind is not None and candidate.kind.is_read_last:
            # The specs that the documents before it describe may be those that it means.
            self._flush()
            self._collect_reports(0)
        done = 0

        def on_bytes(count: int) -> None:
            # Estimated by some loaders: never report more than the candidate has.
            nonlocal done
            count = min(count, candidate.size - done)
            done += count
            self.on_bytes(count)

        for report in kind_loader(candidate, _Queue(self), on_bytes):
            self._add_report(report)
        on_bytes(candidate.size)

    def queue_document(self, place: str, raw: bytes, *, allow_unverified: bool) -> QueuedDocument:
        """Queue one document of a candidate; see `DocumentQueue`."""
        try:
            return self._queue(place, raw, allow_unverified or self.allow_unverified)
        except DocumentError as error:
            self._add_report(refused(place, error))
            return QueuedDocument()

    def has_accepted(self, hash_: str) -> bool:
        """Return whether a spec is in one of the last documents that were queued."""
        return hash_ in self._seen

    def flush_documents(self) -> None:
        """Store all documents that are queued, and wait until they are stored."""
        self._flush()
        self._collect_reports(0)

    def _load_document(self, place: str, raw: bytes, candidate: Candidate) -> DocumentError | None:
        """Queue one document of a file; return why it is refused, or None."""
        limits.spend()
        try:
            self._queue(place, raw, self.allow_unverified)
        except DocumentError as error:
            self._refuse(place, error, candidate.named)
            return error
        return None

    def _queue(self, place: str, raw: bytes, allow_unverified: bool) -> QueuedDocument:
        """Parse a document and queue it.

        Raises:
            DocumentError: It cannot be stored.
        """
        document = parse_document(raw, allow_unverified=allow_unverified)
        self._batch.append(ParsedDocument(place, raw, document))
        self._edges += len(document.closure.build)
        new = [node for node in document.nodes if node.hash not in self._seen]
        self._seen.update(node.hash for node in new)
        self._edges += sum(len(node.edges) + 1 for node in new)
        if self._edges >= _BATCH_EDGES or len(self._batch) >= BATCH_DOCUMENTS:
            self._flush()
        if document.is_plain:
            return QueuedDocument(len(new))
        contents = {hash_: uid for hash_, uid in document.uids.items() if hash_ != uid}
        return QueuedDocument(len(new), contents)

    def _refuse(self, place: str, error: DocumentError, named: bool) -> None:
        ignored = error.fault is Fault.UNSUPPORTED and not named
        outcome = Outcome.IGNORED if ignored else Outcome.REFUSED
        self._add_report(DocumentReport(place, outcome, error=error))

    def _add_report(self, report: DocumentReport) -> None:
        self.report.add(report)
        self.on_document(report)

    def _flush(self) -> None:
        if self._batch:
            batch, self._batch, self._edges = self._batch, [], 0
            if len(self._seen) > _MOST_SEEN:
                self._seen.clear()
            self._pending.append(self._pool.submit(self.store, batch))
        self._collect_reports(_IN_FLIGHT)

    def _collect_reports(self, allowed: int) -> None:
        """Wait until no more than `allowed` batches are pending."""
        while len(self._pending) > allowed:
            for report in self._pending.popleft().result():
                self._add_report(report)


class _Queue:
    """The documents of a candidate, queued in its load."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __call__(self, place: str, raw: bytes, allow_unverified: bool = False) -> QueuedDocument:
        return self._loader.queue_document(place, raw, allow_unverified=allow_unverified)

    def has_accepted(self, hash_: str) -> bool:
        return self._loader.has_accepted(hash_)

    def flush(self) -> None:
        self._loader.flush_documents()


def document_store(database: Database) -> DocumentStore:
    """Return a store that writes to a database.

    A document that the database refuses does not stop the rest.
    """
    memory = LoadMemory()

    def store(batch: Sequence[ParsedDocument]) -> list[DocumentReport]:
        places = [each.place for each in batch]
        try:
            results = store_documents(
                database,
                [each.document for each in batch],
                origin=_common_origin(places),
                memory=memory,
            )
        except ClientError as error:
            if len(batch) > 1:
                return [report for each in batch for report in store([each])]
            detail = f"the database refused it: {error.message}"
            return [refused(places[0], DocumentError(Fault.INVALID, detail))]
        return [report_stored(place, each) for place, each in zip(places, results, strict=True)]

    return store


def _common_origin(places: list[str]) -> str:
    """Return the name of the file, or of the folder that several files share."""
    if len(set(places)) == 1:
        return printable(Path(places[0]).name)
    shared = os.path.commonpath([os.path.abspath(place) for place in places])
    return printable(os.path.basename(shared)) or "files"
