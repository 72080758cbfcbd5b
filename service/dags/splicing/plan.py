"""Plan a splice: the spec that Spack would make of a target and a replacement."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from loaders.specs.closure import dependencies_first
from service.dags.dag import Dag, Tick, no_tick
from service.dags.splicing.automatic import splice_automatically
from service.dags.splicing.documents import SplicedDocument, write_document
from service.dags.splicing.explicit import splice
from service.dags.splicing.objects import SpecObject, SplicingError, names_of
from service.dags.splicing.records import node_json
from service.dags.splicing.releases import RELEASES
from service.dags.splicing.workbench import Workbench, entries_of

MAX_DEPTH = 100
"""Most specs on one path of a DAG that is spliced, since hashes are computed recursively."""


@dataclass(frozen=True)
class Claim:
    """What a line of releases would store as a splice.

    Attributes:
        spack: The releases.
        hash: The hash.
        digest: SHA-256 of the record of its root.
    """

    spack: str
    hash: str
    digest: str


@dataclass(frozen=True)
class Plan:
    """A planned splice.

    Attributes:
        spec_format: Format of its document.
        document: The spliced spec.
        claimed: What released Spack would store, if that can be predicted.
        unclaimed: Why it cannot be predicted, else None.
    """

    spec_format: int
    document: SplicedDocument
    claimed: list[Claim]
    unclaimed: str | None


def plan_splice(
    target: Dag,
    replacement: Dag,
    provides: Mapping[str, Iterable[str]],
    tick: Tick = no_tick,
    *,
    transitive: bool,
) -> Plan:
    """Return the splice of a replacement into a target.

    Args:
        target: The spec to splice into.
        replacement: The spec to put in.
        provides: Virtuals that packages can provide, by name. What an edge or a record of the two
            DAGs says is added.
        tick: Called between the steps; raises to end the work.
        transitive: Whether dependencies that both have come from the replacement, otherwise from
            the target.

    Raises:
        SplicingError: Spack refuses the splice, or it cannot be planned.
    """
    bench = _make_bench(provides, target, replacement)
    roots = bench.read(target), bench.read(replacement)
    result = splice(bench, *roots, tick, transitive=transitive)
    if result.build_spec is None:
        raise SplicingError(
            f"{names_of(result)} is deployed with {names_of(roots[1])} and its dependencies already"
        )
    reason = _why_unpredictable(target, replacement)
    claimed = [] if reason else [_claim(bench, result)]
    document = write_document(bench, result, {**replacement.nodes, **target.nodes})
    return Plan(target.spec_format, document, claimed, reason)


def plan_automatic_splice(target: Dag, exchanges: Mapping[tuple[str, str], Dag]) -> Plan:
    """Return the splice that the concretizer makes itself where `can_splice` allows it.

    Args:
        target: The spec to splice into.
        exchanges: What to put in for a dependency of a dependent, by the hashes of these two.

    Raises:
        SplicingError: It cannot be planned.
    """
    bench = _make_bench({}, target, *exchanges.values())
    new = {pair: bench.read(dag) for pair, dag in exchanges.items()}
    result = splice_automatically(bench, bench.read(target), new)
    if result.build_spec is None:
        raise SplicingError(f"{names_of(result)} is deployed with nothing that is replaced")
    inputs = {uid: node for dag in exchanges.values() for uid, node in dag.nodes.items()}
    document = write_document(bench, result, {**inputs, **target.nodes})
    return Plan(target.spec_format, document, [_claim(bench, result)], None)


def _claim(bench: Workbench, result: SpecObject) -> Claim:
    hash_ = bench.hash(result)
    original = result.build_spec
    named = (original.name, original.hash) if original else None
    body = node_json(result.template, entries_of(result, bench.hash), named)
    record = f'{body[:-1]},"hash":"{hash_}"}}'
    return Claim(bench.release.name, hash_, sha256(record.encode()).hexdigest())


def _make_bench(provides: Mapping[str, Iterable[str]], *dags: Dag) -> Workbench:
    for dag in dags:
        _check_depth(dag)
    release = RELEASES[_common_format(*dags)]
    return Workbench(release, _known_virtuals(provides, *dags))


def _common_format(*dags: Dag) -> int:
    formats = {node.properties["spec_format"] for dag in dags for node in dag.nodes.values()}
    if len(formats) > 1:
        raise SplicingError(
            "the target and the replacement have records of several spec formats "
            f"({', '.join(map(str, sorted(formats)))}), which Spack rewrites before it splices"
        )
    (spec_format,) = formats
    if spec_format not in RELEASES:
        raise SplicingError(
            f"splices are planned for the spec formats {' and '.join(map(str, RELEASES))}; "
            f"these specs have format {spec_format}"
        )
    return spec_format


def _check_depth(dag: Dag) -> None:
    depths: dict[str, int] = {}
    for node in dependencies_first(dag.nodes):
        below = [depths.get(edge.hash, 0) for edge in node.edges]
        depths[node.hash] = 1 + max(below, default=0)
    if max(depths.values(), default=0) > MAX_DEPTH:
        raise SplicingError(f"a path of more than {MAX_DEPTH} dependencies is too deep to plan")


def _known_virtuals(
    provides: Mapping[str, Iterable[str]], *dags: Dag
) -> Mapping[str, frozenset[str]]:
    known: defaultdict[str, set[str]] = defaultdict(set)
    for name, virtuals in provides.items():
        known[name].update(virtuals)
    for dag in dags:
        for node in dag.nodes.values():
            known[node.name].update(node.provides)
            for edge in node.edges:
                known[edge.name].update(edge.virtuals)
    return {name: frozenset(virtuals) for name, virtuals in known.items()}


def _why_unpredictable(*dags: Dag) -> str | None:
    """Return why the hash that released Spack would store cannot be predicted, else None."""
    for dag in dags:
        spliced = next((node for node in dag.nodes.values() if node.is_spliced), None)
        if spliced is not None:
            return (
                f"{spliced.name}/{spliced.hash[:7]} is spliced already: what Spack stores then "
                "depends on objects in its memory that no document shows"
            )
    return None
