"""Concrete specs in memory: the nodes of a DAG, built from the JSON of Spack 0.17 and later."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spec_syntax.draft import FLAG_NAMES

VariantValue = bool | str | tuple[str, ...]

_HASH_KEYS = ("hash", "full_hash", "build_hash")


@dataclass(eq=False, slots=True)
class ConcreteEdge:
    """A dependency: the node depended on, the edge's deptypes and the virtuals it provides."""

    node: "ConcreteNode"
    deptypes: tuple[str, ...]
    virtuals: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class ConcreteNode:
    """A concrete spec.

    Attributes:
        hash: the DAG hash.
        spec_format: the format that the spec was first written in, 2 to 5.
        compiler: name and version; an attribute of the node up to format 4, None from format 5 on.
        external: whether the spec was found on the system rather than built by Spack.
        other_hashes: further hashes that ``/hash`` matches (format 2).
        provides: virtuals that edges pointing at this node say it provides.
        dependencies: outgoing edges of every deptype.

    """

    hash: str
    name: str
    version: str
    namespace: str | None = None
    platform: str | None = None
    os: str | None = None
    target: str | None = None
    variants: Mapping[str, VariantValue] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    compiler: tuple[str, str] | None = None
    spec_format: int = 5
    external: bool = False
    other_hashes: tuple[str, ...] = ()
    provides: frozenset[str] = frozenset()
    dependencies: Sequence[ConcreteEdge] = ()


def build_dag(nodes_json: Sequence[Mapping[str, Any]], spec_format: int) -> list[ConcreteNode]:
    """Build the DAG of a document's ``nodes`` (formats 2 to 5).

    If a hash occurs twice, edges lead to the first node that has it.

    Returns:
        The nodes in the order of the document, so the root comes first.

    Raises:
        ValueError: if an edge leads to a hash that no node has.
        KeyError: if a node has no hash, name, version or architecture.

    """
    nodes = [_build_node(each, spec_format) for each in nodes_json]
    by_hash: dict[tuple[str, str], ConcreteNode] = {}
    for node, document in zip(nodes, nodes_json, strict=True):
        for key in _HASH_KEYS:
            by_hash.setdefault((key, str(document.get(key))), node)
    provides: dict[int, set[str]] = defaultdict(set)
    for node, document in zip(nodes, nodes_json, strict=True):
        node.dependencies = tuple(_build_edges(document, by_hash))
        for edge in node.dependencies:
            provides[id(edge.node)].update(edge.virtuals)
    for node in nodes:
        node.provides = frozenset(provides[id(node)])
    return nodes


def _build_node(document: Mapping[str, Any], spec_format: int) -> ConcreteNode:
    architecture = document["arch"]
    target = architecture["target"]
    annotations = document.get("annotations") or {}
    parameters = document.get("parameters") or {}
    own_hash = str(document["hash"])
    others = {str(document[key]) for key in _HASH_KEYS if key in document} - {own_hash}
    return ConcreteNode(
        hash=own_hash,
        name=str(document["name"]),
        version=_read_version(document),
        namespace=document.get("namespace"),
        platform=architecture["platform"],
        os=architecture["platform_os"],
        target=str(target["name"] if isinstance(target, Mapping) else target),
        variants={
            name: _read_value(each) for name, each in parameters.items() if name not in FLAG_NAMES
        },
        flags={name: tuple(each) for name, each in parameters.items() if name in FLAG_NAMES},
        compiler=_read_compiler(document.get("compiler") or annotations.get("compiler")),
        spec_format=int(annotations.get("original_specfile_version", spec_format)),
        external=bool(document.get("external")),
        other_hashes=tuple(sorted(others)),
    )


def _read_version(document: Mapping[str, Any]) -> str:
    if "version" in document:
        return str(document["version"])
    return str(document["versions"][0]).removeprefix("=")


def _read_value(value: object) -> VariantValue:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    return str(value)


def _read_compiler(value: Mapping[str, Any] | str | None) -> tuple[str, str] | None:
    if not value:
        return None
    if isinstance(value, str):
        name, _, version = value.partition("@")
        return name, version.removeprefix("=")
    return str(value["name"]), str(value["version"])


def _build_edges(
    document: Mapping[str, Any], by_hash: Mapping[tuple[str, str], ConcreteNode]
) -> Iterator[ConcreteEdge]:
    for edge in document.get("dependencies") or ():
        # Format 2 edges refer to a node by any of three kinds of hash.
        key = next((each for each in _HASH_KEYS if each in edge), "hash")
        target = by_hash.get((key, str(edge.get(key))))
        if target is None:
            missing = f"{document['name']} depends on {edge.get(key)}"
            raise ValueError(f"{missing}, which is not in the document")
        parameters = edge.get("parameters") or {}
        deptypes = parameters.get("deptypes", edge.get("type", ()))
        yield ConcreteEdge(target, tuple(deptypes), tuple(parameters.get("virtuals", ())))
