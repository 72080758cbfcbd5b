"""The write of attempts: append-only, idempotent, the same graph in any order."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from neo4j.exceptions import DatabaseError

import loaders.store.attempts
from cypher.run import Database
from loaders.evidence import (
    Attachment,
    Attempt,
    FetchedSource,
    Finding,
    HostEnvironment,
    InstalledFile,
    Log,
    Phase,
    Recipe,
    Source,
    SpecName,
    Status,
    Variable,
)
from loaders.logs.failure_cause import find_cause
from loaders.specs.document import parse_document
from loaders.store.attempts import store_attempts
from loaders.store.specs import store_documents
from service.queries.attempts import AttemptFilter, find_attempts
from service.queries.installed_files import find_owners, list_files
from tests.documents import document, dumped, node

SPEC = SpecName("a" * 32, "alpha", "1.0")
OTHER = SpecName("b" * 32, "beta", "2.0")
LOG = Log("class\n", 1, 6)
ERROR = Finding("error", 7, "x.c:3:1: error: no", "x.c: error: no", "x.c", 3, ("before",), ())
WARNING = Finding("warning", 2, "y.c:1:1: warning: eh", "y.c: warning: eh", "y.c", 1)

FAILED = Attempt(
    spec=SPEC,
    key="2026-11-24-00:07:36.133928",
    site="here",
    status=Status.FAILED,
    source=Source.FOLDER,
    failed_phase="build",
    started=1795478856.133928,
    seconds=12.5,
    spack_version="1.1.0",
    phases=(
        Phase("configure", 0, Status.SUCCEEDED, 2.0, Log("checking\n", 1, 9)),
        Phase(
            "build", 1, Status.FAILED, 10.5, Log("cc\nx.c:3:1: error: no\n", 2, 22, True),
            (WARNING, ERROR), 1, 1,
        ),
    ),
    environment=HostEnvironment("debian12", "linux", "zen4", "node7", "6.1"),
    variables=(Variable("CC", "/usr/bin/cc"), Variable("TOKEN", "<redacted>", True)),
    attachments=(Attachment("spack-configure-args.txt", "configure-args", Log("--a\n", 1, 4)),),
    recipes=(Recipe("builtin", "alpha", "packages/alpha/package.py", LOG),),
    sources=(FetchedSource("https://example.org/a.tar.gz", "a.tar.gz", "0" * 64, 5),),
)  # fmt: skip
REPORTED = replace(
    FAILED,
    source=Source.JUNIT,
    message="ProcessError: 2",
    spack_version=None,
    phases=(Phase("build", 0, Status.FAILED, None, Log("cc\n", 1, 3), (ERROR,), 1),),
    environment=None,
    variables=(),
    attachments=(),
    recipes=(),
    sources=(),
)
MARK = Attempt(SPEC, "mark", Status.FAILED, Source.MARK)


def everything(database: Database) -> dict[str, Any]:
    """The whole graph but for what tells when it was written."""
    with database.driver.session() as session:
        nodes = session.run(
            "MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties"
        ).data()
        edges = session.run(
            "MATCH (a)-[r]->(b) RETURN labels(a) AS la, properties(a) AS a, type(r) AS kind, "
            "properties(r) AS r, labels(b) AS lb, properties(b) AS b"
        ).data()
    strip = ("load", "origin")

    def plain(properties: dict[str, Any]) -> str:
        return str(sorted((k, v) for k, v in properties.items() if k not in strip))

    return {
        "nodes": sorted((str(n["labels"]), plain(n["properties"])) for n in nodes),
        "edges": sorted(
            (str(e["la"]), plain(e["a"]), e["kind"], plain(e["r"]), plain(e["b"])) for e in edges
        ),
    }


def store(database: Database, *attempts: Attempt, site: str = "here") -> list[tuple[bool, bool]]:
    stored = store_attempts(database, attempts, site=site, origin="test")
    assert [each.attempt for each in stored] == [replace(each, site=site) for each in attempts]
    return [(each.new, each.changed) for each in stored]


def builds(database: Database) -> list[dict[str, Any]]:
    with database.driver.session() as session:
        return [
            record["b"]
            for record in session.run("MATCH (b:Build) RETURN properties(b) AS b ORDER BY b.uid")
        ]


def test_an_attempt_is_stored_with_all_that_belongs_to_it(database: Database) -> None:
    assert store(database, FAILED) == [(True, True)]
    record = database.read("attempt_details", prefix=FAILED.uid, findings=10)[0]
    build = record["build"]
    assert (build["status"], build["failed_phase"], build["site"]) == ("failed", "build", "here")
    assert (build["errors"], build["warnings"]) == (1, 1)
    assert build["cause"]["source_file"] == "x.c"
    assert build["cause"]["source_line"] == 3
    assert [phase["name"] for phase in record["phases"]] == ["configure", "build"]
    findings = record["phases"][1]["findings"]
    assert [(f["kind"], f["line"]) for f in findings] == [("error", 7), ("warning", 2)]
    assert findings[0]["before"] == ["before"]
    assert record["environment"]["hostname"] == "node7"
    assert {v["name"]: v["value"] for v in record["variables"]} == {
        "CC": "/usr/bin/cc",
        "TOKEN": "<redacted>",
    }
    assert [each["kind"] for each in record["attachments"]] == ["configure-args"]
    assert [each["package"] for each in record["recipes"]] == ["alpha"]
    assert [each["url"] for each in record["sources"]] == ["https://example.org/a.tar.gz"]


def test_what_was_told_before_adds_nothing(database: Database) -> None:
    store(database, FAILED, MARK, REPORTED)
    before = everything(database)
    assert store(database, REPORTED, FAILED, MARK) == [(False, False)] * 3
    assert everything(database) == before


def test_the_best_document_is_believed_whichever_comes_first(database: Database) -> None:
    graphs = []
    for order in itertools.permutations([FAILED, REPORTED, MARK]):
        with database.driver.session() as session:
            session.run("MATCH (n) DETACH DELETE n").consume()
        for each in order:
            store(database, each)
        graphs.append(everything(database))
        (only,) = builds(database)
        assert only["spack_version"] == "1.1.0"
        assert only["message"] == "ProcessError: 2"
        assert only["standing"].startswith("0:")
        assert len(only["evidence"]) == 2
    for graph in graphs[1:]:
        kinds = [{kind for kind, _ in each["nodes"]} for each in (graphs[0], graph)]
        assert kinds[0] == kinds[1]
        blobs = [[n for n in each["nodes"] if "Blob" not in n[0]] for each in (graphs[0], graph)]
        assert blobs[0] == blobs[1]
        assert graph["edges"] == graphs[0]["edges"]


def test_a_rebuild_is_another_attempt(database: Database) -> None:
    again = replace(FAILED, key="2026-11-25-00:00:00.000001", status=Status.SUCCEEDED)
    assert store(database, FAILED, again) == [(True, True), (True, True)]
    assert sorted(build["status"] for build in builds(database)) == ["failed", "succeeded"]


def test_another_packages_failure_changes_no_status(database: Database) -> None:
    done = replace(FAILED, status=Status.SUCCEEDED, failed_phase=None)
    skipped = Attempt(
        OTHER, "later", Status.SKIPPED, Source.JUNIT, culprit=SPEC, started=1795478900.0
    )
    store(database, done, skipped)
    found = {build["name"]: build["status"] for build in builds(database)}
    assert found == {"alpha": "succeeded", "beta": "skipped"}
    items = find_attempts(database, AttemptFilter(statuses=("skipped",)), "", 10).items
    culprit = items[0]["culprit"]
    assert culprit is not None
    assert culprit["hash"] == SPEC.hash


def test_a_mark_gives_way_only_at_its_own_site(database: Database) -> None:
    store(database, MARK, site="there")
    store(database, FAILED, site="here")
    assert len(builds(database)) == 2
    assert store(database, replace(MARK, key="another"), site="here") == [(False, False)]
    assert len(builds(database)) == 2


def test_a_success_leaves_the_mark_of_a_failure(database: Database) -> None:
    store(database, MARK)
    store(database, replace(FAILED, status=Status.SUCCEEDED, failed_phase=None))
    assert len(builds(database)) == 2


def test_the_spec_of_an_attempt_may_come_later(database: Database) -> None:
    root = node("alpha", "1.0")
    spec = SpecName(root["hash"], "alpha", "1.0")
    store(database, replace(FAILED, spec=spec))
    assert database.read("spec_overview", hash=spec.hash, uid=None)[0]["spec"]["stub"]
    parsed = parse_document(dumped(document(root)))
    store_documents(database, [parsed], origin="test")
    stored = database.read("spec_overview", hash=spec.hash, uid=None)[0]
    assert stored["root"]
    assert not stored["spec"].get("stub")
    with database.driver.session() as session:
        built = session.run("MATCH (b:Build)-[:BUILT]->(s:Root) RETURN count(*) AS n").single(True)
    assert built["n"] == 1


def test_manifests_of_any_length_are_stored_before_their_attempt(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders.store.attempts, "ROWS_PER_TRANSACTION", 100)
    files = tuple(InstalledFile(f"lib/lib{i}.so", "file", 0o644, i) for i in range(1_050))
    done = replace(FAILED, status=Status.SUCCEEDED, failed_phase=None, files=files)
    store(database, done)
    manifest = list_files(database, SPEC.hash, "", 2_000)
    assert manifest.total == 1_050
    assert {item["path"] for item in manifest.items} == {file.path for file in files}
    (owner,) = find_owners(database, "lib7.so", "", 10)
    assert (owner["hash"], owner["path"]) == (SPEC.hash, "lib/lib7.so")


def test_nothing_of_an_attempt_is_stored_if_any_of_it_is_refused(database: Database) -> None:
    broken = replace(FAILED, recipes=(Recipe("n", "p" * 40_000, "too long for its index", LOG),))
    with pytest.raises(DatabaseError):
        store(database, broken)
    assert builds(database) == []
    absurd = replace(FAILED, variables=(Variable("N" * 40_000, "x"), Variable("CC", "cc")))
    store(database, absurd)
    variables = database.read("attempt_details", prefix=FAILED.uid, findings=1)[0]["variables"]
    assert [each["name"] for each in variables] == ["CC"]


def test_a_specific_error_is_preferred_as_cause_to_a_generic_one() -> None:
    weak = Finding("error", 3, "make: *** [Makefile:9: a.o] Error 1", "make: error")
    phase = replace(FAILED.phases[1], findings=(weak, WARNING, ERROR))
    assert find_cause(replace(FAILED, phases=(FAILED.phases[0], phase))) == (phase, ERROR)
    only = replace(phase, findings=(weak,))
    assert find_cause(replace(FAILED, phases=(FAILED.phases[0], only))) == (only, weak)
    assert find_cause(replace(FAILED, status=Status.SUCCEEDED)) is None


def test_what_is_not_believed_takes_no_mark_away(database: Database) -> None:
    done = replace(FAILED, status=Status.SUCCEEDED, failed_phase=None)
    told = replace(REPORTED, source=Source.CDASH)
    for order in itertools.permutations([done, MARK, told]):
        with database.driver.session() as session:
            session.run("MATCH (n) DETACH DELETE n").consume()
        for each in order:
            store(database, each)
        found = builds(database)
        believed = next(build for build in found if build["uid"] == FAILED.uid)
        assert believed["status"] == "succeeded"
        assert "failed_phase" not in believed
        assert "message" not in believed
        told_order = [each.source for each in order]
        if told_order.index(Source.FOLDER) < told_order.index(Source.CDASH):
            assert len(found) == 2, told_order
        record = database.read("attempt_details", prefix=FAILED.uid, findings=10)[0]
        assert record["build"]["cause"] is None


def test_a_better_document_brings_its_own_host_and_variables(database: Database) -> None:
    other = replace(
        FAILED,
        environment=HostEnvironment("rhel9", "linux", "zen3", "node1", "5.14"),
        variables=(Variable("CC", "/opt/cc"),),
        attachments=(Attachment("spack-configure-args.txt", "configure-args", Log("--b\n", 1, 4)),),
    )
    answers = []
    for order in ((FAILED, other), (other, FAILED)):
        with database.driver.session() as session:
            session.run("MATCH (n) DETACH DELETE n").consume()
        for each in order:
            store(database, each)
        record = database.read("attempt_details", prefix=FAILED.uid, findings=10)[0]
        names = [variable["name"] for variable in record["variables"]]
        assert len(names) == len(set(names))
        assert len(record["attachments"]) == 1
        answers.append((record["environment"], record["variables"]))
    assert answers[0] == answers[1]


def test_where_it_was_built_is_believed_before_where_it_was_unpacked(database: Database) -> None:
    built = replace(FAILED, status=Status.SUCCEEDED, failed_phase=None, binary=False)
    unpacked = replace(built, binary=True, spack_version="1.2.0")
    for order in ((built, unpacked), (unpacked, built)):
        with database.driver.session() as session:
            session.run("MATCH (n) DETACH DELETE n").consume()
        for each in order:
            store(database, each)
        (only,) = builds(database)
        assert (only["binary"], only["spack_version"]) == (False, "1.1.0")
