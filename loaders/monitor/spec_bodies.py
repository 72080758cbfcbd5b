"""Convert the specs in a monitor client's requests into documents with verifiable hashes.

The client of 0.17 sends format 2 exactly as in `spec.json`. The client of 0.18 declares format 3
but names dependencies by a `full_hash`, which differs from the DAG hash that the rest of that
release uses for a spec (`new_configuration` in `lib/spack/spack/monitor.py`). With the DAG hashes
restored, its nodes are those of `spec.json` and their hashes can be verified. A spec that could not
be concretized is sent as an abstract one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from loaders.errors import DocumentError, Fault
from loaders.monitor.bodies import Body, clean_text, get_text
from loaders.specs.checks import is_hash
from loaders.specs.document import FORMAT, SpecDocument, parse_document

FAILED_CONCRETIZATION = "FAILED_CONCRETIZATION"
MAX_ABSTRACT = 1 << 20
"""Maximum size of a stored abstract spec, in bytes of JSON."""
_DEFAULT_TYPES = ["build", "link"]


@dataclass(frozen=True)
class SentSpec:
    """A spec that a client sent.

    Attributes:
        hash: The hash by which the client refers to the root.
        dependencies: The client's hashes of the root's direct dependencies, by name.
        full_hashes: Other hashes of nodes, by their DAG hashes.
    """

    document: SpecDocument
    hash: str
    dependencies: Mapping[str, str] = field(default_factory=dict)
    full_hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class UnconcretizedSpec:
    """A spec that could not be concretized.

    Attributes:
        spec: JSON of the abstract spec.
    """

    name: str
    spec: str
    spack_version: str | None

    @property
    def uid(self) -> str:
        """Identity: SHA-256 of the abstract spec and of the Spack that could not concretize it."""
        return hashlib.sha256(f"{self.spack_version or ''}\0{self.spec}".encode()).hexdigest()


def read_spec(value: Any, spack_version: str | None = None) -> SentSpec | UnconcretizedSpec:
    """Parse the spec in a body.

    It is `{_meta, nodes}`, the same inside another `spec`, or a list (format 1).

    Raises:
        DocumentError: There is none, or none that can be stored.
    """
    spec = _unwrap_spec(value)
    _check_version(spec)
    nodes = _get_nodes(spec)
    if any(_is_abstract(node) for node in nodes):
        return _make_unconcretized(spec, nodes, spack_version)
    errors: list[DocumentError] = []
    # A candidate whose hashes can be verified is preferred to an earlier one without.
    for allow_unverified in (False, True):
        for candidate in _candidate_specs(spec, nodes):
            raw = json.dumps({"spec": candidate}).encode()
            try:
                document = parse_document(raw, allow_unverified=allow_unverified)
            except DocumentError as error:
                errors.append(error)
            else:
                return _make_spec(document, nodes)
    raise errors[0]


def _unwrap_spec(value: Any) -> Any:
    for _ in range(3):
        if isinstance(value, dict) and "spec" in value and "nodes" not in value:
            value = value["spec"]
    return value


def _check_version(spec: Any) -> None:
    """Check that the spec has no version, or a known one: clients may leave it out."""
    meta = spec.get("_meta") if isinstance(spec, dict) else None
    if isinstance(meta, dict) and isinstance(meta.get("version"), int | str):
        FORMAT.check(meta["version"])


def _get_nodes(spec: Any) -> list[Body]:
    nodes = spec.get("nodes") if isinstance(spec, dict) else spec
    if not isinstance(nodes, list) or not nodes:
        raise DocumentError(Fault.INVALID, "there are no nodes", "/spec/nodes")
    for index, node in enumerate(nodes):
        if not isinstance(node, dict):
            raise DocumentError(Fault.INVALID, "a node is not an object", f"/spec/nodes/{index}")
    return nodes


def _is_abstract(node: Body) -> bool:
    if node.get("full_hash") == FAILED_CONCRETIZATION or node.get("concrete") is False:
        return True
    return "versions" in node and "version" not in node


def _make_unconcretized(
    spec: Any, nodes: list[Body], spack_version: str | None
) -> UnconcretizedSpec:
    text = clean_text(json.dumps(spec))
    # The root node identifies the failure; other nodes are dropped first.
    if len(text) > MAX_ABSTRACT:
        text = clean_text(json.dumps({"nodes": nodes[:1]}))[:MAX_ABSTRACT]
    return UnconcretizedSpec(get_text(nodes[0], "name") or "unknown", text, spack_version)


def _candidate_specs(spec: Any, nodes: list[Body]) -> Iterator[Any]:
    """Yield the spec as it was sent, then as the client may have meant it."""
    meta = spec.get("_meta") if isinstance(spec, dict) else None
    version = meta.get("version") if isinstance(meta, dict) else None
    keyed = isinstance(spec, list)
    if version != 3 or not any("full_hash" in node for node in nodes):
        yield spec
    if keyed:
        return
    if not isinstance(version, int):
        yield {"_meta": {"version": 2}, "nodes": nodes}
    yield {"_meta": {"version": 3}, "nodes": _restore_dag_hashes(nodes)}


def _get_edges(node: Body) -> list[Body]:
    edges = node.get("dependencies")
    return [edge for edge in edges if isinstance(edge, dict)] if isinstance(edges, list) else []


def _restore_dag_hashes(nodes: list[Body]) -> list[Body]:
    """Return nodes of format 3 with edges by DAG hash, and without keys that the hash excludes."""
    dag_hashes = {}
    for node in nodes:
        for key in ("full_hash", "build_hash"):
            if isinstance(node.get(key), str):
                dag_hashes[node[key]] = node.get("hash") or node[key]
    return [_convert_node(node, dag_hashes) for node in nodes]


def _convert_node(node: Body, dag_hashes: Mapping[str, str]) -> Body:
    own = node.get("hash") or node.get("full_hash") or node.get("build_hash")
    converted = {key: value for key, value in node.items() if key not in _HASHES}
    if "dependencies" in node:
        converted["dependencies"] = [_convert_edge(edge, dag_hashes) for edge in _get_edges(node)]
    return {**converted, "hash": own}


_HASHES = ("hash", "full_hash", "build_hash")


def _convert_edge(edge: Body, dag_hashes: Mapping[str, str]) -> Body:
    sent = next((edge[key] for key in ("full_hash", "build_hash", "hash") if edge.get(key)), None)
    converted = {}
    for key, value in edge.items():
        if key in _HASHES:
            converted["hash"] = dag_hashes.get(str(sent), sent)
        else:
            converted[key] = value
    converted.setdefault("type", _DEFAULT_TYPES)
    return converted


def _make_spec(document: SpecDocument, nodes: list[Body]) -> SentSpec:
    full_hashes = {}
    for node in nodes if document.spec_format > 2 else ():
        own, other = node.get("hash"), node.get("full_hash")
        if own != other and is_hash(own) and is_hash(other):
            full_hashes[str(own)] = str(other)
    root = nodes[0]
    hash_ = document.root.hash
    edges = [edge for edge in _get_edges(root) if isinstance(edge.get("name"), str)]
    dependencies = {
        edge["name"]: str(edge.get("full_hash") or edge.get("hash") or "") for edge in edges
    }
    return SentSpec(document, str(root.get("full_hash") or hash_), dependencies, full_hashes)
