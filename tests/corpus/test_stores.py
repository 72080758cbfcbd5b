"""Stores, reports, environments and manifests of the corpus, loaded as a user would."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.load_options import LoadOptions
from loaders.pipeline.reports import DocumentReport, LoadReport, Outcome
from tests.graph import SharedGraph, count_by_type
from tests.loading import load
from tests.service.answers import API, get

MISSING = "configure: error: nosuch/quantum.h not found; install its development files"
MEMBER = "broken.c:5:11: error: 'struct s' has no member named 'nosuchfield'"
MANUAL = "install: cannot stat 'doc/manual.pdf': No such file or directory"
TESTS = "FAIL: ft_test: 1 of 2 tests failed"

PLANTED = {
    "ccrvv6dmcthqstj7vddrniyaeifwuvmo": ("configure", MISSING, None, None),
    "k4y4ataiwnopl3s6rv2iwyq67cs5riwu": ("configure", MISSING, None, None),
    "bwmxp3frbabedjn6iw66zwpfun6eauaq": (
        "build", "broken.c:2:10: fatal error: missing_header.h: No such file or directory",
        "broken.c", 2,
    ),
    "nenbxcxclbgzsye4jcs3oa2y7afyha6a": ("build", MEMBER, "broken.c", 5),
    "ih6zjv7ojzlyf4tyj3g24jrn5ljfkegb": ("build", MEMBER, "broken.c", 5),
    "kz7uxt5ce22nv4a7z2qrgnpof3gkqqhb": (
        "build", "/usr/bin/ld: cannot find -lnosuchlib: No such file or directory", None, None,
    ),
    "dd6626hrdaf5k442475dzqkqexvbzl3r": ("install", MANUAL, None, None),
    "zelqeefa6s53i6urn2sbc2vovtoppx5t": ("test", TESTS, None, None),
    "dyrbfqnlaiwogos4tgwu63szhjizz7aw": ("test", TESTS, None, None),
    "bkoazfc3i6lb7zc2566tvpcyw5fhjzds": (
        "stage", "ChecksumError: sha256 checksum failed", None, None,
    ),
}  # fmt: skip
"""By hash of a spec that fails: phase, start of the first error, source file and line."""


@pytest.fixture(scope="module")
def folders(corpus: Path) -> list[Path]:
    return [corpus / "store", corpus / "env", corpus / "cray" / "manifests"]


@pytest.fixture
def loaded(
    shared_graph: SharedGraph, folders: list[Path]
) -> tuple[LoadReport, list[DocumentReport]]:
    """The reports on these folders, which the database then holds."""
    return shared_graph.hold(
        "stores of the corpus", lambda database: load(database, folders, LoadOptions(site="lab"))
    )


@pytest.fixture
def client(session_database: Database, loaded: object, shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


def test_only_documents_without_a_usable_spec_are_refused(
    loaded: tuple[LoadReport, list[DocumentReport]],
) -> None:
    sums, reports = loaded
    refused = {
        Path(report.source).parent.name + "/" + Path(report.source).name: report.error
        for report in reports
        if report.outcome is Outcome.REFUSED
    }
    # Manifests that are invalid or have a hash twice, and a report without a hash anywhere.
    assert set(refused) == {
        "manifests/duplicate-hash.json",
        "manifests/invalid-extra-field.json",
        "manifests/invalid-missing-prefix.json",
        "cdash-lab-sim/Configure.xml",
    }, refused
    assert sums.counts["build_records"] > sums.counts["builds"] > 50
    assert sums.counts["environments"] == sums.counts["new_environments"] == 8
    ignored = [r for r in reports if r.outcome is Outcome.IGNORED and r.kind == "spec"]
    assert not [r.source for r in ignored if r.source.endswith((".lock", "index.json"))]


def test_a_second_load_adds_nothing(
    session_database: Database,
    folders: list[Path],
    loaded: tuple[LoadReport, list[DocumentReport]],
) -> None:
    before = count_by_type(session_database)
    sums, reports = load(session_database, folders, LoadOptions(site="lab"))
    assert count_by_type(session_database) == before
    assert not [report for report in reports if report.outcome is Outcome.STORED]
    assert {name: n for name, n in sums.counts.items() if name.startswith("new_") and n} == {}


@pytest.mark.parametrize("hash_", sorted(PLANTED))
def test_the_cause_of_a_planted_failure_is_found(client: FlaskClient, hash_: str) -> None:
    phase, text, file, line = PLANTED[hash_]
    attempts = get(client, "/builds", q=f"/{hash_}")["items"]
    assert attempts
    assert {attempt["status"] for attempt in attempts} == {"failed"}
    assert {attempt["failed_phase"] for attempt in attempts} == {phase}
    causes = [attempt["cause"] for attempt in attempts]
    found = [cause for cause in causes if cause["text"].startswith(text)]
    assert found
    assert {(cause["source_file"], cause["source_line"]) for cause in found} == {(file, line)}


def test_a_skipped_attempt_names_the_culprit(client: FlaskClient) -> None:
    skipped = get(client, "/builds", status="skipped")["items"]
    assert {(item["name"], item["culprit"]["name"]) for item in skipped} == {
        ("lab-fail-dep", "lab-fail-build")
    }
    assert {item["culprit"]["version"] for item in skipped} == {"1.1"}


def test_the_same_error_of_two_spacks_is_one_diagnostic(client: FlaskClient) -> None:
    items = get(client, "/diagnostics", causes="true", text="nosuchfield")["items"]
    assert len(items) == 1
    attempts = get(client, "/builds", diagnostic=items[0]["fingerprint"])["items"]
    assert {attempt["hash"] for attempt in attempts} == {
        "nenbxcxclbgzsye4jcs3oa2y7afyha6a",
        "ih6zjv7ojzlyf4tyj3g24jrn5ljfkegb",
    }


def test_every_record_of_both_stores_is_an_installation(
    client: FlaskClient, session_database: Database
) -> None:
    installed = get(client, "/installations", site="lab", limit=1000)["items"]
    assert all(item["present"] for item in installed)
    by_store: dict[str, int] = {}
    for item in installed:
        by_store[item["store"]] = by_store.get(item["store"], 0) + 1
    stores = {name: n for name, n in by_store.items() if name.startswith("opt-store")}
    assert sorted(stores.values()) == [16, 27]
    with session_database.driver.session() as session:
        text = (
            "MATCH (n:Installation|Artifact|Store|Site|Lockfile|Mirror) "
            "WHERE any(k IN keys(n) WHERE toStringOrNull(n[k]) CONTAINS '/opt/spack') RETURN n"
        )
        assert session.run(text).data() == []


def test_a_file_is_found_by_the_end_of_its_path(client: FlaskClient) -> None:
    items = get(client, "/owners", path="lib/libh5.so")["items"]
    assert {item["spec"] for item in items} == {"lab-h5"}
    assert len({item["hash"] for item in items}) >= 5
    assert client.get(f"{API}/owners?path=no/such/file").get_json()["items"] == []


def test_the_matrix_shows_with_which_versions_packages_succeeded(client: FlaskClient) -> None:
    cells = get(client, "/matrix", by="version")["cells"]
    found = {(c["package"], c["value"]): (c["succeeded"] > 0, c["failed"] > 0) for c in cells}
    assert found[("lab-fail-build", "1.0")] == (False, True)
    assert found[("lab-sim", "2.0")] == (True, False)
    compilers = {c["value"] for c in get(client, "/matrix")["cells"]}
    assert {"gcc@12.2.0"} <= compilers


def test_environments_mirrors_and_tests_are_listed(client: FlaskClient) -> None:
    environments = get(client, "/environments", limit=1000)
    assert environments["total"]["count"] == 8
    assert all(each["roots"] for each in environments["items"])
    roots = {root["abstract"] for each in environments["items"] for root in each["roots"]}
    assert any("lab-sim" in abstract for abstract in roots)
    named = [root for each in environments["items"] for root in each["roots"] if root["name"]]
    assert named
    page = get(client, "/environments", limit=3)
    rest = get(client, "/environments", limit=1000, cursor=page["next"])
    # Facts are chosen from the rows of a page, so that parts of a list may have others.
    for each in (*environments["items"], *page["items"], *rest["items"]):
        for root in each["roots"]:
            root.pop("facts")
    assert [*page["items"], *rest["items"]] == environments["items"]
    mirrors = get(client, "/mirrors")["items"]
    assert len(mirrors) == 2
    assert all(mirror["specs"] > 5 for mirror in mirrors)
    runs = get(client, "/tests")["items"]
    assert {(run["name"], run["version"], run["status"]) for run in runs} == {
        ("lab-stats", "1.2.0", "succeeded"),
        ("lab-stats", "0.9.0", "succeeded"),
    }
    assert runs[0]["parts"] == ["LabStats::test_stats=PASSED"]
    assert get(client, "/tests", status="failed")["items"] == []
    assert len(get(client, "/tests", q="lab-stats@1.2")["items"]) == 1
