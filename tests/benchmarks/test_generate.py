import io

import pytest

from benchmarks.generate import Documents, GeneratedRoot, generate, write
from loaders.specs.dag_hash import Proof
from loaders.specs.document import SpecDocument, parse_document

NODES = 2000


@pytest.fixture(scope="module")
def roots() -> list[GeneratedRoot]:
    return list(generate(NODES))


@pytest.fixture(scope="module")
def documents(roots: list[GeneratedRoot]) -> list[SpecDocument]:
    generated = Documents()
    return [parse_document(generated.document(root)) for root in roots]


def test_hash_of_every_node_is_verified(documents: list[SpecDocument]) -> None:
    assert {node.proof for document in documents for node in document.nodes} == {Proof.DIRECT}


def test_documents_match_their_roots(
    roots: list[GeneratedRoot], documents: list[SpecDocument]
) -> None:
    for root, document in zip(roots, documents, strict=True):
        assert document.order == root.order
        assert document.envelope == root.envelope
        assert document.spec_format == root.spec_format
        assert (document.root.build_spec is not None) == root.spliced
        assert not document.closure.absent


def test_documents_have_only_nodes_that_the_root_needs(documents: list[SpecDocument]) -> None:
    for document in documents:
        assert document.closure.build | document.closure.runtime <= document.by_hash.keys()
        if not document.has_splices:
            assert document.closure.build == document.by_hash.keys()


def test_number_of_nodes_is_reached(roots: list[GeneratedRoot]) -> None:
    new = [len(root.new) for root in roots]
    assert sum(new[:-1]) < NODES <= sum(new)
    assert len({hash_ for root in roots for hash_ in root.order}) == sum(new)
    assert len({root.order[0] for root in roots}) == len(roots)


def test_same_seed_yields_the_same_graph() -> None:
    first, again, other = io.BytesIO(), io.BytesIO(), io.BytesIO()
    write(300, 7, first)
    write(300, 7, again)
    write(300, 8, other)
    assert first.getvalue() == again.getvalue() != other.getvalue()


def test_graphs_resemble_real_ones() -> None:
    roots = list(generate(20_000))
    documents = Documents()
    edges = sum(raw.count(b'"deptypes"') for root in roots for raw in root.new)
    nodes = sum(len(root.new) for root in roots)
    assert 0.02 <= sum(root.spliced for root in roots) / len(roots) <= 0.04
    assert 7 <= edges / nodes <= 9.5
    assert 36 <= sum(len(root.order) for root in roots) / len(roots) <= 46
    assert 3.5 <= nodes / len(roots) <= 6
    spliced = [documents.document(root) for root in roots][-1]
    assert parse_document(spliced).root.is_verified
