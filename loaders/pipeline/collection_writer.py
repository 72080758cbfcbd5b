"""Store the records of stores, build caches and environments, and report on each."""

from collections.abc import Iterator

from cypher.run import Database
from loaders.collections.cray_manifest import ManifestCompiler
from loaders.collections.lockfile import LockedEnvironment
from loaders.collections.mirror_entries import MirrorEntry
from loaders.evidence import Installation, InstallTree
from loaders.pipeline.reports import DocumentReport, summarize
from loaders.store.installations import (
    StoreWriter,
    store_compilers,
    store_environment,
    store_offers,
)

ROWS_AT_ONCE = 2_000


class InstallationWriter:
    """Writer of the installations that one document lists.

    Args:
        database: The database to write to.
        site: Site of the store.
        place: The document, for reports.
        tree: The store.
    """

    def __init__(self, database: Database, site: str, place: str, tree: InstallTree) -> None:
        self.place = place
        self._partial = tree.partial
        self.writer = StoreWriter(
            database, site=site, name=tree.name, as_of=tree.as_of, upstream=tree.upstream
        )
        self._rows: list[Installation] = []

    @property
    def count(self) -> int:
        """Return the number of installations so far."""
        return self.writer.seen + len(self._rows)

    def add(self, installation: Installation) -> None:
        """Add an installation; rows are written in groups."""
        self._rows.append(installation)
        if len(self._rows) >= ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self.writer.write_installations(self._rows)
        self._rows.clear()

    def finish(self, *, complete: bool) -> DocumentReport:
        """Write the rest.

        Args:
            complete: Whether all of the document was read. If not, an installation that it does
                not list may be there, so the time of the store stays as it is.
        """
        self._flush()
        if complete and not self._partial:
            self.writer.record_index_time()
        seen = self.writer.seen
        counts = {"installations": seen, "new_installations": self.writer.created}
        return summarize(self.place, "installations", f"{seen} installations", counts)


class OfferWriter:
    """Writer of the specs that a build cache offers.

    Args:
        database: The database to write to.
        place: The document, for reports.
        mirror: Name of the build cache.
    """

    def __init__(self, database: Database, place: str, mirror: str) -> None:
        self.database = database
        self.place = place
        self.mirror = mirror
        self._rows: list[MirrorEntry] = []
        self._counts = {"offers": 0, "new_offers": 0}

    def add(self, entry: MirrorEntry) -> None:
        """Add a spec if its archive is available; rows are written in groups."""
        if entry.available:
            self._rows.append(entry)
            if len(self._rows) >= ROWS_AT_ONCE:
                self._flush()

    def _flush(self) -> None:
        seen, new = store_offers(self.database, self._rows, mirror=self.mirror)
        self._counts["offers"] += seen
        self._counts["new_offers"] += new
        self._rows.clear()

    def finish(self) -> DocumentReport:
        """Write the rest."""
        self._flush()
        text = f"{self._counts['offers']} specs in a build cache"
        return summarize(self.place, "offers", text, self._counts)


def write_environment(
    database: Database, site: str, place: str, environment: LockedEnvironment
) -> DocumentReport:
    """Store a locked environment."""
    new = store_environment(database, environment, site=site, name=environment.name or "")
    counts = {"environments": 1, "new_environments": int(new)}
    text = f"environment with {len(environment.roots)} roots"
    return summarize(place, "environment", text, counts)


def write_compilers(
    database: Database, site: str, place: str, compilers: list[ManifestCompiler]
) -> Iterator[DocumentReport]:
    """Store the compilers of a manifest, if it has any."""
    if compilers:
        new = store_compilers(database, compilers, site=site)
        counts = {"compilers": len(compilers), "new_compilers": new}
        yield summarize(place, "compilers", f"{len(compilers)} compilers", counts)
