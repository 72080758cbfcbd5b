"""The two sides of a splice, as a whole or one step of the chain of build specs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from cypher.run import Database
from loaders.specs.closure import build_chain
from loaders.specs.node import Edge
from service.dags.dag import Dag, load_dag
from service.dags.provenance import SpliceSummary, replacements, splice_summary

ROLES = ("relinked", "taken_out", "put_in", "kept")
"""What became of a spec, in the order of the pages."""


def with_build_specs(database: Database, dag: Dag) -> Dag:
    """A DAG with the build specs of its root that other documents tell, and its own does not."""
    nodes = dict(dag.nodes)
    while (absent := build_chain(dag.root, nodes)[-1]) not in nodes:
        other = load_dag(database, absent)
        if other is None:
            break
        nodes = {**other.nodes, **nodes}
    return dag if len(nodes) == len(dag.nodes) else replace(dag, nodes=nodes)


@dataclass(frozen=True)
class Splice:
    """What was built beside what it became by splicing.

    :ivar types: the dependency types that are followed.
    :ivar before: hash of the spec as it was built, or as an earlier splice left it.
    :ivar after: hash of what it became.
    """

    dag: Dag
    types: frozenset[str]
    before: str
    after: str

    @cached_property
    def summary(self) -> SpliceSummary:
        """What was kept, relinked, taken out and put in."""
        return splice_summary(self.dag, self.types, (self.before, self.after))

    @cached_property
    def origins(self) -> dict[str, str]:
        """For each relinked spec what it was before."""
        return dict(self.summary.relinked)

    @cached_property
    def became(self) -> dict[str, str]:
        """For each spec before what it was relinked to."""
        return {before: after for after, before in self.summary.relinked}

    @cached_property
    def stands_for(self) -> dict[str, str]:
        """For each spec put in the one taken out in whose place it is, where that can be told."""
        return replacements(self.dag, self.summary, self.types)

    @cached_property
    def roles(self) -> dict[str, str]:
        """What became of each spec; a spec as it was before relinking has no entry."""
        summary = self.summary
        sections = (list(self.origins), summary.taken_out, summary.put_in, summary.kept)
        return {each: role for role, hashes in zip(ROLES, sections, strict=True) for each in hashes}

    def replaced_by(self, hash_: str) -> list[str]:
        """What was put in for a spec that was taken out."""
        return [after for after, before in self.stands_for.items() if before == hash_]

    def edges(self, hash_: str) -> Iterator[Edge]:
        """The edges of a spec that are of the types followed."""
        node = self.dag.nodes.get(hash_)
        for edge in node.edges if node else ():
            if not self.types.isdisjoint(edge.deptypes):
                yield edge

    def parents(self, hash_: str) -> list[tuple[str, Edge]]:
        """Who depends on a spec directly on the side where it is: after the splice, else before."""
        gone = self.roles.get(hash_) == "taken_out" or hash_ in self.became
        start = self.before if gone else self.after
        reached = self.dag.reached(self.types, start)
        return [(each, e) for each in reached for e in self.edges(each) if e.hash == hash_]

    def swaps(self, hash_: str) -> list[tuple[str | None, str | None]]:
        """The direct dependencies of a relinked spec that are not what they were: before, after."""
        old = {edge.hash: edge for edge in self.edges(self.origins[hash_])}
        new = [e.hash for e in self.edges(hash_) if e.hash not in old]
        gone = [each for each in old if each not in {e.hash for e in self.edges(hash_)}]
        known = {**self.stands_for, **self.origins}
        found: list[tuple[str | None, str | None]] = [
            (known[each] if known.get(each) in gone else None, each) for each in new
        ]
        matched = {before for before, _ in found}
        return found + [(each, None) for each in gone if each not in matched]
