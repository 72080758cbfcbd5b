"""Does a concrete spec satisfy a constraint? The rules of ``Spec.satisfies`` in Spack 1.1.

They follow ``Spec.satisfies`` (``lib/spack/spack/spec.py``) and are held against its recorded
decisions for format 5; for older formats no decisions are recorded. What follows from having no
package repository here:

* Whether a name is a package or a virtual is told by the edges: a name that an edge lists among
  its virtuals is met by that edge. Which versions of a virtual (``mpi@3``) a package provides is
  known to no document, so any is taken as provided.
* As in Spack, a dependency that is named by a virtual is not held to variants, flags or
  architecture: those would be the virtual's, which has none.

``%[virtuals=c,cxx] gcc`` is met by an edge with any of the virtuals, ``^`` needs all of them: so it
is in Spack. Two things are stricter than Spack 1.1, and as later versions have them: the node that
satisfies a ``^`` must itself be reached with the deptypes and virtuals that are asked for, and
``^a %b`` needs one ``a`` for both.
"""

from collections import deque
from collections.abc import Iterator

from spec_syntax.concrete import ConcreteEdge, ConcreteNode, VariantValue
from spec_syntax.constraint import (
    DependencyConstraint,
    FlagConstraint,
    SpecConstraint,
    VariantConstraint,
)
from spec_syntax.parser import COMPILER_PACKAGES
from spec_syntax.targets import target_satisfies
from spec_syntax.versions import VersionRanges

#: What a compiler that is an attribute (formats 1 to 4) is taken to provide.
COMPILER_LANGUAGES = frozenset({"c", "cxx", "fortran"})

_FIRST_FORMAT_WITH_COMPILER_NODES = 5
_RUNTIME = frozenset({"link", "run"})


