import json
from pathlib import Path
from typing import NamedTuple

import pytest

from cypher.run import Database
from loaders.doctor.examination import CHECKS, examine
from loaders.doctor.findings import Finding
from loaders.load_options import LoadOptions
from loaders.specs.document import parse_document
from loaders.store.migrations import migrate_graph
from tests.documents import CASES, DATA, SPECS, document, dumped, node
from tests.graph import value, wipe
from tests.loaders.backup.whole_graph import content, write_everything
from tests.loaders.store.test_specs import read, store
from tests.loading import load

ANNOUNCED = """
MATCH (s:Spec) WITH s LIMIT 1
CREATE (a:Announcement {uid: 'a', number: 7})-[:OF]->(s)
CREATE (a)-[:TOLD]->(:PhaseReport {uid: 'a:b'})
CREATE (:Counter {name: 'announcements', value: 7})
"""


def change(database: Database, statement: str) -> None:
    with database.driver.session() as session:
        counters = session.run(statement).consume().counters
    assert counters.contains_updates or counters.contains_system_updates


def findings(database: Database, *, repair: bool = False) -> dict[str, Finding]:
    """Return the findings of the checks, without empty ones."""
    results = examine(database, repair=repair)
    return {check.name: finding for check, finding in results if finding.wrong}


@pytest.fixture
def graph(database: Database) -> Database:
    """A graph with splices, an install tree and a monitor's client, in which nothing is wrong."""
    migrate_graph(database)
    load(database, [DATA / "store"], LoadOptions(site="lab"))
    load(database, [DATA / "spliced-store"], LoadOptions(site="lab"))
    store(database, read(SPECS[0]))
    change(database, ANNOUNCED)
    assert set(findings(database)) <= {"orphans"}
    return database


PLAIN = (
    "MATCH (s:Spec)-[d:DEPENDS_ON]->(x) WHERE s.uid = s.hash AND s.origin <> 'damaged' "
    "WITH s, d, x LIMIT 1 SET s.origin = 'damaged' WITH s, d, x "
)
"""A whole spec whose hash determines it, one of its dependencies, and the edge."""


class Damage(NamedTuple):
    """The check that finds a damage, a part of its message, and the statement that does it."""

    check: str
    message: str
    statement: str


DAMAGE = {
    "a changed envelope": Damage(
        "documents",
        "not those that were uploaded",
        "MATCH (d:Document) WITH d LIMIT 1 SET d.envelope = '{}'",
    ),
    "a changed record": Damage(
        "records",
        "its record was changed",
        PLAIN + "SET s.document = replace(s.document, '\"name\"', ' \"name\"')",
    ),
    "a record of something else": Damage(
        "records",
        "hash does not match",
        PLAIN + "SET s.document = replace(s.document, '\"linux\"', '\"minix\"')",
    ),
    "no JSON": Damage("records", "cannot be read", PLAIN + "SET s.document = '{'"),
    "another name": Damage("records", "its name or version", PLAIN + "SET s.name = 'other'"),
    "a lost dependency": Damage("records", "its dependencies are not those", PLAIN + "DELETE d"),
    "a doubled dependency": Damage(
        "records",
        "its dependencies are not those",
        PLAIN + "CREATE (s)-[e:DEPENDS_ON]->(x) SET e = properties(d)",
    ),
    "another type": Damage(
        "records", "its dependencies are not those", PLAIN + "SET d.deptypes = ['test']"
    ),
    "a lost build spec": Damage(
        "records",
        "its build spec is not that",
        "MATCH (s)-[b:SPLICED_FROM]->() WHERE b.inferred IS NULL WITH b LIMIT 1 DELETE b",
    ),
    "a lost record": Damage(
        "records", "neither a record", PLAIN + "REMOVE s.document, s.standing, s.stub"
    ),
    "a changed claim": Damage(
        "claims", "was changed", "MATCH (c:Claim) WITH c LIMIT 1 SET c.document = '{}'"
    ),
    "a lost claim": Damage(
        "documents",
        "are missing",
        "MATCH (:Document)-[:HOLDS]->(c:Claim) WITH DISTINCT c LIMIT 1 DETACH DELETE c",
    ),
    "a lost root": Damage(
        "documents",
        "describes 0 roots",
        "MATCH (:Document)-[d:DESCRIBES]->() WITH d LIMIT 1 DELETE d",
    ),
    "a changed text": Damage(
        "texts",
        "it is missing",
        "MATCH (b:Blob)<--() WITH b LIMIT 1 SET b.data = null SET b.data = b.size",
    ),
    "a build of nothing": Damage(
        "relationships",
        "(:Build)-[:BUILT]->(:Spec) is missing",
        "MATCH (:Build)-[b:BUILT]->() WITH b LIMIT 1 DELETE b",
    ),
    "a report of nobody": Damage(
        "relationships",
        "(:PhaseReport)<-[:TOLD]-(:Announcement)",
        "MATCH (:Announcement)-[t:TOLD]->() DELETE t",
    ),
    "an installation nowhere": Damage(
        "relationships",
        "(:Installation)-[:IN]->(:Store)",
        "MATCH (:Installation)-[i:IN]->() WITH i LIMIT 1 DELETE i",
    ),
    "a newer number": Damage(
        "counters",
        "announcements is 3, and 7 is in use",
        "MATCH (c:Counter {name: 'announcements'}) SET c.value = 3",
    ),
    "an unreached text": Damage(
        "orphans", "1 Variable", "CREATE (:Variable {digest: 'a', name: 'A'})"
    ),
    "an interrupted restore": Damage(
        "version", "a restore was interrupted", "CREATE (:Counter {name: 'restore', value: 1})"
    ),
    "an older schema": Damage(
        "version", "the graph has version 1", "MATCH (c:Counter {name: 'schema'}) SET c.value = 1"
    ),
    "a lost closure edge": Damage(
        "closures", "do not follow", "MATCH (:Root)-[b:BUILT_WITH]->() WITH b LIMIT 1 DELETE b"
    ),
    "a closure edge too many": Damage(
        "closures",
        "do not follow",
        "MATCH (r:Root), (x:Spec) WHERE NOT (r)-[:DEPLOYED_WITH]->(x) WITH r, x LIMIT 1 "
        "CREATE (r)-[:DEPLOYED_WITH]->(x)",
    ),
    "a lost mark of a root": Damage(
        "closures", "it is not a root", "MATCH (r:Root) WITH r LIMIT 1 REMOVE r:Root"
    ),
    "a root without a document": Damage(
        "closures",
        "it is a root without a document",
        "MATCH (s:Spec) WHERE NOT s:Root WITH s LIMIT 1 SET s:Root",
    ),
    "a root in no postings": Damage(
        "postings",
        "not marked as unsealed",
        "MERGE (i:PostingIndex {name: 'roots'}) SET i.ready = true, i.segments = '' "
        "WITH i MATCH (r:Root) WITH r LIMIT 1 REMOVE r.unsealed",
    ),
    "a lost index": Damage("schema", "spec_name is missing", "DROP INDEX spec_name"),
    "a lost constraint": Damage(
        "schema", "build_uid_unique is missing", "DROP CONSTRAINT build_uid_unique"
    ),
}

