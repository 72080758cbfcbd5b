"""The order of tests, on top of the random one.

Tests of one graph follow each other, also those of different files, so that it is seldom loaded.
Files with tests that wait, for a server or a browser that they start, alternate with others, so
that workers seldom wait together and none is left with a slow file at the end.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import pytest

SHARED = "shared_graph"
"""The fixture by which tests share a graph."""
_WAITING = ("embedded", "chromium")
"""Markers of tests that wait."""
_CLEARING = "clears_plans"
"""The marker of tests that clear the server's plans."""

Files = Sequence[Sequence[pytest.Item]]


def arrange_items(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return tests in the order to run them."""
    by_path: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        by_path[item.path].append(item)
    clearing = [file for file in by_path.values() if any(map(_clears_plans, file))]
    files = [file for file in by_path.values() if file not in clearing]
    waiting = [file for file in files if any(map(_waits, file))]
    others = [file for file in files if not any(map(_waits, file))]
    ordered = [*clearing, *_join_graphs(list(_alternate(waiting, others)))]
    return [item for file in ordered for item in sorted(file, key=_graph_of)]


def _join_graphs(files: Files) -> Iterator[Sequence[pytest.Item]]:
    """Yield files with the same graph behind the first of them.

    A file with further tests, which may load another graph, comes after those without.
    """
    loaders = [Counter(filter(None, map(_loader_of, file))) for file in files]
    in_files = Counter(loader for each in loaders for loader in each)
    blocks: defaultdict[object, list[tuple[int, Sequence[pytest.Item]]]] = defaultdict(list)
    for place, (file, found) in enumerate(zip(files, loaders, strict=True)):
        shared = [each for each, _ in found.most_common() if in_files[each] > 1]
        others = len(file) - found[shared[0]] if shared else 0
        blocks[shared[0] if shared else place].append((others, file))
    for block in blocks.values():
        yield from (file for _, file in sorted(block, key=lambda each: each[0] > 0))


def _loader_of(item: pytest.Item) -> Callable[..., object] | None:
    """Return the function of the first fixture that loads a shared graph for a test, if any."""
    if not isinstance(item, pytest.Function):
        return None
    definitions = item._fixtureinfo.name2fixturedefs.values()  # noqa: SLF001
    return next((each[-1].func for each in definitions if SHARED in each[-1].argnames), None)


def _alternate(some: Files, others: Files) -> Iterator[Sequence[pytest.Item]]:
    for pair in zip_longest(some, others, fillvalue=()):
        yield from pair


def _waits(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in _WAITING)


def _clears_plans(item: pytest.Item) -> bool:
    return item.get_closest_marker(_CLEARING) is not None


def _graph_of(item: pytest.Item) -> tuple[bool, list[str]]:
    """Return a key that is the same for tests whose fixtures load the same graphs.

    Tests without a shared graph come last, because they may empty the database.
    """
    fixtures: dict[str, Sequence[pytest.FixtureDef[object]]]
    fixtures = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}  # noqa: SLF001
    loading = {SHARED}
    # A fixture may request others in any order: repeat until no more of them load a graph.
    while more := {
        name
        for name, found in fixtures.items()
        if name not in loading and any(loading.intersection(each.argnames) for each in found)
    }:
        loading |= more
    graphs = sorted(fixtures.keys() & loading)
    return not graphs, graphs
