"""What is no spec document, read and stored: what tells of builds here, the rest beside it."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from neo4j.exceptions import ClientError, DatabaseError

from cypher.run import Database
from loaders import source
from loaders.builds.failure_marks import read_failure_marks
from loaders.builds.folder import printable
from loaders.builds.install_folder import read_install_folder
from loaders.builds.stage_folder import read_stage_folder
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.monitor.announcements import Monitor
from loaders.monitor.saved_folder import SavedFolder
from loaders.pipeline.discovery import Candidate, Kind
from loaders.pipeline.installation_readers import DeploymentLoader
from loaders.pipeline.kinds import Content
from loaders.pipeline.loader import Documents
from loaders.pipeline.options import OnBytes, Options, Reader, Reports, summary
from loaders.pipeline.reports import DocumentReport, Outcome, refused
from loaders.reports import cdash, console, junit, test_runs
from loaders.reports.report import NotAttempted, Report
from loaders.store.attempts import StoredAttempt, store_attempts
from loaders.store.installations import store_test_runs

_LOG = logging.getLogger(__name__)


class EvidenceLoader:
    """Reads and stores candidates that are no spec documents.

    :param options: what the user says about them.
    """

    def __init__(self, database: Database, options: Options) -> None:
        self.database = database
        self.options = options
        self._waiting: list[tuple[Candidate, NotAttempted]] = []
        deployed = DeploymentLoader(database, options)
        self._folders: dict[Kind, Reader] = {
            Kind.INSTALLED: self._installed,
            Kind.STAGE: self._stage,
            Kind.FAILURES: self._failures,
            Kind.TESTS: self._tests,
            Kind.CDASH: self._cdash,
            Kind.BUILDCACHE: deployed.read_buildcache,
            Kind.MONITOR: self._monitor,
        }
        self._files: dict[Content, Reader] = {
            Content.STORE_INDEX: deployed.read_index,
            Content.LOCKFILE: deployed.read_lockfile,
            Content.CRAY_MANIFEST: deployed.read_cray_manifest,
            Content.BUILDCACHE_INDEX: deployed.read_buildcache_file,
            Content.BUILDCACHE_MANIFEST: deployed.read_buildcache_file,
            Content.BUILDCACHE_SPEC: deployed.read_buildcache_file,
            Content.JUNIT: self._junit,
            Content.CDASH: self._cdash,
            Content.CONSOLE: self._console,
        }

    def __call__(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        """Read and store one candidate.

        :param documents: takes the spec documents in it.
        :param on_bytes: called with the number of bytes that are done, where that takes long.
        :raises neo4j.exceptions.DriverError: the database cannot be reached.
        """
        if candidate.content is not None:
            read = self._files[candidate.content]
        else:
            read = self._folders[candidate.kind]
        try:
            yield from read(candidate, documents, on_bytes)
        except DocumentError as error:
            yield refused(str(candidate.path), error)
        except OSError as error:
            detail = f"cannot be read: {error.strerror or error}"
            yield refused(str(candidate.path), DocumentError(Fault.MALFORMED, detail))
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            _LOG.exception("a reader failed on %s", candidate.path)
            detail = f"it cannot be read, by a fault of ours: {type(error).__name__}"
            yield refused(str(candidate.path), DocumentError(Fault.INVALID, detail))

    def _installed(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        reading = read_install_folder(candidate.path, self.options.redactor)
        yield from self._attempts(candidate, _with_origin(reading.attempt))
        yield from _problems(candidate, reading.problems)

    def _stage(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        reading = read_stage_folder(candidate.path, self.options.redactor)
        failed = self._known_to_have_failed(reading.attempt)
        if failed is not None:
            if failed is not _has_failed(reading.attempt):
                reading = read_stage_folder(candidate.path, self.options.redactor, failed=failed)
            reading = replace(reading, attempt=_judged(reading.attempt))
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
        for stored in self.database.read_one("evidence_at_site", hash=hash_, site=site):
            status, evidence = stored["status"], stored["source"]
            same = stored["uid"] == attempt.uid and evidence <= Source.JUNIT
            if same and status != attempt.status:
                return bool(status == Status.FAILED)
            marked = marked or (evidence == Source.MARK and status == Status.FAILED)
        return True if marked else None

    def _monitor(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        monitor = Monitor(self.database, site=self.options.site, redactor=self.options.redactor)
        for told in SavedFolder(candidate.path, monitor).load():
            if told.error is not None:
                yield refused(str(told.path), told.error)
            else:
                outcome = Outcome.STORED if told.new else Outcome.KNOWN
                yield DocumentReport(str(told.path), outcome, what=told.kind)

    def _failures(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        found = read_failure_marks(candidate.path)
        for mark in found.marks:
            if mark.document is not None:
                name = f"{mark.attempt.spec.name}-{mark.attempt.spec.hash}"
                documents(str(candidate.path / name), mark.document)
        yield from self._attempts(candidate, [mark.attempt for mark in found.marks])
        yield from _problems(candidate, found.problems)

    def _tests(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        paths = [p for p in sorted(candidate.path.iterdir()) if test_runs.is_suite_file(p.name)]
        suite = test_runs.read_test_suite(_opened(paths), self.options.redactor)
        for document in suite.documents:
            documents(str(candidate.path / test_runs.LOCK), document)
        yield from self._test_runs(candidate, suite.runs)
        yield from _problems(candidate, suite.problems)

    def _junit(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        with source.open_path(candidate.path) as stream:
            report = junit.read_junit(stream, candidate.path.name, self.options.redactor)
        yield from self._report(candidate, report)

    def _cdash(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        opened = _opened(candidate.files or (candidate.path,))
        report = cdash.read_cdash(opened, self.options.redactor)
        yield from self._report(candidate, report)

    def _report(self, candidate: Candidate, report: Report) -> Reports:
        yield from self._attempts(candidate, report.attempts)
        yield from self._test_runs(candidate, report.test_runs)
        self._waiting += [(candidate, each) for each in report.not_attempted]
        yield from _problems(candidate, report.problems)

    def finish(self) -> Reports:
        """Store the roots that were not tried, now that their specs may be known."""
        waiting, self._waiting = self._waiting, []
        for candidate, told in waiting:
            yield from self._not_attempted(candidate, told)

    def _not_attempted(self, candidate: Candidate, told: NotAttempted) -> Reports:
        """A root that was not tried: its spec is looked up by the start of its hash, if told."""
        found = []
        if told.hash_prefix:
            found = self.database.read("resolve_hash", prefix=told.hash_prefix)
        hashes = [record["hash"] for record in found if record["name"] == told.name]
        if len(hashes) != 1 or not told.culprits:
            detail = f"{told.name} was not tried; the report does not tell which spec that is"
            error = DocumentError(Fault.UNSUPPORTED, detail)
            yield DocumentReport(str(candidate.path), Outcome.IGNORED, error=error, what="build")
            return
        attempt = Attempt(
            spec=SpecName(hashes[0], told.name),
            key=f"{told.requested_at}",
            status=Status.SKIPPED,
            source=Source.JUNIT,
            started=told.requested_at,
            culprit=told.culprits[0],
        )
        yield from self._attempts(candidate, [attempt])

    def _console(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        with source.open_path(candidate.path) as stream:
            attempts = console.read_console(stream)
        if not attempts:
            error = DocumentError(Fault.UNSUPPORTED, "the output of an installation; none skipped")
            yield DocumentReport(str(candidate.path), Outcome.IGNORED, error=error, what="build")
        yield from self._attempts(candidate, attempts)

    def _attempts(self, candidate: Candidate, attempts: Sequence[Attempt]) -> Reports:
        attempts = [
            replace(each, key=f"mark:{self.options.site}") if each.source is Source.MARK else each
            for each in attempts
        ]
        folder = candidate.path
        if candidate.kind is Kind.INSTALLED:
            folder = folder.parent
        origin = printable(folder.name)
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
            yield summary(str(candidate.path), "tests", f"{len(runs)} test runs", counts)


def _has_failed(attempt: Attempt | None) -> bool:
    return attempt is not None and attempt.status is Status.FAILED


def _judged(attempt: Attempt | None) -> Attempt | None:
    return attempt and replace(attempt, more={**attempt.more, "judged": True})


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
    spliced = replace(attempt, phases=(), variables=(), attachments=(), recipes=(), sources=())
    return [made, replace(spliced, started=None, seconds=None, environment=None, binary=True)]


def _opened(paths: Iterable[Path]) -> Iterator[tuple[str, BinaryIO]]:
    """Names and content of files, one open at a time."""
    for path in paths:
        with source.open_path(path) as stream:
            yield printable(path.name), stream


def _problems(candidate: Candidate, problems: Iterable[Problem]) -> Reports:
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
