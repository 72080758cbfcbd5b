"""One node of a spec document: read, checked and turned into what the graph stores."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from loaders.errors import DocumentError, Fault
from loaders.specs import json_shapes
from loaders.specs.checks import (
    check_hash,
    check_name,
    check_text,
    compact,
    decode_error,
    refuse_deep,
    refuse_repeated_keys,
)
from loaders.specs.dag_hash import HASH_KEYS, Proof, prove, rewritten_from
from spec_syntax.versions import version_key

MAX_NODE_BYTES = 1 << 20
"""Largest record of one node, in bytes of JSON."""

DEPTYPES = ("build", "link", "run", "test")
_BOOLEANS = ("true", "false")


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency as a node names it.

    :ivar runtime: whether the dependency is there when the dependent runs: link or run.
    """

    name: str
    hash: str
    deptypes: tuple[str, ...]
    virtuals: tuple[str, ...]
    runtime: bool

    @classmethod
    def of(cls, name: str, hash_: str, kinds: Collection[str], virtuals: Iterable[str]) -> "Edge":
        """An edge with its dependency types in canonical order."""
        ordered = tuple(kind for kind in DEPTYPES if kind in kinds)
        runtime = "link" in ordered or "run" in ordered
        return cls(name, hash_, ordered, tuple(dict.fromkeys(virtuals)), runtime)


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A checked node.

    :ivar properties: what `Spec` holds beside `hash` and `standing`, ready for the driver.
    :ivar computed: the hash that the plain rule gives, for the message when it does not match.
    :ivar below: hashes of the dependencies; `runtime_dependencies` of those by link or run.
    :ivar rewritten: Spack 1.x wrote it anew from an older format, so that its hash may be
        beyond recomputing.
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
    properties: Mapping[str, Any]
    dependencies: frozenset[str]
    runtime_dependencies: frozenset[str]

    @property
    def standing(self) -> str:
        """Sort key of the record among all that claim its hash."""
        return f"{int(self.proof)}:{self.digest}"

    @property
    def verified(self) -> bool:
        """Whether the hash was recomputed and matches."""
        return self.proof is not Proof.NONE


def read_node(raw: bytes, spec_format: int) -> NodeRecord:
    """Check one node of a document of formats 2 to 5 and compute its hash.

    :param raw: the node's JSON as it stands in the document.
    :raises DocumentError: with a pointer from the node, where the node cannot be stored.
    """
    if len(raw) > MAX_NODE_BYTES:
        raise DocumentError(
            Fault.TOO_LARGE, f"a node's record is larger than {MAX_NODE_BYTES >> 20} MiB"
        )
    try:
        node = msgspec.json.decode(raw)
        typed = json_shapes.DECODERS[spec_format].decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            refuse_abstract(raw)
        raise decode_error(error) from error
    _refuse_marked_abstract(typed)
    document = compact(raw)
    refuse_deep(document)
    refuse_repeated_keys(document, node)
    key = _identity_key(typed, spec_format)
    claimed = check_hash(getattr(typed, key) or "", f"/{key}")
    dependencies: Sequence[json_shapes.AnyDependency] = typed.dependencies
    edges = merge_edges([_edge(entry, index) for index, entry in enumerate(dependencies)])
    build_spec = None
    if typed.build_spec is not None:
        original = check_hash(typed.build_spec.identity(spec_format), "/build_spec")
        build_spec = (typed.build_spec.name, original)
    proof, computed = prove(node, claimed, spec_format)
    return make_record(
        document,
        typed,
        spec_format,
        Identity(claimed, proof, computed, rewritten_from(node) is not None),
        edges,
        build_spec,
    )


def _identity_key(typed: json_shapes.Node, spec_format: int) -> str:
    """The key of the hash by which edges name a node."""
    if spec_format != 2:
        return "hash"
    return "build_hash" if typed.full_hash is None and typed.build_hash else "full_hash"


@dataclass(frozen=True, slots=True)
class Identity:
    """The hash by which a document's edges name a node, and how well it is proven."""

    hash: str
    proof: Proof
    computed: str
    rewritten: bool = False


def _edge(entry: json_shapes.AnyDependency, index: int) -> Edge:
    try:
        return checked_edge(
            entry.name, entry.identity(), tuple(entry.deptypes()), tuple(entry.virtuals())
        )
    except DocumentError as error:
        raise error.prefixed(f"/dependencies/{index}") from error


@lru_cache(maxsize=32_768)
def checked_edge(
    name: str, hash_: str, deptypes: tuple[str, ...], virtuals: tuple[str, ...]
) -> Edge:
    """An edge as a document has it; the same few come again and again.

    :raises DocumentError: no hash, an unknown dependency type, or a name that is too long.
    """
    for kind in deptypes:
        if kind not in DEPTYPES:
            raise DocumentError(
                Fault.INVALID, f"{kind[:40]!r} is not a dependency type (build, link, run, test)"
            )
    for text in (name, *virtuals):
        check_name(text, "")
    return Edge.of(name, check_hash(hash_, ""), deptypes, virtuals)


def merge_edges(edges: list[Edge]) -> tuple[Edge, ...]:
    """One edge a dependency: entries for the same hash are united."""
    merged: dict[str, Edge] = {}
    for edge in edges:
        other = merged.get(edge.hash)
        if other is not None:
            kinds = {*other.deptypes, *edge.deptypes}
            edge = Edge.of(edge.name, edge.hash, kinds, other.virtuals + edge.virtuals)
        merged[edge.hash] = edge
    return tuple(merged.values())


def refuse_abstract(raw: bytes) -> None:
    """Say so where a node is an abstract spec, instead of naming the key that it lacks.

    :raises DocumentError: not concrete.
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
    identity: Identity,
    edges: tuple[Edge, ...],
    build_spec: tuple[str, str] | None,
) -> NodeRecord:
    """The record of a node that was read and checked."""
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
        properties=_properties(typed, spec_format, build_spec is not None),
        dependencies=frozenset(edge.hash for edge in edges),
        runtime_dependencies=frozenset(edge.hash for edge in edges if edge.runtime),
    )


def _properties(typed: json_shapes.Node, spec_format: int, spliced: bool) -> dict[str, Any]:
    platform, system, target = typed.architecture()
    compiler = typed.compiled_by()
    check_name(typed.name, "/name")
    values: dict[str, Any] = {
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
        values["runtime_hash"] = typed.hash
        values |= {key: getattr(typed, key) for key in HASH_KEYS[1:]}
    for key, value in values.items():
        if value is not None and key != "name":
            check_text(value, key)
    values["version_key"] = version_key(typed.version)
    if compiler:
        values["compiler_version_key"] = version_key(compiler.version)
    values["variants"] = variant_entries(typed.parameters)
    values["external"] = bool(typed.external)
    values["spliced"] = spliced
    values["spec_format"] = spec_format
    original = typed.written_as(spec_format)
    values["original_format"] = original if original != spec_format else None
    return {key: value for key, value in values.items() if value is not None}


def variant_entries(parameters: Mapping[str, json_shapes.Parameter]) -> list[str]:
    """Searchable `name=value` entries, one for each value of a multi-valued variant.

    A single true or false is in lower case, be it a boolean or, as in old documents, a word.
    """
    entries = []
    for name, value in parameters.items():
        if isinstance(value, list):
            entries += [f"{name}={single}" for single in value]
        else:
            text = str(value)
            entries.append(f"{name}={text.lower() if text.lower() in _BOOLEANS else text}")
    return entries
