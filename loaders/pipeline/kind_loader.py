"""Load candidates that are not spec documents: read them by their kinds and store the records."""

import logging
from collections.abc import Iterator

from cypher.run import Database
from loaders.document_kinds import Candidate, ReadContext, unreadable
from loaders.errors import DocumentError, Fault
from loaders.load_options import LoadOptions
from loaders.pipeline.build_writer import BuildWriter
from loaders.pipeline.loader import DocumentQueue, OnBytes
from loaders.pipeline.record_writer import RecordWriter
from loaders.pipeline.reports import DocumentReport, refused
from loaders.reports.report import NotAttempted
from loaders.store.attempts import find_outcome

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
        writer = RecordWriter(self.database, self.options, candidate, documents, on_bytes)
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

    def finish(self) -> Iterator[DocumentReport]:
        """Store the roots that were not attempted, now that all specs are stored."""
        waiting, self._not_attempted = self._not_attempted, []
        builds = BuildWriter(self.database, self.options)
        for candidate, root in waiting:
            yield from builds.write_not_attempted(candidate, root)
