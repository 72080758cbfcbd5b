"""All shortest chains from a root to some specs of its DAG.

There may be as many as two to the number of specs, so they are counted without being made, and a
page of them is reached by leaving out whole branches by their counts.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from service.dags.dag import Dag, Step, Tick, no_tick
from service.dags.provenance import built_steps, describe_path, labels_of

Steps = Callable[[str], Iterator[Step]]
"""Tells the steps from the spec of a hash."""


class ShortestPaths:
    """Every shortest path from a start to each wanted node that it reaches.

    In order of their lengths, then of the keys of their steps, one by one.

    :param key: orders the steps from one node.
    :param tick: called now and then; may raise to end the work.
    """

    def __init__(
        self,
        start: str,
        wanted: frozenset[str],
        steps: Steps,
        key: Callable[[Step], Any],
        tick: Tick = no_tick,
    ) -> None:
        self._start = start
        self._tick = tick
        self._before: dict[str, list[str]] = defaultdict(list)
        self._after: dict[str, list[Step]] = {}
        depths, ways = self._explore(steps, key)
        self.reached = wanted & depths.keys()
        """The wanted nodes that are reached."""
        self.total = sum(ways[hash_] for hash_ in self.reached)
        """The number of paths."""
        self._ends: dict[int, list[str]] = defaultdict(list)
        for hash_ in self.reached:
            self._ends[depths[hash_]].append(hash_)
        self._numbers = {
            depth: sum(ways[hash_] for hash_ in ends) for depth, ends in self._ends.items()
        }

    def _explore(
        self, steps: Steps, key: Callable[[Step], Any]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """How far from the start each node is, and how many shortest paths lead to it."""
        depths = {self._start: 0}
        ways = defaultdict(int, {self._start: 1})
        waiting = deque([self._start])
        while waiting:
            self._tick()
            source = waiting.popleft()
            nearer = []
            for step in steps(source):
                if step.target not in depths:
                    depths[step.target] = depths[source] + 1
                    waiting.append(step.target)
                if depths[step.target] == depths[source] + 1:
                    ways[step.target] += ways[source]
                    self._before[step.target].append(source)
                    nearer.append(step)
            self._after[source] = sorted(nearer, key=key)
        return depths, ways

    def paths(self, skip: int = 0) -> Iterator[list[Step]]:
        """The paths after the first `skip` ones."""
        for length in sorted(self._ends):
            if skip >= self._numbers[length]:
                skip -= self._numbers[length]
            else:
                yield from self._of_length(length, skip)
                skip = 0

    def steps(self) -> list[Step]:
        """Every step of any of the paths, once."""
        found: dict[str, list[Step]] = {}
        waiting = sorted(self.reached)
        on_the_way = set(waiting)
        for hash_ in waiting:
            self._tick()
            nearer = [each for each in self._before[hash_] if each not in on_the_way]
            on_the_way.update(nearer)
            waiting += nearer
        for source, steps in self._after.items():
            if source in on_the_way:
                found[source] = [step for step in steps if step.target in on_the_way]
        return [step for steps in found.values() for step in steps]

    def _of_length(self, length: int, skip: int) -> Iterator[list[Step]]:
        if length == 0:
            yield []
            return
        counts = self._onward(length)
        path: list[Step] = []
        open_ = [iter(self._after[self._start])]
        while open_:
            step = next(open_[-1], None)
            if step is None:
                open_.pop()
                del path[-1:]
            elif counts.get(step.target, 0) <= skip:
                skip -= counts.get(step.target, 0)
            elif len(open_) == length:
                self._tick()
                yield [*path, step]
            else:
                path.append(step)
                open_.append(iter(self._after[step.target]))

    def _onward(self, length: int) -> dict[str, int]:
        """For each node, how many of the paths of a length go on from it."""
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


def chains(
    dag: Dag,
    wanted: frozenset[str],
    *,
    deptypes: frozenset[str],
    skip: int,
    limit: int,
    tick: Tick = no_tick,
) -> tuple[list[dict[str, Any]], int]:
    """Shortest chains from the root to wanted nodes, as deployed first, then as built.

    :param deptypes: the types that an edge must have one of to be followed.
    :param skip: how many of the chains to leave out at first.
    :returns: the chains, and the number of all.
    """
    shown: list[dict[str, Any]] = []
    total = 0
    for side, steps in _sides(dag, deptypes):
        found = ShortestPaths(dag.root, wanted, steps, _order(dag), tick)
        for path in islice(found.paths(max(skip - total, 0)), limit - len(shown)):
            described = describe_path(labels_of(dag), dag.root, path)
            shown.append({"side": side, "length": len(path), "path": described})
        total += found.total
        wanted -= found.reached
    return shown, total


def chain_steps(
    dag: Dag, wanted: frozenset[str], deptypes: frozenset[str], tick: Tick = no_tick
) -> list[Step]:
    """Every step of the chains that :func:`chains` tells of, once."""
    found: dict[tuple[str, str], Step] = {}
    for _, steps in _sides(dag, deptypes):
        paths = ShortestPaths(dag.root, wanted, steps, _order(dag), tick)
        found |= {(step.source, step.target): step for step in paths.steps()}
        wanted -= paths.reached
    return list(found.values())


def _sides(dag: Dag, deptypes: frozenset[str]) -> Iterator[tuple[str, Steps]]:
    """The ways to go from the root; the second one, by build specs, only where it was spliced."""

    def deployed(hash_: str) -> Iterator[Step]:
        return (step for step in dag.steps(hash_, built=True) if deptypes & set(step.deptypes))

    yield "deployed", deployed
    if dag.splice_chain():
        steps = built_steps(dag)

        def built(hash_: str) -> Iterator[Step]:
            for step in steps(hash_):
                if step.kind == "SPLICED_FROM" or deptypes & set(step.deptypes):
                    yield step

        yield "built", built


def _order(dag: Dag) -> Callable[[Step], tuple[str, ...]]:
    """Order steps by the spec that they lead to: name, version, hash."""

    def key(step: Step) -> tuple[str, ...]:
        node = dag.nodes.get(step.target)
        version_key = str(node.properties["version_key"]) if node else ""
        return (node.name if node else "", version_key, step.target, step.kind)

    return key
