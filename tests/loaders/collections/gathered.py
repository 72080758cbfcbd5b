"""Output of the readers of indexes, lockfiles, mirrors and manifests, sorted for tests."""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loaders.collections.whole_document import WholeDocument
from loaders.errors import Fault, Problem
from loaders.evidence import ExpectedSpecs
from loaders.specs.dag_hash import compute_hash
from loaders.specs.document import SpecDocument, parse_document

COLLECTIONS = Path(__file__).parents[2] / "data" / "collections"


@dataclass
class Gathered:
    rows: list[Any]
    documents: list[WholeDocument]
    problems: list[Problem]

    def roots(self) -> list[str]:
        return [self.parsed(document).root.name for document in self.documents]

    def faults(self) -> list[tuple[Fault, str]]:
        return [(problem.error.fault, problem.error.pointer) for problem in self.problems]

    def parsed(self, document: WholeDocument) -> SpecDocument:
        return parse_document(document.raw, allow_unverified=document.unverifiable)

    def values(self) -> dict[str, Any]:
        """Return the documents as JSON values, by the hash of their root."""
        return {document.root: json.loads(document.raw) for document in self.documents}


def gather(found: Iterable[Any]) -> Gathered:
    result = Gathered([], [], [])
    for each in found:
        if isinstance(each, WholeDocument):
            result.documents.append(each)
        elif isinstance(each, Problem):
            result.problems.append(each)
        elif not isinstance(each, ExpectedSpecs):
            result.rows.append(each)
    return result


def stream(value: Any) -> io.BytesIO:
    return io.BytesIO(value if isinstance(value, bytes) else json.dumps(value).encode())


def keyed_node(
    name: str, dependencies: dict[str, tuple[str, list[str]]] | None = None, **hashes: str
) -> dict[str, Any]:
    """Return a node of format 1, with edges by name, each a hash and types; hashes come last."""
    body: dict[str, Any] = {
        "version": "1.0",
        "arch": {"platform": "linux", "platform_os": "centos7", "target": "x86_64"},
        "compiler": {"name": "gcc", "version": "8.3.0"},
        "namespace": "builtin",
        "parameters": {"shared": True},
    }
    if dependencies:
        body["dependencies"] = {
            other: {"hash": hash_, "type": types} for other, (hash_, types) in dependencies.items()
        }
    return {name: {**body, **hashes}}


def keyed_hash(node: dict[str, Any]) -> str:
    """Return the hash of a node of format 1 over all its edges."""
    [(name, inner)] = node.items()
    return compute_hash({name: {k: v for k, v in inner.items() if not k.endswith("hash")}}, 1)
