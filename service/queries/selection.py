"""Which stored specs satisfy a constraint in Spack's spec syntax.

Attributes and dependencies are told by Cypher. Only what neither can tell, such as propagated
variants, conditions and git refs, is judged on the DAG in memory.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from cypher.run import Database
from loaders.specs.dag_hash import HASH_KEYS
from service.queries.errors import (
    AmbiguousHashError,
    InvalidQuestionError,
    NotInGraphError,
    SpecLabel,
)
from service.queries.node_filter import compiled_by, needs_python, provider_of, wanted
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
"""Up to so many candidates are walked down from; for more, the walk goes up from the targets."""
_NEWEST_FORMAT = 5


def resolve(database: Database, prefix: str) -> str | None:
    """The full hash that a hash or an unambiguous start of one names.

    :raises AmbiguousHashError: where several specs fit.
    :returns: None where none fits.
    """
    found = [cast(SpecLabel, dict(each)) for each in database.read("resolve_hash", prefix=prefix)]
    exact = [entry for entry in found if entry["hash"] == prefix]
    if len(found) > 1 and not exact:
        raise AmbiguousHashError(prefix, found[:10])
    chosen = exact or found
    return str(chosen[0]["hash"]) if chosen else None


def resolve_hash(database: Database, text: str) -> str:
    """Return the hash of the stored spec that a hash, or the start of one, names.

    Args:
        database: The graph.
        text: The hash, with or without a slash in front, in any case.

    Raises:
        InvalidQuestionError: It is not a hash.
        NotInGraphError: No spec has it.
        AmbiguousHashError: Several specs have it.
    """
    prefix = text.removeprefix("/").lower()
    if not _PREFIX.match(prefix):
        raise InvalidQuestionError(f"{text[:40]!r} is not a hash: letters a to z and digits 2 to 7")
    found = resolve(database, prefix)
    if found is None:
        raise NotInGraphError(f"no spec has a hash that starts with {prefix}")
    return found


def select(database: Database, constraint: SpecConstraint) -> list[str]:
    """Hashes of all stored specs that satisfy a constraint.

    Where no package has the name it may be a virtual's; any provider will do then, since the
    versions of virtuals are in no document.

    :raises AmbiguousHashError: the constraint has a hash that several specs share.
    """
    if constraint.abstract_hash:
        hash_ = resolve(database, constraint.abstract_hash)
        candidates = [hash_] if hash_ else []
        return _judged(database, candidates, constraint)
    candidates = _by_attributes(database, constraint)
    if not candidates and constraint.name is not None:
        candidates = list(database.read_one("select_providers", name=constraint.name))
        constraint = SpecConstraint(dependencies=constraint.dependencies)
    if needs_python(constraint):
        return _judged(database, candidates, constraint)
    for dependency in constraint.dependencies:
        if candidates:
            candidates = _depending(database, candidates, constraint, dependency)
    return candidates


def select_among(
    database: Database, hashes: Collection[str], constraint: SpecConstraint
) -> frozenset[str]:
    """Those of some specs that satisfy a constraint; raises as :func:`select`."""
    if constraint.abstract_hash or constraint.dependencies or needs_python(constraint):
        return frozenset(select(database, constraint)) & frozenset(hashes)
    source = wanted(constraint)
    if constraint.name is not None:
        ((_, package, virtual),) = database.read_one("names_known", names=[constraint.name])
        if not package and not virtual:
            return frozenset()
        source = source if package else provider_of(constraint.name)
    return frozenset(database.read_one("keep_fitting", hashes=list(hashes), w=source))


def _by_attributes(database: Database, constraint: SpecConstraint) -> list[str]:
    """Specs by what is on the node itself; all of a name where git refs are to be judged."""
    if constraint.versions is not None and constraint.versions.git_refs:
        constraint = replace(constraint, versions=None)
    name = "select_any" if constraint.name is None else "select_specs"
    return list(database.read_one(name, w=wanted(constraint)))


def _judged(database: Database, candidates: Sequence[str], constraint: SpecConstraint) -> list[str]:
    """Those that satisfy the constraint, as told by their records and those below them."""
    chosen = []
    for start in range(0, len(candidates), _CHUNK):
        part = candidates[start : start + _CHUNK]
        nodes = _concrete(database, part)
        chosen += [h for h in part if h in nodes and satisfies(nodes[h], constraint)]
    return chosen


def _depending(
    database: Database,
    candidates: Sequence[str],
    constraint: SpecConstraint,
    dependency: DependencyConstraint,
) -> list[str]:
    """Those that have a dependency: by an edge to a package or virtual, or a compiler's name."""
    found: set[str] = set()
    name, spec = dependency.spec.name, dependency.spec
    packages = _targets(database, spec)
    if packages:
        found.update(_reaching(database, candidates, constraint.name, dependency, packages, None))
    if name is not None:
        providers = set(database.read_one("select_providers", name=name))
        rest = SpecConstraint(abstract_hash=spec.abstract_hash, dependencies=spec.dependencies)
        if providers and rest != SpecConstraint():
            providers &= set(select(database, rest))
        if providers:
            targets = sorted(providers)
            found.update(
                _reaching(database, candidates, constraint.name, dependency, targets, name)
            )
    if dependency.direct and not spec.dependencies:
        compiler = compiled_by(spec, COMPILER_LANGUAGES)
        if compiler is not None:
            found.update(database.read_one("keep_fitting", hashes=candidates, w=compiler))
    return [hash_ for hash_ in candidates if hash_ in found]


def _targets(database: Database, spec: SpecConstraint) -> list[str]:
    """The specs that satisfy the spec of a dependency by the package's own name."""
    if spec.name is None or spec.abstract_hash:
        return select(database, spec)
    known = database.read_one("names_known", names=[spec.name])
    return select(database, spec) if known[0][1] else []


def _reaching(
    database: Database,
    candidates: Sequence[str],
    name: str | None,
    dependency: DependencyConstraint,
    targets: Sequence[str],
    virtual: str | None,
) -> list[str]:
    """Those of the candidates that reach a target: from the side that is likely smaller."""
    parameters: dict[str, Any] = {
        "targets": targets,
        "virtual": virtual,
        "deptypes": dependency.deptypes,
        "virtuals": dependency.virtuals,
    }
    if len(candidates) <= _FEW or (dependency.direct and name is not None):
        statement = "keep_direct" if dependency.direct else "keep_below"
        return list(database.read_one(statement, hashes=candidates, **parameters))
    found = database.read_one("select_above", direct=dependency.direct, name=name, **parameters)
    return list(found)


def _concrete(database: Database, hashes: Sequence[str]) -> Mapping[str, ConcreteNode]:
    entries = [
        (hash_, _node(json.loads(document), hash_, spec_format))
        for hash_, document, spec_format in database.read_one("below", hashes=hashes)
    ]
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
            if (edge.get("full_hash") or edge.get("build_hash") or edge.get("hash")) in present
        ]
    return entries


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
