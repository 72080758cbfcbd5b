"""Facts about the graph that the translation of a query needs, looked up before it is planned."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cypher.run import Database
from service.queries.known_names import KnownNames, find_known_names, names_in
from service.queries.node_filter import needs_python
from service.queries.places import Place, find_place
from service.queries.query import Query
from service.queries.selection import resolve, select
from spec_syntax import DependencyConstraint, Expression, Side, SpecConstraint, iter_atoms


@dataclass(frozen=True, slots=True)
class Lookups:
    """Facts about the graph that the translation of a query needs.

    Attributes:
        names: The names in the query that the graph knows.
        hashes: The contents of each hash that the query abbreviates; none if no spec has it.
        selections: Identities of the specs that satisfy each constraint that clauses do not cover.
        place: Where the specs must be; None for anywhere.
        running: Identities of the only specs that may match; None for any.
    """

    names: KnownNames = field(default_factory=KnownNames)
    hashes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    selections: Mapping[SpecConstraint, Sequence[str]] = field(default_factory=dict)
    place: Place | None = None
    running: Sequence[str] | None = None


def look_up(database: Database, query: Query) -> Lookups:
    """Look up the facts that the translation of a query needs.

    Raises:
        AmbiguousHashError: A hash in the query is abbreviated too much.
    """
    expression = query.expression
    names = find_known_names(database, names_in(expression))
    hashes: dict[str, Sequence[str]] = {}
    selections: dict[SpecConstraint, Sequence[str]] = {}
    for constraint in _located_constraints(expression, names):
        prefix = constraint.abstract_hash
        if is_selected(constraint):
            if constraint not in selections:
                selections[constraint] = select(database, constraint)
        elif prefix and prefix not in hashes:
            hashes[prefix] = resolve(database, prefix)
    return Lookups(names, hashes, selections, find_place(database, query), query.running)


def is_selected(constraint: SpecConstraint) -> bool:
    """Return whether the nodes of a constraint are selected first and then named by their hashes.

    A clause looks at one node, so it cannot constrain the dependencies of that node.
    """
    return needs_python(constraint) or bool(constraint.dependencies)


def dependency_targets(
    dependency: DependencyConstraint, names: KnownNames
) -> Iterator[tuple[SpecConstraint, str | None]]:
    """Yield the constraints for a node at the end of an edge, each with the virtual of the edge.

    The virtual is None if the node has the package name itself.
    """
    name, spec = dependency.spec.name, dependency.spec
    if name is None or name in names.packages:
        yield spec, None
    if name is not None and name in names.virtuals:
        # No document holds the version of a virtual, so any version of its provider will do.
        rest = SpecConstraint(abstract_hash=spec.abstract_hash, dependencies=spec.dependencies)
        yield rest, name


def _located_constraints(expression: Expression, names: KnownNames) -> Iterator[SpecConstraint]:
    """Yield the constraints whose nodes the translation of an expression asks for."""
    for atom in iter_atoms(expression):
        constraint = atom.constraint
        if atom.side is not Side.SELF or needs_python(constraint):
            yield constraint
            continue
        yield replace(constraint, dependencies=())
        for dependency in constraint.dependencies:
            for target, _ in dependency_targets(dependency, names):
                yield target
