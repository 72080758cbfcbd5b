"""Package and virtual names known to the graph."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cypher.run import Database
from spec_syntax import Expression, SpecConstraint, iter_atoms


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Those of some names that the graph knows. A name may be that of a package and of a virtual.

    Attributes:
        packages: Names of packages.
        virtuals: Names of virtuals that some spec was seen to provide.
    """

    packages: frozenset[str] = frozenset()
    virtuals: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        """Return whether the graph knows a name."""
        return name in self.packages or name in self.virtuals


def find_known_names(database: Database, names: Iterable[str]) -> KnownNames:
    """Return those of some names that the graph knows, at one index seek for each."""
    sought = sorted(set(names))
    if not sought:
        return KnownNames()
    found = database.read_one("find_known_names", names=sought)
    return KnownNames(
        packages=frozenset(each["name"] for each in found if each["package"]),
        virtuals=frozenset(each["name"] for each in found if each["virtual"]),
    )


def names_in(expression: Expression) -> Iterator[str]:
    """Yield the names of packages and virtuals in an expression."""
    for atom in iter_atoms(expression):
        yield from names_in_constraint(atom.constraint)


def names_in_constraint(constraint: SpecConstraint) -> Iterator[str]:
    """Yield the names of packages and virtuals in a constraint and its dependencies."""
    if constraint.name is not None:
        yield constraint.name
    for dependency in constraint.dependencies:
        yield from names_in_constraint(dependency.spec)
        if dependency.when is not None:
            yield from names_in_constraint(dependency.when)
