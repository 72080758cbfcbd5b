"""Baseline: the questions answered from sparse matrices in memory."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.questions import Dag, Ids, Match, Page, Question
from benchmarks.rows_to_csv import Graph

# Above this many numbers, marking them in an array of all specs is faster than sorting them.
_LARGE = 20_000


class _Links:
    """Links from specs to specs as compressed sparse rows."""

    def __init__(self, pairs: NDArray[np.uint32], size: int) -> None:
        """Build the rows.

        Args:
            pairs: sources and targets, shape (links, 2).
            size: number of specs.

        """
        ones = np.ones(len(pairs), dtype=np.int8)
        shape = (size, size)
        matrix = sparse.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=shape)
        self.starts: NDArray[np.int64] = matrix.indptr.astype(np.int64)
        self.targets: NDArray[np.int32] = matrix.indices.astype(np.int32)

    def targets_of(self, specs: Ids) -> NDArray[np.int32]:
        """Return the targets of these specs, including repeats."""
        counts = self.starts[specs + 1] - self.starts[specs]
        total = int(counts.sum())
        shifts = np.repeat(self.starts[specs] - np.cumsum(counts) + counts, counts)
        return self.targets[shifts + np.arange(total)]

    def reachable_from(self, starts: Ids) -> NDArray[np.bool_]:
        """Return for each spec whether it is, or can be reached from, one of some specs."""
        seen = np.zeros(len(self.starts) - 1, dtype=np.bool_)
        seen[starts] = True
        frontier = starts
        while frontier.size:
            targets = self.targets_of(frontier)
            targets = targets[~seen[targets]]
            seen[targets] = True
            frontier = _unique_ids(targets, len(seen))
        return seen


def _unique_ids(numbers: NDArray[np.int32], size: int) -> Ids:
    if numbers.size < _LARGE:
        return np.unique(numbers).astype(np.int64)
    marked = np.zeros(size, dtype=np.bool_)
    marked[numbers] = True
    return np.flatnonzero(marked)


class Csr:
    """Answers questions by breadth-first searches over the arrays of a graph."""

    def __init__(self, graph: Graph) -> None:
        """Build the matrices and the order of all specs."""
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
        self._packages_by_name: dict[str, list[int]] = {}
        for package, (name, _, _) in enumerate(graph.packages):
            self._packages_by_name.setdefault(name, []).append(package)
        self._ranks = _rank_specs(graph)

    def roots(self, question: Question) -> Ids:
        """Return the numbers of all roots that match."""
        return np.flatnonzero(self._matching_roots(question))

    def page(self, question: Question, limit: int = 50) -> Page:
        """Return the first roots; the order of all specs was computed in advance."""
        found = self.roots(question)
        ranks = self._ranks[found]
        if len(found) > limit:
            first = np.argpartition(ranks, limit)[:limit]
            selected = found[first[np.argsort(ranks[first])]]
        else:
            selected = found[np.argsort(ranks)]
        return Page(len(found), [hash_.decode() for hash_ in self._hashes[selected].tolist()])

    def dag(self, root: int) -> Dag:
        """Return one whole DAG."""
        specs = np.flatnonzero(self._down.reachable_from(np.array([root], dtype=np.int64)))
        counts = self._down.starts[specs + 1] - self._down.starts[specs]
        targets = self._down.targets_of(specs).astype(np.int64)
        edges = np.column_stack((np.repeat(specs, counts), targets))
        return Dag(specs, edges[np.lexsort((edges[:, 1], edges[:, 0]))])

    def _matching_roots(self, question: Question) -> NDArray[np.bool_]:
        answer = self._is_root.copy()
        if question.deployed is not None:
            answer &= self._runtime_up.reachable_from(self._matching_specs(question.deployed))
        if question.depends_on is not None:
            answer &= self._up.reachable_from(self._matching_specs(question.depends_on))
        if question.built is not None:
            above = self._up_and_splices.reachable_from(self._matching_specs(question.built))
            compiled = np.flatnonzero(above & ~self._spliced)
            answer &= self._splices_up.reachable_from(compiled)
        return answer

    def _matching_specs(self, match: Match) -> Ids:
        packages = [
            package
            for package in self._packages_by_name.get(match.name, ())
            if match.fits(match.name, self._packages[package][2])
        ]
        parts = [self._specs_of_package(package) for package in packages]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def _specs_of_package(self, package: int) -> Ids:
        start, end = self._package_starts[package : package + 2]
        return self._by_package[start:end]


def _rank_specs(graph: Graph) -> NDArray[np.int64]:
    """Return the rank of each spec in the order by name, version key and hash."""
    keys = sorted({(name, key) for name, _, key in graph.packages})
    rank_of_key = {key: rank for rank, key in enumerate(keys)}
    package_ranks = [rank_of_key[name, key] for name, _, key in graph.packages]
    package_rank = np.array(package_ranks, dtype=np.int64)
    order = np.lexsort((graph.hashes, package_rank[graph.package]))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