def satisfies(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    """Whether the DAG below ``node`` satisfies all of a spec, dependencies included."""
    if not satisfies_node(node, constraint):
        return False
    if not _names_virtual(node, constraint) and not _satisfies_propagated(node, constraint):
        return False
    return _satisfies_dependencies(node, constraint)


def satisfies_node(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    """Whether a node satisfies a spec's own attributes; no dependency of either is looked at."""
    if constraint.abstract_hash and not _has_hash(node, constraint.abstract_hash):
        return False
    if constraint.name is not None and constraint.name != node.name:
        return _names_virtual(node, constraint)
    return (
        constraint.namespace in (None, node.namespace)
        and (constraint.versions is None or constraint.versions.satisfied_by(node.version))
        and all(_satisfies_variant(node, each) for each in constraint.variants)
        and _satisfies_architecture(node, constraint)
        and all(_satisfies_flags(node, each) for each in constraint.flags)
    )


def reachable_edges(node: ConcreteNode) -> Iterator[ConcreteEdge]:
    """Yield the edges that ``^`` looks at: the direct ones, then what link and run edges reach.

    What a build dependency needs for its own build is out of reach, as in Spack.
    """
    yield from node.dependencies
    seen = {id(node)}
    queue = deque(each.node for each in node.dependencies if not _RUNTIME.isdisjoint(each.deptypes))
    while queue:
        current = queue.popleft()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for edge in current.dependencies:
            if not _RUNTIME.isdisjoint(edge.deptypes):
                yield edge
                queue.append(edge.node)


def _satisfies_dependencies(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    if not constraint.dependencies:
        return True
    compilers_are_nodes = node.spec_format >= _FIRST_FORMAT_WITH_COMPILER_NODES
    if not node.dependencies and compilers_are_nodes and not node.external:
        return False
    return all(_satisfies_dependency(node, each) for each in constraint.dependencies)


def _satisfies_dependency(node: ConcreteNode, wanted: DependencyConstraint) -> bool:
    if wanted.when is not None and not satisfies(node, wanted.when):
        return True
    if not wanted.direct:
        return _transitive_satisfies(node, wanted)
    bare_external = node.external and not node.dependencies
    if node.spec_format < _FIRST_FORMAT_WITH_COMPILER_NODES or bare_external:
        return _compiler_satisfies(node.compiler, wanted.spec)
    return _direct_satisfies(node, wanted)


def _edge_reaches(edge: ConcreteEdge, wanted: DependencyConstraint) -> bool:
    """Whether an edge leads to a package or virtual of that name, by the types asked for."""
    if not set(wanted.deptypes) <= set(edge.deptypes):
        return False
    return wanted.spec.name in (None, edge.node.name, *edge.virtuals)


def _transitive_satisfies(node: ConcreteNode, wanted: DependencyConstraint) -> bool:
    """Whether some node satisfies ``^``, with all its virtuals on the edges that reach it."""
    found: dict[int, tuple[ConcreteNode, set[str]]] = {}
    for edge in reachable_edges(node):
        if _edge_reaches(edge, wanted):
            found.setdefault(id(edge.node), (edge.node, set()))[1].update(edge.virtuals)
    return any(
        virtuals.issuperset(wanted.virtuals) and _dependency_satisfies(each, wanted.spec)
        for each, virtuals in found.values()
    )


def _direct_satisfies(node: ConcreteNode, wanted: DependencyConstraint) -> bool:
    """Whether some direct dependency satisfies ``%``; one of several virtuals is enough."""
    return any(
        _edge_reaches(edge, wanted)
        and (not wanted.virtuals or not set(wanted.virtuals).isdisjoint(edge.virtuals))
        and _dependency_satisfies(edge.node, wanted.spec)
        for edge in node.dependencies
    )


def _dependency_satisfies(node: ConcreteNode, wanted: SpecConstraint) -> bool:
    """Whether a node reached by the right name satisfies the spec of a dependency."""
    if wanted.name in (None, node.name):
        return satisfies(node, wanted)
    has_hash = not wanted.abstract_hash or _has_hash(node, wanted.abstract_hash)
    return has_hash and _satisfies_dependencies(node, wanted)


def _compiler_satisfies(compiler: tuple[str, str] | None, wanted: SpecConstraint) -> bool:
    """Whether a compiler of which only name and version are known is what ``%`` asks for."""
    if compiler is None or wanted.abstract_hash or wanted.namespace:
        return False
    if wanted.variants or wanted.flags or wanted.platform or wanted.os or wanted.target:
        return False
    name, version = compiler
    if wanted.name in COMPILER_LANGUAGES:
        return True
    versions: VersionRanges | None = wanted.versions
    return wanted.name in (None, COMPILER_PACKAGES.get(name, name)) and (
        versions is None or versions.satisfied_by(version)
    )


def _names_virtual(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    return constraint.name != node.name and constraint.name in node.provides


def _has_hash(node: ConcreteNode, prefix: str) -> bool:
    return any(each.startswith(prefix) for each in (node.hash, *node.other_hashes))


def _satisfies_variant(node: ConcreteNode, wanted: VariantConstraint) -> bool:
    if wanted.name not in node.variants:
        return wanted.propagate
    return _value_satisfies(node.variants[wanted.name], wanted)


def _value_satisfies(value: VariantValue, wanted: VariantConstraint) -> bool:
    mine = _normalized(value)
    if wanted.exact:
        return mine == set(wanted.values)
    if wanted.name == "patches":
        return all(
            any(str(each).startswith(str(prefix)) for each in mine) for prefix in wanted.values
        )
    return mine.issuperset(wanted.values)


def _normalized(value: VariantValue) -> set[bool | str]:
    """Return the values as a set; like Spack, read the words true and false as booleans."""
    if isinstance(value, tuple):
        return set(value)
    if isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return {value.upper() == "TRUE"}
    return {value}


def _satisfies_propagated(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    """Whether every node of the DAG that has a propagated variant has the value asked for."""
    propagated = [each for each in constraint.variants if each.propagate]
    return not propagated or all(
        _satisfies_variant(each, variant) for each in _all_nodes(node) for variant in propagated
    )


def _all_nodes(node: ConcreteNode) -> Iterator[ConcreteNode]:
    seen = {id(node)}
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        for edge in current.dependencies:
            if id(edge.node) not in seen:
                seen.add(id(edge.node))
                stack.append(edge.node)


def _satisfies_architecture(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    for wanted, value in ((constraint.platform, node.platform), (constraint.os, node.os)):
        if wanted is not None and value != wanted and not (wanted == "*" and value):
            return False
    if constraint.target is None:
        return True
    return node.target is not None and target_satisfies(node.target, constraint.target)


def _satisfies_flags(node: ConcreteNode, wanted: FlagConstraint) -> bool:
    return set(wanted.values) <= set(node.flags.get(wanted.name, ()))
