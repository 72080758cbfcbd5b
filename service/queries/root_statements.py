"""Which statement evaluates some clauses, and the clauses as it takes them.

`find_roots` evaluates all clauses. It is large, and a cold Neo4j plans it for seconds. Most queries
only name packages and versions, or also filter the packages that they name; these have smaller
statements of their own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypedDict

from service.queries.clauses import Clause, Literal
from service.queries.node_filter import Interval, NodeFilter

_PACKAGE_KINDS = frozenset({"self", "built_with", "deployed_with", "direct"})


class PackageTest(TypedDict):
    """A test of a root: whether a package is on a side of it, as statements take it.

    Attributes:
        kind: The side.
        negated: Whether it must not be there.
        proper: Whether the root itself does not count.
        name: Name of the package.
        intervals: Intervals of which one must hold its version.
    """

    kind: str
    negated: bool
    proper: bool
    name: str | None
    intervals: list[Interval]


@dataclass(frozen=True, slots=True)
class RootStatement:
    """A statement that finds roots, and the parameters that hold the clauses.

    Attributes:
        name: Name of the statement.
        parameters: Its drivers, clauses and sets.
    """

    name: str
    parameters: Mapping[str, object]


def choose_statement(
    sets: Sequence[NodeFilter],
    drivers: Sequence[Clause],
    clauses: Sequence[Clause],
    *,
    inline: Collection[int] = (),
    at_place: bool = False,
    many: bool = False,
) -> RootStatement:
    """Return the statement for some drivers and clauses.

    Args:
        sets: All sets of the query.
        drivers: Clauses whose sets lead to the roots; empty to read roots in order.
        clauses: Clauses that each root is tested against.
        inline: Sets so large that testing a node against the filter beats looking it up.
        at_place: Whether a clause names a site or an environment.
        many: Whether the drivers may lead to many roots.
    """
    if at_place:
        return RootStatement("find_roots_at_place", _all_clauses(sets, drivers, clauses, inline))
    if not drivers and not clauses:
        return RootStatement("find_roots_in_order", {})
    # A test of a root by names reads more than one by a set that was looked up, and sorting costs
    # more than the index: with many roots, both outweigh the plan.
    few = bool(drivers) and not many
    if not few or not all(_names_package(each, sets) for each in _literals(drivers)):
        return RootStatement("find_roots", _all_clauses(sets, drivers, clauses, inline))
    leading = [[part for each in clause for part in _leads(each, sets)] for clause in drivers]
    if all(_is_plain_package(each, sets) for each in _literals(drivers, clauses)):
        tests = [[package_test(each, sets) for each in clause] for clause in clauses]
        return RootStatement("find_roots_of_packages", {"drivers": leading, "clauses": tests})
    if not all(_is_filtered(each, sets) for each in _literals(clauses)):
        return RootStatement("find_roots", _all_clauses(sets, drivers, clauses, inline))
    # Names and versions lead to more roots than the filters of the drivers let pass.
    filtered = [each for each in drivers if not all(_is_plain_package(one, sets) for one in each)]
    tested = [*clauses, *(each for each in filtered if each not in clauses)]
    filters = [[_filter_test(each, sets) for each in clause] for clause in tested]
    return RootStatement(
        "find_roots_of_filtered_packages", {"drivers": leading, "clauses": filters}
    )


def _literals(*parts: Iterable[Clause]) -> Iterable[Literal]:
    return (literal for clauses in parts for clause in clauses for literal in clause)


def _names_package(literal: Literal, sets: Sequence[NodeFilter]) -> bool:
    """Return whether the nodes of a literal, on one side, are found by the name of a package."""
    return (
        literal.kind in _PACKAGE_KINDS
        and literal.set is not None
        and sets[literal.set]["name"] is not None
        and _is_filtered(literal, sets)
    )


def _is_plain_package(literal: Literal, sets: Sequence[NodeFilter]) -> bool:
    """Return whether a literal only asks for a package, in some versions, on one side.

    The end of any direct edge counts as a side, but not that of an edge with certain types or
    virtuals.
    """
    of_certain_edges = literal.deptypes or literal.virtuals or literal.virtual or literal.guarded
    return (
        literal.kind in _PACKAGE_KINDS
        and literal.set is not None
        and sets[literal.set]["plain"]
        and not of_certain_edges
    )


def _is_filtered(literal: Literal, sets: Sequence[NodeFilter]) -> bool:
    """Return whether attributes of a node on one side decide whether it satisfies a literal."""
    nodes = _filter_of(literal, sets)
    return (
        literal.kind in _PACKAGE_KINDS
        and nodes is not None
        and not nodes["uids"]
        and nodes["virtual"] is None
    )


def _filter_of(literal: Literal, sets: Sequence[NodeFilter]) -> NodeFilter | None:
    if literal.filter is not None or literal.set is None:
        return literal.filter
    return sets[literal.set]


def _package(literal: Literal, sets: Sequence[NodeFilter]) -> NodeFilter:
    assert literal.set is not None, "a literal that names a package has a set"
    return sets[literal.set]


def _leads(literal: Literal, sets: Sequence[NodeFilter]) -> list[dict[str, object]]:
    """Return a package of a driver, once for each interval of its versions."""
    package = _package(literal, sets)
    entry = {"kind": literal.kind, "name": package["name"]}
    return [{**entry, **interval} for interval in package["intervals"]]


def package_test(literal: Literal, sets: Sequence[NodeFilter]) -> PackageTest:
    """Return the test of a literal that only asks for a package, in some versions."""
    package = _package(literal, sets)
    return {
        "kind": literal.kind,
        "negated": literal.negated,
        "proper": literal.proper,
        "name": package["name"],
        "intervals": package["intervals"],
    }


def _filter_test(literal: Literal, sets: Sequence[NodeFilter]) -> dict[str, object]:
    return {**_members(literal), "filter": _filter_of(literal, sets)}


def _all_clauses(
    sets: Sequence[NodeFilter],
    drivers: Iterable[Clause],
    clauses: Iterable[Clause],
    inline: Collection[int],
) -> dict[str, object]:
    """Return drivers and clauses as `find_roots` takes them, which names sets by their place.

    Only the sets that they need are among them.
    """
    needed: list[int] = []

    def place(index: int) -> int:
        if index not in needed:
            needed.append(index)
        return needed.index(index)

    def lead(literal: Literal) -> dict[str, object]:
        return {**_members(literal), "set": None if literal.set is None else place(literal.set)}

    def test(literal: Literal) -> dict[str, object]:
        if literal.set is None or literal.filter is not None:
            return {**_members(literal), "set": None}
        if literal.set in inline:
            return {**_members(literal), "set": None, "filter": sets[literal.set]}
        return {**_members(literal), "set": place(literal.set)}

    leading = [list(map(lead, clause)) for clause in drivers]
    tested = [list(map(test, clause)) for clause in clauses]
    return {"drivers": leading, "clauses": tested, "sets": [sets[index] for index in needed]}


def _members(literal: Literal) -> dict[str, object]:
    return {each.name: getattr(literal, each.name) for each in fields(literal)}
