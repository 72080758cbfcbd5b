"""The questions answered from sparse matrices in memory."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.questions import Dag, Ids, Match, Page, Question
from benchmarks.rows_to_csv import Graph

_LARGE = 20_000


class _Links:
    """For each spec a list of others: compressed sparse rows.

    :param pairs: integers (links, 2), from and to.
    """

    def __init__(self, pairs: NDArray[np.uint32], size: int) -> None:
        ones = np.ones(len(pairs), dtype=np.int8)
        shape = (size, size)
        matrix = sparse.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=shape)
        self.starts: NDArray[np.int64] = matrix.indptr.astype(np.int64)
        self.targets: NDArray[np.int32] = matrix.indices.astype(np.int32)

    def of(self, specs: Ids) -> NDArray[np.int32]:
        """All that these specs lead to, repeats included."""
        counts = self.starts[specs + 1] - self.starts[specs]
        total = int(counts.sum())
        shifts = np.repeat(self.starts[specs] - np.cumsum(counts) + counts, counts)
        return self.targets[shifts + np.arange(total)]

    def reach(self, starts: Ids) -> NDArray[np.bool_]:
        """What some specs reach, themselves included: bool, a spec each."""
        seen = np.zeros(len(self.starts) - 1, dtype=np.bool_)
        seen[starts] = True
        frontier = starts
        while frontier.size:
            found = self.of(frontier)
            found = found[~seen[found]]
            seen[found] = True
            frontier = _unique(found, len(seen))
        return seen


def _unique(found: NDArray[np.int32], size: int) -> Ids:
    if found.size < _LARGE:
        return np.unique(found).astype(np.int64)
    marked = np.zeros(size, dtype=np.bool_)
    marked[found] = True
    return np.flatnonzero(marked)


class Csr:
    """Answers by breadth-first walks over the arrays of a graph."""

    def __init__(self, graph: Graph) -> None:
        """Build the matrices."""
        size = len(graph.hashes)
        reverse = graph.edges[:, ::-1]
        spliced_up = graph.splices[:, ::-1]
        self._hashes = graph.hashes
        self._is_root = graph.is_root
        self._down = _Links(graph.edges, size)
        self._runtime_up = _Links(reverse[graph.runtime], size)
        self._up = _Links(reverse, size)
        self._up_and_splices = _Links(np.concatenate((reverse, spliced_up)), size)
        self._splices_up = _Links(spliced_up, size)
        self._spliced = np.zeros(size, dtype=np.bool_)
        self._spliced[graph.splices[:, 0]] = True
        self._packages = graph.packages
        self._by_package = np.argsort(graph.package, kind="stable")
        counts = np.bincount(graph.package, minlength=len(graph.packages))
        self._package_starts = np.concatenate(([0], np.cumsum(counts)))
        self._of_name: dict[str, list[int]] = {}
        for place, (name, _, _) in enumerate(graph.packages):
            self._of_name.setdefault(name, []).append(place)
        self._ranks = _ranks(graph)

    def roots(self, question: Question) -> Ids:
        """All roots, by number."""
        return np.flatnonzero(self._roots(question))

    def page(self, question: Question, limit: int = 50) -> Page:
        """The first roots; the order of all specs is known from the start."""
        found = self.roots(question)
        ranks = self._ranks[found]
        if len(found) > limit:
            nearest = np.argpartition(ranks, limit)[:limit]
            first = found[nearest[np.argsort(ranks[nearest])]]
        else:
            first = found[np.argsort(ranks)]
        return Page(len(found), [hash_.decode() for hash_ in self._hashes[first].tolist()])

    def dag(self, root: int) -> Dag:
        """One whole DAG."""
        specs = np.flatnonzero(self._down.reach(np.array([root], dtype=np.int64)))
        counts = self._down.starts[specs + 1] - self._down.starts[specs]
        targets = self._down.of(specs).astype(np.int64)
        edges = np.column_stack((np.repeat(specs, counts), targets))
        return Dag(specs, edges[np.lexsort((edges[:, 1], edges[:, 0]))])

    def _roots(self, question: Question) -> NDArray[np.bool_]:
        answer = self._is_root.copy()
        if question.deployed is not None:
            answer &= self._runtime_up.reach(self._wanted(question.deployed))
        if question.reached is not None:
            answer &= self._up.reach(self._wanted(question.reached))
        if question.built is not None:
            above = self._up_and_splices.reach(self._wanted(question.built))
            compiled = np.flatnonzero(above & ~self._spliced)
            answer &= self._splices_up.reach(compiled)
        return answer

    def _wanted(self, match: Match) -> Ids:
        places = [
            place
            for place in self._of_name.get(match.name, ())
            if match.fits(match.name, self._packages[place][2])
        ]
        return _joined([self._with_package(place) for place in places])

    def _with_package(self, place: int) -> Ids:
        start, end = self._package_starts[place : place + 2]
        return self._by_package[start:end]


def _joined(parts: Sequence[Ids]) -> Ids:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _ranks(graph: Graph) -> NDArray[np.int64]:
    """The place of each spec in the order by name, version key and hash."""
    keys = sorted({(name, key) for name, _, key in graph.packages})
    places = {key: place for place, key in enumerate(keys)}
    of_package = np.array([places[name, key] for name, _, key in graph.packages], dtype=np.int64)
    order = np.lexsort((graph.hashes, of_package[graph.package]))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
