"""What a node's record says of itself and of what it needs, whichever format it is in.

Enough to put DAGs together. The types of all keys that Specgraph reads are checked here, hashes
and the whole document by `loaders.specs.document`.
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
        """Whether it has a dependency type."""
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


class Need(NamedTuple):
    """A dependency as a record names it.

    `in_use` is false where it has no dependency type left, as Spack keeps the build dependencies of
    what it spliced.
    """

    name: str
    hash: str
    in_use: bool = True


@dataclass(frozen=True, slots=True)
class Outline:
    """A node's record at a glance.

    :ivar hash: its `hash`, empty where the record has none; `full_hash` likewise.
    :ivar keyed: format 1, with the package's name as the only key.
    :ivar build_spec: hash of the spec that it was built as.
    """

    hash: str
    name: str
    version: str
    keyed: bool
    external: bool
    needs: tuple[Need, ...]
    build_spec: str | None
    full_hash: str = ""


def outline(raw: bytes) -> Outline:
    """Read a node's record.

    Edges name a dependency by `full_hash` where they have it, else by `build_hash` or `hash`: each
    release of Spack wrote one of them.

    :param raw: JSON of one node.
    :raises DocumentError: with a pointer from the node.
    """
    try:
        name, inner = _unkeyed(raw)
        typed: _Node | _KeyedNode
        if name is None:
            typed = _NODE.decode(raw)
            needs = _needs(typed.dependencies)
        else:
            typed = _KEYED_NODE.decode(inner)
            typed.name = name
            needs = _keyed_needs(typed.dependencies)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            refuse_abstract(raw)
        raise decode_error(error) from error
    if typed.concrete is False:
        raise DocumentError(Fault.NOT_CONCRETE, f"{typed.name[:80]} is abstract", "/concrete")
    check_name(typed.name, "/name")
    check_text(typed.version, "version")
    build_spec = typed.build_spec and (typed.build_spec.hash or typed.build_spec.full_hash)
    return Outline(
        hash=check_hash(typed.hash, "/hash") if typed.hash else "",
        name=typed.name,
        version=typed.version,
        keyed=name is not None,
        external=bool(typed.external),
        needs=needs,
        build_spec=check_hash(build_spec, "/build_spec") if build_spec else None,
        full_hash=typed.full_hash or "",
    )


def _unkeyed(raw: bytes) -> tuple[str | None, bytes]:
    """The name and what it is the key of, None where the record is not keyed by its name."""
    if _STARTS_WITH_OBJECT.match(raw):
        members = _KEYED.decode(raw)
        if len(members) == 1:
            name, inner = next(iter(members.items()))
            return name, bytes(inner)
    return None, raw


def _needs(dependencies: list[_Dependency]) -> tuple[Need, ...]:
    found = []
    for index, entry in enumerate(dependencies):
        value = entry.full_hash or entry.build_hash or entry.hash or ""
        check_hash(value, f"/dependencies/{index}")
        found.append(Need(entry.name, value, entry.in_use()))
    return tuple(found)


def _keyed_needs(dependencies: dict[str, json_shapes.Dependency1 | str]) -> tuple[Need, ...]:
    found = []
    for name, entry in dependencies.items():
        if isinstance(entry, str):
            value = entry
        else:
            value = entry.full_hash or entry.build_hash or entry.hash or ""
        found.append(Need(name, check_hash(value, f"/dependencies/{name}")))
    return tuple(found)


def with_member(raw: bytes, key: str, value: str, *, before: str | None = None) -> bytes:
    """A node's record with one more member, all else in its own bytes.

    :param value: JSON.
    :param before: the member that it is put in front of; else, or where there is none, it is last.
    :raises DocumentError: the record is no JSON in UTF-8.
    """
    try:
        name, inner = _unkeyed(raw)
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
