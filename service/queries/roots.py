"""The headline query: roots by what they are, were built with, are deployed with, spliced from.

There are two ways to a page. From the sets: the nodes that a clause names lead by closure edges to
all roots that can satisfy it, which are then counted and sorted. From the index: roots are looked
at in the order of the answer until the page is full. The first costs as much as there are roots to
find, the second as much as there are to skip; estimates choose, and what was chosen badly is cut
off and done the other way.
"""

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.clauses import Clause, Literal, Translator, statement_parameters, to_clauses
from service.queries.known_names import names_in
from service.queries.matches import explain
from service.queries.node_filter import HIGHEST
from service.queries.selection import resolve, select
from spec_syntax import Expression

FEW_ROOTS = 5_000
"""Up to so many roots, by estimate, are taken from the sets, all counted."""
ROOTS_IN_ORDER = 8_000
"""Most roots that are looked at in order before a query that could start from sets does so."""
COST_OF_EDGE, COST_OF_NODE, COST_OF_TEST = 1.2, 1.5, 7.0
"""What it costs to follow an edge from a set to a root, to put a node into a set, and to test a
root: microseconds, as measured on a graph of a million specs; only their ratios matter."""
LARGE_SET = 5_000
"""A set of more nodes is not looked up where only some roots are tested."""
FACET_ROOTS = 20_000
"""Facets look at so many roots, about, and of more at a sample."""
UNBOUNDED = 1 << 62

_COUNTS = {"built_with": "count_built", "deployed_with": "count_deployed"}
# ASCII order, in which strings compare.
_BASE32 = "234567abcdefghijklmnopqrstuvwxyz"
_DRIVABLE = frozenset({"self", "built_with", "deployed_with", "spliced_from", "direct"})


@dataclass(frozen=True)
class Query:
    """What to look for.

    :ivar expression: what has to hold.
    :ivar spliced: only spliced specs, or only others; None for both.
    :ivar exact: count all, however long it takes.
    """

    expression: Expression
    spliced: bool | None = None
    exact: bool = False


@dataclass(frozen=True)
class Page:
    """Some of the answers, and how many there are in all: exactly, or at least."""

    items: list[dict[str, Any]]
    total: int
    exact: bool = True


def find(database: Database, query: Query, position: Position, limit: int) -> Page:
    """A page of the roots that the query asks for, each with the reason for its match.

    :param limit: most items.
    :raises AmbiguousHashError: a hash in the query is abbreviated too much.
    :raises TooComplexError: it has too many alternatives.
    :raises BudgetExceededError: it took too long.
    """
    translator = translator_for(database, query.expression)
    clauses = to_clauses(translator.tree(query.expression))
    if clauses is None:
        return Page([], 0)
    page = _Search(database, query, clauses, position, limit).run()
    explain(database, page.items, translator.positive, roots=True)
    return page


def count(database: Database, query: Query) -> int:
    """How many roots the query asks for, exactly; raises as :func:`find`."""
    search = _search(database, query)
    return search.count() if search else 0


def sample(
    database: Database, query: Query, most: int, total: int | None = None
) -> tuple[list[dict[str, Any]], int]:
    """The roots that the query asks for, of many a fair sample, and how many there are.

    :param most: about how many at most.
    :param total: how many there are, where that is known.
    """
    search = _search(database, query, limit=2 * most)
    if search is None:
        return [], 0
    total = search.count() if total is None else total
    below = None if total <= most else _hash_at(most / total)
    return search.sampled(below), total


def add_reasons(database: Database, query: Query, roots: Sequence[dict[str, Any]]) -> None:
    """Add to some roots that the query asks for why it does, as :func:`find` tells it."""
    translator = translator_for(database, query.expression)
    translator.tree(query.expression)
    explain(database, roots, translator.positive, roots=True)


def _search(database: Database, query: Query, limit: int = 0) -> "_Search | None":
    """The search from the start; None where nothing can match."""
    clauses = to_clauses(translator_for(database, query.expression).tree(query.expression))
    return None if clauses is None else _Search(database, query, clauses, Position(), limit)


