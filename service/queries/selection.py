"""Select the stored specs that satisfy a constraint in Spack's spec syntax.

Attributes and dependencies are evaluated in Cypher. Only the rest, such as propagated variants,
conditions on edges and git refs, is judged in Python on the DAG in memory.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict, cast

from cypher.run import Database
from loaders.specs.contents import content_of, hash_of
from loaders.specs.dag_hash import HASH_KEYS
from service.dags.labels import make_label
from service.queries.errors import (
    AmbiguousHashError,
    InvalidQuestionError,
    NotInGraphError,
)
from service.queries.known_names import find_known_names
from service.queries.node_filter import compiled_by, filter_nodes, needs_python, provider_of
from spec_syntax import (
    COMPILER_LANGUAGES,
    ConcreteNode,
    DependencyConstraint,
    SpecConstraint,
    build_dag,
    satisfies,
)

_PREFIX = re.compile(r"[a-z2-7]{1,32}\Z")
_CHUNK = 500
_FEW = 2_000
"""Up to this many candidates the walk goes down from them, for more it goes up from the targets."""
_NEWEST_FORMAT = 5


class _ResolvedHash(TypedDict):
    """A stored hash with the identities of its contents, the one that is shown for it first."""

    hash: str
    name: str | None
    version: str | None
    root: bool
    uids: list[str]


def resolve(database: Database, prefix: str) -> list[str]:
    """Return the contents of the hash that a hash or an unambiguous start of one names.

    Returns:
        Their identities, that of the content that is shown for the hash first; empty if no spec has
        it.

    Raises:
        AmbiguousHashError: Several hashes start like that.
    """
    found = [
        cast(_ResolvedHash, dict(each)) for each in database.read("resolve_hash", prefix=prefix)
    ]
    exact = [entry for entry in found if entry["hash"] == prefix]
    if len(found) > 1 and not exact:
        raise AmbiguousHashError(
            prefix,
            [make_label(each["uids"][0], each["name"], each["version"]) for each in found[:10]],
        )
    chosen = exact or found
    return chosen[0]["uids"] if chosen else []


def resolve_hashes(database: Database, hashes: Iterable[str]) -> dict[str, list[str]]:
    """Return the contents of some whole hashes, each as `resolve` does."""
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    return {row["hash"]: row["uids"] for row in database.read("uids_of_hashes", hashes=wanted)}


def resolve_content(database: Database, text: str) -> str:
    """Return the identity of the content that a hash, or the start of one, names.

    Args:
        database: The graph.
        text: The hash, with or without a slash in front, in any case. A colon and the start of a
            content's digest may follow; else the content that is shown for the hash is meant.

    Raises:
        InvalidQuestionError: It is not a hash.
        NotInGraphError: No spec has it, or it has no such content.
        AmbiguousHashError: Several specs have it.
    """
    prefix, _, content = text.removeprefix("/").lower().partition(":")
    if not _PREFIX.match(prefix):
        raise InvalidQuestionError(f"{text[:40]!r} is not a hash: letters a to z and digits 2 to 7")
    found = resolve(database, prefix)
    if not found:
        raise NotInGraphError(f"no spec has a hash that starts with {prefix}")
    chosen = [uid for uid in found if (content_of(uid) or "").startswith(content)]
    if not chosen:
        raise NotInGraphError(
            f"{hash_of(found[0])} has no content that starts with {content[:40]!r}"
        )
    return chosen[0]


def resolve_hash(database: Database, text: str) -> str:
    """Return the hash of the stored spec that a hash, or the start of one, names.

    Raises as :func:`resolve_content`.
    """
    return hash_of(resolve_content(database, text))


def select(database: Database, constraint: SpecConstraint) -> list[str]:
    """Return the identities of all stored specs that satisfy a constraint.

    A name that no package has may be that of a virtual. Any of its providers will do then, since no
    document holds the version of a virtual.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    if constraint.abstract_hash:
        return _judge(database, resolve(database, constraint.abstract_hash), constraint)
    candidates = _select_by_attributes(database, constraint)
    if not candidates and constraint.name is not None:
        candidates = list(database.read_one("select_providers", name=constraint.name))
        constraint = SpecConstraint(dependencies=constraint.dependencies)
    if needs_python(constraint):
        return _judge(database, candidates, constraint)
    for dependency in constraint.dependencies:
        if candidates:
            candidates = _keep_depending(database, candidates, constraint, dependency)
    return candidates


def select_among(
    database: Database, uids: Collection[str], constraint: SpecConstraint
) -> frozenset[str]:
    """Return those of some specs that satisfy a constraint; raises as :func:`select`."""
    if constraint.abstract_hash or constraint.dependencies or needs_python(constraint):
        return frozenset(select(database, constraint)) & frozenset(uids)
    nodes = filter_nodes(constraint)
    if constraint.name is not None:
        known = find_known_names(database, [constraint.name])
        if constraint.name not in known:
            return frozenset()
        if constraint.name not in known.packages:
            nodes = provider_of(constraint.name)
    return frozenset(database.read_one("keep_passing", uids=list(uids), w=nodes))


def _select_by_attributes(database: Database, constraint: SpecConstraint) -> list[str]:
    """Return the specs whose own attributes fit; git refs are ignored, to be judged later."""
    if constraint.versions is not None and constraint.versions.git_refs:
        constraint = replace(constraint, versions=None)
    nodes = filter_nodes(constraint)
    if constraint.name is None:
        return list(database.read_one("select_anonymous_specs", w=nodes))
    return list(database.read_one("select_named_specs", w=nodes))


