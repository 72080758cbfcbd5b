"""The specs that a dependency affects: at run time, or at build time only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cypher.run import Database
from service.dags.labels import PathNode
from service.paging.cursors import Position
from service.queries.all_specs import find_all
from service.queries.errors import InvalidQuestionError
from service.queries.facets import MOST_ROOTS
from service.queries.lookups import Lookups, look_up
from service.queries.parsing import name_of, parse_expression
from service.queries.query import Query, SpecItem
from service.queries.roots import PreparedQuery
from spec_syntax import AllOf, AnyOf, Atom, Expression, Not, Side

ADVICE = "narrow it: name a version range of the dependency, or ask for roots only"
"""How to narrow a question that took too long."""
MOST_PATHS = 200
"""Most roots of which paths are shown; if there are more, a fair sample."""

When = Literal["any", "run", "build"]


class AffectedItem(SpecItem):
    """A spec that is affected.

    Attributes:
        when: `run`, or `build` if it has the dependency at build time only.
    """

    when: str


@dataclass(frozen=True, slots=True)
class AffectedCounts:
    """Numbers of affected roots.

    Attributes:
        run: Roots that are deployed with the dependency.
        build: Roots that were built with it and are not deployed with it.
    """

    run: int
    build: int

    @property
    def any(self) -> int:
        """How many roots are affected at all."""
        return self.run + self.build

    def of(self, when: When) -> int:
        """Return how many roots are affected at run time, at build time only, or at all."""
        return {"run": self.run, "build": self.build, "any": self.any}[when]


@dataclass(frozen=True, slots=True)
class AffectedPage:
    """A page of affected specs.

    Attributes:
        items: The specs, by name, version and hash.
        total: How many specs the whole answer has.
        counts: Of roots; None if all specs were asked for.
    """

    items: Sequence[AffectedItem]
    total: int
    counts: AffectedCounts | None = None


@dataclass(frozen=True, slots=True)
class ImpactQuestion:
    """Which specs a dependency affects.

    Attributes:
        run: Holds for specs that are deployed with it.
        build: Holds for specs that were built with it and are not deployed with it.
        any: Holds for both.
        site: Name of the site that the specs are at; None for any.
        environment: Environment that locks the specs, as in a query; None for any.
    """

    run: Expression
    build: Expression
    any: Expression
    site: str | None = None
    environment: str | None = None

    def query(self, when: When) -> Query:
        """Return the query for the specs that are affected at a time."""
        expression = {"run": self.run, "build": self.build, "any": self.any}[when]
        return Query(expression, site=self.site, environment=self.environment)


def impact_question_of(arguments: Mapping[str, Any]) -> ImpactQuestion:
    """Build the question from its arguments.

    Args:
        arguments: `dependency`, in spec syntax with `not` and `any of`, and the value of each
            filter that fits an impact, None for none.

    Raises:
        ParameterSyntaxError: One of them is not a query.
        InvalidQuestionError: The dependency is empty, or only excludes something.
    """
    dependency = arguments["dependency"]
    built = parse_expression("dependency", dependency, Side.BUILT_WITH)
    deployed = parse_expression("dependency", dependency, Side.DEPLOYED_WITH)
    if not built:
        raise InvalidQuestionError("dependency: empty; name a spec")
    if not _asks_for_something(built[0]):
        raise InvalidQuestionError("dependency: only excludes specs; name one that must be present")
    filters = parse_expression("q", arguments["q"], Side.SELF)
    return ImpactQuestion(
        run=AllOf((*filters, deployed[0])),
        build=AllOf((*filters, AllOf((built[0], Not(deployed[0]))))),
        any=AllOf((*filters, AnyOf((deployed[0], built[0])))),
        site=name_of(arguments["site"]),
        environment=name_of(arguments["environment"]),
    )


def _asks_for_something(expression: Expression, negated: bool = False) -> bool:
    match expression:
        case Atom():
            return not negated
        case Not(operand):
            return _asks_for_something(operand, not negated)
        case AllOf(operands) | AnyOf(operands):
            return any(_asks_for_something(each, negated) for each in operands)


def find_affected(
    database: Database, question: ImpactQuestion, when: When, position: Position, limit: int
) -> AffectedPage:
    """Return a page of the affected roots, with exact counts.

    Args:
        database: The graph.
        question: The question.
        when: Which of the affected roots.
        position: The last root of the page before.
        limit: Most roots of the page.

    Raises:
        AmbiguousHashError: A hash in the question is abbreviated too much.
        TooComplexError: The question has too many alternatives.
        BudgetExceededError: It took too long.
    """
    lookups = _look_up(database, question)
    page = PreparedQuery.of(database, question.query(when), lookups).find(position, limit)

    def count(each: When) -> int:
        # The count that came with the page agrees with it even if an upload goes on meanwhile.
        if each == when and page.exact:
            return page.total
        return PreparedQuery.of(database, question.query(each), lookups).count()

    run = count("run")
    build = page.total if when == "build" and page.exact else max(0, count("any") - run)
    counts = AffectedCounts(run, build)
    return AffectedPage(_with_when(page.items), counts.of(when), counts)


def find_all_affected(
    database: Database, question: ImpactQuestion, when: When, position: Position, limit: int
) -> AffectedPage:
    """Return a page of all affected specs, roots or not; raises as :func:`find_affected`."""
    page = find_all(database, question.query(when), position, limit)
    return AffectedPage(_with_when(page.items), page.total)


def _look_up(database: Database, question: ImpactQuestion) -> Lookups:
    """Look up names and hashes for all expressions; `any` holds every atom of the others."""
    return look_up(database, question.query("any"))


def _with_when(items: Sequence[SpecItem]) -> list[AffectedItem]:
    return [
        {**item, "when": "run" if item.get("matches", {}).get("deployed_with") else "build"}
        for item in items
    ]


@dataclass(slots=True)
class PackageCounts:
    """Affected roots of one package: at run time, and at build time only."""

    run: int = 0
    build: int = 0


@dataclass(frozen=True, slots=True)
class AffectedPackages:
    """Packages whose roots are affected.

    Attributes:
        total: How many roots are affected.
        looked_at: Over how many of these the packages are counted.
        packages: Counts by package, the one with most roots first.
        roots: Some of the roots with the reasons for their matches; a fair sample of many.
    """

    total: int
    looked_at: int
    packages: Mapping[str, PackageCounts] = field(default_factory=dict)
    roots: Sequence[SpecItem] = ()

    @property
    def sampled(self) -> bool:
        """Whether only some of the roots were looked at."""
        return self.looked_at < self.total

    def paths(self) -> list[list[PathNode]]:
        """Return for each of the roots the shortest path, at run time if there is one."""
        found = []
        for root in self.roots:
            matches = root.get("matches", {})
            for side in ("deployed_with", "built_with"):
                if matches.get(side):
                    found.append(matches[side][0]["path"])
                    break
        return found


def rank_packages(
    database: Database, question: ImpactQuestion, when: When, counts: AffectedCounts
) -> AffectedPackages:
    """Return the packages whose roots are affected; raises as :func:`find_affected`.

    Args:
        database: The graph.
        question: The question.
        when: Which of the affected roots.
        counts: Those that :func:`find_affected` returned.
    """
    lookups = _look_up(database, question)
    prepared = {
        each: PreparedQuery.of(database, question.query(each), lookups)
        for each in ("run", "build", "any")
    }
    run, _ = prepared["run"].sample(MOST_ROOTS, counts.run)
    roots, total = run, counts.run
    if when != "run":
        roots, total = prepared["any"].sample(MOST_ROOTS, counts.any)
    at_run_time = {root["uid"] for root in run}
    if when == "build":
        roots = [root for root in roots if root["uid"] not in at_run_time]
        total = counts.build
    packages: dict[str, PackageCounts] = {}
    for root in roots:
        counted = packages.setdefault(str(root["name"]), PackageCounts())
        if root["uid"] in at_run_time:
            counted.run += 1
        else:
            counted.build += 1
    # Hashes are spread evenly, so the roots with the lowest ones are a fair sample.
    shown = sorted(roots, key=lambda root: root["uid"])[:MOST_PATHS]
    prepared[when].explain(shown)
    return AffectedPackages(total, len(roots), _ranked(packages), shown)


def _ranked(packages: Mapping[str, PackageCounts]) -> dict[str, PackageCounts]:
    def place(entry: tuple[str, PackageCounts]) -> tuple[int, str]:
        return -(entry[1].run + entry[1].build), entry[0]

    return dict(sorted(packages.items(), key=place))
