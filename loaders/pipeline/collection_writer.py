"""Store the records of stores, build caches and environments, and report on each."""

from collections.abc import Iterable, Iterator

from cypher.run import Database
from loaders.collections.can_splice import ExaminedRecipe
from loaders.collections.cray_manifest import ManifestCompiler
from loaders.collections.lockfile import LockedEnvironment
from loaders.collections.mirror_entries import MirrorEntry
from loaders.errors import DocumentError, Fault
from loaders.evidence import Installation, InstallTree
from loaders.pipeline.loader import DocumentQueue
from loaders.pipeline.reports import DocumentReport, refused, summarize
from loaders.store.can_splice import store_can_splice
from loaders.store.installations import (
    StoreWriter,
    lockfile_uid,
    store_compilers,
    store_environment,
    store_offers,
)
from loaders.store.specs import find_named_specs

ROWS_AT_ONCE = 2_000


class StoredSpecs:
    """The specs that are stored, or in documents that were accepted and wait to be stored.

    Args:
        database: The database.
        documents: The documents of the load.
    """

    def __init__(self, database: Database, documents: DocumentQueue) -> None:
        self.database = database
        self._documents = documents

    def find_stored(self, hashes: Iterable[str]) -> frozenset[str]:
        """Return those of some hashes that name a stored spec."""
        asked = frozenset(hashes)
        accepted = frozenset(filter(self._documents.has_accepted, asked))
        if asked == accepted:
            return asked
        # The documents accepted may have been too many to remember.
        self._documents.flush()
        return accepted | find_named_specs(self.database, asked - accepted)


class InstallationWriter:
    """Writer of the installations that one document lists.

    Unless the document is partial, only installations of stored specs are written. The store is
    written with the first of these.

    Args:
        specs: The stored specs.
        site: Site of the store.
        place: The document, for reports.
        tree: The store.
    """

    def __init__(self, specs: StoredSpecs, site: str, place: str, tree: InstallTree) -> None:
        self.place = place
        self._specs = specs
        self._site = site
        self._tree = tree
        self._writer: StoreWriter | None = None
        self._rows: list[Installation] = []
        self._left_out = 0

    @property
    def writer(self) -> StoreWriter | None:
        """The writer of the store, None if nothing was written."""
        return self._writer

    def add(self, installation: Installation) -> None:
        """Add an installation; rows are written in groups."""
        self._rows.append(installation)
        if len(self._rows) >= ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        rows = list(self._rows)
        # A partial index has no DAGs: its specs may be sent later.
        if not self._tree.partial:
            stored = self._specs.find_stored(row.spec.hash for row in rows)
            rows = [row for row in rows if row.spec.hash in stored]
        self._left_out += len(self._rows) - len(rows)
        self._rows.clear()
        if rows:
            self._open_store().write_installations(rows)

    def _open_store(self) -> StoreWriter:
        if self._writer is None:
            tree = self._tree
            self._writer = StoreWriter(
                self._specs.database,
                site=self._site,
                name=tree.name,
                as_of=tree.as_of,
                upstream=tree.upstream,
            )
        return self._writer

    def finish(self, *, complete: bool) -> DocumentReport | None:
        """Write the rest.

        Args:
            complete: Whether all of the document was read. If not, an installation that it does
                not list may be there, so the time of the store stays as it is.

        Returns:
            A report; None if nothing could be stored.
        """
        self._flush()
        # An empty index also describes the state of a store: nothing is installed any more.
        whole = complete and not self._tree.partial
        retired = 0
        if whole and (self._writer or not self._left_out):
            retired = self._open_store().record_index_time()
        writer = self._writer
        if writer is None:
            return None
        present = writer.seen - writer.absent
        text = f"{present} installations"
        counts = {"installations": present, "new_installations": writer.created}
        if writer.absent:
            text += f", {writer.absent} no longer installed"
            counts |= {"uninstalled": writer.absent, "new_uninstalled": writer.created_absent}
        text += _describe_left_out(self._left_out)
        if retired:
            counts["retired_installations"] = retired
            text += f"; retired {retired} installations of store {self._tree.name}"
        return summarize(self.place, "installations", text, counts)


def _describe_left_out(count: int) -> str:
    return f", without {count} of specs that are not stored" if count else ""


class OfferWriter:
    """Writer of the specs that a build cache offers; only offers of stored specs are written.

    Args:
        specs: The stored specs.
        place: The document, for reports.
        mirror: Name of the build cache.
    """

    def __init__(self, specs: StoredSpecs, place: str, mirror: str) -> None:
        self.place = place
        self.mirror = mirror
        self._specs = specs
        self._rows: list[MirrorEntry] = []
        self._counts = {"offers": 0, "new_offers": 0}
        self._left_out = 0

    def add(self, entry: MirrorEntry) -> None:
        """Add a spec if its archive is available; rows are written in groups."""
        if entry.available:
            self._rows.append(entry)
            if len(self._rows) >= ROWS_AT_ONCE:
                self._flush()

    def _flush(self) -> None:
        stored = self._specs.find_stored(row.spec.hash for row in self._rows)
        rows = [row for row in self._rows if row.spec.hash in stored]
        self._left_out += len(self._rows) - len(rows)
        self._rows.clear()
        if rows:
            seen, new = store_offers(self._specs.database, rows, mirror=self.mirror)
            self._counts["offers"] += seen
            self._counts["new_offers"] += new

    def finish(self, *, complete: bool) -> DocumentReport | None:
        """Write the rest.

        Args:
            complete: Whether all of the document was read.

        Returns:
            A report; None if nothing could be stored.
        """
        self._flush()
        if not self._counts["offers"] and (self._left_out or not complete):
            return None
        text = f"{self._counts['offers']} specs in a build cache"
        text += _describe_left_out(self._left_out)
        return summarize(self.place, "offers", text, self._counts)


def environment_uid(environment: LockedEnvironment, site: str) -> str:
    """Return the identity of a locked environment at a site."""
    return lockfile_uid(environment, site=site, name=environment.name or "")


def write_environment(
    specs: StoredSpecs, site: str, place: str, environment: LockedEnvironment
) -> DocumentReport:
    """Store a locked environment if all of its roots are stored."""
    stored = specs.find_stored(root.hash for root in environment.roots)
    missing = [root for root in environment.roots if root.hash not in stored]
    if missing:
        detail = (
            f"the environment is left out, as its root {missing[0].spec[:80]} "
            f"/{missing[0].hash[:7]} is not stored"
        )
        return refused(place, DocumentError(Fault.MISSING_DEPENDENCY, detail, "/roots"))
    new = store_environment(specs.database, environment, site=site, name=environment.name or "")
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


def write_can_splice(
    database: Database, site: str, place: str, recipes: list[ExaminedRecipe]
) -> Iterator[DocumentReport]:
    """Store the directives of the recipes that were examined, if there are any."""
    if recipes:
        new, withdrawn = store_can_splice(database, recipes, site=site)
        number = sum(len(each.directives) for each in recipes)
        counts = {"directives": number, "new_directives": new, "new_withdrawn": withdrawn}
        text = f"{number} can_splice directives in {len(recipes)} recipes"
        if withdrawn:
            text += f"; {withdrawn} of an earlier export are gone"
        yield summarize(place, "can_splice", text, counts)
