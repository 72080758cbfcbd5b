"""All splices that could be deployed from builds at hand: targets of a query, with replacements."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from service.dags.labels import SpecLabel
from service.dags.splicing.plan import Claim
from service.facts import Facts, choose_facts
from service.paging.cursors import Position
from service.queries.choices import Basis, rank_plan
from service.queries.errors import InvalidQuestionError, UnplannableError
from service.queries.parsing import parse_expression
from service.queries.planned_abi import judged
from service.queries.plans import (
    Draft,
    KnownSplice,
    PlannedSplice,
    complete_drafts,
    draft_splice,
    provided_virtuals,
    root_name,
)
from service.queries.query import Query
from service.queries.replacements import drop_failed, find_replacements
from service.queries.roots import find
from service.queries.row_facts import read_facts
from service.queries.stored_dags import load_each
from spec_syntax import AllOf, Side

ADVICE = "narrow it: name versions of the target, or ask for a smaller page"
"""How to narrow plans that took too long."""
MOST_TARGETS = 200
"""Most targets of a question; of more the first ones, by name, version and hash."""
MOST_REPLACEMENTS = 20
"""Most replacements for each spec that is put in, the newest ones."""


@dataclass(frozen=True)
class PlansQuestion:
    """Which splices to plan.

    Attributes:
        targets: Query for the roots to splice into.
        replacements: A spec for each group of what may be put in.
        transitive: As of one plan.
        site: Name of a site where target and replacement must be; None for any.
        abi: Whether to judge if they would start.
    """

    targets: str
    replacements: Sequence[str]
    transitive: bool = True
    site: str | None = None
    abi: bool = False


class FactLabel(SpecLabel):
    """A spec of a list, with the facts that tell it apart from the others."""

    facts: Facts


class SpliceCounts(TypedDict):
    """How many deployed specs a splice keeps, relinks, takes out and puts in."""

    kept: int
    relinked: int
    taken_out: int
    put_in: int


@dataclass(frozen=True)
class PlannedPair:
    """One planned splice of many.

    Attributes:
        target: The spec that is spliced into.
        replacement: The spec that is put in.
        transitive: As of one plan.
        replaces: Names of the packages that are replaced.
        hash: Pure hash.
        claimed: What released Spack would store.
        counts: What it does. The relinked specs would be compiled without a splice.
        known: What is stored of it.
        basis: Whether a recipe declares it, or it was seen before.
        environment: A `spack.yaml`, the environment that has it as its root.
        verdict: Whether it would start; None if that was not asked.
    """

    target: FactLabel
    replacement: FactLabel
    transitive: bool
    replaces: list[str]
    hash: str
    claimed: list[Claim]
    counts: SpliceCounts
    known: Sequence[KnownSplice]
    basis: Basis
    environment: str
    verdict: str | None = None

    @classmethod
    def of(cls, plan: PlannedSplice, facts: Mapping[str, Facts]) -> "PlannedPair":
        """Return a plan without its document, with facts of the specs by identity."""
        summary = plan.summary
        target, replacement = plan.target, plan.replacement
        return cls(
            FactLabel(**target, facts=facts.get(target["uid"], {})),
            FactLabel(**replacement, facts=facts.get(replacement["uid"], {})),
            plan.transitive,
            sorted({each.name for each in plan.replaced}),
            plan.hash,
            plan.claimed,
            SpliceCounts(
                kept=len(summary["kept"]),
                relinked=len(summary["relinked"]),
                taken_out=len(summary["taken_out"]),
                put_in=len(summary["put_in"]),
            ),
            plan.known,
            plan.evidence.basis,
            plan.environment,
            plan.abi.verdict if plan.abi else None,
        )

    @property
    def rank(self) -> tuple[int, int]:
        """The sort key of a list."""
        return rank_plan(self.verdict, self.basis, self.counts["relinked"])

    @property
    def is_stored(self) -> bool:
        """Whether the splice itself is stored, not only another one with its claimed hash."""
        return any(each["by"] != "claimed hash" for each in self.known)


@dataclass(frozen=True)
class PlansPage:
    """The plans of some pairs of a target and a replacement.

    Attributes:
        items: The plans: those that a recipe declares first, then those seen before, of these the
            ones that relink the fewest specs, then the newest replacement. With verdicts, those
            that start first, then unknown and broken ones, of these as before the fewest relinked.
        examined: How many pairs were examined.
        total: How many pairs there are.
        exact: Whether `total` is all of them, or a bound cut the targets or the replacements.
    """

    items: list[PlannedPair]
    examined: int
    total: int
    exact: bool


def plan_many(database: Database, question: PlansQuestion, offset: int, limit: int) -> PlansPage:
    """Plan the splices of some pairs; pairs that Spack would refuse have no plan.

    Args:
        database: The graph.
        question: Which pairs.
        offset: Number of pairs that were examined before.
        limit: Most pairs to examine.

    Raises:
        ParameterSyntaxError: A query or a spec is not one.
        InvalidQuestionError: One of them is empty.
        BudgetExceededError: It took too long.
    """
    targets, every_target = _find_targets(database, question)
    replacements, every_replacement = _find_replacements(database, question)
    total = len(targets) * len(replacements)
    # Chosen from all of them, so that all pages show the same.
    facts = tell_apart(database, targets) | tell_apart(database, replacements)
    pairs = range(offset, min(offset + limit, total))
    places = [divmod(pair, len(replacements)) for pair in pairs]
    chosen = [(place, targets[target], replacements[place]) for target, place in places]
    dags = load_each(database, {uid for _, *pair in chosen for uid in pair})
    provides = provided_virtuals(database, [root_name(dag) for dag in dags.values()])
    drafts: list[tuple[int, Draft]] = []
    for place, target, replacement in chosen:
        if target not in dags or replacement not in dags:
            continue
        with contextlib.suppress(UnplannableError):
            draft = draft_splice(
                dags[target],
                dags[replacement],
                provides,
                database.check_clock,
                transitive=question.transitive,
            )
            drafts.append((place, draft))
    plans: list[tuple[int, PlannedPair]] = []
    completed = complete_drafts(database, [draft for _, draft in drafts])
    for (place, _), plan in zip(drafts, completed, strict=True):
        whole = judged(database, plan, question.site) if question.abi else plan
        plans.append((place, PlannedPair.of(whole, facts)))
    plans.sort(key=lambda each: (*each[1].rank, each[0]))
    return PlansPage(
        [plan for _, plan in plans], len(pairs), total, every_target and every_replacement
    )


def tell_apart(database: Database, uids: Iterable[str]) -> dict[str, Facts]:
    """Return the facts that tell some specs apart, by identity."""
    return choose_facts(read_facts(database, list(uids)))


def _find_targets(database: Database, question: PlansQuestion) -> tuple[list[str], bool]:
    """Return uids of the specs to splice into, without those whose builds all failed."""
    expression = parse_expression("q", question.targets, Side.SELF)
    if not expression:
        raise InvalidQuestionError("q: empty; name the specs to splice into")
    query = Query(AllOf(tuple(expression)), spliced=False, site=question.site)
    page = find(database, query, Position(), MOST_TARGETS + 1)
    uids = [item["uid"] for item in page.items[:MOST_TARGETS]]
    return drop_failed(database, uids), len(page.items) <= MOST_TARGETS


def _find_replacements(database: Database, question: PlansQuestion) -> tuple[list[str], bool]:
    """Return the replacements to choose from, of each group the newest versions first."""
    found: dict[str, None] = {}
    complete = True
    for text in question.replacements:
        uids, all_of_group = find_replacements(database, text, MOST_REPLACEMENTS, question.site)
        complete = complete and all_of_group
        found |= dict.fromkeys(uids)
    return list(found), complete
