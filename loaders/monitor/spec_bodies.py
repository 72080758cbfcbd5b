"""The specs in the monitor's requests, as documents that prove their hashes.

The client of 0.17 sends format 2 as it stands in `spec.json`. That of 0.18 says format 3 but names
dependencies by a `full_hash`, which differs from the DAG hash under which everything else of that
release knows a spec (`new_configuration` in `lib/spack/spack/monitor.py`). Put back to the DAG
hashes, its nodes are those of `spec.json`, and prove them. A spec that could not be concretized is
sent as an abstract one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from loaders.errors import DocumentError, Fault
from loaders.monitor.bodies import Body, clean, word
from loaders.specs.checks import is_hash
from loaders.specs.document import SpecDocument, parse_document

FAILED = "FAILED_CONCRETIZATION"
MAX_ABSTRACT = 1 << 20
"""Longest abstract spec that is kept, in bytes of JSON."""
_DEFAULT_TYPES = ["build", "link"]


@dataclass(frozen=True)
class ToldSpec:
    """A spec that a client told of.

    :ivar hash: by which the client knows the root.
    :ivar dependencies: the root's own, by name, as the client knows them.
    :ivar full_hashes: other hashes of nodes, by their DAG hashes.
    """

    document: SpecDocument
    hash: str
    dependencies: Mapping[str, str] = field(default_factory=dict)
    full_hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unconcretized:
    """A spec that could not be concretized.

    :ivar spec: the abstract spec, as JSON.
    """

    name: str
    spec: str
    spack_version: str | None

    @property
    def uid(self) -> str:
        """SHA-256 of the abstract spec and of the Spack that could not concretize it."""
        return hashlib.sha256(f"{self.spack_version or ''}\0{self.spec}".encode()).hexdigest()


def read_spec(value: Any, spack_version: str | None = None) -> ToldSpec | Unconcretized:
    """The spec in a body: `{_meta, nodes}`, the same below another `spec`, or a list (format 1).

    :raises DocumentError: there is none, or none that could be kept.
    """
    spec = _unwrapped(value)
    nodes = _nodes(spec)
    if any(_is_abstract(node) for node in nodes):
        return _unconcretized(spec, nodes, spack_version)
    errors: list[DocumentError] = []
    for allow_unverified in (False, True):
        for candidate in _candidates(spec, nodes):
            raw = json.dumps({"spec": candidate}).encode()
            try:
                document = parse_document(raw, allow_unverified=allow_unverified)
            except DocumentError as error:
                errors.append(error)
            else:
                return _told(document, nodes)
    raise errors[0]


def _unwrapped(value: Any) -> Any:
    for _ in range(3):
        if isinstance(value, dict) and "spec" in value and "nodes" not in value:
            value = value["spec"]
    return value


def _nodes(spec: Any) -> list[Body]:
    nodes = spec.get("nodes") if isinstance(spec, dict) else spec
    if not isinstance(nodes, list) or not nodes:
        raise DocumentError(Fault.INVALID, "there are no nodes", "/spec/nodes")
    for index, node in enumerate(nodes):
        if not isinstance(node, dict):
            raise DocumentError(Fault.INVALID, "a node is no object", f"/spec/nodes/{index}")
    return nodes


def _is_abstract(node: Body) -> bool:
    if node.get("full_hash") == FAILED or node.get("concrete") is False:
        return True
    return "versions" in node and "version" not in node


def _unconcretized(spec: Any, nodes: list[Body], spack_version: str | None) -> Unconcretized:
    text = clean(json.dumps(spec))
    if len(text) > MAX_ABSTRACT:
        text = clean(json.dumps({"nodes": nodes[:1]}))[:MAX_ABSTRACT]
    return Unconcretized(word(nodes[0], "name") or "unknown", text, spack_version)


def _candidates(spec: Any, nodes: list[Body]) -> Iterator[Any]:
    """The spec as it came, then as its writer may have meant it."""
    told = spec.get("_meta") if isinstance(spec, dict) else None
    version = told.get("version") if isinstance(told, dict) else None
    keyed = isinstance(spec, list)
    if version != 3 or not any("full_hash" in node for node in nodes):
        yield spec
    if keyed:
        return
    if not isinstance(version, int):
        yield {"_meta": {"version": 2}, "nodes": nodes}
    yield {"_meta": {"version": 3}, "nodes": _by_dag_hash(nodes)}


def _edges(node: Body) -> list[Body]:
    edges = node.get("dependencies")
    return [edge for edge in edges if isinstance(edge, dict)] if isinstance(edges, list) else []


def _by_dag_hash(nodes: list[Body]) -> list[Body]:
    """Nodes of format 3 whose edges name DAG hashes, with nothing that the hash is not over."""
    known = {}
    for node in nodes:
        for key in ("full_hash", "build_hash"):
            if isinstance(node.get(key), str):
                known[node[key]] = node.get("hash") or node[key]
    return [_node(node, known) for node in nodes]


def _node(node: Body, known: Mapping[str, str]) -> Body:
    own = node.get("hash") or node.get("full_hash") or node.get("build_hash")
    kept = {key: value for key, value in node.items() if key not in _HASHES}
    if "dependencies" in node:
        kept["dependencies"] = [_edge(edge, known) for edge in _edges(node)]
    return {**kept, "hash": own}


_HASHES = ("hash", "full_hash", "build_hash")


def _edge(edge: Body, known: Mapping[str, str]) -> Body:
    told = next((edge[key] for key in ("full_hash", "build_hash", "hash") if edge.get(key)), None)
    made = {}
    for key, value in edge.items():
        if key in _HASHES:
            made["hash"] = known.get(str(told), told)
        else:
            made[key] = value
    made.setdefault("type", _DEFAULT_TYPES)
    return made


def _told(document: SpecDocument, nodes: list[Body]) -> ToldSpec:
    full = {}
    for node in nodes if document.spec_format > 2 else ():
        own, other = node.get("hash"), node.get("full_hash")
        if own != other and is_hash(own) and is_hash(other):
            full[str(own)] = str(other)
    root = nodes[0]
    hash_ = document.root.hash
    edges = [edge for edge in _edges(root) if isinstance(edge.get("name"), str)]
    dependencies = {
        edge["name"]: str(edge.get("full_hash") or edge.get("hash") or "") for edge in edges
    }
    return ToldSpec(document, str(root.get("full_hash") or hash_), dependencies, full)
