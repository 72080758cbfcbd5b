"""What may be spliced and put in: the newest stored specs, of which a build may exist."""

from typing import Any

import pytest

from cypher.run import Database
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.store.attempts import store_attempts
from service.app import create_app
from service.queries import replacements
from service.queries.many_plans import PlansQuestion, plan_many
from service.queries.replacements import find_replacements
from tests.documents import document, dumped, node
from tests.graph import value
from tests.service.answers import upload

LIBRARIES = {version: node("lib", version) for version in ("1.2", "1.9", "1.10", "2.0")}
OTHER = node("mylib", "3.0")
APP = node("app", "1.0", [(LIBRARIES["1.2"], ["build", "link"])])


@pytest.fixture
def stored(database: Database) -> Database:
    """Return a database with an application and libraries, of which no build is recorded."""
    documents = [document(each) for each in (*LIBRARIES.values(), OTHER)]
    documents.append(document(APP, LIBRARIES["1.2"]))
    upload(create_app(database).test_client(), *map(dumped, documents))
    return database


def attempt(database: Database, spec: dict[str, Any], status: Status, key: str = "1") -> None:
    name = SpecName(spec["hash"], spec["name"], spec["version"])
    store_attempts(
        database, [Attempt(name, key, status, Source.JUNIT)], site="lab", origin="test", owner=None
    )


def versions(database: Database, text: str, most: int) -> tuple[list[str], bool]:
    uids, every = find_replacements(database, text, most)
    names = {uid: version for version, each in LIBRARIES.items() for uid in [each["hash"]]}
    return [names[uid] for uid in uids], every


def pairs(database: Database) -> list[tuple[str | None, str | None]]:
    page = plan_many(database, PlansQuestion("app", ["lib"]), 0, 100)
    return [(each.target["name"], each.replacement["version"]) for each in page.items]


def test_the_newest_versions_are_found_first(stored: Database) -> None:
    assert versions(stored, "lib", 10) == (["2.0", "1.10", "1.9", "1.2"], True)
    assert versions(stored, "lib", 3) == (["2.0", "1.10", "1.9"], False)


def test_of_many_specs_the_newest_are_looked_at(
    stored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacements, "_LOOKED_AT", 2)
    assert versions(stored, "lib", 4) == (["2.0", "1.10"], False)
    page = plan_many(stored, PlansQuestion("app", ["lib"]), 0, 100)
    assert (page.total, page.exact) == (2, False)


def test_a_query_for_what_specs_are_not_finds_specs_as_well(stored: Database) -> None:
    uids, every = find_replacements(stored, "not lib", 10)
    assert set(uids) == {OTHER["hash"], APP["hash"]}
    assert every


def test_specs_without_recorded_builds_are_planned(stored: Database) -> None:
    assert pairs(stored) == [("app", "2.0"), ("app", "1.10"), ("app", "1.9")]


@pytest.mark.parametrize("status", [Status.FAILED, Status.SKIPPED])
def test_what_never_was_built_is_neither_target_nor_replacement(
    stored: Database, status: Status
) -> None:
    attempt(stored, LIBRARIES["1.10"], status)
    assert pairs(stored) == [("app", "2.0"), ("app", "1.9")]
    attempt(stored, APP, status)
    assert pairs(stored) == []
    attempt(stored, APP, Status.SUCCEEDED, "2")
    assert pairs(stored) == [("app", "2.0"), ("app", "1.9")]


@pytest.mark.parametrize(
    "evidence", ["(s)<-[:OF]-(:Installation {uid: 'i'})", "(s)<-[:OFFERS]-(:Mirror {uid: 'm'})"]
)
def test_what_is_installed_or_offered_is_a_target_whatever_failed(
    stored: Database, evidence: str
) -> None:
    attempt(stored, APP, Status.FAILED)
    create = f"MATCH (s:Spec {{uid: '{APP['hash']}'}}) CREATE {evidence} RETURN count(*)"
    assert value(stored, create) == 1
    assert ("app", "2.0") in pairs(stored)