def _judge(database: Database, candidates: Sequence[str], constraint: SpecConstraint) -> list[str]:
    """Return those that satisfy the constraint, evaluated in Python on their sub-DAGs."""
    chosen = []
    for start in range(0, len(candidates), _CHUNK):
        part = candidates[start : start + _CHUNK]
        nodes = _read_concrete(database, part)
        chosen += [h for h in part if h in nodes and satisfies(nodes[h], constraint)]
    return chosen


def _keep_depending(
    database: Database,
    candidates: Sequence[str],
    constraint: SpecConstraint,
    dependency: DependencyConstraint,
) -> list[str]:
    """Return the candidates with a dependency: by package, by virtual, or by a compiler's name."""
    found: set[str] = set()
    name, spec = dependency.spec.name, dependency.spec
    packages = _select_targets(database, spec)
    if packages:
        found.update(_keep_reaching(database, candidates, constraint.name, dependency, packages))
    if name is not None:
        providers = set(database.read_one("select_providers", name=name))
        rest = SpecConstraint(abstract_hash=spec.abstract_hash, dependencies=spec.dependencies)
        if providers and rest != SpecConstraint():
            providers &= set(select(database, rest))
        if providers:
            targets = sorted(providers)
            found.update(
                _keep_reaching(database, candidates, constraint.name, dependency, targets, name)
            )
    if dependency.direct and not spec.dependencies:
        compiler = compiled_by(spec, COMPILER_LANGUAGES)
        if compiler is not None:
            found.update(database.read_one("keep_passing", uids=candidates, w=compiler))
    return [hash_ for hash_ in candidates if hash_ in found]


def _select_targets(database: Database, spec: SpecConstraint) -> list[str]:
    """Return the specs that satisfy the spec of a dependency by the package's own name."""
    if spec.name is None or spec.abstract_hash:
        return select(database, spec)
    known = find_known_names(database, [spec.name])
    return select(database, spec) if spec.name in known.packages else []


def _keep_reaching(
    database: Database,
    candidates: Sequence[str],
    name: str | None,
    dependency: DependencyConstraint,
    targets: Sequence[str],
    virtual: str | None = None,
) -> list[str]:
    """Return the candidates that have an edge to a target, found from the smaller side."""
    parameters: dict[str, Any] = {
        "targets": targets,
        "virtual": virtual,
        "deptypes": dependency.deptypes,
        "virtuals": dependency.virtuals,
    }
    if len(candidates) > _FEW and not (dependency.direct and name is not None):
        parameters |= {"direct": dependency.direct, "name": name}
        return list(database.read_one("select_dependents", **parameters))
    if dependency.direct:
        found = database.read_one("keep_depending_directly", uids=candidates, **parameters)
    else:
        found = database.read_one("keep_depending", uids=candidates, **parameters)
    return list(found)


class _StoredNode(TypedDict):
    """A node of a sub-DAG, with the identities of its direct dependencies."""

    uid: str
    document: str
    spec_format: int
    dependencies: list[str]


def _read_concrete(database: Database, uids: Sequence[str]) -> Mapping[str, ConcreteNode]:
    """Return some specs and everything below them as nodes in memory, by identity."""
    stored: list[_StoredNode] = database.read_one("subdag_documents", uids=uids)
    entries = [
        (
            each["uid"],
            _node(json.loads(each["document"]), hash_of(each["uid"]), each["spec_format"]),
        )
        for each in stored
    ]
    if any(content_of(each["uid"]) for each in stored):
        for each, (uid, node) in zip(stored, entries, strict=True):
            _name_contents(node, uid, each["dependencies"])
    nodes = build_dag([node for _, node in _drop_missing(entries)], _NEWEST_FORMAT)
    return {uid: node for (uid, _), node in zip(entries, nodes, strict=True)}


def _name_contents(node: dict[str, Any], uid: str, dependencies: Iterable[str]) -> None:
    """Let a node and its edges name contents by their identities instead of hashes."""
    targets = {hash_of(each): each for each in dependencies}
    for edge in node.get("dependencies") or []:
        value = _edge_hash(edge)
        for key in HASH_KEYS:
            edge.pop(key, None)
        edge["hash"] = targets.get(value, value)
    node["hash"] = uid


def _edge_hash(edge: Mapping[str, Any]) -> str:
    return edge.get("full_hash") or edge.get("build_hash") or edge.get("hash") or ""


def _drop_missing(
    entries: Sequence[tuple[str, dict[str, Any]]],
) -> Sequence[tuple[str, dict[str, Any]]]:
    """Drop the edges that lead to nodes without a document, such as stubs."""
    present = {uid for uid, _ in entries}
    for _, node in entries:
        node["dependencies"] = [
            edge for edge in node.get("dependencies") or [] if _edge_hash(edge) in present
        ]
    return entries


def _node(document: dict[str, Any], hash_: str, spec_format: int) -> dict[str, Any]:
    """Return a node of any format in the shape of format 2, which the later ones extend."""
    annotations = {"original_specfile_version": spec_format, **(document.get("annotations") or {})}
    if spec_format != 1:
        return {**document, "annotations": annotations}
    name, inner = next(iter(document.items()))
    edges = []
    for dependency, entry in (inner.get("dependencies") or {}).items():
        entry = {"hash": entry, "type": ["build", "link"]} if isinstance(entry, str) else entry
        value = entry.get("hash") or entry.get("full_hash") or entry.get("build_hash")
        edges.append({"name": dependency, "hash": value, "type": entry["type"]})
    arch = inner.get("arch")
    if isinstance(arch, str):
        arch = {"platform": "spack09", "platform_os": "unknown", "target": arch}
    return {
        **{key: value for key, value in inner.items() if key not in HASH_KEYS},
        "name": name,
        "hash": hash_,
        "arch": arch,
        "dependencies": edges,
        "annotations": {"original_specfile_version": 2},
    }
