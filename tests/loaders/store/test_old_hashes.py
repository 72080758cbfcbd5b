"""Spack 0.17 names prefixes, stages and records by `hash`, and documents by `full_hash`."""

import itertools
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.evidence import Attempt, Installation, Source, SpecName, Status
from loaders.folder import open_files
from loaders.pipeline.reports import Outcome
from loaders.reports.test_runs import read_test_suite
from loaders.specs.dag_hash import compute_hash
from loaders.store.attempts import store_attempts
from loaders.store.installations import StoreWriter, store_test_runs
from tests.documents import CASES, dumped, named
from tests.graph import wipe
from tests.loading import load
from tests.service.answers import get

DOCUMENT = named("hdf5-1.10.7")
NODES: list[dict[str, Any]] = json.loads(DOCUMENT.read_bytes())["spec"]["nodes"]
ROOT = NODES[0]
OLD, FULL = ROOT["hash"], ROOT["full_hash"]
STAMP = "==> [2022-01-02-03:04:05.678901] "
LOG = f"==> hdf5: Executing phase: 'build'\n{STAMP}'make'\nx.c:1:2: error: no\n"


def index_node(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node as Spack 0.17 writes it into its index: with link and run dependencies only."""
    by_hash = {each["full_hash"]: each for each in NODES}
    edges = [
        {"name": edge["name"], "hash": by_hash[edge["full_hash"]]["hash"], "type": edge["type"]}
        for edge in node.get("dependencies", ())
        if {"link", "run"} & {*edge["type"]}
    ]
    left_out = ("package_hash", "dependencies", "hash", "full_hash", "build_hash")
    body = {key: value for key, value in node.items() if key not in left_out}
    body |= {"dependencies": edges} if edges else {}
    return {**body, "hash": node["hash"], "full_hash": node["full_hash"]}


def index() -> bytes:
    installs = {
        node["hash"]: {
            "spec": index_node(node),
            "path": f"/opt/{node['name']}",
            "installed": True,
            "explicit": node is ROOT,
            "installation_time": 1_650_000_000.0,
        }
        for node in NODES
    }
    return dumped({"database": {"installs": installs, "version": "6"}})


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, Path]:
    """The index of a store, a stage, a prefix without its spec, and the document."""
    root = tmp_path / "parts"
    stage = root / "stages" / f"spack-stage-hdf5-1.10.7-{OLD}"
    stage.mkdir(parents=True)
    (stage / "spack-build-out.txt").write_text(LOG)
    prefix = root / "opt" / f"hdf5-1.10.7-{OLD}" / ".spack"
    prefix.mkdir(parents=True)
    text = LOG.replace("03:04", "04:05").replace("x.c:1:2: error: no\n", "")
    (prefix / "spack-build-out.txt").write_text(text)
    (root / "store" / ".spack-db").mkdir(parents=True)
    (root / "store" / ".spack-db" / "index.json").write_bytes(index())
    (root / "specs").mkdir()
    shutil.copy(DOCUMENT, root / "specs")
    return {path.name: path for path in root.iterdir()}


def recorded(database: Database) -> dict[str, list[Any]]:
    """Return what the graph records, by the hash of the spec."""
    statements = {
        "builds": "MATCH (b:Build)-[:BUILT]->(s) RETURN s.hash, b.hash, b.status",
        "installed": "MATCH (i:Installation)-[:OF]->(s) RETURN s.hash, i.hash, s.name",
        "stubs": "MATCH (s:Spec) WHERE s.stub RETURN s.hash, s.hash AS same, s.name",
    }
    with database.driver.session() as session:
        return {
            name: sorted(tuple(each.values()) for each in session.run(text))
            for name, text in statements.items()
        }


JOINED = {
    "builds": [(FULL, FULL, "failed"), (FULL, FULL, "succeeded")],
    "installed": sorted((each["full_hash"], each["full_hash"], each["name"]) for each in NODES),
    "stubs": [],
}


@pytest.mark.parametrize("order", [*itertools.permutations(("specs", "store", "stages", "opt"))])
def test_records_go_to_the_spec_of_the_document_in_any_order(
    database: Database, parts: dict[str, Path], order: tuple[str, ...]
) -> None:
    for part in order:
        load(database, [parts[part]])
    assert recorded(database) == JOINED
    for part in order:
        _, again = load(database, [parts[part]])
        assert {each.outcome for each in again} == {Outcome.KNOWN}
    assert recorded(database) == JOINED


def test_everything_of_one_load_is_joined(database: Database, parts: dict[str, Path]) -> None:
    load(database, [parts["specs"].parent])
    assert recorded(database) == JOINED


def test_without_a_document_records_stay_where_they_are(
    database: Database, parts: dict[str, Path]
) -> None:
    load(database, [parts["store"], parts["stages"]])
    found = recorded(database)
    assert found["builds"] == [(OLD, OLD, "failed")]
    assert (OLD, OLD, "hdf5") in found["installed"]


def test_the_spec_is_found_with_its_builds_and_installations(
    client: FlaskClient, database: Database, parts: dict[str, Path]
) -> None:
    load(database, [parts["stages"], parts["store"]])
    load(database, [parts["specs"]])
    assert [each["hash"] for each in get(client, "/builds", q="hdf5")["items"]] == [FULL]
    assert [each["hash"] for each in get(client, "/installations", q="hdf5")["items"]] == [FULL]
    roots = get(client, "/specs", q="hdf5", site="default")["items"]
    assert [each["hash"] for each in roots] == [FULL]
    assert get(client, f"/specs/{FULL}")["name"] == "hdf5"


def other_document() -> bytes:
    """Return the document with another recipe of the root: the same `hash`, another `full_hash`."""
    nodes = json.loads(json.dumps(NODES))
    body = {k: v for k, v in nodes[0].items() if k not in ("hash", "full_hash", "build_hash")}
    body["package_hash"] = "b" * 52 + "===="
    nodes[0] |= {"package_hash": body["package_hash"], "full_hash": compute_hash(body, 2)}
    return dumped({"spec": {"_meta": {"version": 2}, "nodes": nodes}})


def test_the_full_hash_settles_which_of_two_specs_is_installed(
    database: Database, parts: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(other_document())
    for order in itertools.permutations(([other], [parts["specs"]], [parts["store"]])):
        wipe(database)
        for paths in order:
            load(database, paths)
        assert recorded(database)["installed"] == JOINED["installed"]


def test_an_ambiguous_hash_names_a_spec_of_its_own(
    database: Database, parts: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(other_document())
    load(database, [other, parts["specs"]])
    load(database, [parts["stages"]])
    assert recorded(database)["builds"] == [(OLD, OLD, "failed")]


def test_a_skipped_attempt_blames_the_spec_of_the_document(database: Database) -> None:
    attempt = Attempt(
        spec=SpecName("a" * 32, "app", "1.0"),
        key="k",
        status=Status.SKIPPED,
        source=Source.MARK,
        culprit=SpecName(OLD, "hdf5", "1.10.7"),
    )
    store_attempts(database, [attempt], site="s", origin="o")
    load(database, [DOCUMENT])
    with database.driver.session() as session:
        blamed = session.run("MATCH (:Build)-[:BLAMES]->(s) RETURN s.hash AS h").data()
    assert blamed == [{"h": FULL}]
    assert recorded(database)["stubs"] == [("a" * 32, "a" * 32, "app")]


def test_an_attempt_that_both_name_is_one(database: Database, parts: dict[str, Path]) -> None:
    """The stage names the attempt by the older hash, and a report by the full one."""
    load(database, [parts["stages"]])
    report = Attempt(
        spec=SpecName(FULL, "hdf5", "1.10.7"),
        key="2022-01-02-03:04:05.678901",
        status=Status.FAILED,
        source=Source.JUNIT,
    )
    store_attempts(database, [report], site="default", origin="junit.xml")
    load(database, [parts["specs"]])
    assert recorded(database)["builds"] == [(FULL, FULL, "failed")]


def test_an_installation_with_another_full_hash_is_not_moved(database: Database) -> None:
    installation = Installation(SpecName(OLD, "hdf5"), True, 1.0, None, full_hash="f" * 32)
    writer = StoreWriter(database, site="s", name="n", as_of=2.0)
    writer.write_installations([installation])
    load(database, [DOCUMENT])
    assert recorded(database)["installed"] == [(OLD, OLD, "hdf5")]
    writer.write_installations([installation])
    assert recorded(database)["installed"] == [(OLD, OLD, "hdf5")]


def write_suite(folder: Path, node: dict[str, Any] = ROOT) -> Path:
    """Write the folder of a test suite as Spack 0.17 does, by `hash`, with the full hashes."""
    nodes = [index_node(node), *map(index_node, NODES[1:])]
    spec = {"spec": {"_meta": {"version": 2}, "nodes": nodes}}
    name = f"hdf5-1.10.7-{OLD[:7]}"
    folder.mkdir()
    (folder / "test_suite.lock").write_bytes(dumped({"specs": [spec], "alias": None}))
    (folder / "results.txt").write_text(f"{name} FAILED\n")
    log = f"==> Testing package {name}\n{STAMP}Detected the following modules\nFAILED\n"
    (folder / f"{name}-test-out.txt").write_text(log)
    return folder


def runs_of(database: Database) -> list[tuple[Any, ...]]:
    text = "MATCH (r:TestRun)-[:TESTED]->(s) RETURN s.hash, r.hash, r.full_hash, r.status, s.name"
    with database.driver.session() as session:
        return [tuple(each.values()) for each in session.run(text)]


@pytest.mark.parametrize("first", ["suite", "specs"])
def test_a_test_run_goes_to_the_spec_of_the_document(
    database: Database, parts: dict[str, Path], tmp_path: Path, first: str
) -> None:
    found = {"suite": write_suite(tmp_path / "suite"), "specs": parts["specs"]}
    load(database, [found.pop(first)])
    if first == "suite":
        assert runs_of(database) == [(OLD, OLD, FULL, "failed", "hdf5")]
    load(database, [*found.values()])
    assert runs_of(database) == [(FULL, FULL, FULL, "failed", "hdf5")]
    load(database, [tmp_path / "suite"])
    assert runs_of(database) == [(FULL, FULL, FULL, "failed", "hdf5")]


def test_the_full_hash_settles_which_of_two_specs_was_tested(
    client: FlaskClient, database: Database, parts: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(other_document())
    suite = write_suite(tmp_path / "suite")
    for order in itertools.permutations(([other], [parts["specs"]], [suite])):
        wipe(database)
        for paths in order:
            load(database, paths)
        assert runs_of(database) == [(FULL, FULL, FULL, "failed", "hdf5")]
    assert [each["hash"] for each in get(client, "/tests", q="hdf5")["items"]] == [FULL]


def test_a_test_run_of_a_report_is_joined_once_its_full_hash_is_known(
    database: Database, parts: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(other_document())
    load(database, [other, parts["specs"]])
    suite = read_test_suite(open_files([*write_suite(tmp_path / "suite").iterdir()]))
    (run,) = suite.runs
    # A report names the spec by the older hash alone, which two specs carry.
    store_test_runs(database, [replace(run, full_hash=None)], site="default")
    assert runs_of(database) == [(OLD, OLD, None, "failed", "hdf5")]
    store_test_runs(database, [run], site="default")
    assert runs_of(database) == [(FULL, FULL, FULL, "failed", "hdf5")]


def test_documents_that_differ_only_in_a_full_hash_describe_one_spec(
    client: FlaskClient, database: Database, tmp_path: Path
) -> None:
    documents = [json.loads((CASES / "format2-by-build-hash.json").read_bytes()) for _ in "ab"]
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path, document in zip(paths, documents, strict=True):
        document["spec"]["nodes"][0]["full_hash"] = path.stem * 32
        path.write_bytes(dumped(document))
    shown = set()
    for order in (paths, paths[::-1]):
        wipe(database)
        for path in order:
            load(database, [path])
        (item,) = get(client, "/specs")["items"]
        spec = get(client, f"/specs/{item['hash']}")
        assert (len(spec["contents"]), len(spec["conflicts"])) == (1, 1)
        shown.add(spec["hashes"]["full_hash"])
        digests = [each["digest"] for each in spec["documents"]]
        stored = [get(client, f"/specs/{item['hash']}/spec.json", document=d) for d in digests]
        assert sorted(map(str, stored)) == sorted(map(str, documents))
    assert len(shown) == 1
