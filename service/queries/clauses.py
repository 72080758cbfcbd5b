"""A query as clauses that all must hold, each with literals of which one must.

A literal is one test of a root: does some node on one of its sides, in a set that is looked up by
an index, fit what is wanted? `cypher/roots/roots.cypher` says how it is held against the graph.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from service.queries.errors import TooComplexError
from service.queries.node_filter import (
    Wanted,
    any_node,
    compiled_by,
    needs_python,
    provider_of,
    wanted,
)
from spec_syntax import (
    COMPILER_LANGUAGES,
    AllOf,
    AnyOf,
    Atom,
    DependencyConstraint,
    Expression,
    Not,
    Side,
    SpecConstraint,
)

MAX_LITERALS = 400
"""A query that comes to more literals than this is refused."""


@dataclass(frozen=True, eq=False)
class Literal:
    """One test of a root.

    :ivar kind: a side, or `direct` and `below` for what `%` and `^` look at.
    :ivar set: nodes to look up, None where any node will do that is `wanted`.
    :ivar wanted: what a node must be like beyond being in the set.
    :ivar deptypes: types that the edge to the node must have.
    :ivar virtuals: virtuals of which the edge must provide one.
    :ivar virtual: the virtual by which the node was named.
    :ivar guarded: only for roots whose compilers are nodes.
    :ivar proper: the root itself does not count.
    """

    kind: str
    set: Wanted | None = None
    wanted: Wanted | None = None
    negated: bool = False
    deptypes: tuple[str, ...] = ()
    virtuals: tuple[str, ...] = ()
    virtual: str | None = None
    guarded: bool = False
    proper: bool = False

    def opposite(self) -> "Literal":
        """The literal that holds where this one does not."""
        return replace(self, negated=not self.negated)


Clause = tuple[Literal, ...]
Tree = bool | Literal | tuple[str, tuple["Tree", ...]]


def both(*operands: Tree) -> Tree:
    """All of these."""
    return ("and", operands)


def either(*operands: Tree) -> Tree:
    """Any of these."""
    return ("or", operands)


def to_clauses(tree: Tree) -> list[Clause] | None:
    """The clauses of a tree.

    :returns: None where the tree never holds; an empty list where it always does.
    :raises TooComplexError: there would be too many.
    """
    if isinstance(tree, bool):
        return [] if tree else None
    if isinstance(tree, Literal):
        return [(tree,)]
    word, operands = tree
    parts = map(to_clauses, operands)
    return _all(parts) if word == "and" else _any(parts)


def _all(parts: Iterable[list[Clause] | None]) -> list[Clause] | None:
    clauses: list[Clause] = []
    for part in parts:
        if part is None:
            return None
        clauses += part
    return _checked(clauses)


def _any(parts: Iterable[list[Clause] | None]) -> list[Clause] | None:
    possible = [part for part in parts if part is not None]
    if not possible:
        return None
    count = 1
    for part in possible:
        count *= len(part)
        if count > MAX_LITERALS:
            raise TooComplexError
    return _checked([sum(choice, ()) for choice in product(*possible)])


def _checked(clauses: list[Clause]) -> list[Clause]:
    if sum(map(len, clauses)) > MAX_LITERALS:
        raise TooComplexError
    return clauses


@dataclass(frozen=True)
class Names:
    """Which names in a query the graph knows."""

    packages: frozenset[str]
    virtuals: frozenset[str]


Select = Callable[[SpecConstraint], Sequence[str]]
"""Looks up the hashes of all specs that satisfy a constraint, dependencies included."""


@dataclass
class Translator:
    """Turns an expression into a tree of literals.

    :ivar names: the names that the graph knows.
    :ivar select: looks up what no literal can tell.
    :ivar resolve: looks up the full hash for an abbreviated one.
    """

    names: Names
    select: Select
    resolve: Callable[[str], str | None]
    positive: dict[str, list[Literal]] = field(default_factory=dict)

    def tree(self, expression: Expression, *, negated: bool = False) -> Tree:
        """The tree for an expression; literals of its positive atoms are noted by side."""
        match expression:
            case Atom():
                return self._atom(expression, negated)
            case Not(operand):
                inner = self.tree(operand, negated=not negated)
                return _negation(inner)
            case AllOf(operands):
                return both(*(self.tree(each, negated=negated) for each in operands))
            case AnyOf(operands):
                return either(*(self.tree(each, negated=negated) for each in operands))

    def _atom(self, atom: Atom, negated: bool) -> Tree:
        if atom.side is Side.SELF:
            return self._self(atom.constraint)
        source = self._source(atom.constraint)
        if source is None:
            return False
        literal = _located(atom.side.value, source)
        if not negated:
            self.positive.setdefault(atom.side.value, []).append(literal)
        return literal

    def _source(self, constraint: SpecConstraint) -> Wanted | None:
        """Where to look for the nodes that satisfy a constraint; None where there is none."""
        if needs_python(constraint) or constraint.dependencies:
            return self._selected(constraint)
        if constraint.abstract_hash:
            full = self.resolve(constraint.abstract_hash)
            return wanted(constraint, [full]) if full else None
        if constraint.name is None or constraint.name in self.names.packages:
            return wanted(constraint)
        if constraint.name in self.names.virtuals:
            return provider_of(constraint.name)
        return None

    def _selected(self, constraint: SpecConstraint) -> Wanted | None:
        hashes = self.select(constraint)
        return wanted(SpecConstraint(), hashes) if hashes else None

    def _self(self, constraint: SpecConstraint) -> Tree:
        if needs_python(constraint):
            source = self._selected(constraint)
            return Literal("self", set=source) if source else False
        own = replace(constraint, dependencies=())
        source = self._source(own)
        if source is None:
            return False
        literal: Tree = _located("self", source)
        if own == SpecConstraint():
            literal = True
        elif source["name"] is not None and not source["hashes"]:
            literal = Literal("self", set=source, wanted=source)
        return both(literal, *map(self._dependency, constraint.dependencies))

    def _dependency(self, wanted_: DependencyConstraint) -> Tree:
        if wanted_.direct:
            return either(*self._reached(wanted_), *_by_attribute(wanted_.spec))
        return either(*self._reached(wanted_))

    def _reached(self, dependency: DependencyConstraint) -> list[Tree]:
        """The ways in which an edge may lead to what a dependency asks for."""
        name, spec = dependency.spec.name, dependency.spec
        found: list[Tree] = []
        if name is None or name in self.names.packages:
            source = self._source(spec)
            if source is not None:
                found += _edges(dependency, source, None)
        if name is not None and name in self.names.virtuals:
            rest = SpecConstraint(abstract_hash=spec.abstract_hash, dependencies=spec.dependencies)
            named = any_node() if rest == SpecConstraint() else self._source(rest)
            if named is not None:
                found += _edges(dependency, named, name)
        return found


def _located(kind: str, source: Wanted) -> Literal:
    """A literal for nodes that are looked up where an index can, else tested one by one."""
    anywhere = source["name"] is None and not source["hashes"] and source["virtual"] is None
    return Literal(kind, wanted=source) if anywhere else Literal(kind, set=source)


def _edges(dependency: DependencyConstraint, source: Wanted, virtual: str | None) -> list[Tree]:
    located = _located("direct", source)
    edge = replace(
        located, deptypes=dependency.deptypes, virtuals=dependency.virtuals, virtual=virtual
    )
    if dependency.direct:
        return [replace(edge, guarded=True)]
    if dependency.deptypes or dependency.virtuals or virtual:
        return [replace(edge, kind="below")]
    return [replace(located, kind="deployed_with", proper=True), edge]


def _by_attribute(spec: SpecConstraint) -> list[Tree]:
    if spec.dependencies:
        return []
    found = compiled_by(spec, COMPILER_LANGUAGES)
    return [Literal("self", wanted=found)] if found else []


def _negation(tree: Tree) -> Tree:
    """The tree that holds where this one does not."""
    if isinstance(tree, bool):
        return not tree
    if isinstance(tree, Literal):
        return tree.opposite()
    word, operands = tree
    return ("or" if word == "and" else "and", tuple(map(_negation, operands)))


def statement_parameters(
    clauses: Sequence[Clause], drivers: Sequence[Clause], inline: Container[int] = ()
) -> dict[str, Any]:
    """Clauses and drivers as `cypher/roots/roots.cypher` takes them, with the sets that they need.

    :param inline: identities of sets so large that a node is rather tested than looked up there.
    """
    sets: list[Wanted] = []
    places: dict[int, int] = {}

    def place(source: Wanted) -> int:
        if id(source) not in places:
            places[id(source)] = len(sets)
            sets.append(source)
        return places[id(source)]

    def test(literal: Literal) -> dict[str, Any]:
        source = literal.set
        if source is None or literal.wanted is source:
            return {**vars(literal), "set": None}
        if id(source) in inline:
            return {**vars(literal), "set": None, "wanted": source}
        return {**vars(literal), "set": place(source)}

    def lead(literal: Literal) -> dict[str, Any]:
        assert literal.set is not None, "only literals with a set can be drivers"
        return {"kind": literal.kind, "set": place(literal.set)}

    return {
        "drivers": [list(map(lead, clause)) for clause in drivers],
        "clauses": [list(map(test, clause)) for clause in clauses],
        "sets": sets,
    }