def _hash_at(share: float) -> str:
    """The start of a hash below which that share of all hashes lies."""
    digits = ""
    for _ in range(6):
        share *= len(_BASE32)
        digits += _BASE32[int(share)]
        share -= int(share)
    return digits


def translator_for(database: Database, expression: Expression) -> Translator:
    """What turns the expression into clauses, knowing the names in the graph."""
    return Translator(
        names_in(database, expression),
        select=lambda constraint: select(database, constraint),
        resolve=lambda prefix: resolve(database, prefix),
    )


class _Search:
    def __init__(
        self,
        database: Database,
        query: Query,
        clauses: Sequence[Clause],
        position: Position,
        limit: int,
    ) -> None:
        self.database = database
        self.query = query
        self.clauses = clauses
        self.position = position
        self.limit = limit
        self.estimates: dict[int, dict[str, Any]] = {}
        self.sizes = self._estimate()
        self.names = _names_of_roots(clauses)

    def run(self) -> Page:
        """The page, from the sets where they are small, else in the order of the index."""
        if self.sizes and min(self.sizes.values()) <= FEW_ROOTS:
            return self._from_sets()
        roots = int(self.database.read_one("roots_count"))
        if not self.clauses and self.query.spliced is None:
            _, items = self._ask_in_order(UNBOUNDED)
            return Page(items, roots)
        if roots <= FEW_ROOTS:
            return self._all_in_order()
        bound = self._bound(roots)
        page = self._in_order(bound) if bound else None
        if page is None:
            return self._from_sets()
        if self.query.exact and not page.exact:
            return Page(page.items, self.count())
        return page

    def _estimate(self) -> dict[Clause, float]:
        """For each clause that sets can answer, how many roots these lead to at most."""
        possible = [clause for clause in self.clauses if all(map(_drivable, clause))]
        if not possible:
            return {}
        sets = statement_parameters([], possible)["sets"]
        found = self.database.read_one("roots_estimate", sets=sets)
        self.estimates = {id(each): found[place] for place, each in enumerate(sets)}
        return {clause: sum(map(self._size, clause)) for clause in possible}

    def _size(self, literal: Literal) -> float:
        estimate = self.estimates[id(literal.set)]
        if literal.kind in ("self", "spliced_from"):
            return float(estimate["nodes"])
        edges = ("built_with", "deployed_with") if literal.kind == "direct" else (literal.kind,)
        seen = float(sum(estimate[each] for each in edges))
        return seen * float(estimate["nodes"]) / max(1.0, float(estimate["looked_at"]))

    def _bound(self, roots: int) -> int:
        """How many roots to look at in order before the sets are tried; 0 for none.

        As many as cost no more than the sets would, so that a wrong guess at most doubles it.
        """
        if not self.sizes:
            return UNBOUNDED
        share = math.prod(min(1.0, size / roots) for size in self.sizes.values())
        expected = self.limit / max(share, 1e-9)
        drivers = self._drivers()
        edges = sum(self.sizes[clause] for clause in drivers)
        tests = min(self.sizes.values()) * (len(self.clauses) - len(drivers))
        sources = {id(each.set) for clause in self.sizes for each in clause}
        nodes = sum(self.estimates[source]["nodes"] for source in sources)
        from_sets = edges * COST_OF_EDGE + tests * COST_OF_TEST + nodes * COST_OF_NODE
        worth = from_sets / COST_OF_TEST
        return 0 if expected > worth else max(500, min(ROOTS_IN_ORDER, int(worth)))

    def _ask(
        self, drivers: Sequence[Clause], inline: Container[int] = (), **parameters: Any
    ) -> tuple[int, list[Any]]:
        rest = [c for c in self.clauses if c not in drivers or not all(map(_told_by_set, c))]
        low, high = (HIGHEST, "") if drivers else self.names
        start = {"from_name": "", "from_key": "", "from_hash": ""}
        record = self.database.read(
            "roots",
            **{
                **statement_parameters(rest, drivers, inline),
                **self.position.parameters(),
                **start,
                "spliced": self.query.spliced,
                "below": None,
                "low": low,
                "high": high,
                "bound": UNBOUNDED,
                "most": UNBOUNDED,
                "limit": self.limit,
                **parameters,
            },
        )[0]
        return record["total"], record["items"]

    def _drivers(self) -> list[Clause]:
        """The clauses to start from: the smallest, and what is cheaper joined than tested."""
        best = min(self.sizes.values(), default=0.0)
        most = best * COST_OF_TEST / COST_OF_EDGE
        return [clause for clause, size in self.sizes.items() if size <= most]

    def _from_sets(self) -> Page:
        total, items = self._ask(self._drivers())
        return Page(items, total)

    def _all_in_order(self) -> Page:
        total, items = self._ask([])
        return Page(items, total)

    def _in_order(self, bound: int) -> Page | None:
        """The page from the index; None where it is not full after so many roots."""
        _, items = self._ask_in_order(bound)
        if len(items) < self.limit and bound < UNBOUNDED:
            return None
        seen = self.position.seen + len(items)
        if len(items) < self.limit:
            return Page(items, seen)
        return Page(items, max(seen, self._at_least()), exact=False)

    def _ask_in_order(self, bound: int) -> tuple[int, list[Any]]:
        name, key, hash_ = self.position.name, self.position.version_key, self.position.hash
        large = [key for key, each in self.estimates.items() if each["nodes"] > LARGE_SET]
        return self._ask(
            [],
            inline=large,
            bound=bound,
            most=self.limit,
            from_name=name,
            from_key=key,
            from_hash=hash_,
            low=max(self.names[0], name),
        )

    def _at_least(self) -> int:
        """How many roots there are at least, where one set alone tells."""
        if self.query.spliced is not None or len(self.clauses) != 1:
            return 0
        told = [each for each in self.clauses[0] if _told_by_set(each) and _drivable(each)]
        if not self.sizes or len(told) != len(self.clauses[0]):
            return 0
        most = [self.estimates[id(each.set)].get(f"most_{each.kind}") or 0 for each in told]
        return max(most, default=0)

    def count(self) -> int:
        """How many roots there are, exactly."""
        if not self.clauses and self.query.spliced is None:
            return int(self.database.read_one("roots_count"))
        told = self._count_of_one_set()
        return self._ask(self._drivers(), limit=0)[0] if told is None else told

    def _count_of_one_set(self) -> int | None:
        """The number of roots where a package on one side is all that is asked for."""
        if self.query.spliced is not None or list(map(len, self.clauses)) != [1]:
            return None
        ((only,),) = self.clauses
        if only.kind not in _COUNTS or only.negated or only.proper:
            return None
        if only.set is None or not only.set["plain"]:
            return None
        wanted = {key: only.set[key] for key in ("name", "intervals")}
        return int(self.database.read_one(_COUNTS[only.kind], **wanted))

    def sampled(self, below: str | None) -> list[Any]:
        """The roots whose hashes lie below one, or all."""
        return self._ask(self._drivers(), below=below)[1]


def _drivable(literal: Literal) -> bool:
    """Whether the literal's set leads to all roots that can satisfy it."""
    return literal.set is not None and not literal.negated and literal.kind in _DRIVABLE


def _told_by_set(literal: Literal) -> bool:
    """Whether every root that the set leads to satisfies the literal."""
    return literal.kind != "direct" and not literal.proper


def _names_of_roots(clauses: Sequence[Clause]) -> tuple[str, str]:
    """The first and the last name that a root can have."""
    for clause in clauses:
        if len(clause) == 1 and clause[0].kind == "self" and not clause[0].negated:
            name = (clause[0].wanted or {}).get("name")
            if name is not None:
                return name, name
    return "", HIGHEST
