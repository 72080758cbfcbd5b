"""What is particular to the releases of Spack whose splices are planned.

The order of traversals is that of `lib/spack/spack/traverse.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.dags.splicing.objects import EdgeObject, SpecObject


@dataclass(frozen=True)
class Release:
    """What is particular to a line of releases of Spack.

    Attributes:
        name: The releases, as answers name them.
        compares_hashes: Whether two specs are equal if their DAG hashes are. Otherwise the nodes
            are compared, then hashes over all dependencies.
        breaks_ties: Whether edges to specs of one name are sorted by types and virtuals.
        depth_first: Whether a topological order is the reverse of a depth-first one, otherwise as
            breadth-first as possible.
    """

    name: str
    compares_hashes: bool
    breaks_ties: bool
    depth_first: bool

    def sort_down(self, edges: list[EdgeObject]) -> list[EdgeObject]:
        """Return edges to dependencies in the order in which they are followed."""
        if self.breaks_ties:
            return sorted(edges, key=lambda e: (e.spec.name, e.flags, e.virtuals, e.direct))
        return sorted(edges, key=lambda edge: edge.spec.name)

    def sort_up(self, edges: list[EdgeObject]) -> list[EdgeObject]:
        """Return edges from dependents in the order in which they are followed."""
        if self.breaks_ties:
            return sorted(edges, key=lambda edge: (edge.parent.name, edge.flags))
        return sorted(edges, key=lambda edge: edge.parent.name)

    def preorder(self, root: SpecObject, flags: int) -> list[SpecObject]:
        """Return a spec and all below it over dependencies of some types, each once."""
        found: dict[int, SpecObject] = {}
        waiting = [root]
        while waiting:
            spec = waiting.pop()
            if id(spec) not in found:
                found[id(spec)] = spec
                waiting += [edge.spec for edge in self.sort_down(spec.edges(flags))[::-1]]
        return list(found.values())

    def topological(self, root: SpecObject, flags: int) -> list[SpecObject]:
        """Return the same specs, dependents before their dependencies."""
        if self.depth_first:
            return self._reversed_postorder(root, flags)
        return self._breadth_first_topological(root, flags)

    def _breadth_first_topological(self, root: SpecObject, flags: int) -> list[SpecObject]:
        below: dict[int, list[EdgeObject]] = {}
        incoming: dict[int, int] = {}
        queue = [root]
        for spec in queue:
            if id(spec) in below:
                continue
            below[id(spec)] = self.sort_down(spec.edges(flags))
            for edge in below[id(spec)]:
                incoming[id(edge.spec)] = incoming.get(id(edge.spec), 0) + 1
                queue.append(edge.spec)
        found = [root]
        for spec in found:
            for edge in below[id(spec)]:
                incoming[id(edge.spec)] -= 1
                if not incoming[id(edge.spec)]:
                    found.append(edge.spec)
        return found

    def _reversed_postorder(self, root: SpecObject, flags: int) -> list[SpecObject]:
        finished: list[SpecObject] = []
        seen = {id(root)}
        open_: list[tuple[SpecObject, Iterator[EdgeObject]]] = [
            (root, iter(self.sort_down(root.edges(flags))))
        ]
        while open_:
            spec, edges = open_[-1]
            for edge in edges:
                if id(edge.spec) not in seen:
                    seen.add(id(edge.spec))
                    open_.append((edge.spec, iter(self.sort_down(edge.spec.edges(flags)))))
                    break
            else:
                finished.append(spec)
                open_.pop()
        return finished[::-1]


RELEASES: Mapping[int, Release] = {
    4: Release("0.23", compares_hashes=False, breaks_ties=False, depth_first=True),
    5: Release("1.1", compares_hashes=True, breaks_ties=True, depth_first=False),
}
"""The release that is modelled for each spec format."""
