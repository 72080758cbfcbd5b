import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher.run import Database, run_one
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.spec_writes import LostWriteError
from loaders.store.specs import StoredDocument, missing_specs, store_documents
from tests.documents import DATA, SPECS, SPLICED, cases, document, dumped, named, node
from tests.effort import scale_effort
from tests.graph import snapshot, value, wipe

pytestmark = pytest.mark.container

slow_database = settings(
    max_examples=scale_effort(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def read(path: Path) -> SpecDocument:
    return parse_document(path.read_bytes(), allow_unverified=True)


def store(database: Database, *documents: SpecDocument) -> list[StoredDocument]:
    return store_documents(database, documents, origin="a test")


def without(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the document without the nodes of that hash."""
    nodes = [each for each in spec["spec"]["nodes"] if each["hash"] != name]
    return {"spec": {**spec["spec"], "nodes": nodes}}


def small_dag() -> tuple[dict[str, Any], ...]:
    zlib, cmake = node("zlib", "1.3"), node("cmake", "3.30")
    lib = node("lib", "2.0", [(zlib, ["build", "link"]), (cmake, ["build"])])
    app = node("app", "1.0", [(lib, ["link"]), (cmake, ["build"])])
    return app, lib, cmake, zlib


def test_a_document_is_stored_as_its_nodes_and_edges_and_nothing_else(database: Database) -> None:
    app, lib, cmake, zlib = small_dag()
    [stored] = store(database, parse_document(dumped(document(app, lib, cmake, zlib))))
    assert (stored.new, stored.specs, stored.new_specs, stored.edges) == (True, 4, 4, 4)
    nodes, edges = snapshot(database)
    labels = sorted(labels for labels, _ in nodes)
    assert labels == [("Document",), ("Root", "Spec"), ("Spec",), ("Spec",), ("Spec",)]
    depends = {
        (source, target, dict(each)["deptypes"], dict(each)["runtime"])
        for kind, source, target, each in edges
        if kind == "DEPENDS_ON"
    }
    assert depends == {
        (app["hash"], lib["hash"], ("link",), True),
        (app["hash"], cmake["hash"], ("build",), False),
        (lib["hash"], zlib["hash"], ("build", "link"), True),
        (lib["hash"], cmake["hash"], ("build",), False),
    }
    closure = {
        kind: {target for each, _, target, _ in edges if each == kind}
        for kind in ("BUILT_WITH", "DEPLOYED_WITH")
    }
    assert closure == {
        "BUILT_WITH": {app["hash"], lib["hash"], zlib["hash"], cmake["hash"]},
        "DEPLOYED_WITH": {app["hash"], lib["hash"], zlib["hash"]},
    }


def test_storing_again_writes_nothing(database: Database) -> None:
    documents = [read(path) for path in [*SPECS, *SPLICED]]
    first = store(database, *documents)
    before = snapshot(database)
    again = store(database, *documents)
    assert snapshot(database) == before
    assert any(each.new for each in first)
    assert not any(each.new or each.new_specs or each.edges for each in again)


def test_every_hash_of_a_node_of_format_2_is_kept(database: Database) -> None:
    parsed = read(named("hdf5-1.10.7"))
    store(database, parsed)
    spec = json.loads(parsed.root.document)
    query = "MATCH (s:Spec {hash: $hash}) RETURN [s.hash, s.runtime_hash, s.build_hash]"
    kept = value(database, query, hash=spec["full_hash"])
    assert kept == [spec["full_hash"], spec["hash"], spec["build_hash"]]


def conflicting() -> list[SpecDocument]:
    """Return splices as written by Spack, the same with recomputed hashes, and their inputs."""
    names = dict.fromkeys(
        case[key]
        for case in cases()
        for key in ("result_file", "recomputed_file", "base_file")
        if case[key] and "s04" in case["id"]
    )
    return [read(DATA / "spliced" / name) for name in names]


@slow_database
@given(st.randoms(use_true_random=False))
def test_the_graph_does_not_depend_on_the_order_of_uploads(
    database: Database, shuffler: random.Random
) -> None:
    documents = conflicting()
    wipe(database)
    store(database, *documents)
    expected = snapshot(database)
    shuffler.shuffle(documents)
    wipe(database)
    rest = list(documents)
    while rest:
        count = shuffler.randint(1, 3)
        store(database, *rest[:count])
        rest = rest[count:]
    assert snapshot(database) == expected


def test_sixteen_concurrent_uploads_neither_lose_nor_duplicate(database: Database) -> None:
    documents = [read(path) for path in [*SPECS, *SPLICED]]
    store(database, *documents)
    expected = snapshot(database)
    wipe(database)

    def upload(seed: int) -> None:
        shuffled = list(documents)
        random.Random(seed).shuffle(shuffled)
        for each in shuffled:
            store(database, each)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(upload, range(16)))
    assert snapshot(database) == expected


def conflicting_pair() -> tuple[SpecDocument, SpecDocument, str]:
    """Return a correct document, a spliced one with a forged node, and the hash of both nodes."""
    zlib, other = node("zlib", "1.3"), node("zlib-ng", "2.2")
    lib = node("lib", "2.0", [(zlib, ["link"])])
    correct = parse_document(dumped(document(lib, zlib)))
    forged = {**node("lib", "2.0", [(other, ["link"])]), "hash": lib["hash"]}
    spliced = node("app", "1.0", [(other, ["link"])], build_spec=lib)
    wrong = parse_document(dumped(document(spliced, forged, other)))
    return correct, wrong, lib["hash"]


@pytest.mark.parametrize("correct_first", [True, False])
def test_a_verified_node_wins_whichever_came_first(database: Database, correct_first: bool) -> None:
    correct, wrong, contested = conflicting_pair()
    documents = [correct, wrong] if correct_first else [wrong, correct]
    results = [store(database, each)[0] for each in documents]
    shown = (
        "MATCH (s:Spec {hash: $hash})-[:DEPENDS_ON]->(d) "
        "RETURN [head(collect(s.verified)), collect(d.name)]"
    )
    assert value(database, shown, hash=contested) == [True, ["zlib"]]
    conflict = (
        "MATCH (c:Claim {hash: $hash}), (s:Spec {hash: $hash}) "
        "WHERE right(c.uid, 64) <> right(s.standing, 64) RETURN c.verified"
    )
    assert value(database, conflict, hash=contested) is False
    assert results[-1].conflicts == ([] if not correct_first else [contested])


def test_a_damaged_copy_of_a_build_spec_is_the_build_spec(database: Database) -> None:
    correct, wrong, contested = conflicting_pair()
    store(database, correct)
    closure = (
        "MATCH (:Spec {hash: $hash})-[:BUILT_WITH|DEPLOYED_WITH]->(x) "
        "WITH DISTINCT x.name AS n ORDER BY n RETURN collect(n)"
    )
    before = value(database, closure, hash=contested)
    store(database, wrong)
    assert value(database, closure, hash=contested) == before == ["lib", "zlib"]
    assert value(database, closure, hash=wrong.root.hash) == ["app", "lib", "zlib", "zlib-ng"]


def stub_case() -> tuple[dict[str, Any], SpecDocument, SpecDocument]:
    mpich, mvapich = node("mpich", "3.4"), node("mvapich2", "2.3")
    built = node("app", "1.0", [(mpich, ["build", "link"])])
    spliced = node("app", "1.0", [(mvapich, ["link"])], build_spec=built)
    return (
        built,
        parse_document(dumped(document(spliced, mvapich))),
        parse_document(dumped(document(built, mpich))),
    )


def test_an_absent_build_spec_becomes_a_stub(database: Database) -> None:
    built, spliced, _ = stub_case()
    store(database, spliced)
    query = "MATCH (s:Spec {hash: $hash}) RETURN [s.stub, s.name, s.standing]"
    assert value(database, query, hash=built["hash"]) == [True, "app", None]
    assert missing_specs(database, [built["hash"]]) == [built["hash"]]


@pytest.mark.parametrize("stub_first", [True, False])
def test_a_later_upload_fills_a_stub_and_extends_the_closure(
    database: Database, stub_first: bool
) -> None:
    built, spliced, original = stub_case()
    for each in [spliced, original] if stub_first else [original, spliced]:
        store(database, each)
    built_with = (
        "MATCH (:Spec {hash: $hash})-[:BUILT_WITH]->(x) "
        "WITH x.name AS n ORDER BY n RETURN collect(n)"
    )
    assert value(database, built_with, hash=spliced.root.hash) == ["app", "mpich"]
    assert value(database, "MATCH (s:Spec) WHERE s.stub RETURN count(s)") == 0
    assert missing_specs(database, [built["hash"]]) == []


def test_a_stub_and_its_spec_stored_concurrently_give_the_same_graph(database: Database) -> None:
    _, spliced, original = stub_case()
    store(database, spliced, original)
    expected = snapshot(database)
    for _ in range(10):
        wipe(database)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda each: store(database, each), [spliced, original]))
        assert snapshot(database) == expected


def test_a_document_larger_than_a_transaction_is_stored_in_several(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [read(path) for path in [*SPECS, *SPLICED[:6]]]
    store(database, *documents)
    expected = snapshot(database)
    wipe(database)
    monkeypatch.setattr("loaders.store.spec_writes.EDGES_PER_TRANSACTION", 25)
    store(database, *documents)
    assert snapshot(database) == expected


class _CutOffError(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 2, 5])
def test_an_interrupted_load_shows_no_root_and_can_be_repeated(
    database: Database, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    parsed = read(named("hdf5-1.14.6-s6quj"))
    store(database, parsed)
    expected = snapshot(database)
    wipe(database)
    monkeypatch.setattr("loaders.store.spec_writes.EDGES_PER_TRANSACTION", 60)
    write, count = Database.write, [0]

    def cut_off(self: Database, work: Any) -> Any:
        count[0] += 1
        if count[0] > after:
            raise _CutOffError
        return write(self, work)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", cut_off)
        with pytest.raises(_CutOffError):
            store(database, parsed)
    assert value(database, "MATCH (r:Root) RETURN count(r)") == 0
    assert (
        value(database, "MATCH ()-[d:DEPENDS_ON]->(s) WHERE s.standing IS NULL RETURN count(d)")
        == 0
    )
    store(database, parsed)
    assert snapshot(database) == expected


def test_lost_edges_are_reported_with_the_specs_in_short(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, lib, cmake, zlib = small_dag()
    parsed = parse_document(dumped(document(app, lib, cmake, zlib)))

    def lose_an_edge(tx: Any, name: str, **parameters: Any) -> Any:
        found = run_one(tx, name, **parameters)
        if name == "merge_specs":
            found = [{**spec, "edges": max(0, spec["edges"] - 1)} for spec in found]
        return found

    monkeypatch.setattr("loaders.store.spec_writes.run_one", lose_an_edge)
    with pytest.raises(LostWriteError) as caught:
        store(database, parsed)
    parts = sorted(f"{each['hash'][:7]} (1 of 2 edges)" for each in (app, lib))
    assert str(caught.value) == f"edges were lost on {', '.join(parts)}"
    assert snapshot(database) == ([], [])


@slow_database
@given(st.permutations(range(4)))
def test_sub_dags_grow_together_in_any_order(database: Database, order: Sequence[int]) -> None:
    app, lib, cmake, zlib = small_dag()
    parts = [(app, lib, cmake, zlib), (lib, cmake, zlib), (cmake,), (zlib,)]
    documents = [parse_document(dumped(document(*part))) for part in parts]
    wipe(database)
    for index in order:
        store(database, documents[index])
    nodes, edges = snapshot(database)
    assert sum("Root" in labels for labels, _ in nodes) == 4
    assert sum(kind == "DEPENDS_ON" for kind, *_ in edges) == 4
