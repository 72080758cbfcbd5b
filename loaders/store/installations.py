"""Store installations, locked environments, offers of build caches, compilers and test runs."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from functools import partial

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.collections.buildcache import MirrorEntry
from loaders.collections.cray_manifest import ManifestCompiler
from loaders.collections.lockfile import LockedEnvironment
from loaders.evidence import Installation, SpecName, attempt_uid
from loaders.reports.test_runs import TestRun
from loaders.store.attempt_rows import Blobs, sort_key
from loaders.store.old_hashes import join_installations, join_test_runs
from loaders.store.rows import Row, Rows, chunks_of, drop_missing, new_load_id
from loaders.store.spec_rows import StubRow

ROWS_PER_TRANSACTION = 2_000
"""Limit of the rows that one transaction writes."""


def _stub_rows(specs: Iterable[SpecName]) -> list[StubRow]:
    names = {spec.hash: spec.name for spec in specs}
    return [{"hash": hash_, "name": name} for hash_, name in sorted(names.items())]


class StoreWriter:
    """Writer of the installations that one index of a store lists.

    Args:
        database: The database to write to.
        site: Site of the store.
        name: Name of the store, unique at its site.
        as_of: Time of the index, in seconds since 1970. An installation that an index of a later
            time does not list is gone.
        upstream: Whether the store is an upstream of others.

    Attributes:
        seen: Number of records so far, and `absent` of those that are not installed.
        created: Number of new installations, and `created_absent` of new ones not installed.
    """

    def __init__(
        self, database: Database, *, site: str, name: str, as_of: float, upstream: bool = False
    ) -> None:
        self.database = database
        self.uid = f"{site}:{name}"
        self.as_of = as_of
        self.load = new_load_id()
        self.seen = self.absent = 0
        self.created = self.created_absent = 0
        self._joined: dict[str, str] = {}
        database.write(
            lambda tx: run_one(
                tx, "merge_store", site=site, uid=self.uid, name=name, upstream=upstream
            )
        )

    def write_installations(self, installations: Iterable[Installation]) -> None:
        """Write some installations."""
        for chunk in chunks_of(ROWS_PER_TRANSACTION, installations):
            self._joined = join_installations(self.database, chunk)
            created = self.database.write(partial(self._write_rows, installations=chunk))
            self.created += created[0]
            self.created_absent += created[1]
            self.seen += len(chunk)
            self.absent += sum(not each.installed for each in chunk)

    def _write_rows(
        self, tx: ManagedTransaction, installations: Sequence[Installation]
    ) -> tuple[int, int]:
        rows = sorted(map(self._installation_row, installations), key=lambda row: str(row["hash"]))
        named = (replace(each.spec, hash=self._hash_of(each)) for each in installations)
        run_one(tx, "merge_stubs", stubs=_stub_rows(named), load=self.load)
        created = run_one(
            tx, "merge_installations", installations=rows, store=self.uid, as_of=self.as_of
        )
        present, absent = created or (0, 0)
        return present, absent

    def record_index_time(self) -> int:
        """Set the time of the store to that of this index, unless a later one was loaded.

        Returns:
            The number of installations that are gone, since this index does not list them.
        """
        return self.database.write(
            lambda tx: int(run_one(tx, "set_store_time", store=self.uid, as_of=self.as_of) or 0)
        )

    def _installation_row(self, each: Installation) -> Row:
        # By the hash in the index, whatever spec that means once its document is stored.
        # With the time, because a spec that is installed again is another installation.
        identity = f"{self.uid}\0{each.spec.hash}\0{each.installed_at}"
        uid = hashlib.sha256(identity.encode()).hexdigest()[:32]
        properties: Row = {
            "hash": self._hash_of(each),
            "full_hash": each.full_hash,
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
        return {"hash": properties["hash"], "uid": uid, "properties": properties}

    def _hash_of(self, each: Installation) -> str:
        return self._joined.get(each.spec.hash, each.spec.hash)


def lockfile_uid(environment: LockedEnvironment, *, site: str, name: str) -> str:
    """Return the identity of a locked environment."""
    identity = f"{site}\0{name}\0{environment.digest}"
    return hashlib.sha256(identity.encode()).hexdigest()


def store_environment(
    database: Database, environment: LockedEnvironment, *, site: str, name: str
) -> bool:
    """Store a locked environment; roots without a stored document become stubs.

    Returns:
        Whether the environment is new.
    """
    load = new_load_id()
    roots = [
        {"hash": root.hash, "abstract": root.spec, "group": root.group or ""}
        for root in environment.roots
    ]
    stubs = sorted({root.hash for root in environment.roots})
    uid = lockfile_uid(environment, site=site, name=name)
    properties = {
        "digest": environment.digest,
        "lockfile_version": environment.lockfile_version,
        "spack_version": environment.spack_version,
        "name": name,
        "included": list(environment.included),
    }

    def write_environment(tx: ManagedTransaction) -> bool:
        rows: list[StubRow] = [{"hash": hash_, "name": None} for hash_ in stubs]
        run_one(tx, "merge_stubs", stubs=rows, load=load)
        created = run_one(
            tx, "merge_lockfile", uid=uid, properties=properties, roots=roots, site=site, load=load
        )
        return bool(created)

    return database.write(write_environment)


def store_offers(
    database: Database, entries: Iterable[MirrorEntry], *, mirror: str
) -> tuple[int, int]:
    """Store the specs that a build cache offers, with the checksums of their archives.

    Returns:
        The number of specs, and how many of these offers are new.
    """
    load = new_load_id()
    seen = new = 0
    for chunk in chunks_of(ROWS_PER_TRANSACTION, entries):
        stubs = _stub_rows(each.spec for each in chunk)
        rows = sorted(map(_offer_row, chunk), key=lambda row: str(row["hash"]))

        def write_offers(
            tx: ManagedTransaction, stubs: list[StubRow] = stubs, rows: Rows = rows
        ) -> int:
            run_one(tx, "merge_stubs", stubs=stubs, load=load)
            return int(run_one(tx, "merge_offers", mirror=mirror, offers=rows, load=load) or 0)

        new += database.write(write_offers)
        seen += len(stubs)
    return seen, new


def _offer_row(entry: MirrorEntry) -> Row:
    archive = entry.archive
    properties: Row = {"layout": entry.layout, "signed": entry.signed}
    if archive is not None:
        checksum = f"{archive.algorithm}:{archive.checksum}"
        properties |= {"checksum": checksum, "size": archive.size}
    return {"hash": entry.spec.hash, "properties": drop_missing(properties)}


def store_compilers(database: Database, compilers: Iterable[ManifestCompiler], *, site: str) -> int:
    """Store the compilers that a manifest names.

    Returns:
        How many are new at the site.
    """
    rows: Rows = []
    for each in compilers:
        properties = drop_missing(asdict(each))
        properties["languages"] = list(each.languages)
        identity = f"{site}\0{sorted(properties.items())}"
        uid = hashlib.sha256(identity.encode()).hexdigest()[:32]
        rows.append({"uid": uid, "properties": properties})
    rows.sort(key=lambda row: str(row["uid"]))
    load = new_load_id()
    return database.write(
        lambda tx: int(run_one(tx, "merge_compilers", compilers=rows, site=site, load=load) or 0)
    )


def store_test_runs(database: Database, runs: Sequence[TestRun], *, site: str) -> int:
    """Store test runs of installed specs.

    Returns:
        How many are new.
    """
    load = new_load_id()
    blobs = Blobs()
    specs = [*zip(runs, join_test_runs(database, runs), strict=True)]
    rows = [_test_row(run, spec.hash, blobs, site) for run, spec in specs]
    rows.sort(key=lambda row: str(row["hash"]))

    def write_runs(tx: ManagedTransaction) -> int:
        run_one(tx, "merge_stubs", stubs=_stub_rows(spec for _, spec in specs), load=load)
        run_one(tx, "merge_blobs", blobs=blobs.rows)
        return int(run_one(tx, "merge_test_runs", runs=rows, site=site, load=load) or 0)

    return database.write(write_runs) if rows else 0


def _test_run_uid(run: TestRun, site: str) -> str:
    # By the hash in the document, whatever spec that means once its own document is stored.
    return attempt_uid(run.spec.hash, run.key, site)


def _test_row(run: TestRun, hash_: str, blobs: Blobs, site: str) -> Row:
    uid = _test_run_uid(run, site)
    text = blobs.add_log(run.log) if run.log is not None else None
    properties = {
        "hash": hash_,
        "full_hash": run.full_hash,
        "sort_key": sort_key(run.started, uid),
        "status": run.status.value,
        "started": run.started,
        "seconds": run.seconds,
        "parts": [f"{part.name}={part.status}" for part in run.parts],
    }
    return {
        "hash": hash_,
        "named": run.spec.hash,
        "uid": uid,
        "text": text,
        "properties": properties,
    }
