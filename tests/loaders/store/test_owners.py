"""No site and no token rewrites the builds of another."""

from typing import Any

import pytest

from cypher.run import Database
from loaders.evidence import DEFAULT_SITE, Attempt, Log, Phase, Source, SpecName, Status
from loaders.evidence import attempt_uid as uid_of
from loaders.reports.test_runs import TestRun
from loaders.store.attempts import store_attempts
from loaders.store.installations import store_test_runs
from tests.graph import value

SPEC = SpecName("a" * 32, "zlib", "1.3")
KEY = "2026-01-02-03:04:05.678901"


def attempt(status: Status, source: Source, **more: Any) -> Attempt:
    return Attempt(SPEC, KEY, status, source, **more)


FAILED_REPORT = attempt(Status.FAILED, Source.JUNIT, message="it failed")
FOLDER = attempt(Status.SUCCEEDED, Source.FOLDER, message="it worked", seconds=3.0)


def store(
    database: Database, one: Attempt, site: str = "lab", owner: str | None = None
) -> tuple[bool, bool]:
    [stored] = store_attempts(database, [one], site=site, origin="test", owner=owner)
    return stored.new, stored.changed


def builds(database: Database) -> list[dict[str, Any]]:
    query = """
    MATCH (b:Build)-[:AT]->(t:Site) WITH b, t ORDER BY t.name, b.uid
    RETURN collect(b {.uid, .status, .message, .seconds, .owner, site: t.name})
    """
    found: list[dict[str, Any]] = value(database, query)
    return found


def test_the_same_attempt_at_another_site_is_another_one(database: Database) -> None:
    assert store(database, FAILED_REPORT, "lab") == (True, True)
    assert store(database, FOLDER, "elsewhere") == (True, True)
    shown = [(each["site"], each["status"]) for each in builds(database)]
    assert shown == [("elsewhere", "succeeded"), ("lab", "failed")]


def test_the_site_is_a_part_of_the_identity_but_for_the_default_one() -> None:
    assert uid_of(SPEC.hash, KEY) == uid_of(SPEC.hash, KEY, DEFAULT_SITE)
    sites = ["lab", "elsewhere", DEFAULT_SITE]
    assert len({uid_of(SPEC.hash, KEY, site) for site in sites}) == 3


@pytest.mark.parametrize("sender", ["other", ""])
def test_better_evidence_of_another_sender_only_fills_in(database: Database, sender: str) -> None:
    store(database, FAILED_REPORT, owner="ci")
    assert store(database, FOLDER, owner=sender) == (False, True)
    [build] = builds(database)
    assert (build["status"], build["message"], build["owner"]) == ("failed", "it failed", "ci")
    assert build["seconds"] == 3.0


@pytest.mark.parametrize("sender", ["ci", None])
def test_better_evidence_of_the_owner_or_the_operator_replaces(
    database: Database, sender: str | None
) -> None:
    store(database, FAILED_REPORT, owner="ci")
    store(database, FOLDER, owner=sender)
    [build] = builds(database)
    assert (build["status"], build["message"], build["owner"]) == ("succeeded", "it worked", "ci")


def test_an_attempt_without_an_owner_belongs_to_who_sends_better_evidence(
    database: Database,
) -> None:
    store(database, FAILED_REPORT, owner="")
    store(database, FOLDER, owner="ci")
    [build] = builds(database)
    assert (build["status"], build["owner"]) == ("succeeded", "ci")


def with_log(one: Attempt, text: str) -> Attempt:
    phase = Phase("build", 0, one.status, log=Log(f"==> [{KEY}] {text}", 1, 1))
    return Attempt(SPEC, one.key, one.status, one.source, phases=(phase,))


@pytest.mark.parametrize(
    ("site", "owner", "number"), [("lab", "ci", 1), ("lab", "other", 2), ("elsewhere", "ci", 2)]
)
def test_only_the_owner_completes_what_a_client_reported(
    database: Database, site: str, owner: str, number: int
) -> None:
    unsure = Attempt(SPEC, "monitor:1:1", Status.FAILED, Source.MONITOR)
    store(database, with_log(unsure, "make"), owner="ci")
    store(database, with_log(FOLDER, "make"), site, owner)
    assert len(builds(database)) == number


def test_only_the_owner_replaces_a_mark(database: Database) -> None:
    mark = Attempt(SPEC, "mark:lab", Status.FAILED, Source.MARK)
    store(database, mark, owner="ci")
    store(database, FAILED_REPORT, owner="other")
    assert len(builds(database)) == 2
    better = Attempt(SPEC, "another time", Status.FAILED, Source.FOLDER)
    store(database, better, owner="ci")
    assert sorted(each["owner"] for each in builds(database)) == ["ci", "other"]


def test_the_site_is_a_part_of_the_identity_of_a_test_run(database: Database) -> None:
    run = TestRun(SPEC, Status.FAILED, 1.0, None, None, (), given_key=KEY)
    assert store_test_runs(database, [run], site="lab") == 1
    assert store_test_runs(database, [run], site="lab") == 0
    assert store_test_runs(database, [run], site="elsewhere") == 1
    assert value(database, "MATCH (r:TestRun)-[:AT]->() RETURN count(*)") == 2
