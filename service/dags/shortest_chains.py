"""All shortest chains from a root to some specs of its DAG.

There may be as many as two to the power of the number of specs. They are counted without being
enumerated, and a page of them is reached by skipping whole branches by their counts.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from service.dags.dag import Dag, Step, Tick, no_tick
from service.dags.labels import PathNode, describe_path, labels_of
from service.dags.provenance import built_steps

Steps = Callable[[str], Iterator[Step]]
"""Yields the steps from the spec with a hash."""

StepKey = Callable[[Step], tuple[str, ...]]
"""Sort key of a step."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain of dependencies.

    Attributes:
        side: `deployed`, or `built` if it leads through the build spec.
        length: Number of steps.
        path: The nodes from the root to the dependency.
    """

    side: str
    length: int
    path: list[PathNode]


@dataclass(frozen=True, slots=True)
class ChainPage:
    """Some chains, and how many there are.

    Attributes:
        chains: The chains of this page.
        total: Number of chains on all pages.
    """

    chains: list[Chain]
    total: int


class ShortestPaths:
    """Every shortest path from a start to each target that it reaches.

    Ordered by length, then by the keys of their steps, one by one.
    """

    def __init__(
        self,
        start: str,
        targets: frozenset[str],
        steps: Steps,
        key: StepKey,
        tick: Tick = no_tick,
    ) -> None:
        """Count the paths.

        Args:
            start: Hash to start from.
            targets: Hashes to find.
            steps: The steps from a hash.
            key: Orders the steps from one node.
            tick: Called now and then; may raise to end the work.
        """
        self._start = start
        self._tick = tick
        self._before: dict[str, list[str]] = defaultdict(list)
        self._after: dict[str, list[Step]] = {}
        depths, counts = self._measure_paths(steps, key)
        self.reached = targets & depths.keys()
        """The targets that are reached."""
        self.total = sum(counts[hash_] for hash_ in self.reached)
        """The number of paths."""
        self._ends: dict[int, list[str]] = defaultdict(list)
        for hash_ in self.reached:
            self._ends[depths[hash_]].append(hash_)
        self._numbers = {
            depth: sum(counts[hash_] for hash_ in ends) for depth, ends in self._ends.items()
        }

    def _measure_paths(self, steps: Steps, key: StepKey) -> tuple[dict[str, int], dict[str, int]]:
        """Return each node's distance from the start, and the number of shortest paths to it."""
        depths = {self._start: 0}
        counts = defaultdict(int, {self._start: 1})
        waiting = deque([self._start])
        while waiting:
            self._tick()
            source = waiting.popleft()
            nearer = []
            for step in steps(source):
                if step.target not in depths:
                    depths[step.target] = depths[source] + 1
                    waiting.append(step.target)
                # Breadth first: the count of a node is final when its own steps are taken.
                if depths[step.target] == depths[source] + 1:
                    counts[step.target] += counts[source]
                    self._before[step.target].append(source)
                    nearer.append(step)
            self._after[source] = sorted(nearer, key=key)
        return depths, counts

    def iterate_paths(self, skip: int = 0) -> Iterator[list[Step]]:
        """Yield the paths after the first `skip` ones."""
        for length in sorted(self._ends):
            if skip >= self._numbers[length]:
                skip -= self._numbers[length]
            else:
                yield from self._of_length(length, skip)
                skip = 0

    def distinct_steps(self) -> list[Step]:
        """Return every step of any of the paths, once."""
        found: dict[str, list[Step]] = {}
        waiting = sorted(self.reached)
        on_a_path = set(waiting)
        for hash_ in waiting:
            self._tick()
            nearer = [each for each in self._before[hash_] if each not in on_a_path]
            on_a_path.update(nearer)
            waiting += nearer
        for source, steps in self._after.items():
            if source in on_a_path:
                found[source] = [step for step in steps if step.target in on_a_path]
        return [step for steps in found.values() for step in steps]

    def _of_length(self, length: int, skip: int) -> Iterator[list[Step]]:
        if length == 0:
            yield []
            return
        counts = self._count_onward(length)
        path: list[Step] = []
        # A stack of iterators instead of recursion: chains may be longer than Python's stack.
        open_ = [iter(self._after[self._start])]
        while open_:
            step = next(open_[-1], None)
            if step is None:
                open_.pop()
                del path[-1:]
            elif counts.get(step.target, 0) <= skip:
                # All paths of this branch are on earlier pages; skip them without a walk.
                skip -= counts.get(step.target, 0)
            elif len(open_) == length:
                self._tick()
                yield [*path, step]
            else:
                path.append(step)
                open_.append(iter(self._after[step.target]))

    def _count_onward(self, length: int) -> dict[str, int]:
        """Return for each node how many of the paths of a length continue from it."""
        layer = dict.fromkeys(self._ends[length], 1)
        counts = dict(layer)
        for _ in range(length):
            self._tick()
            above: dict[str, int] = defaultdict(int)
            for target, number in layer.items():
                for source in self._before[target]:
                    above[source] += number
            counts |= above
            layer = above
        return counts


