"""The order of tests, on top of the random one.

Tests of one graph follow each other, so that it is loaded once. Files with tests that wait, for a
server or a browser that they start, alternate with others, so that workers seldom wait together
and none is left with a slow file at the end.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import pytest

SHARED = "shared_graph"
"""The fixture by which tests share a graph."""
_WAITING = ("embedded", "chromium")
"""Markers of tests that wait."""

Files = Sequence[Sequence[pytest.Item]]


def arrange_items(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return tests in the order to run them."""
    by_path: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        by_path[item.path].append(item)
    files = by_path.values()
    waiting = [file for file in files if any(map(_waits, file))]
    others = [file for file in files if not any(map(_waits, file))]
    return [item for file in _alternate(waiting, others) for item in sorted(file, key=_graph_of)]


def _alternate(some: Files, others: Files) -> Iterator[Sequence[pytest.Item]]:
    for pair in zip_longest(some, others, fillvalue=()):
        yield from pair


def _waits(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in _WAITING)


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
