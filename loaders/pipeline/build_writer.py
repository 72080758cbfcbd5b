"""Store the records of builds and tests that readers yield, and report on each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from neo4j.exceptions import ClientError, DatabaseError

from cypher.run import Database
from loaders.document_kinds import Candidate
from loaders.errors import DocumentError, Fault
from loaders.evidence import Attempt, Source, SpecName, Status, StoredBuild
from loaders.load_options import LoadOptions
from loaders.pipeline.reports import (
    DocumentReport,
    Outcome,
    ReportedBuild,
    refused,
    summarize,
)
from loaders.reports.report import NotAttempted
from loaders.reports.test_runs import TestRun
from loaders.store.attempts import StoredAttempt, store_attempts
from loaders.store.installations import store_test_runs


class BuildWriter:
    """Writer of attempts and test runs.

    Args:
        database: The database to write to.
        options: Statements of the user about the documents.
    """

    def __init__(self, database: Database, options: LoadOptions) -> None:
        self.database = database
        self.site = options.site
        self.owner = options.owner

    def write_attempts(
        self, candidate: Candidate, attempts: Sequence[Attempt]
    ) -> Iterator[DocumentReport]:
        """Store attempts; yield a report on each."""
        # At a site, a spec has one mark at most: without a log, nothing distinguishes attempts.
        attempts = [
            replace(each, key=f"mark:{self.site}") if each.source is Source.MARK else each
            for each in attempts
        ]
        assert candidate.kind is not None
        origin = candidate.kind.origin(candidate.path)
        for result in self._store(attempts, origin):
            if isinstance(result, StoredAttempt):
                yield _report_attempt(str(candidate.path), result)
            else:
                yield refused(str(candidate.path), result)

    def _store(
        self, attempts: Sequence[Attempt], origin: str
    ) -> list[StoredAttempt | DocumentError]:
        """Store attempts; one that the database refuses does not stop the rest."""
        try:
            return [
                *store_attempts(
                    self.database, attempts, site=self.site, origin=origin, owner=self.owner
                )
            ]
        except (ClientError, DatabaseError) as error:
            if len(attempts) > 1:
                return [each for attempt in attempts for each in self._store([attempt], origin)]
            detail = f"the database refused it: {error.message}"[:500]
            return [DocumentError(Fault.INVALID, detail)]

    def write_test_runs(
        self, candidate: Candidate, runs: Sequence[TestRun]
    ) -> Iterator[DocumentReport]:
        """Store test runs; yield one report on all of them."""
        if runs:
            new = store_test_runs(self.database, runs, site=self.site)
            counts = {"tests": len(runs), "new_tests": new}
            yield summarize(str(candidate.path), "tests", f"{len(runs)} test runs", counts)

    def write_not_attempted(
        self, candidate: Candidate, root: NotAttempted
    ) -> Iterator[DocumentReport]:
        """Store a root that was not attempted, if its spec can be found; yield a report.

        The report gives no more than the start of its hash.
        """
        found = []
        if root.hash_prefix:
            found = self.database.read("resolve_hash", prefix=root.hash_prefix)
        hashes = [record["hash"] for record in found if record["name"] == root.name]
        if len(hashes) != 1 or not root.culprits:
            detail = f"{root.name} was not attempted; the report does not say which spec that is"
            error = DocumentError(Fault.UNSUPPORTED, detail)
            yield DocumentReport(str(candidate.path), Outcome.IGNORED, error=error, kind="build")
            return
        attempt = Attempt(
            spec=SpecName(hashes[0], root.name),
            key=f"{root.requested_at}",
            status=Status.SKIPPED,
            source=Source.JUNIT,
            started=root.requested_at,
            culprit=root.culprits[0],
        )
        yield from self.write_attempts(candidate, [attempt])


def report_stored_build(place: str, stored: StoredBuild) -> DocumentReport:
    """Return the report on an attempt that messages describe, which are documents of their own."""
    spec = stored.spec
    version = f"@{spec.version}" if spec.version else ""
    return DocumentReport(
        place,
        Outcome.STORED if stored.new else Outcome.KNOWN,
        kind="build",
        summary=f"{spec.name}{version}/{spec.hash[:7]} {stored.status.value}",
        counts={"build_records": 1, "new_builds": int(stored.new)},
        documents=0,
        build=ReportedBuild(stored.uid, spec.hash, stored.status, marked=False),
    )


def _report_attempt(place: str, stored: StoredAttempt) -> DocumentReport:
    attempt = stored.attempt
    version = f"@{attempt.spec.version}" if attempt.spec.version else ""
    text = f"{attempt.spec.name}{version}/{attempt.spec.hash[:7]} {attempt.status.value}"
    if attempt.status is Status.FAILED and attempt.failed_phase:
        text += f" in {attempt.failed_phase}"
    if attempt.culprit is not None:
        text += f" since {attempt.culprit.name}/{attempt.culprit.hash[:7]} failed"
    counts = {"build_records": 1, "new_builds": int(stored.new)}
    outcome = Outcome.STORED if stored.changed else Outcome.KNOWN
    marked = attempt.source is Source.MARK
    build = ReportedBuild(attempt.uid, attempt.spec.hash, stored.status, marked)
    return DocumentReport(place, outcome, kind="build", summary=text, counts=counts, build=build)
