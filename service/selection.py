"""Which stored specs satisfy a constraint in Spack's spec syntax.

Cypher narrows by what is indexed or on the node; what only dependencies, flags or propagated
variants tell is judged on the DAG in memory.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cypher.run import Database
from loaders.dag_hash import HASH_KEYS
from spec_syntax import (
    ConcreteNode,
    SpecConstraint,
    VariantConstraint,
    build_dag,
    matching_targets,
    satisfies,
)

_CHUNK = 500
_NEWEST_FORMAT = 5


class AmbiguousHashError(Exception):
    """An abbreviated hash that several specs share.

    :ivar candidates: at most ten of them: hash, name, version.
    """

    def __init__(self, prefix: str, candidates: list[dict[str, Any]]) -> None:
        super().__init__(f"/{prefix} is ambiguous")
        self.prefix = prefix
        self.candidates = candidates


def resolve(database: Database, prefix: str) -> str | None:
    """The full hash that a hash or an unambiguous start of one names.

    :raises AmbiguousHashError: where several specs fit.
    :returns: None where none fits.
    """
    found = [dict(record) for record in database.read("resolve_hash", prefix=prefix)]
    exact = [entry for entry in found if entry["hash"] == prefix]
    if len(found) > 1 and not exact:
        raise AmbiguousHashError(prefix, found[:10])
    chosen = exact or found
    return str(chosen[0]["hash"]) if chosen else None


def select(database: Database, constraint: SpecConstraint) -> list[str]:
    """Hashes of all stored specs that satisfy a constraint.

    Where no package has the name it may be a virtual's; any provider will do then, since the
    versions of virtuals are in no document.

    :raises AmbiguousHashError: the constraint has a hash that several specs share.
    """
    if constraint.abstract_hash:
        hash_ = resolve(database, constraint.abstract_hash)
        candidates = [hash_] if hash_ else []
    else:
        candidates = _narrowed(database, constraint)
    if not candidates and constraint.name is not None and not constraint.abstract_hash:
        candidates = list(database.read_one("select_providers", name=constraint.name))
        constraint = SpecConstraint(dependencies=constraint.dependencies)
    if not candidates or not _needs_dag(constraint):
        return candidates
    chosen = []
    for start in range(0, len(candidates), _CHUNK):
        part = candidates[start : start + _CHUNK]
        nodes = _concrete(database, part, constraint)
        chosen += [h for h in part if h in nodes and satisfies(nodes[h], constraint)]
    return chosen


def _narrowed(database: Database, constraint: SpecConstraint) -> list[str]:
    versions = constraint.versions
    intervals = None
    if versions is not None and not versions.git_refs:
        intervals = [asdict(interval) for interval in versions.key_intervals()]
    parameters: dict[str, Any] = {
        "intervals": intervals,
        "variants": [e for each in constraint.variants for e in _entries(each)],
        "namespace": constraint.namespace,
        "platform": _named(constraint.platform),
        "os": _named(constraint.os),
        "targets": _targets(constraint.target),
    }
    if constraint.name is None:
        return list(database.read_one("select_any", **parameters))
    return list(database.read_one("select_specs", names=[constraint.name], **parameters))


def _named(value: str | None) -> str | None:
    return None if value == "*" else value


def _targets(wanted: str | None) -> list[str] | None:
    if wanted is None or wanted == "*":
        return None
    return list(matching_targets(wanted))


def _entries(variant: VariantConstraint) -> list[str]:
    """The entries of `Spec.variants` that a node must have to satisfy a variant."""
    if variant.propagate or variant.name == "patches":
        return []
    return [
        f"{variant.name}={str(value).lower() if isinstance(value, bool) else value}"
        for value in variant.values
    ]


def _needs_dag(constraint: SpecConstraint) -> bool:
    """Whether Cypher's answer may hold specs that do not satisfy the constraint."""
    return bool(
        constraint.dependencies
        or constraint.flags
        or constraint.abstract_hash
        or "*" in (constraint.platform, constraint.os, constraint.target)
        or (constraint.versions is not None and constraint.versions.git_refs)
        or any(not _is_entry(variant) for variant in constraint.variants)
    )


def _is_entry(variant: VariantConstraint) -> bool:
    boolean = variant.values in ((True,), (False,))
    plain = bool(variant.values) and not variant.exact and variant.name != "patches"
    return (boolean or plain) and not variant.propagate


def _direct_only(constraint: SpecConstraint) -> bool:
    if any(variant.propagate for variant in constraint.variants):
        return False
    return all(
        d.direct and d.when is None and not d.spec.dependencies for d in constraint.dependencies
    )


def _concrete(
    database: Database, hashes: Sequence[str], constraint: SpecConstraint
) -> Mapping[str, ConcreteNode]:
    shallow = _direct_only(constraint)
    statement = "directly_below" if shallow else "below"
    kept = set(hashes)
    entries = []
    for hash_, document, spec_format in database.read_one(statement, hashes=hashes):
        node = _node(json.loads(document), hash_, spec_format)
        entries.append(
            (hash_, _without_dependencies(node) if shallow and hash_ not in kept else node)
        )
    nodes = build_dag([node for _, node in _whole(entries)], _NEWEST_FORMAT)
    return {hash_: node for (hash_, _), node in zip(entries, nodes, strict=True)}


def _whole(entries: Iterable[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """The entries, without edges to nodes that were not fetched."""
    entries = list(entries)
    present = {hash_ for hash_, _ in entries}
    for _, node in entries:
        node["dependencies"] = [
            edge
            for edge in node.get("dependencies") or []
            if edge.get("full_hash", edge.get("hash")) in present
        ]
    return entries


def _without_dependencies(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "dependencies"}


def _node(document: dict[str, Any], hash_: str, spec_format: int) -> dict[str, Any]:
    """A node of any format in the shape of the later ones."""
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
