"""Load candidates that are not spec documents: read them by their kinds and store the records."""

import logging
from collections.abc import Iterator

from cypher.run import Database
from loaders.document_kinds import Candidate, ReadContext, unreadable
from loaders.errors import DocumentError, Fault
from loaders.load_options import LoadOptions
from loaders.pipeline.build_writer import BuildWriter
from loaders.pipeline.loader import DocumentQueue, OnBytes
from loaders.pipeline.prefix_writer import PrefixWriter
from loaders.pipeline.record_writer import RecordWriter
from loaders.pipeline.reports import DocumentReport, refused
from loaders.reports.report import NotAttempted
from loaders.store.attempts import find_outcome
from loaders.store.placements import Placement, place_install_folder

_LOG = logging.getLogger(__name__)


class KindLoader:
    """Loader of candidates of a kind.

    Args:
        database: The database to write to.
        options: Statements of the user about the documents.
    """

    def __init__(self, database: Database, options: LoadOptions) -> None:
        self.database = database
        self.options = options
        self._not_attempted: list[tuple[Candidate, NotAttempted]] = []
        self._placements: list[Placement] = []
        self._folders: list[tuple[str, list[str]]] = []
        self._prefixes = PrefixWriter(database, options)
        self._context = ReadContext(
            options, database, lambda attempt: find_outcome(database, attempt, options.site)
        )

    def __call__(
        self, candidate: Candidate, documents: DocumentQueue, on_bytes: OnBytes
    ) -> Iterator[DocumentReport]:
        """Read a candidate and store its records; a bad one is reported.

        Args:
            candidate: A candidate of a kind.
            documents: Takes the spec documents in it.
            on_bytes: Called with the number of bytes that are done, if that takes long.

        Raises:
            neo4j.exceptions.DriverError: The database cannot be reached.
        """
        assert candidate.kind is not None
        place = str(candidate.path)
        writer = RecordWriter(
            self.database, self.options, candidate, documents, on_bytes, self._prefixes
        )
        try:
            yield from writer.write(candidate.kind.read(candidate, self._context))
        except DocumentError as error:
            yield refused(place, error)
        except OSError as error:
            yield refused(place, unreadable(error))
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            # Documents may contain anything, and one must not stop the load of all others.
            _LOG.exception("a reader failed on %s", candidate.path)
            detail = f"it cannot be read because of a bug in Specgraph: {type(error).__name__}"
            yield refused(place, DocumentError(Fault.INVALID, detail))
        self._not_attempted += [(candidate, each) for each in writer.not_attempted]
        self._placements += writer.placements()
        if candidate.is_folder and writer.builds:
            content = writer.installed_content
            if content is not None:
                self._folders.append((content, writer.builds))

    def finish(self) -> Iterator[DocumentReport]:
        """Store what needs the stored specs: roots that were not attempted, places of contents."""
        placements, self._placements = self._placements, []
        for placement in placements:
            placement.write(self.database)
        folders, self._folders = self._folders, []
        for content, uids in folders:
            place_install_folder(self.database, content, uids)
        yield from self._prefixes.flush()
        waiting, self._not_attempted = self._not_attempted, []
        builds = BuildWriter(self.database, self.options)
        for candidate, root in waiting:
            yield from builds.write_not_attempted(candidate, root)
