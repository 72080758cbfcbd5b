"""Graphs to delete from, and their comparison."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cypher.run import Database
from loaders.load_options import LoadOptions
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.specs import store_documents
from tests.documents import document, dumped, node
from tests.graph import snapshot
from tests.loading import load


def contents(database: Database) -> tuple[list[Any], list[Any]]:
    """Return all nodes and edges, without the counters of numbers and of removals."""
    nodes, edges = snapshot(database)
    return [each for each in nodes if each[0] != ("Counter",)], edges


def store(database: Database, *documents: SpecDocument) -> None:
    store_documents(database, documents, origin="a test")


def load_at(database: Database, site: str, *paths: Path) -> None:
    report, _ = load(database, paths, LoadOptions(site=site, as_of=1.0))
    assert report.counts


def root_of(document: SpecDocument) -> str:
    return document.uids[document.root.hash]


def random_documents(rng: random.Random, specs: int, roots: int) -> list[SpecDocument]:
    """Return documents about some specs of one random DAG, which share much of it."""
    nodes: list[dict[str, Any]] = []
    for place in range(specs):
        below = rng.sample(nodes, min(len(nodes), rng.randrange(4)))
        edges = [
            (each, rng.choice([["build"], ["link"], ["build", "link", "run"]]), virtuals)
            for each in below
            for virtuals in [rng.choice([[], [], ["mpi"], ["blas", "lapack"]])]
        ]
        nodes.append(node(f"package{rng.randrange(specs)}", f"1.{place}", edges))
    chosen = rng.sample(nodes, min(roots, len(nodes)))
    return [parse_document(dumped(document(*_dag(each, nodes)))) for each in chosen]


def _dag(root: dict[str, Any], nodes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    by_hash = {each["hash"]: each for each in nodes}
    found = {root["hash"]: root}
    waiting = [root]
    while waiting:
        for edge in waiting.pop().get("dependencies", []):
            if edge["hash"] not in found:
                found[edge["hash"]] = by_hash[edge["hash"]]
                waiting.append(found[edge["hash"]])
    return list(found.values())
