"""Stores, environments, build caches and Cray manifests, read and stored."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from cypher.run import Database
from loaders import source
from loaders.collections import buildcache, cray_manifest, lockfile, store_index
from loaders.collections.json_members import TRUNCATED
from loaders.collections.whole_document import WholeDocument
from loaders.errors import Fault, Problem
from loaders.evidence import Installation
from loaders.pipeline.discovery import DATABASE, INDEX, Candidate
from loaders.pipeline.kinds import Content
from loaders.pipeline.loader import Documents
from loaders.pipeline.options import OnBytes, Options, Reports, default_name, manifest_name, summary
from loaders.pipeline.reports import refused
from loaders.store.installations import (
    StoreWriter,
    store_compilers,
    store_environment,
    store_offers,
)

ROWS_AT_ONCE = 2_000

Installed = Iterable[Installation | WholeDocument | Problem]


def index_in(path: Path) -> Path:
    """The index of a store: the file itself, or that in the store's folder."""
    return path / DATABASE / INDEX if path.is_dir() else path


def _opened(stack: ExitStack, path: Path, upstream: bool) -> store_index.Index:
    stream = stack.enter_context(source.open_path(path))
    return store_index.Index(str(path), stream, upstream)


class DeploymentLoader:
    """Reads and stores what tells what is installed, locked or offered.

    :param options: what the user says about the documents.
    """

    def __init__(self, database: Database, options: Options) -> None:
        self.database = database
        self.options = options

    def read_index(self, candidate: Candidate, documents: Documents, on_bytes: OnBytes) -> Reports:
        """The index of a store, however long."""
        upstream = self.options.upstream
        with ExitStack() as stack:
            indexes = [_opened(stack, candidate.path, upstream)]
            others = (path for path in self.options.upstreams if path != candidate.path)
            indexes += [_opened(stack, index_in(path), True) for path in others]
            found = (
                each
                for each in store_index.read(indexes)
                if upstream or not (isinstance(each, Installation) and each.upstream)
            )
            yield from self._installed(candidate, found, documents, on_bytes)

    def read_cray_manifest(
        self, candidate: Candidate, documents: Documents, on_bytes: OnBytes
    ) -> Reports:
        """A Cray manifest: external specs, and compilers."""
        with source.open_path(candidate.path) as stream:
            raw = source.read_bounded(stream)
        compilers: list[cray_manifest.ManifestCompiler] = []

        def rest() -> Iterator[Installation | WholeDocument | Problem]:
            for each in cray_manifest.read(raw, str(candidate.path)):
                if isinstance(each, cray_manifest.ManifestCompiler):
                    compilers.append(each)
                else:
                    yield each

        name = manifest_name(candidate.path, self.options.name, self.options.base)
        yield from self._installed(candidate, rest(), documents, on_bytes, name)
        if compilers:
            new = store_compilers(self.database, compilers, site=self.options.site)
            counts = {"compilers": len(compilers), "new_compilers": new}
            told = f"{len(compilers)} compilers"
            yield summary(str(candidate.path), "compilers", told, counts)

    def _installed(
        self,
        candidate: Candidate,
        found: Installed,
        documents: Documents,
        on_bytes: OnBytes,
        name: str | None = None,
    ) -> Reports:
        """Store installations and their DAGs.

        A store is as of its index only where all of that was read: what is not told may be there.
        """
        place = str(candidate.path)
        writer = self._writer(candidate.path, name)
        rows: list[Installation] = []
        whole = True
        for each in found:
            if isinstance(each, Installation):
                rows.append(each)
            elif isinstance(each, WholeDocument):
                fresh = documents(f"{place} /{each.root[:7]}", each.raw, each.unverifiable)
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
        yield summary(place, "installations", f"{writer.seen} installations", counts)

    def _writer(self, path: Path, name: str | None) -> StoreWriter:
        options = self.options
        return StoreWriter(
            self.database,
            site=options.site,
            name=name or options.name or default_name(path, options.base),
            as_of=path.stat().st_mtime if options.as_of is None else options.as_of,
            upstream=options.upstream,
        )

    def read_lockfile(
        self, candidate: Candidate, documents: Documents, on_bytes: OnBytes
    ) -> Reports:
        """A locked environment, and those that it includes."""
        path, place = candidate.path, str(candidate.path)
        with source.open_path(path) as stream:
            raw = source.read_bounded(stream)
        name = self.options.name or default_name(path, self.options.base)
        found = list(lockfile.read(raw, place, name))
        cut = [e for e in found if isinstance(e, Problem) and e.error.detail.startswith(TRUNCATED)]
        for each in cut[:1] or found:
            if isinstance(each, lockfile.LockedEnvironment):
                new = store_environment(
                    self.database, each, site=self.options.site, name=each.name or name
                )
                counts = {"environments": 1, "new_environments": int(new)}
                told = f"environment with {len(each.roots)} roots"
                yield summary(place, "environment", told, counts)
            elif isinstance(each, WholeDocument):
                documents(f"{place} /{each.root[:7]}", each.raw, each.unverifiable)
            else:
                yield refused(place, each.error)

    def read_buildcache(
        self, candidate: Candidate, documents: Documents, on_bytes: OnBytes
    ) -> Reports:
        """A whole build cache, of either layout."""
        yield from self._offered(candidate, buildcache.read_mirror(candidate.path), documents)

    def read_buildcache_file(
        self, candidate: Candidate, documents: Documents, on_bytes: OnBytes
    ) -> Reports:
        """One file of a build cache: an index, a manifest, or a spec file."""
        path, place = candidate.path, str(candidate.path)
        if candidate.content is Content.BUILDCACHE_MANIFEST:
            yield from self._offered(candidate, buildcache.read_manifest(path), documents)
            return
        with source.open_path(path) as stream:
            if candidate.content is Content.BUILDCACHE_INDEX:
                found = buildcache.read_index(stream, place)
            else:
                found = buildcache.read_spec_file(source.read_bounded(stream), place)
            yield from self._offered(candidate, found, documents)

    def _offered(
        self, candidate: Candidate, found: Iterator[buildcache.MirrorContent], documents: Documents
    ) -> Reports:
        place = str(candidate.path)
        mirror = self.options.name or default_name(candidate.path, self.options.base)
        rows: list[buildcache.MirrorEntry] = []
        counts = {"offers": 0, "new_offers": 0}
        for each in found:
            if isinstance(each, buildcache.MirrorEntry):
                if each.available:
                    rows.append(each)
            elif isinstance(each, WholeDocument):
                documents(f"{place} /{each.root[:7]}", each.raw, each.unverifiable)
            else:
                yield refused(each.place, each.error)
            if len(rows) >= ROWS_AT_ONCE:
                self._offer(rows, mirror, counts)
        self._offer(rows, mirror, counts)
        yield summary(place, "offers", f"{counts['offers']} specs in a build cache", counts)

    def _offer(
        self, rows: list[buildcache.MirrorEntry], mirror: str, counts: dict[str, int]
    ) -> None:
        seen, new = store_offers(self.database, rows, mirror=mirror)
        counts["offers"] += seen
        counts["new_offers"] += new
        rows.clear()
