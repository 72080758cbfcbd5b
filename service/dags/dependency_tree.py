"""A root with its dependencies of every type, cut down to compare it with another."""

from collections import deque
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import chain

from loaders.specs.node import Edge, NodeRecord
from service.dags.dag import Dag
from service.dags.deptypes import ALL
from service.dags.diff import LANGUAGES, virtual_providers


class DependencyTree:
    """A root and its dependencies, over edges of every type; build specs are left out.

    Attributes:
        root: Hash of the root.
        nodes: The nodes by their hashes.
    """

    def __init__(self, dag: Dag) -> None:
        self.root = dag.root
        self.nodes = dag.reachable_nodes(ALL)

    @cached_property
    def all_edges(self) -> list[Edge]:
        """All edges between the nodes."""
        return [edge for node in self.nodes.values() for edge in node.edges]

    def specs_of_package(self, package: str) -> frozenset[str]:
        """Return the specs of a package, except the root."""
        named = (hash_ for hash_, node in self.nodes.items() if node.name == package)
        return frozenset(hash_ for hash_ in named if hash_ != self.root)

    def providers_of(self, virtuals: Collection[str]) -> frozenset[str]:
        """Return the specs that provide one of some virtuals."""
        return virtual_providers(self.all_edges, virtuals)

    def virtuals_of(self, hashes: Collection[str]) -> frozenset[str]:
        """Return the virtuals that some specs provide."""
        return frozenset(
            chain.from_iterable(e.virtuals for e in self.all_edges if e.hash in hashes)
        )

    @cached_property
    def compiler_hashes(self) -> frozenset[str]:
        """The providers of languages, and the run-time libraries that come with them.

        Such a library, gcc-runtime for example, depends on the compiler but not through a
        language: it is not compiled.
        """
        found = self.providers_of(LANGUAGES)
        libraries = (
            hash_
            for hash_, node in self.nodes.items()
            if any(e.hash in found and LANGUAGES.isdisjoint(e.virtuals) for e in node.edges)
        )
        return found | {hash_ for hash_ in libraries if hash_ != self.root}

    def nodes_without(self, cut: Collection[str]) -> dict[str, NodeRecord]:
        """Return the nodes that the root still reaches if some are removed."""
        found: dict[str, NodeRecord] = {}
        waiting = [self.root]
        while waiting:
            hash_ = waiting.pop()
            if hash_ not in found and hash_ not in cut and hash_ in self.nodes:
                found[hash_] = self.nodes[hash_]
                waiting += [edge.hash for edge in found[hash_].edges]
        return found

    @cached_property
    def _nearest_dependents(self) -> dict[str, str]:
        """Map each node but the root to a dependent nearest to the root."""
        found: dict[str, str] = {}
        waiting = deque([self.root])
        while waiting:
            source = waiting.popleft()
            for edge in self.nodes[source].edges:
                if edge.hash not in found and edge.hash in self.nodes:
                    found[edge.hash] = source
                    waiting.append(edge.hash)
        return found

    def packages_up_from(self, hash_: str) -> Iterator[str]:
        """Yield the packages on a path from a node up to the root, the root left out."""
        while hash_ != self.root:
            yield self.nodes[hash_].name
            hash_ = self._nearest_dependents[hash_]

    def describe_specs(self, hashes: Collection[str], *, with_hashes: bool = False) -> list[str]:
        """Return some specs as `name@version` in order, optionally with their short hashes."""
        nodes = [self.nodes[hash_] for hash_ in hashes]
        found: dict[str, None] = {}
        for node in sorted(nodes, key=lambda n: (n.name, n.properties["version_key"], n.hash)):
            end = f"/{node.hash[:7]}" if with_hashes else ""
            found[f"{node.name}@{node.version}{end}"] = None
        return list(found)
