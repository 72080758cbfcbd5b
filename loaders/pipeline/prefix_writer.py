"""Store the content of prefixes: libraries at once, and prefixes once their specs are stored."""

from collections.abc import Iterator

from cypher.run import Database
from loaders.errors import DocumentError, Fault
from loaders.load_options import LoadOptions
from loaders.pipeline.reports import DocumentReport, refused, summarize
from loaders.prefixes.contents import PrefixContents
from loaders.store.libraries import (
    LibrariesGoneError,
    forget_facts,
    store_libraries,
    store_prefix,
)

MOST_WAITING = 256
"""Number of prefixes that wait until the documents of their specs are stored together."""


class PrefixWriter:
    """Writer of prefixes.

    Args:
        database: The database to write to.
        options: Statements of the user about the documents.
    """

    def __init__(self, database: Database, options: LoadOptions) -> None:
        self.database = database
        self.options = options
        self._waiting: list[tuple[PrefixContents, int]] = []

    @property
    def is_full(self) -> bool:
        """Whether enough prefixes wait to be stored."""
        return len(self._waiting) >= MOST_WAITING

    def add(self, contents: PrefixContents) -> Iterator[DocumentReport]:
        """Store the libraries of a prefix; yield a report on each that cannot be read.

        Args:
            contents: What was found, with the content that its hash does not determine.
        """
        for problem in contents.problems:
            yield refused(problem.place, problem.error)
        new = store_libraries(self.database, contents.libraries)
        self._waiting.append((forget_facts(contents), new))

    def flush(self) -> Iterator[DocumentReport]:
        """Store the prefixes whose documents are stored by now; yield a report on each."""
        waiting, self._waiting = self._waiting, []
        for contents, new in waiting:
            yield self._store(contents, new)

    def _store(self, contents: PrefixContents, new: int) -> DocumentReport:
        spec = contents.spec
        try:
            stored = store_prefix(self.database, contents, site=self.options.site)
        except LibrariesGoneError:
            detail = "its libraries were deleted meanwhile; load it again"
            return refused(contents.place, DocumentError(Fault.INVALID, detail))
        if stored is None:
            detail = f"its files are left out, as {spec.name}/{spec.hash[:7]} is not stored"
            return refused(contents.place, DocumentError(Fault.MISSING_DEPENDENCY, detail))
        counts = {"libraries": stored.libraries, "new_libraries": new}
        if stored.changed:
            counts["new_prefixes"] = 1
        text = f"{spec.name}/{spec.hash[:7]} {stored.libraries:,} programs and libraries"
        return summarize(contents.place, "files", text, counts)
