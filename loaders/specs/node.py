"""Parse one node of a spec document, check it, and turn it into the record that is stored."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NotRequired, TypedDict, cast

import msgspec

from loaders.errors import DocumentError, Fault
from loaders.specs import json_shapes
from loaders.specs.checks import (
    check_hash,
    check_name,
    check_text,
    compact_json,
    decode_error,
    is_hash,
    refuse_deep,
    refuse_repeated_keys,
)
from loaders.specs.dag_hash import HASH_KEYS, SUFFIX, Proof, is_beyond_recomputing, prove_hash
from spec_syntax.versions import version_key

MAX_NODE_BYTES = 1 << 20
"""Size limit of one node, in bytes of JSON."""

DEPTYPES = ("build", "link", "run", "test")
_BOOLEANS = ("true", "false")


class SpecProperties(TypedDict):
    """Properties of `Spec` except `hash` and `standing`, as the driver takes them.

    The keys that are not required are left out if the document does not have them.
    """

    name: str
    version: str
    version_key: str
    variants: list[str]
    external: bool
    spliced: bool
    spec_format: int
    original_format: NotRequired[int]
    namespace: NotRequired[str]
    platform: NotRequired[str]
    os: NotRequired[str]
    target: NotRequired[str]
    compiler: NotRequired[str]
    compiler_version: NotRequired[str]
    compiler_version_key: NotRequired[str]
    package_hash: NotRequired[str]
    runtime_hash: NotRequired[str]
    full_hash: NotRequired[str]
    build_hash: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency as a node names it.

    Attributes:
        deptypes: Dependency types in the order of `DEPTYPES`.
        virtuals: Virtuals that the dependency provides to the dependent.
        runtime: Whether the dependency is needed at run time: its types hold link or run, or it
            has no type, which Spack follows whatever types it is asked for.
    """

    name: str
    hash: str
    deptypes: tuple[str, ...]
    virtuals: tuple[str, ...]
    runtime: bool

    @classmethod
    def with_ordered_types(
        cls, name: str, hash_: str, kinds: Collection[str], virtuals: Iterable[str]
    ) -> "Edge":
        """Return an edge with its dependency types in canonical order."""
        ordered = tuple(kind for kind in DEPTYPES if kind in kinds)
        runtime = not ordered or "link" in ordered or "run" in ordered
        return cls(name, hash_, ordered, tuple(dict.fromkeys(virtuals)), runtime)


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A checked node.

    Attributes:
        document: The node's own JSON, without insignificant white space.
        digest: SHA-256 of `document`.
        computed: Hash that the plain rule gives, for the error message on a mismatch; empty if the
            node is abstract.
        rewritten: Whether Spack may have rewritten it in a way that cannot be undone, so that its
            hash may be beyond recomputing.
        build_spec: Name and hash of the build spec, if it was spliced.
        provides: Virtuals that it can provide, if the document says so: from format 6 on.
        properties: Properties of `Spec`, ready for the driver.
        dependencies: Hashes of all direct dependencies.
        runtime_dependencies: Hashes of the direct dependencies that are needed at run time.
    """

    hash: str
    name: str
    version: str
    document: str
    digest: str
    proof: Proof
    computed: str
    rewritten: bool
    edges: tuple[Edge, ...]
    build_spec: tuple[str, str] | None
    provides: tuple[str, ...]
    properties: SpecProperties
    dependencies: frozenset[str]
    runtime_dependencies: frozenset[str]

    @property
    def standing_key(self) -> str:
        """Return the sort key among all records of the same content; the lowest is shown.

        The hash fits; it fits after a documented repair; its first 25 characters fit and there is a
        build spec; there is a build spec; none of these.
        """
        rank = int(self.proof)
        if self.proof is Proof.NONE:
            prefix = self.hash[:-SUFFIX] == self.computed[:-SUFFIX]
            rank = 4 if self.build_spec is None else 2 if prefix else 3
        return f"{rank}:{self.digest}"

    @property
    def is_stripped(self) -> bool:
        """Return whether this looks like a splice's record that lost its build spec.

        Spack's database does not read `build_spec` back, so its index, build caches and the
        `to_json` of an installed spec have such records: the hash does not match, and there are no
        build dependencies, since a splice drops them. Since format 5 every record has annotations.
        """
        return (
            self.proof is Proof.NONE
            and self.build_spec is None
            and not self.rewritten
            and not self.properties["external"]
            and (
                self.properties["spec_format"] == 4
                or (self.properties["spec_format"] > 4 and '"annotations":{' in self.document)
            )
            and bool(self.runtime_dependencies)
            and not any("build" in edge.deptypes for edge in self.edges)
        )

    @property
    def is_spliced(self) -> bool:
        """Return whether the spec was spliced, as far as the record shows."""
        return self.build_spec is not None or self.is_stripped

    @property
    def is_abstract(self) -> bool:
        """Return whether it is an abstract spec, which is kept only as a build spec."""
        return not self.computed

    @property
    def is_verified(self) -> bool:
        """Return whether the hash was recomputed from the content and matches."""
        return self.proof is not Proof.NONE


def read_node(raw: bytes, spec_format: int, key: str = "hash") -> NodeRecord:
    """Parse one node of a document of format 2 or later, check it and recompute its hash.

    Args:
        raw: The node's JSON as the document has it.
        spec_format: Format of the document.
        key: Key of the hash by which the document's edges name nodes; in format 2 there are three.

    Raises:
        DocumentError: The node cannot be stored; the pointer starts at the node.
    """
    # Before decoding, which takes many times the memory of the text.
    if len(raw) > MAX_NODE_BYTES:
        raise DocumentError(
            Fault.TOO_LARGE, f"a node's record is larger than {MAX_NODE_BYTES >> 20} MiB"
        )
    try:
        # Decoded twice: untyped with all keys in their order for the hash, typed for reading.
        node = msgspec.json.decode(raw)
        typed = json_shapes.DECODERS[spec_format].decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            refuse_abstract(raw)
        raise decode_error(error) from error
    _refuse_marked_abstract(typed)
    document = compact_json(raw)
    refuse_deep(document)
    refuse_repeated_keys(document, node)
    # Before the hash, which takes long for a name of a megabyte.
    check_name(typed.name, "/name")
    claimed = check_hash(getattr(typed, key) or "", f"/{key}")
    dependencies: Sequence[json_shapes.AnyDependency] = typed.dependencies
    edges = merge_edges([_make_edge(entry, index) for index, entry in enumerate(dependencies)])
    build_spec = None
    if typed.build_spec is not None:
        original = check_hash(typed.build_spec.referenced_hash(), "/build_spec")
        build_spec = (typed.build_spec.name, original)
    proof, computed = prove_hash(node, claimed, spec_format)
    return make_record(
        document,
        typed,
        spec_format,
        NodeIdentity(claimed, proof, computed, is_beyond_recomputing(node, spec_format)),
        edges,
        build_spec,
    )


def read_abstract_node(raw: bytes, spec_format: int, error: DocumentError) -> NodeRecord:
    """Return the record of an abstract node, with a version as far as it has one, not verified.

    Args:
        raw: The node's JSON as the document has it.
        spec_format: Format of the document.
        error: Raised if the node has no name or no hash, or its versions are not a list.
    """
    node = msgspec.json.decode(raw)
    name, hash_ = node.get("name"), node.get("hash")
    if not isinstance(name, str) or not is_hash(hash_):
        raise error
    check_name(name, "/name")
    document = compact_json(raw)
    refuse_deep(document)
    refuse_repeated_keys(document, node)
    versions = node.get("versions") or []
    if not isinstance(versions, list):
        raise error
    version = node.get("version") or ",".join(map(str, versions)) or ":"
    typed = json_shapes.Node(name=name, version=str(version), hash=hash_)
    identity = NodeIdentity(hash_, Proof.NONE, "")
    return make_record(document, typed, spec_format, identity, (), None)


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """The hash by which a document's edges refer to a node, and how well it is proven.

    Attributes and their meaning are those of `NodeRecord`.
    """

    hash: str
    proof: Proof
    computed: str
    rewritten: bool = False


def _make_edge(entry: json_shapes.AnyDependency, index: int) -> Edge:
    try:
        return checked_edge(
            entry.name,
            entry.referenced_hash(),
            tuple(entry.written_deptypes()),
            tuple(entry.provided_virtuals()),
        )
    except DocumentError as error:
        raise error.with_prefix(f"/dependencies/{index}") from error


@lru_cache(maxsize=32_768)
def checked_edge(
    name: str, hash_: str, deptypes: tuple[str, ...], virtuals: tuple[str, ...]
) -> Edge:
    """Check an edge of a document. Cached, since documents repeat the same few edges.

    Raises:
        DocumentError: The hash, a dependency type or a name is invalid.
    """
    for kind in deptypes:
        if kind not in DEPTYPES:
            raise DocumentError(
                Fault.INVALID, f"{kind[:40]!r} is not a dependency type (build, link, run, test)"
            )
    for text in (name, *virtuals):
        check_name(text, "")
    return Edge.with_ordered_types(name, check_hash(hash_, ""), deptypes, virtuals)


def merge_edges(edges: list[Edge]) -> tuple[Edge, ...]:
    """Merge the edges to the same hash, so that each dependency has one."""
    merged: dict[str, Edge] = {}
    for edge in edges:
        other = merged.get(edge.hash)
        if other is not None:
            kinds = {*other.deptypes, *edge.deptypes}
            edge = Edge.with_ordered_types(
                edge.name, edge.hash, kinds, other.virtuals + edge.virtuals
            )
        merged[edge.hash] = edge
    return tuple(merged.values())


def refuse_abstract(raw: bytes) -> None:
    """Refuse a node that is an abstract spec with a message that says so.

    Called after typed decoding failed, whose own error would only name a missing key.

    Raises:
        DocumentError: The node is not concrete, or not JSON.
    """
    try:
        node = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    if isinstance(node, dict) and (
        node.get("concrete") is False or ("versions" in node and "version" not in node)
    ):
        name = str(node.get("name", "a node"))[:80]
        raise DocumentError(Fault.NOT_CONCRETE, f"{name} is abstract: concretize it first")


def _refuse_marked_abstract(typed: json_shapes.Node) -> None:
    if typed.concrete is False:
        raise DocumentError(
            Fault.NOT_CONCRETE, f"{typed.name[:80]} is abstract: concretize it first", "/concrete"
        )


def make_record(
    document: str,
    typed: json_shapes.Node,
    spec_format: int,
    identity: NodeIdentity,
    edges: tuple[Edge, ...],
    build_spec: tuple[str, str] | None,
) -> NodeRecord:
    """Return the record of a node that was parsed and checked."""
    digest = hashlib.sha256(document.encode("utf-8")).hexdigest()
    return NodeRecord(
        hash=identity.hash,
        name=typed.name,
        version=typed.version,
        document=document,
        digest=digest,
        proof=identity.proof,
        computed=identity.computed,
        rewritten=identity.rewritten,
        edges=edges,
        build_spec=build_spec,
        provides=_checked_virtuals(typed),
        properties=_spec_properties(typed, spec_format, build_spec is not None),
        dependencies=frozenset(edge.hash for edge in edges),
        runtime_dependencies=frozenset(edge.hash for edge in edges if edge.runtime),
    )


def _checked_virtuals(typed: json_shapes.Node) -> tuple[str, ...]:
    for index, virtual in enumerate(typed.provided_virtuals):
        check_name(virtual, f"/provided_virtuals/{index}")
    return tuple(dict.fromkeys(typed.provided_virtuals))


def _spec_properties(typed: json_shapes.Node, spec_format: int, spliced: bool) -> SpecProperties:
    platform, system, target = typed.split_architecture()
    compiler = typed.compiled_by()
    check_name(typed.name, "/name")
    texts: dict[str, str | None] = {
        "name": typed.name,
        "version": typed.version,
        "namespace": typed.namespace,
        "platform": platform,
        "os": system,
        "target": target,
        "compiler": compiler.name if compiler else None,
        "compiler_version": compiler.version if compiler else None,
        "package_hash": typed.package_hash,
    }
    if spec_format <= 2:
        texts["runtime_hash"] = typed.hash
        texts |= {key: getattr(typed, key) for key in HASH_KEYS[1:]}
    for key, text in texts.items():
        if text is not None and key != "name":
            check_text(text, key)
    texts["version_key"] = version_key(typed.version)
    if compiler:
        texts["compiler_version_key"] = version_key(compiler.version)
    original = typed.written_as(spec_format)
    values = {
        **texts,
        "variants": variant_entries(typed.parameters),
        "external": bool(typed.external),
        "spliced": spliced,
        "spec_format": spec_format,
        "original_format": original if original != spec_format else None,
    }
    present = {key: value for key, value in values.items() if value is not None}
    return cast(SpecProperties, present)


def variant_entries(parameters: Mapping[str, json_shapes.Parameter]) -> list[str]:
    """Return searchable `name=value` entries, one for each value of a multi-valued variant.

    A single true or false is written in lower case, whether it is a boolean or, as in old
    documents, a word.
    """
    entries = []
    for name, value in parameters.items():
        if isinstance(value, list):
            entries += [f"{name}={single}" for single in value]
        else:
            text = str(value)
            entries.append(f"{name}={text.lower() if text.lower() in _BOOLEANS else text}")
    return entries