def shortest_chains(
    dag: Dag,
    targets: frozenset[str],
    *,
    deptypes: frozenset[str],
    skip: int,
    limit: int,
    tick: Tick = no_tick,
) -> ChainPage:
    """Return shortest chains from the root to each target, as deployed first, then as built.

    Args:
        dag: The DAG.
        targets: Hashes of the dependencies to explain.
        deptypes: Types of which an edge must have one to be followed.
        skip: Number of chains to leave out at the start.
        limit: Most chains to return.
        tick: Called now and then; may raise to end the work.
    """
    labels = labels_of(dag)
    shown: list[Chain] = []
    total = 0
    for side, steps in _searched_sides(dag, deptypes):
        found = ShortestPaths(dag.root, targets, steps, _step_key(dag), tick)
        for path in islice(found.iterate_paths(max(skip - total, 0)), limit - len(shown)):
            shown.append(Chain(side, len(path), describe_path(labels, dag.root, path)))
        total += found.total
        # A dependency that is deployed needs no chain through the build spec too.
        targets -= found.reached
    return ChainPage(shown, total)


def chain_steps(
    dag: Dag, targets: frozenset[str], deptypes: frozenset[str], tick: Tick = no_tick
) -> list[Step]:
    """Return every step of the chains of :func:`shortest_chains`, once."""
    found: dict[tuple[str, str], Step] = {}
    for _, steps in _searched_sides(dag, deptypes):
        paths = ShortestPaths(dag.root, targets, steps, _step_key(dag), tick)
        found |= {(step.source, step.target): step for step in paths.distinct_steps()}
        targets -= paths.reached
    return list(found.values())


def _searched_sides(dag: Dag, deptypes: frozenset[str]) -> Iterator[tuple[str, Steps]]:
    """Yield the sides to search; the built one only if the root is spliced."""

    def deployed_steps(hash_: str) -> Iterator[Step]:
        return (
            step
            for step in dag.steps_from(hash_, built=True)
            if step.kind == "DEPENDS_ON" and (not step.deptypes or deptypes & set(step.deptypes))
        )

    yield "deployed", deployed_steps
    if dag.splice_chain():
        steps = built_steps(dag)

        def matching_steps(hash_: str) -> Iterator[Step]:
            for step in steps(hash_):
                if not step.deptypes or deptypes & set(step.deptypes):
                    yield step

        yield "built", matching_steps


def _step_key(dag: Dag) -> StepKey:
    """Return a sort key of steps: name, version and hash of the spec that a step leads to."""

    def sort_key(step: Step) -> tuple[str, ...]:
        node = dag.nodes.get(step.target)
        version_key = node.properties["version_key"] if node else ""
        return (node.name if node else "", version_key, step.target, step.kind)

    return sort_key
