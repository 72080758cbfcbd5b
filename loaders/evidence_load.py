"""What is no spec document, read and stored: builds, stores, environments, caches, reports."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from neo4j.exceptions import ClientError, DatabaseError

from cypher.run import Database
from loaders import cdash, junit, lockfile, source, store_index, test_runs
from loaders.attempts import DEFAULT_SITE, StoredAttempt, store_attempts
from loaders.deployments import StoreWriter, store_environment, store_test_runs
from loaders.discovery import DATABASE, Candidate, Kind
from loaders.errors import DocumentError, Fault
from loaders.evidence import Attempt, Installation, Source, Status, hash_prefix
from loaders.failure_marks import read_marks
from loaders.found import WholeDocument
from loaders.install_folder import read_installed
from loaders.kinds import Content, told_by_content
from loaders.load import Documents
from loaders.lockfile import LockedEnvironment
from loaders.outcomes import DocumentReport, Outcome, refused
from loaders.redaction import Redactor
from loaders.reports import Report
from loaders.stage_folder import read_failed_stage

Reports = Iterator[DocumentReport]
OnBytes = Callable[[int], None]
Reader = Callable[[Candidate, Documents, OnBytes], Reports]

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Options:
    """What the user says about the documents.

    :ivar site: where they come from.
    :ivar name: of the store, build cache or environment; None for :func:`default_name`.
    :ivar upstream: whether a store is an upstream.
    :ivar as_of: time of a store's index, since 1970; None for that of the file.
    """

    site: str = DEFAULT_SITE
    name: str | None = None
    upstream: bool = False
    as_of: float | None = None
    redactor: Redactor = field(default_factory=Redactor)


def default_name(path: Path) -> str:
    """What a store, build cache or environment is called where nobody says: its folder's name.

    With the start of a hash of the whole path, which itself is never kept.
    """
    folder = path.resolve()
    if not folder.is_dir():
        folder = folder.parent
    if folder.name == DATABASE:
        folder = folder.parent
    return f"{folder.name}-{hash_prefix(str(folder))[:8]}"


class EvidenceLoader:
    """Reads and stores candidates that are no spec documents.

    :param options: what the user says about them.
    """

    def __init__(self, database: Database, options: Options) -> None:
        self.database = database
        self.options = options
        self._folders: dict[Kind, Reader] = {
            Kind.INSTALLED: self._installed,
            Kind.STAGE: self._stage,
            Kind.FAILURES: self._failures,
            Kind.TESTS: self._tests,
            Kind.CDASH: self._cdash,
        }
        self._files: dict[Content, Reader] = {
            Content.STORE_INDEX: self._index,
            Content.LOCKFILE: self._lockfile,
            Content.JUNIT: self._junit,
            Content.CDASH: self._cdash,
        }

    def __call__(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        """Read and store one candidate.

        :param documents: takes the spec documents in it.
        :param on_bytes: called with the number of bytes that are done, where that takes long.
        :raises neo4j.exceptions.DriverError: the database cannot be reached.
        """
        if candidate.kind is not Kind.FILE:
            read = self._folders[candidate.kind]
        else:
            content = told_by_content(candidate.path)
            assert content is not None
            read = self._files[content]
        try:
            yield from read(candidate, documents, on_bytes)
        except DocumentError as error:
            yield refused(str(candidate.path), error)
        except OSError as error:
            detail = f"cannot be read: {error.strerror or error}"
            yield refused(str(candidate.path), DocumentError(Fault.MALFORMED, detail))

    def _installed(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        reading = read_installed(candidate.path, self.options.redactor)
        yield from self._attempts(candidate, _with_origin(reading.attempt))
        yield from _problems(candidate, reading.problems)

    def _stage(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        reading = read_failed_stage(candidate.path, self.options.redactor)
        failed = self._known_to_have_failed(reading.attempt)
        if failed is not None:
            reading = read_failed_stage(candidate.path, self.options.redactor, failed=failed)
        yield from self._attempts(candidate, [reading.attempt] if reading.attempt else [])
        yield from _problems(candidate, reading.problems)

    def _known_to_have_failed(self, attempt: Attempt | None) -> bool | None:
        """What the graph knows of how a stage's build ended; None where it does not.

        It failed where the spec has a failure marker at the site, and did not where the very
        attempt is told of by what it installed or by JUnit.
        """
        if attempt is None:
            return None
        hash_, site = attempt.spec.hash, self.options.site
        marked = False
        for uid, status, source_ in self.database.read_one("told_of", hash=hash_, site=site):
            if uid == attempt.uid and source_ <= Source.JUNIT and status != attempt.status:
                return bool(status == Status.FAILED)
            marked = marked or (source_ == Source.MARK and status == Status.FAILED)
        return True if marked else None

    def _failures(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        found = read_marks(candidate.path)
        for mark in found.marks:
            if mark.document is not None:
                name = f"{mark.attempt.spec.name}-{mark.attempt.spec.hash}"
                documents(str(candidate.path / name), mark.document)
        yield from self._attempts(candidate, [mark.attempt for mark in found.marks])
        yield from _problems(candidate, found.problems)

    def _tests(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        with ExitStack() as stack:
            paths = [p for p in sorted(candidate.path.iterdir()) if test_runs.is_part(p.name)]
            suite = test_runs.read_test_suite(_opened(stack, paths), self.options.redactor)
        for document in suite.documents:
            documents(str(candidate.path / test_runs.LOCK), document)
        yield from self._test_runs(candidate, suite.runs)
        yield from _problems(candidate, suite.problems)

    def _junit(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        with source.open_path(candidate.path) as stream:
            report = junit.read_junit(stream, candidate.path.name, self.options.redactor)
        yield from self._report(candidate, report)

    def _cdash(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        with ExitStack() as stack:
            opened = _opened(stack, candidate.files or (candidate.path,))
            report = cdash.read_cdash(opened, self.options.redactor)
        yield from self._report(candidate, report)

    def _index(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        path, place, options = candidate.path, str(candidate.path), self.options
        writer = StoreWriter(
            self.database,
            site=options.site,
            name=options.name or default_name(path),
            as_of=path.stat().st_mtime if options.as_of is None else options.as_of,
            upstream=options.upstream,
        )
        rows: list[Installation] = []
        whole = True
        with source.open_path(path) as stream:
            index = store_index.Index(place, stream, options.upstream)
            for each in store_index.read([index]):
                if isinstance(each, Installation):
                    rows.append(each)
                elif isinstance(each, WholeDocument):
                    where = f"{place} /{each.root[:7]}"
                    fresh = documents(where, each.raw, each.unverifiable)
                    on_bytes(fresh * candidate.size // max(1, writer.seen + len(rows)))
                else:
                    whole = whole and each.error.fault is Fault.MISSING_DEPENDENCY
                    yield refused(place, each.error)
                if len(rows) >= ROWS_AT_ONCE:
                    writer.add(rows)
                    rows.clear()
        writer.add(rows)
        if whole:
            writer.finish()
        counts = {"installations": writer.seen, "new_installations": writer.created}
        yield _summary(place, "installations", f"{writer.seen} installations", counts)

    def _lockfile(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        path, place = candidate.path, str(candidate.path)
        with source.open_path(path) as stream:
            raw = source.read_bounded(stream)
        name = self.options.name or default_name(path)
        for each in lockfile.read(raw, place, name):
            if isinstance(each, LockedEnvironment):
                new = store_environment(
                    self.database, each, site=self.options.site, name=each.name or name
                )
                counts = {"environments": 1, "new_environments": int(new)}
                told = f"environment with {len(each.roots)} roots"
                yield _summary(place, "environment", told, counts)
            elif isinstance(each, WholeDocument):
                documents(f"{place} /{each.root[:7]}", each.raw, each.unverifiable)
            else:
                yield refused(place, each.error)

    def _report(self, candidate: Candidate, report: Report) -> Reports:
        yield from self._attempts(candidate, report.attempts)
        yield from self._test_runs(candidate, report.test_runs)
        yield from _problems(candidate, report.problems)

    def _attempts(self, candidate: Candidate, attempts: Sequence[Attempt]) -> Reports:
        origin = candidate.path.name
        if candidate.kind is Kind.INSTALLED:
            origin = candidate.path.parent.name
        for each in self._stored(attempts, origin):
            if isinstance(each, StoredAttempt):
                yield _told_attempt(str(candidate.path), each)
            else:
                yield refused(str(candidate.path), each)

    def _stored(
        self, attempts: Sequence[Attempt], origin: str
    ) -> list[StoredAttempt | DocumentError]:
        """Store attempts; one that the database refuses does not stop the rest."""
        try:
            return [*store_attempts(self.database, attempts, site=self.options.site, origin=origin)]
        except (ClientError, DatabaseError) as error:
            if len(attempts) > 1:
                return [each for attempt in attempts for each in self._stored([attempt], origin)]
            detail = f"the database refused it: {error.message}"[:500]
            return [DocumentError(Fault.INVALID, detail)]

    def _test_runs(self, candidate: Candidate, runs: Sequence[test_runs.TestRun]) -> Reports:
        if runs:
            new = store_test_runs(self.database, runs, site=self.options.site)
            counts = {"tests": len(runs), "new_tests": new}
            yield _summary(str(candidate.path), "tests", f"{len(runs)} test runs", counts)


def _with_origin(attempt: Attempt | None) -> list[Attempt]:
    """The attempt; of a spliced spec also the one that built it, which its folder tells of.

    A splice is not built but made from what its build spec installed, with that one's log.
    """
    if attempt is None:
        return []
    build_spec = attempt.more.get("build_spec")
    if not isinstance(build_spec, str):
        return [attempt]
    spec = replace(attempt.spec, hash=build_spec)
    made = replace(attempt, spec=spec, binary=None, files=None, more={})
    return [made, replace(attempt, phases=(), variables=(), attachments=(), recipes=())]


def _opened(stack: ExitStack, paths: Iterable[Path]) -> Iterator[tuple[str, BinaryIO]]:
    for path in paths:
        yield path.name, stack.enter_context(source.open_path(path))


def _problems(candidate: Candidate, problems: Iterable[tuple[str, DocumentError]]) -> Reports:
    for place, error in problems:
        path = str(candidate.path) if place in ("", ".") else f"{candidate.path}/{place}"
        yield refused(path, error)


def _told_attempt(place: str, stored: StoredAttempt) -> DocumentReport:
    attempt = stored.attempt
    version = f"@{attempt.spec.version}" if attempt.spec.version else ""
    told = f"{attempt.spec.name}{version}/{attempt.spec.hash[:7]} {attempt.status.value}"
    if attempt.status is Status.FAILED and attempt.failed_phase:
        told += f" in {attempt.failed_phase}"
    if attempt.culprit is not None:
        told += f" since {attempt.culprit.name}/{attempt.culprit.hash[:7]} failed"
    counts = {"builds": 1, "new_builds": int(stored.new), attempt.status.value: int(stored.new)}
    outcome = Outcome.STORED if stored.changed else Outcome.KNOWN
    return DocumentReport(place, outcome, what="build", told=told, counts=counts)


def _summary(place: str, what: str, told: str, counts: dict[str, int]) -> DocumentReport:
    new = sum(count for name, count in counts.items() if name.startswith("new_"))
    outcome = Outcome.STORED if new else Outcome.KNOWN
    return DocumentReport(place, outcome, what=what, told=told, counts=counts)
