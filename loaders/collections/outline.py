"""Read the identity and the dependencies in a node's record, whatever its format.

This is enough to assemble DAGs. The types of all keys that Specgraph reads are checked here; hashes
and whole documents are checked by `loaders.specs.document`.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from loaders.errors import DocumentError, Fault
from loaders.specs import json_shapes
from loaders.specs.checks import check_hash, check_name, check_text, decode_error
from loaders.specs.node import refuse_abstract

_KEYED = msgspec.json.Decoder(dict[str, msgspec.Raw])
# A record of format 1 is keyed by its name: its first value is an object.
_STARTS_WITH_OBJECT = re.compile(rb'\s*+\{\s*+"(?:[^"\\]|\\.)*+"\s*+:\s*+\{')


class _Dependency(msgspec.Struct):
    """An edge of formats 2 to 5."""

    name: str
    hash: str | None = None
    full_hash: str | None = None
    build_hash: str | None = None
    type: list[str] | msgspec.UnsetType = msgspec.UNSET
    parameters: json_shapes.EdgeParameters | msgspec.UnsetType = msgspec.UNSET

    def in_use(self) -> bool:
        """Return whether it has a dependency type."""
        if isinstance(self.parameters, json_shapes.EdgeParameters):
            return bool(self.parameters.deptypes)
        return bool(self.type)


class _Node(json_shapes.Node, kw_only=True):
    hash: str = ""
    dependencies: list[_Dependency] = msgspec.field(default_factory=list)


class _KeyedNode(json_shapes.Node1, kw_only=True):
    hash: str = ""


_NODE = msgspec.json.Decoder(_Node)
_KEYED_NODE = msgspec.json.Decoder(_KeyedNode)


class Edge(NamedTuple):
    """An edge to a dependency, as a record names it.

    Attributes:
        in_use: False if it has no dependency type left: that is how Spack keeps the build
            dependencies of a spliced spec.
    """

    name: str
    hash: str
    in_use: bool = True


@dataclass(frozen=True, slots=True)
class Outline:
    """The parts of a node's record that are needed to assemble DAGs.

    Attributes:
        hash: Its `hash`, empty if the record has none.
        keyed: Whether it has format 1, with the package name as the only key.
        edges: Its dependencies, of every type.
        build_spec: Hash of the spec that it was built as.
        full_hash: Its `full_hash`, empty if the record has none.
        build_hash: Its `build_hash`, empty if the record has none.
    """

    hash: str
    name: str
    version: str
    keyed: bool
    external: bool
    edges: tuple[Edge, ...]
    build_spec: str | None
    full_hash: str = ""
    build_hash: str = ""


def read_outline(raw: bytes) -> Outline:
    """Read a node's record.

    Edges name a dependency by `full_hash`, `build_hash` or `hash`, preferred in this order: each
    release of Spack wrote one of them.

    Args:
        raw: JSON of one node.

    Raises:
        DocumentError: It is not a valid record; the pointer is relative to the node.
    """
    try:
        name, inner = _split_key(raw)
        typed: _Node | _KeyedNode
        if name is None:
            typed = _NODE.decode(raw)
            edges = _read_edges(typed.dependencies)
        else:
            typed = _KEYED_NODE.decode(inner)
            typed.name = name
            edges = _read_keyed_edges(typed.dependencies)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            refuse_abstract(raw)
        raise decode_error(error) from error
    if typed.concrete is False:
        raise DocumentError(Fault.NOT_CONCRETE, f"{typed.name[:80]} is abstract", "/concrete")
    check_name(typed.name, "/name")
    check_text(typed.version, "version")
    build_spec = typed.build_spec and typed.build_spec.referenced_hash()
    return Outline(
        hash=check_hash(typed.hash, "/hash") if typed.hash else "",
        name=typed.name,
        version=typed.version,
        keyed=name is not None,
        external=bool(typed.external),
        edges=edges,
        build_spec=check_hash(build_spec, "/build_spec") if build_spec else None,
        full_hash=typed.full_hash or "",
        build_hash=typed.build_hash or "",
    )


def _split_key(raw: bytes) -> tuple[str | None, bytes]:
    """Return the package name and the object that it keys, or None and the record itself."""
    if _STARTS_WITH_OBJECT.match(raw):
        members = _KEYED.decode(raw)
        if len(members) == 1:
            name, inner = next(iter(members.items()))
            return name, bytes(inner)
    return None, raw


def _read_edges(dependencies: list[_Dependency]) -> tuple[Edge, ...]:
    edges = []
    for index, entry in enumerate(dependencies):
        hash_ = entry.full_hash or entry.build_hash or entry.hash or ""
        check_hash(hash_, f"/dependencies/{index}")
        edges.append(Edge(entry.name, hash_, entry.in_use()))
    return tuple(edges)


def _read_keyed_edges(
    dependencies: dict[str, json_shapes.Dependency1 | str],
) -> tuple[Edge, ...]:
    edges = []
    for name, entry in dependencies.items():
        if isinstance(entry, str):
            hash_ = entry
        else:
            hash_ = entry.full_hash or entry.build_hash or entry.hash or ""
        edges.append(Edge(name, check_hash(hash_, f"/dependencies/{name}")))
    return tuple(edges)


def insert_member(raw: bytes, key: str, value: str, *, before: str | None = None) -> bytes:
    """Return a node's record with one more member, and all others byte for byte.

    Args:
        raw: JSON of one node.
        key: Key of the member.
        value: JSON.
        before: Key of the member before which to insert it; otherwise it becomes the last.

    Raises:
        DocumentError: The record is not JSON in UTF-8.
    """
    try:
        name, inner = _split_key(raw)
        members = {each: bytes(text) for each, text in _KEYED.decode(inner).items() if each != key}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    added = {key: value.encode()}
    if before in members:
        place = list(members).index(before)
        items = list(members.items())
        members = dict([*items[:place], *added.items(), *items[place:]])
    else:
        members |= added
    body = b",".join(b"%b:%b" % (msgspec.json.encode(each), members[each]) for each in members)
    if name is None:
        return b"{%b}" % body
    return b"{%b:{%b}}" % (msgspec.json.encode(name), body)
