"""How to get a flawed dependency out of every deployment: by a splice, or only by a rebuild."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cypher.run import Database
from loaders.specs.contents import hash_of
from service.dags.dag import Dag, Tick
from service.facts import Facts
from service.paging.cursors import Position
from service.queries.affected import AffectedItem, find_affected, impact_question_of
from service.queries.errors import InvalidQuestionError, ParameterSyntaxError, UnplannableError
from service.queries.many_plans import FactLabel, PlannedPair, tell_apart
from service.queries.plans import (
    DEPLOYED,
    Draft,
    PlannedSplice,
    complete_drafts,
    draft_splice,
    provided_virtuals,
    root_name,
)
from service.queries.replacements import find_replacements
from service.queries.stored_dags import load_each
from spec_syntax import SpecConstraint, SpecSyntaxError, parse_spec, satisfies
from spec_syntax.concrete import build_dag

ADVICE = "narrow it: name a version range of the dependency, or ask for a smaller page"
"""How to narrow a question that took too long."""
MOST_REPLACEMENTS = 10
"""Most stored specs that are tried for one root, the newest ones."""


@dataclass(frozen=True)
class Fix:
    """A root that is affected, and the remedies.

    Attributes:
        root: The root.
        when: `run`, or `build` if it has the dependency at build time only.
        splice: A splice after which it is deployed without the dependency, None if there is none.
        rebuild: Why only a rebuild helps, None if a splice does.
    """

    root: FactLabel
    when: str
    splice: PlannedPair | None
    rebuild: str | None


@dataclass(frozen=True)
class FixPage:
    """What helps some of the affected roots.

    Attributes:
        items: The roots, by name, version and hash.
        roots: The same as found, for the cursor; one more than `items` if there are more.
        total: How many roots are affected.
    """

    items: list[Fix]
    roots: Sequence[AffectedItem]
    total: int


def find_fixes(
    database: Database,
    dependency: str,
    replacements: Sequence[str],
    site: str | None,
    position: Position,
    limit: int,
) -> FixPage:
    """Find a splice for each root that has a dependency, at run time or at build time only.

    Each root needs one splice, so the splices of all roots are as few as possible. Tried are the
    newest replacements first, each transitive and then intransitive.

    Args:
        database: The graph.
        dependency: The flawed dependency: a spec with a name.
        replacements: Specs that may be put in; by default stored specs of the same package that do
            not satisfy `dependency`.
        site: Name of the site where the roots must be; None for any.
        position: The last root of the page before.
        limit: Most roots of the page.

    Raises:
        ParameterSyntaxError: It is not a spec.
        InvalidQuestionError: It has no name, or is more than one spec.
        BudgetExceededError: It took too long.
    """
    constraint = _parse(dependency)
    asked: Mapping[str, Any] = {
        "dependency": dependency,
        "q": None,
        "site": site,
        "environment": None,
    }
    page = find_affected(database, impact_question_of(asked), "any", position, limit + 1)
    candidates = [
        dag
        for text in replacements or [f"{constraint.name} not {dependency}"]
        for dag in _load_replacements(database, text)
    ]
    facts = tell_apart(database, [item["uid"] for item in page.items[:limit]]) | tell_apart(
        database, [dag.identity_of(dag.root) for dag in candidates]
    )
    fixes = _find_all(database, page.items[:limit], constraint, candidates, facts)
    return FixPage(fixes, page.items, page.total)


def _parse(dependency: str) -> SpecConstraint:
    try:
        constraint = parse_spec(dependency)
    except SpecSyntaxError as error:
        raise ParameterSyntaxError("dependency", error) from error
    if constraint.name is None:
        raise InvalidQuestionError("dependency: name the package to get rid of")
    return constraint


def _load_replacements(database: Database, text: str) -> list[Dag]:
    """Return the DAGs of the newest stored specs that may be put in."""
    uids, _ = find_replacements(database, text, MOST_REPLACEMENTS)
    found = load_each(database, uids)
    return [found[uid] for uid in uids if uid in found]


def _find_all(
    database: Database,
    items: Sequence[AffectedItem],
    constraint: SpecConstraint,
    candidates: Sequence[Dag],
    facts: Mapping[str, Facts],
) -> list[Fix]:
    deployed = [item["uid"] for item in items if item["when"] == "run"]
    targets = load_each(database, deployed)
    names = [root_name(dag) for dag in (*targets.values(), *candidates)]
    provides = provided_virtuals(database, names)
    drafts: dict[str, Draft] = {}
    for uid, target in targets.items():
        for draft in _drafts(target, candidates, provides, database.check_clock):
            if not _has(draft.dag, constraint):
                drafts[uid] = draft
                break
    plans = dict(zip(drafts, complete_drafts(database, list(drafts.values())), strict=True))
    reason = "no stored replacement can be spliced in" if candidates else "no replacement is stored"
    return [_fix(item, plans.get(item["uid"]), facts, reason) for item in items]


def _fix(
    item: AffectedItem, plan: PlannedSplice | None, facts: Mapping[str, Facts], reason: str
) -> Fix:
    root = FactLabel(
        uid=item["uid"],
        hash=item["hash"],
        name=item["name"],
        version=item["version"],
        facts=facts.get(item["uid"], {}),
    )
    if item["when"] == "build":
        return Fix(
            root, "build", None, "it has the dependency at build time only, which no splice changes"
        )
    if plan is None:
        return Fix(root, "run", None, reason)
    return Fix(root, "run", PlannedPair.of(plan, facts), None)


def _drafts(
    target: Dag, candidates: Sequence[Dag], provides: Mapping[str, Sequence[str]], tick: Tick
) -> Iterator[Draft]:
    for replacement in candidates:
        for transitive in (True, False):
            with contextlib.suppress(UnplannableError):
                yield draft_splice(target, replacement, provides, tick, transitive=transitive)


def _has(dag: Dag, constraint: SpecConstraint) -> bool:
    """Return whether a DAG is deployed with a spec that satisfies a constraint."""
    deployed = {hash_of(each) for each in dag.reachable_nodes(DEPLOYED)}
    documents = [msgspec.json.decode(node.document) for node in dag.nodes.values()]
    nodes = build_dag(documents, dag.spec_format)
    return any(node.hash in deployed and satisfies(node, constraint) for node in nodes)