REPAIRED = ("closures", "counters", "schema")
NOT_DERIVED = "a root without a document"


def messages(database: Database, check: str) -> list[str]:
    found = findings(database).get(check)
    return found.examples if found else []


def test_what_is_derived_is_found_damaged_and_repaired(graph: Database) -> None:
    before = content(graph)
    for name, damage in DAMAGE.items():
        if damage.check in REPAIRED and name != NOT_DERIVED:
            change(graph, damage.statement)
            found = findings(graph, repair=True)[damage.check]
            assert any(damage.message in example for example in found.examples), name
            assert found.repaired == found.wrong
            assert content(graph) == before, name
            assert set(findings(graph)) <= {"orphans"}, name


def test_what_is_not_derived_is_found_damaged_and_left_as_it_is(
    graph: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loaders.doctor.findings.EXAMPLES", 1_000)
    for name, damage in DAMAGE.items():
        if damage.check not in REPAIRED or name == NOT_DERIVED:
            before = messages(graph, damage.check)
            change(graph, damage.statement)
            new = [each for each in messages(graph, damage.check) if each not in before]
            assert any(damage.message in example for example in new), (name, new)
    damaged = content(graph)[0]
    findings(graph, repair=True)
    assert content(graph)[0] == damaged


def test_every_check_is_tested() -> None:
    assert {check for check, *_ in DAMAGE.values()} == {check.name for check in CHECKS}


def test_nothing_is_wrong_with_everything_that_the_models_have(
    database: Database, tmp_path: Path
) -> None:
    wipe(database)
    write_everything(database, tmp_path)
    assert set(findings(database)) <= {"orphans"}
    checked = {check.name: finding.checked for check, finding in examine(database)}
    assert checked["records"] == value(database, "MATCH (s:Spec) RETURN count(s)")
    assert checked["documents"] == value(database, "MATCH (d:Document) RETURN count(d)")


def test_a_stub_is_no_damage(database: Database) -> None:
    migrate_graph(database)
    original = node("app")
    splice = node("app", "2.0", build_spec=original)
    store(database, parse_document(dumped(document(splice))))
    assert value(database, "MATCH (s:Spec {stub: true}) RETURN count(s)") == 1
    assert findings(database) == {}


def test_a_spec_above_one_that_may_have_lost_its_build_spec_is_no_damage(
    database: Database,
) -> None:
    migrate_graph(database)
    leaf = node("leaf")
    library = node("library", dependencies=[(leaf, ["link"])])
    app = node("app", dependencies=[(library, ["link"])])
    raw = dumped(document(app, {**library, "version": "2"}, leaf))
    store(database, parse_document(raw, allow_unverified=True))
    assert value(database, "MATCH (s:Spec {name: 'app'}) RETURN s.standing STARTS WITH '0:~'")
    assert findings(database) == {}


def test_a_build_spec_with_the_hash_of_its_splice_above_one_that_is_not_verified_is_no_damage(
    database: Database,
) -> None:
    migrate_graph(database)
    changed = json.loads((CASES / "splice-with-hash-of-its-build-spec.json").read_bytes())
    assert changed["spec"]["nodes"][3]["name"] == "mp-one"
    changed["spec"]["nodes"][3]["version"] = "2"
    store(database, parse_document(dumped(changed), allow_unverified=True))
    assert findings(database) == {}
