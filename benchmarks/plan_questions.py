"""Questions for planned splices, drawn from graphs and documents reproducibly for a seed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from benchmarks.rows_to_csv import RUNTIME, Graph
from benchmarks.worlds import pick_skewed
from loaders.specs.document import SpecDocument

PROVIDERS = ("mpich", "mvapich2", "openmpi")
"""Packages that are put in the place of each other, besides other specs of the same package."""
EXCHANGED_SHARE = 0.25
"""Share of the draws that put in another package, where the target has one of the providers."""


@dataclass(frozen=True)
class Question:
    """A splice to plan.

    Attributes:
        target: Hash of the spec to splice into.
        replacement: Hash of the spec to put in.
        transitive: Whether dependencies that both have come from the replacement.

    """

    target: str
    replacement: str
    transitive: bool

    @property
    def body(self) -> dict[str, Any]:
        """The body of the request."""
        return vars(self)


@dataclass(frozen=True)
class PairsQuestion:
    """Roots of a package, each to be spliced with stored specs of another."""

    targets: str
    replacements: str

    @property
    def body(self) -> dict[str, Any]:
        """The body of the request, for a first page of the default size."""
        return {"q": self.targets, "with": [self.replacements]}


class GraphDraws:
    """Draws splices from a generated graph: roots, each with a spec for one of its dependencies."""

    def __init__(self, graph: Graph, seed: int) -> None:
        """Index the graph."""
        self._graph = graph
        self._random = Random(seed)
        spliced = np.zeros(len(graph.hashes), bool)
        spliced[graph.splices[:, 0]] = True
        self._roots = np.flatnonzero(graph.is_root & ~spliced)
        names = np.array([name for name, _, _ in graph.packages])[graph.package]
        kept = np.flatnonzero(~spliced)
        order = kept[np.argsort(names[kept], kind="stable")]
        found, starts = np.unique(names[order], return_index=True)
        self._of_name = dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True))
        self._names = names
        order = np.argsort(graph.reach[:, 0], kind="stable")
        self._reach, self._flags = graph.reach[order], graph.flags[order]

    def splices(self) -> Iterator[Question]:
        """Yield splices without end; the service may refuse some of them."""
        while True:
            root, dependency = self._root_and_dependency()
            name = str(self._names[dependency])
            if name in PROVIDERS and self._random.random() < EXCHANGED_SHARE:
                name = pick_skewed(self._random, [each for each in PROVIDERS if each != name])
            others = self._of_name.get(name, np.array([]))
            others = others[others != dependency]
            if others.size:
                other = int(others[self._random.randrange(others.size)])
                transitive = self._random.random() < 0.5
                yield Question(self._hash(root), self._hash(other), transitive)

    def pairs(self, count: int) -> list[PairsQuestion]:
        """Return distinct questions for the roots of a package with all specs of another."""
        found: dict[PairsQuestion, None] = {}
        for _ in range(100 * count):
            root, dependency = self._root_and_dependency()
            found.setdefault(PairsQuestion(str(self._names[root]), str(self._names[dependency])))
            if len(found) == count:
                break
        return list(found)

    def _hash(self, number: int) -> str:
        return bytes(self._graph.hashes[number]).decode()

    def _root_and_dependency(self) -> tuple[int, int]:
        """Return a root and a spec of another package that it is deployed with."""
        while True:
            root = int(self._roots[self._random.randrange(len(self._roots))])
            start, end = np.searchsorted(self._reach[:, 0], [root, root + 1])
            deployed = self._reach[start:end, 1][self._flags[start:end] & RUNTIME != 0]
            deployed = deployed[self._names[deployed] != self._names[root]]
            if deployed.size:
                return root, int(deployed[self._random.randrange(deployed.size)])


def pairs_of_documents(
    documents: Iterable[SpecDocument], count: int, seed: int
) -> Sequence[PairsQuestion]:
    """Return distinct questions about the packages of some documents, the headline's among them.

    Args:
        documents: Documents of roots.
        count: How many questions.
        seed: Seed of the draws.

    """
    below: defaultdict[str, set[str]] = defaultdict(set)
    for document in documents:
        root = document.root
        names = {document.by_hash[hash_].name for hash_ in root.runtime_dependencies}
        below[root.name] |= names - {root.name}
    drawn = [PairsQuestion(root, name) for root in sorted(below) for name in sorted(below[root])]
    Random(seed).shuffle(drawn)
    return [PairsQuestion("hdf5+mpi", "mpich@4:"), *drawn][:count]
