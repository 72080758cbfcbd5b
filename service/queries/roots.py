"""Find the roots that a query asks for: look up, translate, estimate, plan, then run the plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.clauses import Clause, Translation, translate
from service.queries.contents import mark_contents
from service.queries.lookups import Lookups, look_up
from service.queries.matches import explain
from service.queries.node_filter import HIGHEST
from service.queries.planner import (
    UNBOUNDED,
    Estimates,
    Plan,
    SetEstimate,
    Strategy,
    is_implied_by_set,
    plan,
    plan_all,
    sets_to_estimate,
)
from service.queries.postings import count_by_postings, find_by_postings, may_have_postings
from service.queries.query import Query, SpecItem, SpecPage
from service.queries.root_statements import RootStatement, choose_statement

# Hashes are base 32; the letters stand in ASCII order, in which Neo4j compares strings.
_BASE32 = "234567abcdefghijklmnopqrstuvwxyz"
_COUNTS = {"built_with": "count_roots_built_with", "deployed_with": "count_roots_deployed_with"}


def find(database: Database, query: Query, position: Position, limit: int) -> SpecPage:
    """Return a page of the roots that a query asks for, each with the reason for its match.

    Args:
        database: The graph.
        query: The question.
        position: The last root of the page before.
        limit: Most roots of the page.

    Raises:
        AmbiguousHashError: A hash in the query is abbreviated too much.
        TooComplexError: The query has too many alternatives.
        BudgetExceededError: It took too long.
    """
    return PreparedQuery.of(database, query).find(position, limit)


def count(database: Database, query: Query) -> int:
    """Return how many roots a query asks for, exactly; raises as :func:`find`."""
    return PreparedQuery.of(database, query).count()


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A query that was translated and can be run in several ways.

    Attributes:
        database: The graph.
        query: The question.
        translation: Its clauses.
    """

    database: Database
    query: Query
    translation: Translation

    @classmethod
    def of(
        cls, database: Database, query: Query, lookups: Lookups | None = None
    ) -> "PreparedQuery":
        """Translate a query; raises as :func:`find`.

        Args:
            database: The graph.
            query: The question.
            lookups: Earlier look-ups, for the query or for one that contains it.
        """
        if lookups is None:
            lookups = look_up(database, query)
        return cls(database, query, translate(query.expression, lookups))

    def find(self, position: Position, limit: int) -> SpecPage:
        """Return a page of the roots; see :func:`find`."""
        clauses = self.translation.clauses
        if clauses is None:
            return SpecPage([], 0)
        page = self._find_by_postings(clauses, position, limit)
        if page is None:
            page = self._find_by_edges(clauses, position, limit)
        self.explain(page.items)
        mark_contents(self.database, page.items)
        return page

    def _find_by_postings(
        self, clauses: Sequence[Clause], position: Position, limit: int
    ) -> SpecPage | None:
        if not self._may_use_postings:
            return None
        return find_by_postings(self.database, clauses, self.translation.sets, position, limit)

    def _find_by_edges(self, clauses: Sequence[Clause], position: Position, limit: int) -> SpecPage:
        estimates = self._estimate(clauses)
        chosen = plan(clauses, estimates, limit=limit, restricted=self._is_restricted)
        page = self._run(clauses, chosen, position, limit)
        if self.query.exact and not page.exact:
            page = SpecPage(page.items, self._count_by_edges(clauses, estimates))
        return page

    def count(self, estimates: Estimates | None = None) -> int:
        """Return the exact number of roots.

        Args:
            estimates: Those for this query, if they were made already.
        """
        clauses = self.translation.clauses
        if clauses is None:
            return 0
        if self._may_use_postings:
            counted = count_by_postings(self.database, clauses, self.translation.sets)
            if counted is not None:
                return counted
        return self._count_by_edges(clauses, estimates)

    def _count_by_edges(self, clauses: Sequence[Clause], estimates: Estimates | None) -> int:
        if not clauses and not self._is_restricted:
            return int(self.database.read_one("count_roots"))
        counted = self._count_of_one_package(clauses)
        if counted is not None:
            return counted
        chosen = plan_all(clauses, estimates or self._estimate_sets(clauses))
        return self._find_all(clauses, chosen, limit=0).total

    def sample(self, most: int, total: int | None = None) -> tuple[Sequence[SpecItem], int]:
        """Return the roots, or a fair sample if there are many, and how many there are.

        Args:
            most: About how many roots the sample has.
            total: The number of roots, if it is known.
        """
        clauses = self.translation.clauses
        if clauses is None:
            return [], 0
        estimates = self._estimate_sets(clauses)
        total = self.count(estimates) if total is None else total
        below = None if total <= most else _hash_at(most / total)
        chosen = plan_all(clauses, estimates)
        # Hashes are spread evenly, but not so evenly that a sample has exactly `most` roots.
        found = self._find_all(clauses, chosen, below_hash=below, limit=2 * most)
        return found.items, total

    def explain(self, roots: Sequence[SpecItem]) -> None:
        """Add to some roots of the answer the reason for their match."""
        explain(self.database, roots, self.translation.sides)

    @property
    def _may_use_postings(self) -> bool:
        return not self._is_restricted and may_have_postings(self.database)

    @property
    def _is_restricted(self) -> bool:
        """Whether roots must satisfy a condition besides the clauses."""
        return self.query.spliced is not None

    @property
    def _has_place(self) -> bool:
        """Whether roots must be at a site or in an environment."""
        return self.query.site is not None or self.query.environment is not None

    def _estimate_sets(self, clauses: Sequence[Clause]) -> Estimates:
        """Return estimates for finding all roots, which do not depend on their number."""
        return self._estimate(clauses) if sets_to_estimate(clauses) else Estimates(0, {})

    def _estimate(self, clauses: Sequence[Clause]) -> Estimates:
        indexes = sets_to_estimate(clauses)
        sets = [self.translation.sets[index] for index in indexes]
        # Nearly all sets are found by a package and versions, for which a statement plans faster.
        named = all(each["name"] is not None and not each["uids"] for each in sets)
        statement = "estimate_packages" if named else "estimate_sets"
        record = self.database.read(statement, sets=sets)[0]
        found = map(_with_totals, record["estimates"]) if named else record["estimates"]
        return Estimates(record["roots"], dict(zip(indexes, found, strict=True)))

    def _run(
        self, clauses: Sequence[Clause], chosen: Plan, position: Position, limit: int
    ) -> SpecPage:
        if chosen.strategy is not Strategy.FROM_INDEX:
            return self._find_all(clauses, chosen, limit=limit, position=position)
        items = self._find_in_order(clauses, chosen, position, limit)
        seen = position.seen + len(items)
        if chosen.exact_total is not None:
            return SpecPage(items, chosen.exact_total)
        if len(items) >= limit:
            return SpecPage(items, max(seen, chosen.at_least), exact=False)
        if chosen.bound >= UNBOUNDED:
            return SpecPage(items, seen)
        return self._find_all(clauses, chosen, limit=limit, position=position)

    def _find_all(
        self,
        clauses: Sequence[Clause],
        chosen: Plan,
        *,
        limit: int,
        position: Position = Position(),  # noqa: B008
        below_hash: str | None = None,
    ) -> SpecPage:
        """Find and count all roots, from the plan's drivers or else in order."""
        low, high = (HIGHEST, "") if chosen.drivers else chosen.names
        rest = [
            clause
            for index, clause in enumerate(clauses)
            if index not in chosen.drivers or not is_implied_by_set(clause)
        ]
        statement = choose_statement(
            self.translation.sets,
            [clauses[index] for index in chosen.drivers],
            rest,
            at_place=self._has_place,
            many=chosen.many,
        )
        return self._ask(
            statement,
            {
                **position.parameters(),
                "from_name": "",
                "from_key": "",
                "from_uid": "",
                "below_hash": below_hash,
                "low": low,
                "high": high,
                "bound": UNBOUNDED,
                "most": UNBOUNDED,
                "limit": limit,
            },
        )

    def _find_in_order(
        self, clauses: Sequence[Clause], chosen: Plan, position: Position, limit: int
    ) -> Sequence[SpecItem]:
        """Read roots in order, the plan's `bound` at most, until the page is full."""
        low, high = chosen.names
        statement = choose_statement(
            self.translation.sets, [], clauses, inline=chosen.inline, at_place=self._has_place
        )
        page = self._ask(
            statement,
            {
                **position.parameters(),
                "from_name": position.name,
                "from_key": position.version_key,
                "from_uid": position.uid,
                "below_hash": None,
                "low": max(low, position.name),
                "high": high,
                "bound": chosen.bound,
                "most": limit,
                "limit": limit,
            },
        )
        return page.items

    def _ask(self, statement: RootStatement, parameters: dict[str, Any]) -> SpecPage:
        parameters |= {**statement.parameters, "spliced": self.query.spliced}
        record = self.database.read(statement.name, **parameters)[0]
        return SpecPage(record["items"], record["total"])

    def _count_of_one_package(self, clauses: Sequence[Clause]) -> int | None:
        """Return the number of roots if the query only names a package on one side."""
        if self._is_restricted or list(map(len, clauses)) != [1]:
            return None
        ((only,),) = clauses
        if only.kind not in _COUNTS or only.negated or only.proper or only.set is None:
            return None
        nodes = self.translation.sets[only.set]
        if not nodes["plain"]:
            return None
        asked = {"name": nodes["name"], "intervals": nodes["intervals"]}
        return int(self.database.read_one(_COUNTS[only.kind], **asked))


def _with_totals(estimate: dict[str, Any]) -> SetEstimate:
    """Return an estimate of which the statement read the degrees of single nodes."""
    built = [each[0] for each in estimate["degrees"]]
    deployed = [each[1] for each in estimate["degrees"]]
    return {
        "nodes": estimate["nodes"],
        "looked_at": len(estimate["degrees"]),
        "built_with": sum(built),
        "deployed_with": sum(deployed),
        "most_built_with": max(built, default=None),
        "most_deployed_with": max(deployed, default=None),
    }


def _hash_at(share: float) -> str:
    """Return the start of a hash below which a share of all hashes lies."""
    digits = ""
    for _ in range(6):
        share *= len(_BASE32)
        digits += _BASE32[int(share)]
        share -= int(share)
    return digits
