"""Planned splices: the specs that Spack would make of a stored target and a stored replacement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypedDict, cast

from cypher.run import Database
from loaders.specs.contents import hash_of
from service.dags.dag import Dag, Tick
from service.dags.labels import SpecLabel, label_root
from service.dags.splices import SECTIONS, SpliceEntry, compute_splice
from service.dags.splicing.configuration import (
    ExplicitSplice,
    concretizer_yaml,
    environment_yaml,
)
from service.dags.splicing.objects import SplicingError
from service.dags.splicing.plan import Claim, Plan, plan_splice
from service.dags.splicing.replaced import Replaced, find_replaced
from service.queries.abi import AbiVerdict
from service.queries.candidates import SpecChoice, choose_spec
from service.queries.errors import (
    ParameterSyntaxError,
    SeveralSpecsError,
    UnplannableError,
)
from service.queries.splice_evidence import Exchange, SpliceEvidence, find_evidence
from service.queries.stored_dags import load_dag
from service.queries.stored_specs import Place

ADVICE = "name the target and the replacement by their hashes"
"""How to narrow a plan that took too long."""
MOST_KNOWN = 20
"""Most stored splices that are listed for a plan."""
DEPLOYED = frozenset({"link", "run"})


@dataclass(frozen=True)
class PlanQuestion:
    """Which splice to plan.

    Attributes:
        target: The spec to splice into: a hash, the start of one, or a spec that one stored spec
            satisfies.
        replacement: The spec to put in, in the same way.
        transitive: Whether dependencies that both have come from the replacement.
        replace: Package or virtual that must be replaced; None for any.
    """

    target: str
    replacement: str
    transitive: bool = True
    replace: str | None = None


class KnownSplice(TypedDict):
    """A stored content that is the planned splice, or carries its claimed hash.

    Attributes:
        by: `content` if its content is that of the planned splice, `record` if its root has the
            record that Spack would write for it, `claimed hash` if only the hash is the same.
        root: Whether a document describes it.
        installations: Where it is or was installed, newest first, at most 20.
        mirrors: Build caches that offer it, at most 20.
    """

    uid: str
    hash: str
    name: str
    version: str
    by: Literal["content", "record", "claimed hash"]
    root: bool
    installations: list[Place]
    mirrors: list[str]


@dataclass(frozen=True)
class PlannedSplice:
    """A planned splice and the evidence for it.

    Attributes:
        target: The spec that is spliced into.
        replacement: The spec that is put in.
        transitive: Whether dependencies that both have come from the replacement.
        plan: The plan.
        dag: The spliced spec as a DAG.
        replaced: The specs that the replacement stands for.
        known: Stored contents that are this splice or have its claimed hash.
        evidence: Whether a recipe declares it, or it was seen before.
        abi: Whether it would start; None if that was not asked.
    """

    target: SpecLabel
    replacement: SpecLabel
    transitive: bool
    plan: Plan
    dag: Dag
    replaced: list[Replaced]
    known: Sequence[KnownSplice]
    evidence: SpliceEvidence
    abi: AbiVerdict | None = None

    @property
    def hash(self) -> str:
        """The pure hash."""
        return self.plan.document.root

    @property
    def document(self) -> Mapping[str, Any]:
        """The spliced spec as Spack reads it."""
        return self.plan.document.as_json(self.plan.spec_format)

    @property
    def nodes(self) -> list[dict[str, str]]:
        """Name, hash and build spec of each spliced node."""
        return [vars(node) for node in self.plan.document.spliced]

    @property
    def claimed(self) -> list[Claim]:
        """What released Spack would store."""
        return self.plan.claimed

    @property
    def unclaimed(self) -> str | None:
        """Why that cannot be predicted."""
        return self.plan.unclaimed

    @property
    def configuration(self) -> str:
        """`concretizer:splice` in YAML, which makes Spack splice like this."""
        return concretizer_yaml(self._splices())

    @property
    def environment(self) -> str:
        """A `spack.yaml`, the environment that has this splice as its root."""
        return environment_yaml(_name_with_hash(self.target), self._splices())

    def _splices(self) -> list[ExplicitSplice]:
        name = _name_with_hash(self.replacement)
        targets = sorted({each.name for each in self.replaced})
        return [ExplicitSplice(each, name, self.transitive) for each in targets]

    @property
    def summary(self) -> Mapping[str, Sequence[SpliceEntry]]:
        """The specs that are kept, relinked, taken out and put in."""
        found = compute_splice(self.dag, DEPLOYED).sections
        return {section: found[section] for section in SECTIONS}


def plan_stored_splice(database: Database, question: PlanQuestion) -> PlannedSplice:
    """Plan a splice of two stored specs.

    Args:
        database: The graph.
        question: Which splice.

    Raises:
        UnplannableError: One of them is not stored or not concrete, or Spack refuses the splice.
        SeveralSpecsError: Several stored specs may be meant.
        ParameterSyntaxError: It is neither a hash nor a spec.
        BudgetExceededError: It took too long.
    """
    target = find_spec(database, "target", question.target)
    replacement = find_spec(database, "replacement", question.replacement)
    return plan_dags(
        database, target, replacement, transitive=question.transitive, replace=question.replace
    )


def plan_dags(
    database: Database,
    target: Dag,
    replacement: Dag,
    *,
    transitive: bool,
    replace: str | None = None,
) -> PlannedSplice:
    """Plan a splice of two DAGs; raises as :func:`plan_stored_splice`."""
    provides = provided_virtuals(database, [root_name(dag) for dag in (target, replacement)])
    draft = draft_splice(
        target, replacement, provides, database.check_clock, transitive=transitive, replace=replace
    )
    (planned,) = complete_drafts(database, [draft])
    return planned


@dataclass(frozen=True)
class Draft:
    """A planned splice that was not looked up in the graph yet.

    Attributes:
        exchange: The target, the replacement, and the specs that are replaced.
        transitive: As of the planned splice.
        plan: The plan.
    """

    exchange: Exchange
    transitive: bool
    plan: Plan

    @cached_property
    def dag(self) -> Dag:
        """The spliced spec as a DAG."""
        identities = _identities(self.exchange.target, self.exchange.replacement)
        return self.plan.document.as_dag(self.plan.spec_format, identities)


def root_name(dag: Dag) -> str:
    """Return the name of the package of a DAG's root."""
    return dag.nodes[dag.root].name


