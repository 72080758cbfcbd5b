"""Which specs a document, a folder or a marker names, read as little as that takes.

A document is checked as a whole elsewhere (`loaders.specs.document`); here a name, a version, a
hash and the dependencies' hashes are enough.
"""

import re
from dataclasses import dataclass

import msgspec

from loaders.errors import DocumentError, Fault
from loaders.evidence import SpecName
from loaders.specs.checks import check_hash, check_name, check_text, decode_error
from loaders.specs.document import parse_document
from loaders.specs.node import NodeRecord

_HASHED = re.compile(r"(?P<stem>.*[^-])-+(?P<hash>[a-z2-7]{32})\Z", re.DOTALL)
_BRANCHES = "develop|main|master|head|trunk|stable"
_VERSION = re.compile(rf"-(?=\d|git\.|(?:{_BRANCHES})\Z)")


@dataclass(frozen=True, slots=True)
class NamedNode:
    """A node of a document.

    :ivar below: identities of its dependencies, of whatever type.
    :ivar build_spec: identity of the spec that was built in its place, where it was spliced.
    """

    spec: SpecName
    below: tuple[str, ...] = ()
    build_spec: str | None = None


class _Reference(msgspec.Struct):
    hash: str | None = None
    full_hash: str | None = None

    @property
    def identity(self) -> str:
        return self.full_hash or self.hash or ""


class _Node(_Reference):
    name: str = ""
    version: str | None = None
    dependencies: list[_Reference] = []
    build_spec: _Reference | None = None


class _Meta(msgspec.Struct):
    version: int


class _Spec(msgspec.Struct):
    meta: _Meta = msgspec.field(name="_meta")
    nodes: list[_Node] = []


class _Document(msgspec.Struct):
    spec: _Spec | list[msgspec.Raw]


_DECODER = msgspec.json.Decoder(_Document)


def named_nodes(raw: bytes) -> list[NamedNode]:
    """The nodes of a spec document in its order, the root first.

    The identity of a node is `full_hash` in format 2 and `hash` from format 3 on. Spack 0.17 wrote
    its failure markers with edges by `hash`; they are resolved to the identity.

    :raises DocumentError: no spec document, or a node without a hash.
    """
    try:
        document = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    if isinstance(document.spec, list):
        parsed = parse_document(raw, allow_unverified=True)
        return [_checked_already(node) for node in parsed.nodes]
    if not document.spec.nodes:
        raise DocumentError(Fault.INVALID, "there are no nodes", "/spec/nodes")
    identities = {
        kind: node.identity
        for node in document.spec.nodes
        for kind in (node.hash, node.full_hash)
        if kind
    }
    named = []
    for index, node in enumerate(document.spec.nodes):
        try:
            named.append(_named(node, identities))
        except DocumentError as error:
            raise error.prefixed(f"/spec/nodes/{index}") from error
    return named


def _checked_already(node: NodeRecord) -> NamedNode:
    build_spec = node.build_spec[1] if node.build_spec else None
    below = tuple(edge.hash for edge in node.edges)
    return NamedNode(SpecName(node.hash, node.name, node.version), below, build_spec)


def _named(node: _Node, identities: dict[str, str]) -> NamedNode:
    check_name(node.name, "/name")
    if node.version is not None:
        check_text(node.version, "version")
    below = (identities.get(edge.identity, edge.identity) for edge in node.dependencies)
    return NamedNode(
        SpecName(check_hash(node.identity, "/hash"), node.name, node.version),
        tuple(dict.fromkeys(below)),
        check_hash(node.build_spec.identity, "/build_spec") if node.build_spec else None,
    )


def name_in_folder(folder: str, known_name: str | None = None) -> SpecName | None:
    """The spec that a folder's name tells, of the form NAME-VERSION-HASH.

    Names and versions both may hold dashes. The hash is the last 32 characters. Where the package's
    name is known, what follows it is the version. Otherwise the version begins at the first dash
    before a digit, before `git.`, or before one of Spack's names of branches that ends the text;
    else at the last dash.

    Spack 0.17 takes here the hash over link and run dependencies, which is not the identity of a
    document of format 2.

    :returns: None where there is no hash.
    """
    match = _HASHED.match(folder)
    if match is None:
        return None
    name, version = _split(match["stem"], known_name)
    try:
        check_name(name, "")
        if version is not None:
            check_text(version, "version")
    except DocumentError:
        return None
    return SpecName(match["hash"], name, version)


def name_in_marker(file: str) -> SpecName | None:
    """The spec that a failure marker's name tells, NAME-HASH; None where it is none."""
    match = _HASHED.match(file)
    if match is None:
        return None
    try:
        check_name(match["stem"], "")
    except DocumentError:
        return None
    return SpecName(match["hash"], match["stem"])


def _split(stem: str, known_name: str | None) -> tuple[str, str | None]:
    if known_name and stem == known_name:
        return stem, None
    if known_name and stem.startswith(f"{known_name}-"):
        return known_name, stem[len(known_name) + 1 :]
    match = _VERSION.search(stem, 1)
    at = match.start() if match else stem.rfind("-")
    if at <= 0:
        return stem, None
    return stem[:at], stem[at + 1 :]
