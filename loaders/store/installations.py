"""The write of what stores hold, environments lock, build caches offer, and tests said."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.collections.buildcache import MirrorEntry
from loaders.collections.cray_manifest import ManifestCompiler
from loaders.collections.lockfile import LockedEnvironment
from loaders.evidence import Installation, SpecName
from loaders.reports.test_runs import TestRun
from loaders.store.attempt_rows import Blobs, sort_key
from loaders.store.specs import new_load_id

ROWS_PER_TRANSACTION = 2_000


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, ROWS_PER_TRANSACTION)):
        yield chunk


def _stubs(specs: Iterable[SpecName]) -> list[dict[str, str]]:
    named = {spec.hash: spec.name for spec in specs}
    return [{"hash": hash_, "name": name} for hash_, name in sorted(named.items())]


class StoreWriter:
    """Writes what one index of one store holds; told to be finished, it dates the store.

    :param name: of the store, unique at its site.
    :param as_of: time of the index, seconds since 1970: what an index of a later time does not hold
        is gone.
    """

    def __init__(
        self, database: Database, *, site: str, name: str, as_of: float, upstream: bool = False
    ) -> None:
        self.database = database
        self.uid = f"{site}:{name}"
        self.as_of = as_of
        self.load = new_load_id()
        self.seen = 0
        self.created = 0
        parameters = {"site": site, "uid": self.uid, "name": name, "upstream": upstream}
        database.write(lambda tx: run_one(tx, "merge_store", **parameters))

    def add(self, installations: Iterable[Installation]) -> None:
        """Write some installations."""
        for chunk in _chunks(installations):
            rows = sorted(map(self._row, chunk), key=lambda row: str(row["hash"]))
            stubs = _stubs(each.spec for each in chunk)

            def work(
                tx: ManagedTransaction,
                rows: list[dict[str, Any]] = rows,
                stubs: list[dict[str, str]] = stubs,
            ) -> int:
                run_one(tx, "merge_stubs", stubs=stubs, load=self.load)
                told = {"installations": rows, "store": self.uid, "as_of": self.as_of}
                return int(run_one(tx, "merge_installations", **told) or 0)

            self.created += self.database.write(work)
            self.seen += len(chunk)

    def finish(self) -> None:
        """Let the store be as of this index, where none of a later time was loaded."""
        told = {"store": self.uid, "as_of": self.as_of}
        self.database.write(lambda tx: run_one(tx, "date_store", **told))

    def _row(self, each: Installation) -> dict[str, Any]:
        identity = f"{self.uid}\0{each.spec.hash}\0{each.installed_at}"
        uid = hashlib.sha256(identity.encode()).hexdigest()[:32]
        properties = {
            "hash": each.spec.hash,
            "name": each.spec.name,
            "sort_key": sort_key(each.installed_at, uid),
            "explicit": each.explicit,
            "installed": each.installed,
            "installed_at": each.installed_at,
            "prefix_hash": each.prefix_hash,
            "external": each.external,
            "deprecated_for": each.deprecated_for,
            "origin": each.origin,
        }
        return {"hash": each.spec.hash, "uid": uid, "properties": properties}


def store_environment(
    database: Database, environment: LockedEnvironment, *, site: str, name: str
) -> bool:
    """Keep a locked environment; its roots' documents are stored already, or named as stubs.

    :returns: whether it was not known.
    """
    load = new_load_id()
    roots = [{"hash": root.hash, "abstract": root.spec} for root in environment.roots]
    stubs = sorted({root.hash for root in environment.roots})
    identity = f"{site}\0{name}\0{environment.digest}"
    uid = hashlib.sha256(identity.encode()).hexdigest()
    properties = {
        "digest": environment.digest,
        "lockfile_version": environment.lockfile_version,
        "spack_version": environment.spack_version,
        "name": name,
        "included": list(environment.included),
    }

    def work(tx: ManagedTransaction) -> bool:
        rows = [{"hash": hash_, "name": None} for hash_ in stubs]
        run_one(tx, "merge_stubs", stubs=rows, load=load)
        told = {"uid": uid, "properties": properties, "roots": roots}
        return bool(run_one(tx, "merge_lockfile", site=site, load=load, **told))

    return database.write(work)


def store_offers(
    database: Database, entries: Iterable[MirrorEntry], *, mirror: str
) -> tuple[int, int]:
    """Remember what a build cache offers, and by which checksum.

    :returns: how many specs, and how many of them it was not known to offer.
    """
    load = new_load_id()
    seen = new = 0
    for chunk in _chunks(entries):
        stubs = _stubs(each.spec for each in chunk)
        rows = sorted(map(_offer_row, chunk), key=lambda row: str(row["hash"]))

        def work(
            tx: ManagedTransaction,
            stubs: list[dict[str, str]] = stubs,
            rows: list[dict[str, Any]] = rows,
        ) -> int:
            run_one(tx, "merge_stubs", stubs=stubs, load=load)
            return int(run_one(tx, "merge_offers", mirror=mirror, offers=rows, load=load) or 0)

        new += database.write(work)
        seen += len(stubs)
    return seen, new


def _offer_row(entry: MirrorEntry) -> dict[str, Any]:
    archive = entry.archive
    properties: dict[str, Any] = {"layout": entry.layout, "signed": entry.signed}
    if archive is not None:
        checksum = f"{archive.algorithm}:{archive.checksum}"
        properties |= {"checksum": checksum, "size": archive.size}
    given = {key: value for key, value in properties.items() if value is not None}
    return {"hash": entry.spec.hash, "properties": given}


def store_compilers(database: Database, compilers: Iterable[ManifestCompiler], *, site: str) -> int:
    """Keep the compilers that a manifest names.

    :returns: how many were not known at the site.
    """
    rows = []
    for each in compilers:
        properties = {key: value for key, value in asdict(each).items() if value is not None}
        properties["languages"] = list(each.languages)
        identity = f"{site}\0{sorted(properties.items())}"
        uid = hashlib.sha256(identity.encode()).hexdigest()[:32]
        rows.append({"uid": uid, "properties": properties})
    rows.sort(key=lambda row: str(row["uid"]))
    load = new_load_id()
    told = {"compilers": rows, "site": site, "load": load}
    return database.write(lambda tx: int(run_one(tx, "merge_compilers", **told) or 0))


def store_test_runs(database: Database, runs: Sequence[TestRun], *, site: str) -> int:
    """Keep runs of tests of installed specs.

    :returns: how many were not known.
    """
    load = new_load_id()
    blobs = Blobs()
    rows = [_test_row(run, blobs) for run in runs]
    rows.sort(key=lambda row: str(row["hash"]))

    def work(tx: ManagedTransaction) -> int:
        run_one(tx, "merge_stubs", stubs=_stubs(run.spec for run in runs), load=load)
        run_one(tx, "merge_blobs", blobs=blobs.rows)
        return int(run_one(tx, "merge_test_runs", runs=rows, site=site, load=load) or 0)

    return database.write(work) if rows else 0


def _test_row(run: TestRun, blobs: Blobs) -> dict[str, Any]:
    text = blobs.add(run.log) if run.log is not None else None
    properties = {
        "hash": run.spec.hash,
        "sort_key": sort_key(run.started, run.uid),
        "status": run.status.value,
        "started": run.started,
        "seconds": run.seconds,
        "parts": [f"{part.name}={part.status}" for part in run.parts],
    }
    return {
        "hash": run.spec.hash,
        "uid": run.uid,
        "text": text,
        "properties": properties,
    }