def draft_splice(
    target: Dag,
    replacement: Dag,
    provides: Mapping[str, Sequence[str]],
    tick: Tick,
    *,
    transitive: bool,
    replace: str | None = None,
) -> Draft:
    """Plan a splice of two DAGs without the graph.

    Args:
        target: The spec to splice into.
        replacement: The spec to put in.
        provides: The virtuals that their packages are known to provide.
        tick: Called between the steps; raises to end the work.
        transitive: Whether dependencies that both have come from the replacement.
        replace: Package or virtual that must be replaced; None for any.

    Raises:
        UnplannableError: Spack refuses the splice, or it replaces something else.
    """
    try:
        plan = plan_splice(target, replacement, provides, tick, transitive=transitive)
    except SplicingError as error:
        raise UnplannableError(str(error)) from error
    replaced = find_replaced(target, replacement, provides)
    if replace is not None and not any(each.is_named(replace) for each in replaced):
        names = ", ".join(sorted({each.name for each in replaced}))
        raise UnplannableError(
            f"replace: {root_name(replacement)} would not replace {replace!r} in "
            f"{root_name(target)}, but {names}"
        )
    return Draft(Exchange(target, replacement, replaced), transitive, plan)


def complete_drafts(database: Database, drafts: Sequence[Draft]) -> list[PlannedSplice]:
    """Return planned splices with their stored nodes, and the evidence for each."""
    known = _find_known(database, [draft.plan for draft in drafts])
    evidence = find_evidence(database, [draft.exchange for draft in drafts])
    return [
        PlannedSplice(
            label_root(draft.exchange.target),
            label_root(draft.exchange.replacement),
            draft.transitive,
            draft.plan,
            draft.dag,
            list(draft.exchange.replaced),
            stored,
            support,
        )
        for draft, stored, support in zip(drafts, known, evidence, strict=True)
    ]


def _identities(*dags: Dag) -> dict[str, str]:
    """Return the identities of the nodes of some DAGs by their hashes; of several, the first."""
    found: dict[str, str] = {}
    for dag in dags:
        for name in dag.nodes:
            found.setdefault(hash_of(name), dag.identity_of(name))
    return found


def find_spec(database: Database, parameter: str, text: str) -> Dag:
    """Return the DAG of the stored spec that a text means; raises as `plan_stored_splice`."""
    choice = choose_spec(database, parameter, text)
    if choice.hash is None:
        raise _not_chosen(choice)
    dag = load_dag(database, choice.hash)
    if dag is None:
        raise UnplannableError(
            f"{parameter}: {hash_of(choice.hash)} is only named by a build spec so far; upload it "
            "first"
        )
    return dag


def _name_with_hash(spec: SpecLabel) -> str:
    return f"{spec['name']}/{spec['hash']}"


def _not_chosen(choice: SpecChoice) -> Exception:
    if choice.error is not None:
        return ParameterSyntaxError(choice.name, choice.error)
    if choice.candidates:
        return SeveralSpecsError(choice.name, choice.text, choice.candidates)
    return UnplannableError(f"{choice.name}: {choice.fault or 'empty; name a hash or a spec'}")


def provided_virtuals(database: Database, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the virtuals that packages are known to provide, by name."""
    found = database.read_one("provided_virtuals", names=sorted(set(names)))
    return {each["name"]: each["virtuals"] for each in found}


def _find_known(database: Database, plans: Sequence[Plan]) -> list[list[KnownSplice]]:
    """Return for each plan the stored contents that it is, or that have its claimed hash."""
    asked = [
        {
            "pure_hash": plan.document.root,
            "claimed": [{"hash": each.hash, "digest": each.digest} for each in plan.claimed],
        }
        for plan in plans
    ]
    rows = database.read_one("known_splices", plans=asked, limit=MOST_KNOWN) if asked else []
    found = {row["place"]: cast(list[KnownSplice], row["specs"]) for row in rows}
    return [found[place] for place in range(len(plans))]
