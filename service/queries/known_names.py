"""Which names in a query are packages, and which are virtuals, in this graph."""

from collections.abc import Iterator

from cypher.run import Database
from service.queries.clauses import Names
from spec_syntax import Expression, SpecConstraint, iter_atoms


def names_in(database: Database, expression: Expression) -> Names:
    """The names in an expression that the graph knows: one seek for each."""
    wanted = sorted({n for each in iter_atoms(expression) for n in _names(each.constraint)})
    if not wanted:
        return Names(frozenset(), frozenset())
    known = database.read_one("names_known", names=wanted)
    return Names(
        packages=frozenset(name for name, package, _ in known if package),
        virtuals=frozenset(name for name, _, virtual in known if virtual),
    )


def _names(constraint: SpecConstraint) -> Iterator[str]:
    if constraint.name is not None:
        yield constraint.name
    for dependency in constraint.dependencies:
        yield from _names(dependency.spec)
        if dependency.when is not None:
            yield from _names(dependency.when)
