"""The two sides of a splice, as a whole or one step of the chain of build specs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from loaders.specs.closure import build_chain
from loaders.specs.contents import hash_of
from loaders.specs.node import Edge
from service.dags.dag import Dag
from service.dags.errors import NotInGraphError
from service.dags.labels import SpecLabel, label_node

ROLES = ("relinked", "taken_out", "put_in", "kept")
"""The fates of specs, in the order of the pages."""

SECTIONS = ("taken_out", "put_in", "relinked", "kept")
"""The same in the order of the REST answers."""


@dataclass
class SpliceSummary:
    """The specs that a splice kept, relinked, took out and put in, by identity.

    Attributes:
        kept: On both sides.
        relinked: Pairs of a spliced spec and the spec that it was built as.
        taken_out: Only before the splice.
        put_in: Only after it.
    """

    kept: list[str] = field(default_factory=list)
    relinked: list[tuple[str, str]] = field(default_factory=list)
    taken_out: list[str] = field(default_factory=list)
    put_in: list[str] = field(default_factory=list)


class SpliceEntry(SpecLabel, total=False):
    """A spec in an answer about a splice.

    Specs that were put in have `replaces`, the spec that they stand for, or None if that is not
    clear. Relinked ones have `build_spec`, the hash of the spec that was really built.
    """

    replaces: SpecLabel | None
    build_spec: str


@dataclass(frozen=True)
class Splice:
    """A spec as it was built, compared with its spliced form.

    Attributes:
        dag: The DAG of the root, build specs included.
        types: The dependency types that are followed. An edge without a type is not: it is what a
            splice left of a build dependency.
        before: Identity of the spec as it was built, or as an earlier splice left it.
        after: Identity of its spliced form.
    """

    dag: Dag
    types: frozenset[str]
    before: str
    after: str

    @cached_property
    def summary(self) -> SpliceSummary:
        """The specs kept, relinked, taken out and put in."""
        return _summarize_splice(self.dag, self.types, self.before, self.after)

    @cached_property
    def before_relinking(self) -> dict[str, str]:
        """Map each relinked spec to its form before."""
        return dict(self.summary.relinked)

    @cached_property
    def after_relinking(self) -> dict[str, str]:
        """Map each spec before the splice to its relinked form."""
        return {before: after for after, before in self.summary.relinked}

    @cached_property
    def stands_for(self) -> dict[str, str]:
        """Map each spec that was put in to the one that it replaces, if that is clear.

        That is the one of the same name, or the one that gave the same parent the same virtual,
        or the only one that the same parent lost.
        """
        return _find_replacements(self.dag, self.summary, self.types)

    @cached_property
    def roles(self) -> dict[str, str]:
        """Map each spec to its fate; a spec as it was before relinking has no entry."""
        summary = self.summary
        sections = (list(self.before_relinking), summary.taken_out, summary.put_in, summary.kept)
        return {each: role for role, hashes in zip(ROLES, sections, strict=True) for each in hashes}

    @cached_property
    def sections(self) -> Mapping[str, Sequence[SpliceEntry]]:
        """The specs by their fate, in the order of `SECTIONS`."""
        summary = self.summary
        return {
            "taken_out": [self._make_entry(each) for each in summary.taken_out],
            "put_in": [
                {**self._make_entry(h), "replaces": self._label_replaced(h)} for h in summary.put_in
            ],
            "relinked": [
                {**self._make_entry(each), "build_spec": hash_of(origin)}
                for each, origin in summary.relinked
            ],
            "kept": [self._make_entry(each) for each in summary.kept],
        }

    def label_of(self, hash_: str) -> SpecLabel:
        """Return the label of a spec; of a build spec without a document, at least its name."""
        node = self.dag.nodes.get(hash_)
        label = label_node(node, hash_)
        if node is None:
            named = (n.build_spec for n in self.dag.nodes.values() if n.build_spec)
            label["name"] = next((name for name, h in named if h == hash_), None)
        return label

    def replaced_by(self, hash_: str) -> list[str]:
        """Return the replacements of a spec that was taken out."""
        return [after for after, before in self.stands_for.items() if before == hash_]

    def followed_edges(self, hash_: str) -> Iterator[Edge]:
        """Yield the edges of a spec that have one of the types that are followed."""
        node = self.dag.nodes.get(hash_)
        for edge in node.edges if node else ():
            if not self.types.isdisjoint(edge.deptypes):
                yield edge

    def direct_dependents(self, hash_: str) -> list[tuple[str, Edge]]:
        """Return the direct dependents of a spec, after the splice if it is there, else before."""
        gone = self.roles.get(hash_) == "taken_out" or hash_ in self.after_relinking
        start = self.before if gone else self.after
        reached = self.dag.reachable_nodes(self.types, start, typed=True)
        return [(each, e) for each in reached for e in self.followed_edges(each) if e.hash == hash_]

    def swapped_dependencies(self, hash_: str) -> list[tuple[str | None, str | None]]:
        """Return the direct dependencies of a relinked spec that changed, as before and after."""
        old = {edge.hash: edge for edge in self.followed_edges(self.before_relinking[hash_])}
        new = [e.hash for e in self.followed_edges(hash_) if e.hash not in old]
        gone = [each for each in old if each not in {e.hash for e in self.followed_edges(hash_)}]
        earlier = {**self.stands_for, **self.before_relinking}
        found: list[tuple[str | None, str | None]] = [
            (earlier[each] if earlier.get(each) in gone else None, each) for each in new
        ]
        matched = {before for before, _ in found}
        return found + [(each, None) for each in gone if each not in matched]

    def inner_splices(self) -> list[tuple[SpecLabel, SpecLabel]]:
        """Return the other spliced specs below the root, each with its build spec."""
        spliced = (
            (each, node.build_spec[1])
            for each, node in self.dag.reachable_nodes(self.types, typed=True).items()
            if node.build_spec and each != self.dag.root
        )
        return [(self.label_of(each), self.label_of(origin)) for each, origin in spliced]

    def _make_entry(self, hash_: str) -> SpliceEntry:
        return cast(SpliceEntry, label_node(self.dag.nodes.get(hash_), hash_))

    def _label_replaced(self, hash_: str) -> SpecLabel | None:
        replaced = self.stands_for.get(hash_)
        return label_node(self.dag.nodes.get(replaced), replaced) if replaced else None


def compute_splice(dag: Dag, types: frozenset[str], step: int | None = None) -> Splice:
    """Return the splice of a DAG's root, or one step of it.

    Args:
        dag: The DAG, with the build specs of its root.
        types: Dependency types to follow.
        step: Which splice of several, from 1 for the oldest; None for all of them as one.

    Raises:
        NotInGraphError: There is no such step.
    """
    chain = build_chain(dag.root, dag.nodes)[::-1]
    if step is None:
        return Splice(dag, types, chain[0], dag.root)
    if not 0 < step < len(chain):
        raise NotInGraphError(
            f"step: there is no step {step}; it was spliced {_count_in_words(chain)}"
        )
    return Splice(dag, types, *chain[step - 1 : step + 1])


def _count_in_words(chain: Sequence[str]) -> str:
    count = len(chain) - 1
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _summarize_splice(dag: Dag, types: frozenset[str], before: str, after: str) -> SpliceSummary:
    by_name = _sort_key(dag)
    deployed = dag.reachable_nodes(types, after, typed=True).keys()
    built = {before} | dag.reachable_nodes(types, before, typed=True).keys()
    summary = SpliceSummary(kept=sorted(deployed & built, key=by_name))
    replaced = set()
    for hash_ in sorted(deployed - built, key=by_name):
        chain = build_chain(hash_, dag.nodes)[1:]
        # Of several splices in a row, the oldest form that is on the built side is the origin.
        origin = next((each for each in reversed(chain) if each in built), None)
        if origin is not None:
            summary.relinked.append((hash_, origin))
            replaced.add(origin)
        else:
            summary.put_in.append(hash_)
    summary.taken_out = sorted(built - deployed - replaced, key=by_name)
    return summary


def _sort_key(dag: Dag) -> Callable[[str], tuple[str, str]]:
    return lambda hash_: (dag.nodes[hash_].name if hash_ in dag.nodes else "", hash_)


def _find_replacements(dag: Dag, summary: SpliceSummary, types: frozenset[str]) -> dict[str, str]:
    taken, put_in = set(summary.taken_out), set(summary.put_in)
    by_name = {dag.nodes[h].name: h for h in summary.taken_out if h in dag.nodes}
    found: dict[str, str] = {}
    for hash_ in summary.put_in:
        node = dag.nodes.get(hash_)
        if node is not None and node.name in by_name:
            found[hash_] = by_name[node.name]
    for after, before in summary.relinked:
        old, new = _edges_to(dag, before, taken, types), _edges_to(dag, after, put_in, types)
        for edge in new:
            # Another package in its place: it provides the same virtual, or is the only exchange.
            shared = [e.hash for e in old if set(e.virtuals) & set(edge.virtuals)]
            if edge.hash not in found and (shared or (len(old) == 1 and len(new) == 1)):
                found[edge.hash] = shared[0] if shared else old[0].hash
    return found


def _edges_to(dag: Dag, hash_: str, others: set[str], types: frozenset[str]) -> list[Edge]:
    """Return the edges of a node that lead to one of some others."""
    node = dag.nodes.get(hash_)
    edges = node.edges if node else ()
    return [e for e in edges if e.hash in others and not types.isdisjoint(e.deptypes)]
