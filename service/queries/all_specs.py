"""As :mod:`service.queries.roots`, for every spec and not only roots: by walks, combined as sets.

Only roots have closure edges. The sides of other specs are found by walking
the graph, which takes longer the more specs a side has.
"""

from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.clauses import translate
from service.queries.contents import mark_contents
from service.queries.lookups import look_up
from service.queries.matches import explain
from service.queries.places import Place, find_place
from service.queries.query import Query, SpecPage
from service.queries.selection import select
from spec_syntax import AllOf, AnyOf, Atom, Expression, Not, Side

_WALKS = {
    Side.BUILT_WITH: "all_built_with",
    Side.DEPLOYED_WITH: "all_deployed_with",
    Side.SPLICED_FROM: "all_spliced_from",
}


@dataclass(frozen=True, slots=True)
class _Hashes:
    """Some specs, or all specs but some."""

    hashes: frozenset[str]
    all_but: bool = False

    def __and__(self, other: "_Hashes") -> "_Hashes":
        if self.all_but and other.all_but:
            return _Hashes(self.hashes | other.hashes, all_but=True)
        if self.all_but or other.all_but:
            some, excluded = (other, self) if self.all_but else (self, other)
            return _Hashes(some.hashes - excluded.hashes)
        return _Hashes(self.hashes & other.hashes)

    def __invert__(self) -> "_Hashes":
        return _Hashes(self.hashes, not self.all_but)


def find_newest(database: Database, query: Query, limit: int) -> tuple[list[str], int]:
    """Return uids of the specs of the newest versions that a query asks for, and the number of all.

    If the query only says what the specs are not, they come by name, version and hash instead.
    """
    found = _find_hashes(database, query)
    if found.all_but:
        page = find_all(database, query, Position(), limit)
        return [item["uid"] for item in page.items], page.total
    uids = sorted(found.hashes)
    [record] = database.read("newest_of_specs", uids=uids, spliced=query.spliced, limit=limit)
    return record["uids"], record["total"]


def _find_hashes(database: Database, query: Query) -> _Hashes:
    found = _evaluate(database, query.expression)
    place = find_place(database, query)
    if place is not None:
        found &= _Hashes(frozenset(_find_hashes_at(database, place)))
    if query.running is not None:
        found &= _Hashes(frozenset(query.running))
    return found


def find_all(database: Database, query: Query, position: Position, limit: int) -> SpecPage:
    """Return a page of all specs that a query asks for; as :func:`service.queries.roots.find`."""
    found = _find_hashes(database, query)
    paging: dict[str, Any] = {"spliced": query.spliced, "limit": limit, **position.parameters()}
    if found.all_but:
        excluded = sorted(found.hashes)
        items = database.read_one("all_specs", excluded=excluded, **paging)
        total = database.read_one("count_all_specs", excluded=excluded, spliced=query.spliced)
    else:
        record = database.read("page_of_specs", uids=sorted(found.hashes), **paging)[0]
        items, total = record["items"], record["total"]
    if items:
        translation = translate(query.expression, look_up(database, query))
        explain(database, items, translation.sides)
        mark_contents(database, items)
    return SpecPage(items, total)


def _find_hashes_at(database: Database, place: Place) -> list[str]:
    if not place.edges:
        return []
    if place.lockfiles is not None:
        return list(database.read_one("all_locked", lockfiles=place.lockfiles))
    return list(database.read_one("all_at_site", site=place.site))


def _evaluate(database: Database, expression: Expression) -> _Hashes:
    match expression:
        case Atom(side, constraint):
            hashes = select(database, constraint)
            if side is not Side.SELF and hashes:
                hashes = database.read_one(_WALKS[side], targets=hashes)
            return _Hashes(frozenset(hashes))
        case Not(operand):
            return ~_evaluate(database, operand)
        case AllOf(operands):
            found = _Hashes(frozenset(), all_but=True)
            for operand in operands:
                found &= _evaluate(database, operand)
            return found
        case AnyOf(operands):
            # De Morgan: the specs that no operand misses are the complement of those all miss.
            missing = _Hashes(frozenset(), all_but=True)
            for operand in operands:
                missing &= ~_evaluate(database, operand)
            return ~missing
