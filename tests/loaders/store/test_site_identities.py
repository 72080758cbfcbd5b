"""Builds and test runs of an older graph get identities that include their sites."""

import hashlib

import pytest

from cypher.run import Database
from loaders.evidence import Attempt, Log, Phase, Source, SpecName, Status, attempt_uid
from loaders.reports.test_runs import TestRun
from loaders.store import site_identities
from loaders.store.attempts import store_attempts
from loaders.store.installations import store_test_runs
from loaders.store.migrations import NAME, SCHEMA_VERSION, migrate_graph
from tests.graph import snapshot, value
from tests.loaders.store.test_migrations import restore_older_graph

SPEC = SpecName("a" * 32, "zlib", "1.3")
OTHER = SpecName("b" * 32, "zlib", "1.2")
NOTHING = hashlib.sha256(b"").hexdigest()
KEYS = [f"2026-01-02-03:04:0{second}.678901" for second in range(5)]


def store(database: Database, site: str, spec: SpecName = SPEC) -> int:
    """Store five builds, and two test runs of which one has a log; return how many are new."""
    attempts = []
    for key in KEYS:
        phase = Phase("build", 0, Status.FAILED, log=Log(f"==> [{key}] make\n", 1, 1))
        attempts.append(Attempt(spec, key, Status.FAILED, Source.JUNIT, phases=(phase,)))
    log = Log(f"==> [{KEYS[0]}] test: run\n", 1, 1)
    runs = [TestRun(spec, Status.FAILED, None, None, each, ()) for each in (log, None)]
    stored = store_attempts(database, attempts, site=site, origin="test")
    return store_test_runs(database, runs, site=site) + sum(each.new for each in stored)


def set_version(database: Database, version: int) -> None:
    with database.driver.session() as session:
        session.run(
            "MERGE (c:Counter {name: $name}) SET c.value = $version", name=NAME, version=version
        ).consume()


def become_older(database: Database, site: str) -> None:
    """Make the graph one of version 2, in which identities say nothing of sites."""
    rows = [
        {"uid": attempt_uid(SPEC.hash, key, site), "former": attempt_uid(SPEC.hash, key)}
        for key in [*KEYS, NOTHING]
    ]
    with database.driver.session() as session:
        session.run(
            "UNWIND $rows AS row MATCH (x:Build|TestRun {uid: row.uid}) "
            "SET x.uid = row.former, x.sort_key = left(x.sort_key, 18) + row.former "
            "FOREACH (p IN [(x)-[:RAN]->(p) | p] | SET p.uid = row.former + ':' + p.name)",
            rows=rows,
        ).consume()
    set_version(database, 2)


@pytest.mark.parametrize("limit", [1, 2, 1_000])
def test_the_records_of_a_site_are_known_after_the_migration(
    database: Database, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(site_identities, "_BUILDS", limit)
    monkeypatch.setattr(site_identities, "_TEST_RUNS", limit)
    assert (store(database, "lab"), store(database, "default", OTHER)) == (7, 7)
    set_version(database, SCHEMA_VERSION)
    before = snapshot(database)
    become_older(database, "lab")
    assert snapshot(database) != before
    assert migrate_graph(database) == 7
    assert snapshot(database) == before
    assert (store(database, "lab"), store(database, "default", OTHER)) == (0, 0)
    assert migrate_graph(database) == 0


def test_a_record_whose_identity_is_taken_stays(database: Database) -> None:
    store(database, "lab")
    become_older(database, "lab")
    assert store(database, "lab") == 7
    set_version(database, 2)
    before = value(database, "MATCH (x:Build|TestRun) RETURN count(x)")
    assert migrate_graph(database) == 0
    assert value(database, "MATCH (x:Build|TestRun) RETURN count(x)") == before == 14


def test_a_damaged_log_does_not_stop_the_migration(database: Database) -> None:
    store(database, "lab")
    become_older(database, "lab")
    with database.driver.session() as session:
        session.run("MATCH (b:Blob) SET b.data = $data", data=b"damaged").consume()
    assert migrate_graph(database) == 6


def test_every_build_of_a_real_older_graph_has_its_site_in_its_identity(
    database: Database,
) -> None:
    restore_older_graph(database, "version-2")
    found = """
    MATCH (b:Build)-[:AT]->(t:Site) OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
    WITH b, t, collect(p.uid) AS phases ORDER BY b.uid
    RETURN collect([b.uid, b.hash, b.key, t.name, b.sort_key, phases])
    """
    older = value(database, found)
    assert {uid == attempt_uid(hash_, key) for uid, hash_, key, *_ in older} == {True}
    migrate_graph(database)
    newer = value(database, found)
    assert len(newer) == len(older)
    assert {row[3] for row in newer} == {"default", "lab", "vm"}
    for uid, hash_, key, site, sort_key, phases in newer:
        assert uid == attempt_uid(hash_, key, site)
        assert sort_key.endswith(f":{uid}")
        assert all(phase.startswith(f"{uid}:") for phase in phases)
