"""Deleting attempts, environments and sites, pruning, and collecting garbage."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from cypher.run import Database, run_one
from loaders.collections.lockfile import LockedEnvironment, LockedRoot
from loaders.errors import StillNeededError
from loaders.evidence import (
    Attempt,
    Finding,
    Installation,
    Log,
    Phase,
    Source,
    SpecName,
    Status,
)
from loaders.load_options import LoadOptions
from loaders.specs.document import parse_document
from loaders.store.attempts import store_attempts
from loaders.store.installations import StoreWriter, store_environment
from loaders.store.removal.attempts import delete_attempts
from loaders.store.removal.garbage import collect_garbage, count_garbage
from loaders.store.removal.preview import find_attempt, preview_attempt
from loaders.store.removal.retention import Age, prune_attempts, prune_logs, prune_roots
from loaders.store.removal.sites import count_site, delete_site
from loaders.store.removal.specs import delete_root
from loaders.store.removal.unused import Tally
from loaders.store.tokens import create_token, revoke_token
from tests.documents import DATA, document, dumped, node
from tests.graph import value, wipe
from tests.loaders.store.removal.graphs import contents, load_at, root_of, store
from tests.loading import load

pytestmark = pytest.mark.container

DAY = 86_400.0


def attempt(
    name: str, status: Status = Status.FAILED, *, days_ago: float = 0.0, key: str = ""
) -> Attempt:
    started = time.time() - days_ago * DAY
    text = f"==> building {name}\nerror: {name} is broken\n"
    finding = Finding("error", 2, f"error: {name} is broken", f"{name} is broken")
    phase = Phase("build", 0, status, log=Log(text, 2, len(text)), findings=(finding,), errors=1)
    spec = SpecName(node(name)["hash"], name, "1.0")
    return Attempt(
        spec, key or f"{started}", status, Source.JUNIT, started=started, phases=(phase,)
    )


def uids(database: Database) -> set[str]:
    return set(value(database, "MATCH (b:Build) RETURN collect(b.uid)"))


def test_a_deleted_site_leaves_another_one_as_it_was(database: Database) -> None:
    load_at(database, "here", DATA / "store")
    expected = contents(database)
    names = ("junit-lab-fail-fetch-1.0.xml", "junit-test-run-lab-stats.xml", "cdash-lab-fail-build")
    load_at(database, "there", *(DATA / "reports" / "spack-1.1.0" / name for name in names))
    counts = count_site(database, "there")["counts"]
    assert counts is not None
    assert counts["Build"] > 1
    assert counts["TestRun"] > 0
    tally = Tally()
    delete_site(database, "there", tally)
    assert tally.counts["Build"] == counts["Build"]
    assert tally.counts["Blob"] > 0
    assert contents(database) == expected
    assert count_site(database, "there")["counts"] is None


def test_a_deleted_attempt_leaves_nothing_behind(database: Database) -> None:
    load_at(database, "here", DATA / "reports" / "spack-0.23.0")
    expected = contents(database)
    before = uids(database)
    folder = next((DATA / "store").glob("lab-sim-*"))
    load_at(database, "here", folder)
    [uid] = uids(database) - before
    stored = find_attempt(database, uid)
    assert stored is not None
    foreseen = preview_attempt(database, stored)
    # The folder has a document of the spec, which is a root of its own.
    assert [each["reason"] for each in foreseen.kept if each["uid"] == stored["specs"][0]] == [
        "it is a root itself"
    ]
    tally = Tally()
    delete_attempts(database, [uid], tally)
    assert tally.counts["Build"] == 1
    assert tally.counts["Artifact"] > 10
    delete_root(database, stored["specs"][0], Tally())
    assert contents(database) == expected


def test_an_attempt_shares_what_another_one_still_needs(database: Database) -> None:
    given = [attempt("app", days_ago=days, key=f"{days}") for days in (3, 1)]
    old, new = (replace(each, site="here") for each in given)
    store_attempts(database, [new], site="here", origin="a test")
    expected = contents(database)
    store_attempts(database, [old], site="here", origin="a test")
    delete_attempts(database, [old.uid], Tally())
    assert contents(database) == expected
    delete_attempts(database, [new.uid], Tally())
    assert contents(database) == ([], [])


def test_a_site_with_a_valid_token_is_not_deleted(database: Database) -> None:
    store_attempts(database, [attempt("app")], site="here", origin="a test")
    _, token = create_token(database, "ci", site="here")
    with pytest.raises(StillNeededError, match=r"1 valid token is bound to it \(ci\)"):
        delete_site(database, "here", Tally())
    revoke_token(database, token.public_id)
    delete_site(database, "here", Tally())
    assert uids(database) == set()


def installed(database: Database, name: str, *, as_of: float, present: bool = True) -> None:
    writer = StoreWriter(database, site="here", name="store", as_of=as_of)
    spec = SpecName(node(name)["hash"], name, "1.0")
    writer.write_installations([Installation(spec, True, 1.0, None, installed=present)])
    writer.record_index_time()


def test_old_attempts_go_but_not_those_of_installed_specs(database: Database) -> None:
    kept = [
        attempt("new", days_ago=10),
        attempt("installed", Status.SUCCEEDED, days_ago=200),
        attempt("busy", Status.RUNNING, days_ago=200),
    ]
    gone = [
        attempt("old", days_ago=200),
        attempt("done", Status.SUCCEEDED, days_ago=100),
        attempt("installed", Status.FAILED, days_ago=300),
    ]
    store_attempts(database, kept, site="here", origin="a test")
    installed(database, "installed", as_of=5.0)
    expected = contents(database)
    store_attempts(database, gone, site="here", origin="a test")
    age = Age(90 * DAY)
    assert prune_attempts(database, age, dry_run=True).as_dict() == {"Build": 3}
    assert len(uids(database)) == 6
    failed = Age(90 * DAY, statuses=["failed"])
    assert prune_attempts(database, failed, dry_run=True).as_dict() == {"Build": 2}
    assert prune_attempts(database, Age(90 * DAY, site="there")).as_dict() == {}
    assert prune_attempts(database, age).as_dict()["Build"] == 3
    assert contents(database) == expected
    # Once the store does not list the spec any more, its attempt is old like any other.
    installed(database, "else", as_of=6.0)
    assert prune_attempts(database, age).as_dict()["Build"] == 1


def test_old_logs_go_but_their_errors_stay(database: Database) -> None:
    store_attempts(database, [attempt("app", days_ago=200)], site="here", origin="a test")
    assert prune_logs(database, Age(90 * DAY)).as_dict() == {"Blob": 1, "logs of Build": 1}
    assert value(database, "MATCH (x:Blob) RETURN count(x)") == 0
    assert value(database, "MATCH (:Phase)-[r:REPORTED]->(:Diagnostic) RETURN count(r)") == 1
    assert prune_logs(database, Age(90 * DAY)).as_dict() == {}


def test_old_roots_go_unless_something_needs_them(database: Database) -> None:
    documents = [parse_document(dumped(document(node(name)))) for name in ("used", "unused")]
    store(database, *documents)
    store_attempts(database, [attempt("used")], site="here", origin="a test")
    assert prune_roots(database, Age(DAY)).as_dict() == {}
    database.write(lambda tx: tx.run("MATCH (d:Document) SET d.load = '20200101T000000Z-a'"))
    assert prune_roots(database, Age(DAY), dry_run=True).as_dict() == {"Root": 1}
    assert prune_roots(database, Age(DAY)).as_dict() == {"Document": 1, "Spec": 1}
    assert value(database, "MATCH (s:Root) RETURN collect(s.name)") == ["used"]


def test_an_environment_takes_only_its_stubs_along(database: Database) -> None:
    known = parse_document(dumped(document(node("known"))))
    store(database, known)
    expected = contents(database)
    roots = [LockedRoot(node(name)["hash"], name) for name in ("known", "unknown")]
    environment = LockedEnvironment("env", 5, None, None, tuple(roots))
    store_environment(database, environment, site="here", name="env")
    with pytest.raises(StillNeededError, match="1 environment locks it"):
        delete_root(database, root_of(known), Tally())
    delete_site(database, "here", Tally())
    assert contents(database) == expected


def test_garbage_is_collected_but_nothing_that_is_needed(database: Database) -> None:
    load(database, [DATA / "store", DATA / "reports", DATA / "specs"], LoadOptions(site="here"))
    collect_garbage(database, grace=-DAY)
    expected = contents(database)
    orphans = """
    CREATE (a:Spec {uid: 'a', hash: 'a', load: $load})-[:DEPENDS_ON {virtuals: ['x']}]->
      (:Spec {uid: 'b', hash: 'b', load: $load}),
      (:Blob {digest: 'c'}), (:Diagnostic {fingerprint: 'd'}), (:Variable {digest: 'e'}),
      (:Virtual {name: 'f'}), (:Environment {fingerprint: 'g'}), (:Archive {uid: 'h'}),
      (:Recipe {uid: 'i'})-[:HAS_TEXT]->(:Blob {digest: 'j'}), (:Site {name: 'k'}),
      (:Document {digest: 'l'})-[:HOLDS]->(:Claim {uid: 'm', load: $load}),
      (:Phase {uid: 'n'})-[:HAS_TEXT]->(:Blob {digest: 'o'}), (:Artifact {uid: 'p'})
    """
    database.write(lambda tx: tx.run(orphans, load="29990101T000000Z-a").consume())
    # Nodes loaded within the last hour may belong to an upload that is not done.
    assert "specs" not in count_garbage(database)
    database.write(
        lambda tx: tx.run(
            "MATCH (n:Spec|Claim) WHERE n.load STARTS WITH '2999' SET n.load = '2020'"
        ).consume()
    )
    assert count_garbage(database)["specs"] == 1
    tally = collect_garbage(database)
    assert contents(database) == expected
    assert (tally.counts["Spec"], tally.counts["Blob"], tally.counts["Claim"]) == (2, 3, 1)
    assert collect_garbage(database).as_dict() == {}


def test_a_text_cannot_go_while_an_attempt_takes_it(database: Database) -> None:
    """A text that nothing refers to is locked by the upload that stores the same text again."""
    text = attempt("app")
    store_attempts(database, [text], site="here", origin="a test")
    digest = value(database, "MATCH (x:Blob) RETURN x.digest")
    wipe(database)
    blob = {"digest": digest, "properties": {"size": 1}}
    database.write(lambda tx: run_one(tx, "merge_blobs", blobs=[blob]))
    with database.driver.session() as session, session.begin_transaction() as tx:
        run_one(tx, "merge_blobs", blobs=[blob])  # type: ignore[arg-type]
        locks = tx.run(
            "SHOW TRANSACTIONS YIELD activeLockCount, currentQueryId "
            "WHERE currentQueryId IS NOT NULL RETURN max(activeLockCount) AS n"
        ).single(strict=True)
        assert locks["n"] > 0


def test_the_files_of_a_store_stay_with_its_last_folder(database: Database) -> None:
    folder = next(Path(DATA / "store").glob("lab-sim-*"))
    load_at(database, "here", folder)
    files = value(database, "MATCH (a:Artifact) RETURN count(a)")
    [uid] = uids(database)
    again = """
    MATCH (b:Build)-[:BUILT]->(s)
    CREATE (other:Build {uid: 'again', hash: b.hash, standing: '0:1:a', status: 'succeeded'})
    CREATE (other)-[:BUILT]->(s)
    """
    database.write(lambda tx: tx.run(again).consume())
    delete_attempts(database, [uid], Tally())
    assert value(database, "MATCH (a:Artifact) RETURN count(a)") == files
    delete_attempts(database, ["again"], Tally())
    assert value(database, "MATCH (a:Artifact) RETURN count(a)") == 0
