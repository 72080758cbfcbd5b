"""Whether a planned splice is declared by a recipe, or was seen before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec

from cypher.run import Database
from service.dags.dag import Dag
from service.dags.splicing.replaced import Replaced
from service.queries.choices import BASES, Basis
from spec_syntax import SpecSyntaxError, parse_spec, satisfies
from spec_syntax.concrete import ConcreteNode, build_dag


class Directive(TypedDict):
    """A `can_splice` directive of the replacement's recipe.

    Attributes:
        variants: Variants that must have the same value in both specs.
        site: Site whose export has it.
    """

    package: str
    namespace: str
    target: str
    when: str
    match_variants: list[str]
    variants: list[str]
    site: str


@dataclass(frozen=True)
class SpliceEvidence:
    """What supports a splice.

    Attributes:
        basis: `declared by the recipe` if a directive allows each exchange, else `seen before` if a
            stored splice made each of the others, else `undeclared`.
        directives: The directives that allow an exchange.
        undeclared: Names of the replaced packages for which none does.
    """

    basis: Basis
    directives: list[Directive]
    undeclared: list[str]


@dataclass(frozen=True)
class Exchange:
    """A splice whose evidence is sought: two DAGs, and the specs that are replaced."""

    target: Dag
    replacement: Dag
    replaced: Sequence[Replaced]

    @property
    def uids(self) -> dict[str, Replaced]:
        """The replaced specs by their identities."""
        return {self.target.identity_of(each.hash): each for each in self.replaced}


def find_evidence(database: Database, exchanges: Sequence[Exchange]) -> list[SpliceEvidence]:
    """Find evidence for putting the root of one DAG in the place of specs of another.

    A directive counts if it is one of the recipe of the replacement, in its namespace, if `when`
    and `target` are satisfied, and if the variants that must match do. The concretizer of Spack
    1.1 asks the same (`package_splice_rules` in `solver/asp.py`).
    """
    splices = [
        {
            "package": each.replacement.nodes[each.replacement.root].name,
            "replacement": each.replacement.identity_of(each.replacement.root),
            "replaced": sorted(each.uids),
        }
        for each in exchanges
    ]
    rows = database.read_one("splice_evidence", splices=splices) if splices else []
    found = {row["place"]: row for row in rows}
    return [_judge(each, found[place]) for place, each in enumerate(exchanges)]


def _judge(exchange: Exchange, found: Mapping[str, Any]) -> SpliceEvidence:
    target, replacement, replaced = exchange.target, exchange.replacement, exchange.replaced
    uids = exchange.uids
    directives: list[Directive] = found["directives"]
    allowed = _find_allowed(target, replacement, replaced, directives) if directives else {}
    undeclared = [each for uid, each in uids.items() if each.hash not in allowed]
    seen = {uids[uid].hash for uid in found["seen"]}
    if replaced and not undeclared:
        basis = BASES[0]
    elif replaced and all(each.hash in seen for each in undeclared):
        basis = BASES[1]
    else:
        basis = BASES[2]
    used: list[Directive] = []
    for each in allowed.values():
        used += [directive for directive in each if directive not in used]
    return SpliceEvidence(basis, used, sorted({each.name for each in undeclared}))


def _find_allowed(
    target: Dag, replacement: Dag, replaced: Iterable[Replaced], directives: Sequence[Directive]
) -> dict[str, list[Directive]]:
    """Return the directives that allow an exchange, by the hash of the replaced spec."""
    put_in = _concrete(replacement)[replacement.root]
    taken_out = _concrete(target)
    found = {
        each.hash: [one for one in directives if allows(one, taken_out[each.hash], put_in)]
        for each in replaced
    }
    return {hash_: each for hash_, each in found.items() if each}


def _concrete(dag: Dag) -> dict[str, ConcreteNode]:
    """Return the nodes of a DAG, by their names in it."""
    documents = [msgspec.json.decode(node.document) for node in dag.nodes.values()]
    return dict(zip(dag.nodes, build_dag(documents, dag.spec_format), strict=True))


def allows(directive: Directive, taken_out: ConcreteNode, put_in: ConcreteNode) -> bool:
    """Return whether a directive allows to put one spec in the place of another."""
    return (
        put_in.name == directive["package"]
        and put_in.namespace == directive["namespace"]
        and _satisfies(put_in, directive["when"])
        and taken_out.name == _name_of(directive["target"])
        and _satisfies(taken_out, directive["target"])
        and all(_has_same(name, taken_out, put_in) for name in directive["variants"])
    )


def _has_same(variant: str, one: ConcreteNode, other: ConcreteNode) -> bool:
    # A variant that the spec does not have, though its recipe does, has no value to compare.
    return variant in one.variants and one.variants[variant] == other.variants.get(variant)


def _satisfies(node: ConcreteNode, text: str) -> bool:
    try:
        return not text.strip() or satisfies(node, parse_spec(text))
    except SpecSyntaxError:
        return False


def _name_of(text: str) -> str | None:
    try:
        return parse_spec(text).name
    except SpecSyntaxError:
        return None
