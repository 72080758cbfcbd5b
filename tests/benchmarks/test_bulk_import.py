from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.bulk_import import bulk_import, finish
from benchmarks.generate import Documents, generate
from benchmarks.rows_to_csv import BUILD, RUNTIME, Graph, row
from cypher.run import Database
from graph_models import schema
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.specs import store_documents
from service.embedded import EmbeddedNeo4j
from tests.graph import snapshot

NODES = 2000
CLOSURES = {"BUILT_WITH", "DEPLOYED_WITH", "REACHES"}

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def documents() -> list[SpecDocument]:
    generated = Documents()
    return [parse_document(generated.document(root)) for root in generate(NODES, 1)]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imported")
    bulk_import(NODES, 1, folder, closure="both", heap_mib=512)
    finish(folder, heap_mib=512, page_cache_mib=128)
    return folder


@pytest.fixture(scope="module")
def imported(data_dir: Path) -> Iterator[Database]:
    with (
        EmbeddedNeo4j(data_dir, quick=True) as connection,
        Database.connect(connection.uri, connection.user, connection.password) as database,
    ):
        yield database


def _without_closures(edges: list[Any]) -> list[Any]:
    return [edge for edge in edges if edge[0] not in CLOSURES]


def _without_upload(node: Any) -> Any:
    """Return a node without what only an upload has: digests as received, and known defects."""
    labels, properties = node
    return labels, tuple(pair for pair in properties if pair[0] not in ("received", "defects"))


def test_import_equals_loading_the_documents(
    imported: Database, database: Database, documents: list[SpecDocument]
) -> None:
    store_documents(database, documents, origin="test")
    nodes, edges = snapshot(imported)
    expected_nodes, expected_edges = snapshot(database)
    assert list(map(_without_upload, nodes)) == list(map(_without_upload, expected_nodes))
    assert _without_closures(edges) == _without_closures(expected_edges)


def test_closures_equal_those_of_the_documents(
    imported: Database, data_dir: Path, documents: list[SpecDocument]
) -> None:
    built = {(d.root.hash, hash_) for d in documents for hash_ in d.closure.build}
    deployed = {(d.root.hash, hash_) for d in documents for hash_ in d.closure.runtime}
    _, edges = snapshot(imported)
    assert _pairs(edges, "BUILT_WITH") == built
    assert _pairs(edges, "DEPLOYED_WITH") == deployed
    assert _pairs(edges, "REACHES", "build") == built
    assert _pairs(edges, "REACHES", "runtime") == deployed
    graph = Graph.load(data_dir)
    assert _closure_pairs(graph, BUILD) == built
    assert _closure_pairs(graph, RUNTIME) == deployed


def _pairs(edges: list[Any], kind: str, flag: str | None = None) -> set[tuple[str, str]]:
    # By hash: among generated specs every hash has one content.
    found = [
        (source[:32], target[:32])
        for type_, source, target, properties in edges
        if type_ == kind and (flag is None or dict(properties)[flag])
    ]
    assert len(found) == len(set(found))
    return set(found)


def _closure_pairs(graph: Graph, flag: int) -> set[tuple[str, str]]:
    hashes = [hash_.decode() for hash_ in graph.hashes.tolist()]
    pairs = graph.reach[graph.flags & flag != 0].tolist()
    return {(hashes[root], hashes[spec]) for root, spec in pairs}


def test_indexes_exist(imported: Database) -> None:
    element_names = {element.name for element in schema.schema_elements()}
    assert element_names <= schema.installed_names(imported.driver)


def test_saved_graph_equals_the_imported_one(imported: Database, data_dir: Path) -> None:
    graph = Graph.load(data_dir)
    _, edges = snapshot(imported)
    hashes = [hash_.decode() for hash_ in graph.hashes.tolist()]
    saved = {
        (hashes[source], hashes[target], runtime)
        for (source, target), runtime in zip(
            graph.edges.tolist(), graph.runtime.tolist(), strict=True
        )
    }
    stored = {(e[1][:32], e[2][:32], dict(e[3])["runtime"]) for e in edges if e[0] == "DEPENDS_ON"}
    assert saved == stored
    splices = {(hashes[source], hashes[target]) for source, target in graph.splices.tolist()}
    assert splices == _pairs(edges, "SPLICED_FROM")
    with imported.driver.session() as session:
        specs = session.run(
            "MATCH (s:Spec) RETURN s.hash AS hash, s.name AS name, s.version AS version, "
            "s.version_key AS key, s:Root AS root"
        ).values()
    saved_specs = {
        h: (*graph.packages[p], r)
        for h, p, r in zip(hashes, graph.package, graph.is_root, strict=True)
    }
    assert {h: (name, version, key, root) for h, name, version, key, root in specs} == saved_specs
    assert np.count_nonzero(graph.is_root) == len(
        {root for root, _ in _closure_pairs(graph, RUNTIME)}
    )


def test_data_directory_is_not_overwritten(data_dir: Path) -> None:
    with pytest.raises(FileExistsError):
        bulk_import(10, 1, data_dir)


def test_value_with_a_delimiter_is_rejected() -> None:
    with pytest.raises(ValueError, match="not a valid row"):
        row(1, {"name": ""}, {"name": "a\tb"})
    with pytest.raises(ValueError, match="not a valid row"):
        row(1, {"name": ""}, {"other": "a"})
