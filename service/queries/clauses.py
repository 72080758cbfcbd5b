"""A query as clauses that must all hold, each of literals of which one must hold.

A literal tests one root: does a node on one of its sides belong to a set that an index looks up,
and pass a node filter? The statements of `service/queries/root_statements.py` evaluate it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from service.queries.errors import TooComplexError
from service.queries.lookups import Lookups, dependency_targets, is_selected
from service.queries.node_filter import (
    NodeFilter,
    any_node,
    compiled_by,
    filter_nodes,
    needs_python,
    provider_of,
)
from service.queries.places import Place
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


@dataclass(frozen=True, slots=True)
class Literal:
    """One test of a root.

    Attributes:
        kind: A side; `direct` and `below` for the edges that `%` and `^` look at; `at_site` and
            `locked` for the place of the root.
        set: Index of the set that the node must be in; None for any node.
        filter: Filter that the node must pass. A literal with both is tested by its filter, and
            its set says only which roots can satisfy it.
        negated: Whether no node may do so.
        deptypes: Types that the edge to the node must have.
        virtuals: Virtuals of which the edge must provide one.
        virtual: The virtual by which the query named the node.
        guarded: Whether it holds only for roots whose compilers are nodes.
        proper: Whether the root itself does not count.
        site: Name of the site, for `at_site`.
        lockfiles: Uids of the lockfiles, for `locked`.
        edges: How many roots it leads to at most, if that is known without an estimate of its set.
    """

    kind: str
    set: int | None = None
    filter: NodeFilter | None = None
    negated: bool = False
    deptypes: tuple[str, ...] = ()
    virtuals: tuple[str, ...] = ()
    virtual: str | None = None
    guarded: bool = False
    proper: bool = False
    site: str | None = None
    lockfiles: tuple[str, ...] = ()
    edges: int | None = None


Clause = tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class _Both:
    operands: tuple["_Tree", ...]


@dataclass(frozen=True, slots=True)
class _Either:
    operands: tuple["_Tree", ...]


_Tree = bool | Literal | _Both | _Either


@dataclass(frozen=True, slots=True)
class Translation:
    """A query in the form in which it is planned and run.

    Attributes:
        clauses: The clauses, or None if nothing can satisfy them; empty if everything does.
        sets: The node sets that literals refer to by index.
        sides: For each side, the filters of nodes that a match of the query can show there.
    """

    clauses: tuple[Clause, ...] | None
    sets: tuple[NodeFilter, ...]
    sides: Mapping[str, Sequence[NodeFilter]]


def translate(expression: Expression, lookups: Lookups) -> Translation:
    """Translate an expression into clauses.

    Args:
        expression: The query.
        lookups: Result of :func:`service.queries.lookups.look_up` for it.

    Raises:
        TooComplexError: It has too many alternatives.
    """
    translator = _Translator(lookups)
    tree = translator.tree(expression, negated=False)
    if lookups.place is not None:
        tree = _Both((tree, _at(lookups.place)))
    if lookups.running is not None:
        tree = _Both((tree, translator.one_of(lookups.running)))
    clauses = _to_clauses(tree)
    return Translation(
        None if clauses is None else tuple(clauses), tuple(translator.sets), translator.sides
    )


def _to_clauses(tree: _Tree) -> list[Clause] | None:
    """Return the clauses of a tree: None if it never holds, none at all if it always does."""
    match tree:
        case bool():
            return [] if tree else None
        case Literal():
            return [(tree,)]
        case _Both(operands):
            return _join(map(_to_clauses, operands))
        case _Either(operands):
            return _distribute(map(_to_clauses, operands))


def _join(parts: Iterable[list[Clause] | None]) -> list[Clause] | None:
    clauses: list[Clause] = []
    for part in parts:
        if part is None:
            return None
        clauses += part
    return _checked(clauses)


def _distribute(parts: Iterable[list[Clause] | None]) -> list[Clause] | None:
    possible = [part for part in parts if part is not None]
    if not possible:
        return None
    count = 1
    for part in possible:
        count *= len(part)
        # Checked before the product is built: it grows exponentially.
        if count > MAX_LITERALS:
            raise TooComplexError
    return _checked([sum(choice, ()) for choice in product(*possible)])


def _checked(clauses: list[Clause]) -> list[Clause]:
    if sum(map(len, clauses)) > MAX_LITERALS:
        raise TooComplexError
    return clauses


@dataclass(slots=True)
class _Translator:
    lookups: Lookups
    sets: list[NodeFilter] = field(default_factory=list)
    sides: dict[str, list[NodeFilter]] = field(default_factory=dict)

    def one_of(self, uids: Sequence[str]) -> _Tree:
        """Return the tree that holds for some specs, by their identities."""
        return self._located("self", filter_nodes(SpecConstraint(), uids)) if uids else False

    def tree(self, expression: Expression, *, negated: bool) -> _Tree:
        match expression:
            case Atom():
                return self._atom(expression, negated)
            case Not(operand):
                return _negation(self.tree(operand, negated=not negated))
            case AllOf(operands):
                return _Both(tuple(self.tree(each, negated=negated) for each in operands))
            case AnyOf(operands):
                return _Either(tuple(self.tree(each, negated=negated) for each in operands))

    def _atom(self, atom: Atom, negated: bool) -> _Tree:
        if atom.side is Side.SELF:
            return self._self(atom.constraint)
        nodes = self._nodes_of(atom.constraint)
        if nodes is None:
            return False
        if not negated:
            self.sides.setdefault(atom.side.value, []).append(nodes)
        return self._located(atom.side.value, nodes)

    def _nodes_of(self, constraint: SpecConstraint) -> NodeFilter | None:
        """Return the filter for the nodes that satisfy a constraint; None if there are none."""
        names = self.lookups.names
        if is_selected(constraint):
            uids = self.lookups.selections[constraint]
            return filter_nodes(SpecConstraint(), uids) if uids else None
        if constraint.abstract_hash:
            contents = self.lookups.hashes[constraint.abstract_hash]
            return filter_nodes(constraint, contents) if contents else None
        if constraint.name is None or constraint.name in names.packages:
            return filter_nodes(constraint)
        if constraint.name in names.virtuals:
            return provider_of(constraint.name)
        return None

    def _located(self, kind: str, nodes: NodeFilter) -> Literal:
        """Return a literal for nodes that an index looks up, or else tests one by one."""
        if nodes["name"] is None and not nodes["uids"] and nodes["virtual"] is None:
            return Literal(kind, filter=nodes)
        return Literal(kind, set=self._add_set(nodes))

    def _add_set(self, nodes: NodeFilter) -> int:
        if nodes not in self.sets:
            self.sets.append(nodes)
        return self.sets.index(nodes)

    def _self(self, constraint: SpecConstraint) -> _Tree:
        if needs_python(constraint):
            nodes = self._nodes_of(constraint)
            return Literal("self", set=self._add_set(nodes)) if nodes else False
        own = replace(constraint, dependencies=())
        nodes = self._nodes_of(own)
        if nodes is None:
            return False
        literal: _Tree = True
        if own != SpecConstraint():
            literal = self._located("self", nodes)
        if nodes["name"] is not None and not nodes["uids"]:
            literal = Literal("self", set=self._add_set(nodes), filter=nodes)
        return _Both((literal, *map(self._dependency, constraint.dependencies)))

    def _dependency(self, dependency: DependencyConstraint) -> _Tree:
        ways: list[_Tree] = []
        for constraint, virtual in dependency_targets(dependency, self.lookups.names):
            if virtual is not None and constraint == SpecConstraint():
                ways += self._edges(dependency, any_node(), virtual)
            elif (nodes := self._nodes_of(constraint)) is not None:
                ways += self._edges(dependency, nodes, virtual)
        if dependency.direct:
            ways += _by_attribute(dependency.spec)
        return _Either(tuple(ways))

    def _edges(
        self, dependency: DependencyConstraint, nodes: NodeFilter, virtual: str | None
    ) -> list[_Tree]:
        """Return literals for the edges by which a root may depend on some nodes."""
        located = self._located("direct", nodes)
        edge = replace(
            located, deptypes=dependency.deptypes, virtuals=dependency.virtuals, virtual=virtual
        )
        if dependency.direct:
            return [replace(edge, guarded=True)]
        if dependency.deptypes or dependency.virtuals or virtual:
            return [replace(edge, kind="below")]
        return [replace(located, kind="deployed_with", proper=True), edge]


def _by_attribute(spec: SpecConstraint) -> list[_Tree]:
    if spec.dependencies:
        return []
    found = compiled_by(spec, COMPILER_LANGUAGES)
    return [Literal("self", filter=found)] if found else []


def _at(place: Place) -> _Tree:
    if not place.edges:
        return False
    if place.lockfiles is not None:
        return Literal("locked", lockfiles=place.lockfiles, edges=place.edges)
    return Literal("at_site", site=place.site, edges=place.edges)


def _negation(tree: _Tree) -> _Tree:
    """Return the tree that holds if this one does not."""
    match tree:
        case bool():
            return not tree
        case Literal():
            return replace(tree, negated=not tree.negated)
        case _Both(operands):
            return _Either(tuple(map(_negation, operands)))
        case _Either(operands):
            return _Both(tuple(map(_negation, operands)))
