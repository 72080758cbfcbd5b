"""Store the records of one candidate, each by its type."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property, singledispatchmethod

from cypher.run import Database
from loaders.collections.can_splice import ExaminedRecipe
from loaders.collections.cray_manifest import ManifestCompiler
from loaders.collections.lockfile import LockedEnvironment
from loaders.collections.mirror_entries import MirrorEntry
from loaders.collections.whole_document import WholeDocument
from loaders.document_kinds import Candidate
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import (
    Attempt,
    EmbeddedDocument,
    ExpectedSpecs,
    HalfRewiredPrefix,
    Installation,
    InstallTree,
    Mirror,
    NothingToStore,
    Record,
    StoredBuild,
    StoredPart,
)
from loaders.folder import Folder
from loaders.load_options import LoadOptions
from loaders.pipeline.build_writer import BuildWriter, report_stored_build
from loaders.pipeline.collection_writer import (
    InstallationWriter,
    OfferWriter,
    StoredSpecs,
    environment_uid,
    write_can_splice,
    write_compilers,
    write_environment,
)
from loaders.pipeline.loader import DocumentQueue, OnBytes
from loaders.pipeline.prefix_writer import PrefixWriter
from loaders.pipeline.reports import DocumentReport, Outcome, refused
from loaders.prefixes.contents import PrefixContents
from loaders.reports.report import NotAttempted
from loaders.reports.test_runs import TestRun
from loaders.specs.contents import content_of
from loaders.specs.document import parse_document
from loaders.store.placements import Placement, installations_of, locks_of, offers_of

Reports = Iterable[DocumentReport]


class RecordWriter:
    """Writer of the records of one candidate.

    Args:
        database: The database to write to.
        options: Statements of the user about the documents.
        candidate: The candidate that is read.
        documents: Takes the spec documents in it.
        on_bytes: Called with the number of bytes that are done, if that is known before the end.
        prefixes: Takes the files that are found in prefixes.

    Attributes:
        not_attempted: Roots whose specs can be found only after all documents are stored.
        contents: Identity of each content that its hash does not determine, by that hash.
        builds: Uids of the attempts.
    """

    def __init__(
        self,
        database: Database,
        options: LoadOptions,
        candidate: Candidate,
        documents: DocumentQueue,
        on_bytes: OnBytes,
        prefixes: PrefixWriter,
    ) -> None:
        self.database = database
        self.options = options
        self.candidate = candidate
        self.place = str(candidate.path)
        self.not_attempted: list[NotAttempted] = []
        self.contents: dict[str, str] = {}
        self.builds: list[str] = []
        self._lockfile: str | None = None
        self._documents = documents
        self._on_bytes = on_bytes
        self._prefixes = prefixes
        self._builds = BuildWriter(database, options)
        self._attempts: list[Attempt] = []
        self._test_runs: list[TestRun] = []
        self._compilers: list[ManifestCompiler] = []
        self._recipes: list[ExaminedRecipe] = []
        self._specs = StoredSpecs(database, documents)
        self._expected = 0
        self._installations: InstallationWriter | None = None
        self._offers: OfferWriter | None = None
        self._complete = True

    def write(self, records: Iterable[Record | Problem]) -> Iterator[DocumentReport]:
        """Store records and yield reports.

        An error of the reader passes through; the records before it are stored, except for those
        that wait for more of their type.
        """
        for record in records:
            if not isinstance(record, Attempt | TestRun):
                yield from self._write_builds()
            yield from self._write(record)
        yield from self._write_builds()
        finished = [
            self._installations and self._installations.finish(complete=self._complete),
            *write_compilers(self.database, self.options.site, self.place, self._compilers),
            *write_can_splice(self.database, self.options.site, self.place, self._recipes),
            self._offers and self._offers.finish(complete=self._complete),
        ]
        yield from filter(None, finished)

    @cached_property
    def installed_content(self) -> str | None:
        """The content that an install folder describes, unless its hash determines it."""
        raw = Folder(self.candidate.path).read("spec.json")
        try:
            document = parse_document(raw or b"", allow_unverified=True)
        except DocumentError:
            return None
        uid = document.uids[document.root.hash]
        return uid if content_of(uid) is not None else None

    def placements(self) -> Iterator[Placement]:
        """Yield what connects the entries of a collection with the contents that it described."""
        if not self.contents:
            return
        if self._installations is not None:
            store = self._installations.writer
            if store is not None:
                yield installations_of(store.uid, store.as_of, self.contents)
        if self._offers is not None:
            yield offers_of(self._offers.mirror, self.contents)
        if self._lockfile is not None:
            yield locks_of(self._lockfile, self.contents)

    def _write_builds(self) -> Iterator[DocumentReport]:
        """Store attempts and test runs, which share transactions with others of their type."""
        attempts, self._attempts = self._attempts, []
        runs, self._test_runs = self._test_runs, []
        assert self.candidate.kind is not None
        if (attempts or runs) and self.candidate.kind.holds_specs(self.candidate):
            specs = [*(each.spec for each in attempts), *(each.spec for each in runs)]
            stored = self._specs.find_stored(spec.hash for spec in specs)
            attempts = [each for each in attempts if each.spec.hash in stored]
            runs = [each for each in runs if each.spec.hash in stored]
            for spec in dict.fromkeys(specs):
                if spec.hash not in stored:
                    detail = f"left out, as {spec.name}/{spec.hash[:7]} is not stored"
                    yield refused(self.place, DocumentError(Fault.MISSING_DEPENDENCY, detail))
        self.builds += [replace(each, site=self.options.site).uid for each in attempts]
        if attempts:
            yield from self._builds.write_attempts(self.candidate, attempts)
        yield from self._builds.write_test_runs(self.candidate, runs)

    @singledispatchmethod
    def _write(self, record: object) -> Reports:
        """Store or queue one record; a new type of record needs a method here."""
        raise TypeError(f"there is no way to store a {type(record).__name__}")

    @_write.register
    def _(self, record: Attempt) -> Reports:
        self._attempts.append(record)
        return ()

    @_write.register
    def _(self, record: TestRun) -> Reports:
        self._test_runs.append(record)
        return ()

    @_write.register
    def _(self, record: NotAttempted) -> Reports:
        self.not_attempted.append(record)
        return ()

    @_write.register
    def _(self, record: StoredPart) -> Reports:
        outcome = Outcome.STORED if record.new else Outcome.KNOWN
        return [DocumentReport(record.place, outcome, kind=record.kind)]

    @_write.register
    def _(self, record: StoredBuild) -> Reports:
        return [report_stored_build(self.place, record)]

    @_write.register
    def _(self, record: NothingToStore) -> Reports:
        error = DocumentError(Fault.UNSUPPORTED, record.detail)
        return [DocumentReport(self.place, Outcome.IGNORED, error=error, kind="build")]

    @_write.register
    def _(self, record: PrefixContents) -> Reports:
        content = self.contents.get(record.spec.hash)
        if content is None and record.mirror is None and self.candidate.is_folder:
            content = self.installed_content
        reports = list(self._prefixes.add(replace(record, content=content)))
        if self._prefixes.is_full:
            self._documents.flush()
            reports += self._prefixes.flush()
        return reports

    @_write.register
    def _(self, record: HalfRewiredPrefix) -> Reports:
        error = DocumentError(Fault.UNSUPPORTED, "left half rewired by Spack, so not installed")
        counts = {"half_rewired": 1}
        return [
            DocumentReport(record.place, Outcome.IGNORED, error=error, kind="build", counts=counts)
        ]

    @_write.register
    def _(self, record: EmbeddedDocument) -> Reports:
        self.contents.update(self._documents(record.place, record.raw).contents)
        return ()

    @_write.register
    def _(self, record: WholeDocument) -> Reports:
        place = f"{self.place} /{record.root[:7]}"
        queued = self._documents(place, record.raw, record.unverifiable)
        self.contents.update(queued.contents)
        if self._expected:
            # Most of the time is spent on documents, so progress counts their specs.
            self._on_bytes(queued.new_specs * self.candidate.size // self._expected)
        return ()

    @_write.register
    def _(self, record: ExpectedSpecs) -> Reports:
        self._expected = record.count
        return ()

    @_write.register
    def _(self, record: InstallTree) -> Reports:
        site = self.options.site
        self._installations = InstallationWriter(self._specs, site, self.place, record)
        return ()

    @_write.register
    def _(self, record: Installation) -> Reports:
        assert self._installations is not None, "an installation needs an install tree"
        self._installations.add(record)
        return ()

    @_write.register
    def _(self, record: ManifestCompiler) -> Reports:
        self._compilers.append(record)
        return ()

    @_write.register
    def _(self, record: ExaminedRecipe) -> Reports:
        self._recipes.append(record)
        return ()

    @_write.register
    def _(self, record: LockedEnvironment) -> Reports:
        self._lockfile = environment_uid(record, self.options.site)
        return [write_environment(self._specs, self.options.site, self.place, record)]

    @_write.register
    def _(self, record: Mirror) -> Reports:
        self._offers = OfferWriter(self._specs, self.place, record.name)
        return ()

    @_write.register
    def _(self, record: MirrorEntry) -> Reports:
        assert self._offers is not None, "an offer needs a mirror"
        self._offers.add(record)
        return ()

    @_write.register
    def _(self, record: Problem) -> Reports:
        self._complete = self._complete and record.error.fault is Fault.MISSING_DEPENDENCY
        return [refused(record.place, record.error)]
