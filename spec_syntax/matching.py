"""Match concrete specs against constraints by the rules of ``Spec.satisfies`` in Spack 1.1.

The source of the rules is ``lib/spack/spack/spec.py``; tests compare them with recorded decisions
of Spack for format 5 (there are none for older formats). Without a package repository:

* Edges decide whether a name is a package or a virtual: an edge matches a name if it lists the
  name among its virtuals. No document says which versions of a virtual (``mpi@3``) a package
  provides, so every version is assumed to be provided.
* As in Spack, variants, flags and architecture are ignored if a dependency is named by a virtual:
  they would be those of the virtual, which has none.

As in Spack, ``%[virtuals=c,cxx] gcc`` matches an edge with any of the virtuals, whereas ``^`` needs
all of them. In two cases the rules are stricter than Spack 1.1, as in later versions: the node that
satisfies a ``^`` must itself be reached with the requested deptypes and virtuals, and ``^a %b``
needs one ``a`` that satisfies both.
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

#: Virtuals that a compiler is assumed to provide if it is an attribute (formats 1 to 4).
COMPILER_LANGUAGES = frozenset({"c", "cxx", "fortran"})

_FIRST_FORMAT_WITH_COMPILER_NODES = 5
_RUNTIME = frozenset({"link", "run"})


def satisfies(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    """Return whether the DAG rooted at ``node`` satisfies a spec, dependencies included."""
    if not satisfies_node(node, constraint):
        return False
    if not _provides_name(node, constraint) and not _satisfies_propagated(node, constraint):
        return False
    return _satisfies_dependencies(node, constraint)


def satisfies_node(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    """Return whether a node satisfies a spec's own attributes, ignoring all dependencies."""
    if constraint.abstract_hash and not _has_hash(node, constraint.abstract_hash):
        return False
    if constraint.name is not None and constraint.name != node.name:
        return _provides_name(node, constraint)
    return (
        constraint.namespace in (None, node.namespace)
        and (constraint.versions is None or constraint.versions.satisfied_by(node.version))
        and all(_satisfies_variant(node, each) for each in constraint.variants)
        and _satisfies_architecture(node, constraint)
        and all(_satisfies_flags(node, each) for each in constraint.flags)
    )


def reachable_edges(node: ConcreteNode) -> Iterator[ConcreteEdge]:
    """Yield the edges that ``^`` considers: the direct ones, then those over link and run edges.

    As in Spack, the build dependencies of a build dependency are not considered.
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
    # In older formats `%` may match the compiler, which is an attribute and not an edge.
    compilers_are_nodes = node.spec_format >= _FIRST_FORMAT_WITH_COMPILER_NODES
    if not node.dependencies and compilers_are_nodes and not node.external:
        return False
    return all(_satisfies_dependency(node, each) for each in constraint.dependencies)


def _satisfies_dependency(node: ConcreteNode, dependency: DependencyConstraint) -> bool:
    if dependency.when is not None and not satisfies(node, dependency.when):
        return True
    if not dependency.direct:
        return _satisfies_transitive(node, dependency)
    bare_external = node.external and not node.dependencies
    if node.spec_format < _FIRST_FORMAT_WITH_COMPILER_NODES or bare_external:
        return _compiler_satisfies(node.compiler, dependency.spec)
    return _satisfies_direct(node, dependency)


def _edge_matches(edge: ConcreteEdge, dependency: DependencyConstraint) -> bool:
    """Return whether an edge has the requested deptypes and leads to the requested name."""
    if not set(dependency.deptypes) <= set(edge.deptypes):
        return False
    return dependency.spec.name in (None, edge.node.name, *edge.virtuals)


def _satisfies_transitive(node: ConcreteNode, dependency: DependencyConstraint) -> bool:
    """Return whether some node satisfies ``^``, with all its virtuals on the edges that reach it.

    The virtuals may be spread over several edges to the same node.
    """
    candidates: dict[int, tuple[ConcreteNode, set[str]]] = {}
    for edge in reachable_edges(node):
        if _edge_matches(edge, dependency):
            candidates.setdefault(id(edge.node), (edge.node, set()))[1].update(edge.virtuals)
    return any(
        virtuals.issuperset(dependency.virtuals) and _dependency_satisfies(each, dependency.spec)
        for each, virtuals in candidates.values()
    )


def _satisfies_direct(node: ConcreteNode, dependency: DependencyConstraint) -> bool:
    """Return whether some direct dependency satisfies ``%``; one of several virtuals is enough."""
    return any(
        _edge_matches(edge, dependency)
        and (not dependency.virtuals or not set(dependency.virtuals).isdisjoint(edge.virtuals))
        and _dependency_satisfies(edge.node, dependency.spec)
        for edge in node.dependencies
    )


def _dependency_satisfies(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    """Return whether a node, already matched by name, satisfies the spec of a dependency."""
    if constraint.name in (None, node.name):
        return satisfies(node, constraint)
    has_hash = not constraint.abstract_hash or _has_hash(node, constraint.abstract_hash)
    return has_hash and _satisfies_dependencies(node, constraint)


def _compiler_satisfies(compiler: tuple[str, str] | None, constraint: SpecConstraint) -> bool:
    """Return whether a compiler given only by name and version satisfies the spec after ``%``."""
    if compiler is None or constraint.abstract_hash or constraint.namespace:
        return False
    if constraint.variants or constraint.flags:
        return False
    if constraint.platform or constraint.os or constraint.target:
        return False
    name, version = compiler
    if constraint.name in COMPILER_LANGUAGES:
        return True
    versions: VersionRanges | None = constraint.versions
    return constraint.name in (None, COMPILER_PACKAGES.get(name, name)) and (
        versions is None or versions.satisfied_by(version)
    )


def _provides_name(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    """Return whether a constraint names a node by a virtual that the node provides."""
    return constraint.name != node.name and constraint.name in node.provides


def _has_hash(node: ConcreteNode, prefix: str) -> bool:
    return any(each.startswith(prefix) for each in (node.hash, *node.other_hashes))


def _satisfies_variant(node: ConcreteNode, variant: VariantConstraint) -> bool:
    if variant.name not in node.variants:
        return variant.propagate
    return _value_satisfies(node.variants[variant.name], variant)


def _value_satisfies(value: VariantValue, variant: VariantConstraint) -> bool:
    node_values = _value_set(value)
    if variant.exact:
        return node_values == set(variant.values)
    if variant.name == "patches":  # checksums, which may be abbreviated
        return all(
            any(str(each).startswith(str(prefix)) for each in node_values)
            for prefix in variant.values
        )
    return node_values.issuperset(variant.values)


def _value_set(value: VariantValue) -> set[bool | str]:
    """Return the values as a set; like Spack, read the words true and false as booleans."""
    if isinstance(value, tuple):
        return set(value)
    if isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return {value.upper() == "TRUE"}
    return {value}


def _satisfies_propagated(node: ConcreteNode, constraint: SpecConstraint) -> bool:
    """Return whether all nodes that have a propagated variant have the requested value."""
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
    for required, value in ((constraint.platform, node.platform), (constraint.os, node.os)):
        if required is not None and value != required and not (required == "*" and value):
            return False
    if constraint.target is None:
        return True
    return node.target is not None and target_satisfies(node.target, constraint.target)


def _satisfies_flags(node: ConcreteNode, flags: FlagConstraint) -> bool:
    return set(flags.values) <= set(node.flags.get(flags.name, ()))
