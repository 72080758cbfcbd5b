"""`specgraph load`: files and directories in, one report a document out."""

import io
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from neo4j.exceptions import ClientError

from cypher.run import Database
from loaders import source
from loaders.builds.folder import printable
from loaders.errors import DocumentError, Fault
from loaders.pipeline.discovery import Candidate, Kind
from loaders.pipeline.files import Counted, documents_in
from loaders.pipeline.kinds import told_by_content
from loaders.pipeline.reports import DocumentReport, LoadReport, Outcome, refused, told
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.spec_writes import EDGES_PER_TRANSACTION, LoadMemory
from loaders.store.specs import store_documents

BATCH_DOCUMENTS = 256
_IN_FLIGHT = 3


@dataclass(frozen=True)
class Parsed:
    """A document that was read and checked: where it was, its JSON, and what it says."""

    place: str
    raw: bytes
    document: SpecDocument


Store = Callable[[Sequence[Parsed]], list[DocumentReport]]
"""Stores documents and reports on each, in order."""


class Documents(Protocol):
    """Takes the spec documents that are in other documents."""

    def __call__(self, place: str, raw: bytes, allow_unverified: bool = False) -> int:
        """Take one: where it is, its JSON, and whether hashes that do not match may stay.

        :returns: how many of its specs came up for the first time in this load.
        """


class Evidence(Protocol):
    """Reads and stores what is no spec document."""

    def __call__(
        self, candidate: Candidate, documents: Documents, on_bytes: Callable[[int], None], /
    ) -> Iterator[DocumentReport]:
        """Take one candidate.

        :param documents: takes the spec documents in it.
        :param on_bytes: called with the number of bytes of it that are done.
        """


@runtime_checkable
class Finishing(Protocol):
    """Evidence of which some has to wait until all spec documents of a load are stored."""

    def finish(self) -> Iterator[DocumentReport]:
        """Store what waited."""


class Loader:
    """Loads files, parsing some while others are stored.

    :param store: where to; see :func:`into`.
    :param evidence: takes all that is no spec document; None to pass it over.
    :param on_document: called with each document's report, in order.
    :param on_bytes: called with the number of file bytes that were read since the last call.
    """

    def __init__(
        self,
        store: Store,
        *,
        evidence: Evidence | None = None,
        allow_unverified: bool = False,
        on_document: Callable[[DocumentReport], None] = lambda report: None,
        on_bytes: Callable[[int], None] = lambda count: None,
    ) -> None:
        self.store = store
        self.evidence = evidence
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
            evidence: object = self.evidence
            if isinstance(evidence, Finishing):
                for report in evidence.finish():
                    self._tell(report)
        finally:
            self._pool.shutdown(cancel_futures=True)
        return self.report

    def _file(self, candidate: Candidate) -> None:
        origin = str(candidate.path)
        try:
            if self.evidence is not None:
                candidate = _told(candidate)
                if candidate.kind is not Kind.FILE or candidate.content is not None:
                    self._other(candidate, self.evidence)
                    return
            with candidate.path.open("rb") as file:
                counted = Counted(file, self.on_bytes)
                stream = source.open_decompressed(io.BufferedReader(counted))
                for index, raw in enumerate(documents_in(stream, named=candidate.named), 1):
                    place = origin if index == 1 else f"{origin}:{index}"
                    if not self._document(place, index, raw, candidate):
                        break
                self.on_bytes(max(0, candidate.size - counted.total))
        except DocumentError as error:
            self._refuse(origin, error, candidate.named)
        except OSError as error:
            detail = f"cannot be read: {error.strerror or error}"
            self._refuse(origin, DocumentError(Fault.MALFORMED, detail), candidate.named)

    def _other(self, candidate: Candidate, evidence: Evidence) -> None:
        """Load what is no spec document, and the spec documents in it."""
        done = 0

        def document(place: str, raw: bytes, allow_unverified: bool = False) -> int:
            try:
                return self._take(place, raw, allow_unverified or self.allow_unverified)
            except DocumentError as error:
                self._tell(refused(place, error))
                return 0

        def on_bytes(count: int) -> None:
            nonlocal done
            count = min(count, candidate.size - done)
            done += count
            self.on_bytes(count)

        for report in evidence(candidate, document, on_bytes):
            self._tell(report)
        on_bytes(candidate.size)

    def _document(self, place: str, index: int, raw: bytes, candidate: Candidate) -> bool:
        """Queue one document of a file; False where the rest of the file is not ours."""
        try:
            self._take(place, raw, self.allow_unverified)
        except DocumentError as error:
            foreign = error.fault is Fault.UNSUPPORTED and not candidate.named
            self._refuse(place, error, candidate.named)
            return not (foreign and index == 1)
        return True

    def _take(self, place: str, raw: bytes, allow_unverified: bool) -> int:
        """Parse a document and queue it.

        :returns: how many of its specs came up for the first time.
        :raises DocumentError: it cannot be stored.
        """
        document = parse_document(raw, allow_unverified=allow_unverified)
        self._batch.append(Parsed(place, raw, document))
        self._cost += len(document.closure.build)
        fresh = [node for node in document.nodes if node.hash not in self._sent]
        self._sent.update(node.hash for node in fresh)
        self._cost += sum(len(node.edges) + 1 for node in fresh)
        full = self._cost >= EDGES_PER_TRANSACTION * 3 // 4
        if full or len(self._batch) >= BATCH_DOCUMENTS:
            self._flush()
        return len(fresh)

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


def _told(candidate: Candidate) -> Candidate:
    """The candidate, with what it holds where it is a file and no spec document."""
    if candidate.kind is not Kind.FILE:
        return candidate
    return replace(candidate, content=told_by_content(candidate.path))


def into(database: Database) -> Store:
    """Store documents in a database; one that the database refuses does not stop the rest."""
    memory = LoadMemory()

    def store(batch: Sequence[Parsed]) -> list[DocumentReport]:
        origins = [each.place for each in batch]
        try:
            results = store_documents(
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


def _common(origins: list[str]) -> str:
    """What to keep as the origin of a batch: the file, or the folder that the files share."""
    if len(set(origins)) == 1:
        return printable(Path(origins[0]).name)
    shared = os.path.commonpath([os.path.abspath(origin) for origin in origins])
    return printable(os.path.basename(shared)) or "files"
