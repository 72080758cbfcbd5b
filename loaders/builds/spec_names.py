"""Find out which specs a document, a folder or a marker names, by reading as little as necessary.

A complete document is checked elsewhere (`loaders.specs.document`); here a name, a version, a hash
and the hashes of dependencies are enough.
"""

import re
from dataclasses import dataclass

import msgspec

from loaders import limits
from loaders.errors import DocumentError, Fault
from loaders.evidence import SpecName
from loaders.specs.checks import check_hash, check_name, check_text, decode_error
from loaders.specs.document import FORMAT, parse_document
from loaders.specs.node import NodeRecord

_HASHED = re.compile(r"(?P<stem>.*[^-])-+(?P<hash>[a-z2-7]{32})\Z", re.DOTALL)
# Branch names that Spack orders above all numbers.
_BRANCHES = "develop|main|master|head|trunk|stable"
# The dash before a version: one before a digit, a Git version, or a branch name at the end.
_VERSION = re.compile(rf"-(?=\d|git\.|(?:{_BRANCHES})\Z)")


@dataclass(frozen=True, slots=True)
class NamedNode:
    """A node of a document.

    Attributes:
        dependencies: Identities of its dependencies, of every type.
        build_spec: If it was spliced, identity of the spec that was built in its place.
        runtime_hash: Its `hash` if Spack before 0.18 wrote it next to the `full_hash`.
    """

    spec: SpecName
    dependencies: tuple[str, ...] = ()
    build_spec: str | None = None
    runtime_hash: str | None = None


class _Reference(msgspec.Struct):
    hash: str | None = None
    full_hash: str | None = None

    @property
    def referenced_hash(self) -> str:
        return self.full_hash or self.hash or ""


class _Node(_Reference):
    name: str = ""
    version: str | None = None
    dependencies: list[_Reference] = []
    build_spec: _Reference | None = None


class _Meta(msgspec.Struct):
    version: int | str


class _Spec(msgspec.Struct):
    meta: _Meta = msgspec.field(name="_meta")
    nodes: list[_Node] = []


class _Document(msgspec.Struct):
    spec: _Spec | list[msgspec.Raw]


_DECODER = msgspec.json.Decoder(_Document)


def read_node_names(raw: bytes) -> list[NamedNode]:
    """Return the nodes of a spec document in its order, the root first.

    The identity of a node is `full_hash` in format 2 and `hash` from format 3 on. Spack 0.17 wrote
    its failure markers with edges by `hash`; they are resolved to the identity.

    Raises:
        DocumentError: It is not a spec document, or a node has no hash.
    """
    limits.check_json(raw)
    try:
        document = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    if isinstance(document.spec, list):
        parsed = parse_document(raw, allow_unverified=True)
        return [_convert_node(node) for node in parsed.nodes]
    FORMAT.check(document.spec.meta.version)
    if not document.spec.nodes:
        raise DocumentError(Fault.INVALID, "there are no nodes", "/spec/nodes")
    identities = {
        kind: node.referenced_hash
        for node in document.spec.nodes
        for kind in (node.hash, node.full_hash)
        if kind
    }
    named = []
    for index, node in enumerate(document.spec.nodes):
        try:
            named.append(_check_node(node, identities))
        except DocumentError as error:
            raise error.with_prefix(f"/spec/nodes/{index}") from error
    return named


def _convert_node(node: NodeRecord) -> NamedNode:
    build_spec = node.build_spec[1] if node.build_spec else None
    dependencies = tuple(edge.hash for edge in node.edges)
    return NamedNode(SpecName(node.hash, node.name, node.version), dependencies, build_spec)


def _check_node(node: _Node, identities: dict[str, str]) -> NamedNode:
    check_name(node.name, "/name")
    if node.version is not None:
        check_text(node.version, "version")
    dependencies = (
        identities.get(edge.referenced_hash, edge.referenced_hash) for edge in node.dependencies
    )
    return NamedNode(
        SpecName(check_hash(node.referenced_hash, "/hash"), node.name, node.version),
        tuple(dict.fromkeys(dependencies)),
        check_hash(node.build_spec.referenced_hash, "/build_spec") if node.build_spec else None,
        check_hash(node.hash, "/hash") if node.hash and node.full_hash else None,
    )


def parse_folder_name(folder: str, package: str | None = None) -> SpecName | None:
    """Parse a folder name of the form NAME-VERSION-HASH.

    Names and versions may both contain dashes. The hash is the last 32 characters. If the package
    name is known, the version is the rest. Otherwise the version begins at the first dash before a
    digit, before `git.`, or before one of Spack's branch names at the end; otherwise at the last
    dash.

    Spack 0.17 uses the hash over link and run dependencies here, which is not the identity of a
    document of format 2.

    Returns:
        None if there is no hash.
    """
    match = _HASHED.match(folder)
    if match is None:
        return None
    name, version = _split_name(match["stem"], package)
    try:
        check_name(name, "")
        if version is not None:
            check_text(version, "version")
    except DocumentError:
        return None
    return SpecName(match["hash"], name, version)


def parse_marker_name(file: str) -> SpecName | None:
    """Parse the file name of a failure marker, NAME-HASH; return None if it is not one."""
    match = _HASHED.match(file)
    if match is None:
        return None
    try:
        check_name(match["stem"], "")
    except DocumentError:
        return None
    return SpecName(match["hash"], match["stem"])


def _split_name(stem: str, package: str | None) -> tuple[str, str | None]:
    if package and stem == package:
        return stem, None
    if package and stem.startswith(f"{package}-"):
        return package, stem[len(package) + 1 :]
    match = _VERSION.search(stem, 1)
    at = match.start() if match else stem.rfind("-")
    if at <= 0:
        return stem, None
    return stem[:at], stem[at + 1 :]
