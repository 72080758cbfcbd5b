"""Recorded decisions of real Spack: a subset in the test data, all of them in the corpus."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spec_syntax import ConcreteNode, build_dag

_ROOT = Path(__file__).resolve().parents[2]
SUBSET = _ROOT / "tests" / "data" / "oracle"
CORPUS = Path(os.environ.get("SPECGRAPH_CORPUS", _ROOT.parent / "shared" / "corpus"))

with_corpus = pytest.mark.skipif(
    not (CORPUS / "oracle").is_dir(),
    reason="no corpus found: set SPECGRAPH_CORPUS to its folder",
)

#: The folders with version vectors, as parameters for tests.
VECTOR_FOLDERS = [
    pytest.param(SUBSET, id="subset"),
    pytest.param(CORPUS / "oracle", id="corpus", marks=with_corpus),
]


def vectors(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the records of the file of vectors with this name."""
    with (folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def root_of(document: dict[str, Any]) -> ConcreteNode:
    spec = document["spec"]
    return build_dag(spec["nodes"], spec["_meta"]["version"])[0]


def roots_by_hash(documents: Iterator[dict[str, Any]]) -> dict[str, ConcreteNode]:
    return {root.hash: root for root in map(root_of, documents)}


def corpus_documents(*folders: str) -> Iterator[dict[str, Any]]:
    for folder in folders:
        for path in sorted((CORPUS / folder).glob("*.json")):
            yield json.loads(path.read_text(encoding="utf-8"))
