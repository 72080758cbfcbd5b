"""Find and count roots by postings: bitmaps of the roots that have a package and version on a side.

Postings hold the sealed roots; the others are few and are tested by their closure edges. Reads are
not snapshots, so their order matters: first the segments that count, then the unsealed roots, then
the postings, the roots of a page, and the segments again. If these have changed, or roots have got
other places, or a root of the page has gone, everything is read once more.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from neo4j import Driver
from pyroaring import BitMap

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.clauses import Clause, Literal
from service.queries.node_filter import NodeFilter
from service.queries.query import SpecItem, SpecPage
from service.queries.root_statements import PackageTest, package_test

MOST_UNSEALED = 300
"""If more roots are unsealed, testing them takes longer than using closure edges."""
_ATTEMPTS = 3
_SIDES = frozenset({"built_with", "deployed_with"})
_PROBES = 32
"""Roots of a segment that are read at once to find the first one of a page among them."""

_ABSENT_SECONDS = 5.0
"""How long a graph without postings is not asked for them again."""
_absent_until: WeakKeyDictionary[Driver, float] = WeakKeyDictionary()

_Key = tuple[str, str, str]
_Place = tuple[int, int]


@dataclass(frozen=True)
class _Index:
    """Which postings count: the segments, and how often roots have got other places."""

    segments: list[int]
    moves: int


def may_have_postings(database: Database) -> bool:
    """Return whether the graph had postings when it was last asked, or has to be asked again."""
    return time.monotonic() >= _absent_until.get(database.driver, 0.0)


def count_by_postings(
    database: Database, clauses: Sequence[Clause], sets: Sequence[NodeFilter]
) -> int | None:
    """Return how many roots satisfy some clauses, exactly.

    Args:
        database: The graph.
        clauses: The clauses; all must hold.
        sets: The node sets that they refer to.

    Returns:
        The number; None if postings do not decide the clauses, or are not ready.
    """
    page = find_by_postings(database, clauses, sets, Position(), 0)
    return page.total if page else None


def find_by_postings(
    database: Database,
    clauses: Sequence[Clause],
    sets: Sequence[NodeFilter],
    position: Position,
    limit: int,
) -> SpecPage | None:
    """Return a page of the roots that satisfy some clauses, and how many do, exactly.

    Args:
        database: The graph.
        clauses: The clauses; all must hold.
        sets: The node sets that they refer to.
        position: The last root of the page before.
        limit: Most roots of the page.

    Returns:
        The page; None if postings do not decide the clauses, or are not ready.
    """
    if not _are_decided(clauses, sets):
        return None
    tests = [[package_test(literal, sets) for literal in clause] for clause in clauses]
    for _ in range(_ATTEMPTS):
        index = _read_index(database)
        if index is None:
            return None
        (record,) = database.read("unsealed_matches", clauses=tests, limit=MOST_UNSEALED + 1)
        if record["unsealed"] > MOST_UNSEALED:
            return None
        unsealed: list[tuple[str | None, SpecItem | None]] = record["roots"]
        outdated = [_parse_place(each) for places, _ in unsealed for each in (places or "").split()]
        sealed = _find_sealed(database, tests, index.segments, outdated)
        found = _Found(database, sealed, [item for _, item in unsealed if item])
        items = found.page(position, limit)
        if items is not None and _read_index(database) == index:
            return SpecPage(items, found.total)
    return None


def _are_decided(clauses: Sequence[Clause], sets: Sequence[NodeFilter]) -> bool:
    """Return whether postings decide some clauses.

    Some package must be asked for: not all numbers of a segment are those of a root, so postings
    only take roots without a package from others.
    """
    return any(not _excludes(clause) for clause in clauses) and all(
        _is_decided(literal, sets) and (not literal.negated or len(clause) == 1)
        for clause in clauses
        for literal in clause
    )


def _excludes(clause: Clause) -> bool:
    return any(literal.negated for literal in clause)


def _is_decided(literal: Literal, sets: Sequence[NodeFilter]) -> bool:
    """Return whether a literal only says that a package, in some versions, is on a side or not."""
    return (
        literal.kind in _SIDES
        and literal.set is not None
        and sets[literal.set]["plain"]
        and literal == Literal(literal.kind, literal.set, negated=literal.negated)
    )


def _read_index(database: Database) -> _Index | None:
    """Return which postings count, None if postings are not ready."""
    records = database.read("posting_index")
    if not records or not records[0]["ready"]:
        _absent_until[database.driver] = time.monotonic() + _ABSENT_SECONDS
        return None
    record = records[0]
    segments = [int(each.partition(":")[0]) for each in record["segments"].split()]
    return _Index(segments, record["moves"])


def _parse_place(text: str) -> _Place:
    segment, number = text.split(":")
    return int(segment), int(number)


def _find_sealed(
    database: Database,
    tests: Sequence[Sequence[PackageTest]],
    segments: Sequence[int],
    outdated: Sequence[_Place],
) -> dict[int, BitMap]:
    """Return the numbers of the sealed roots that satisfy the clauses, by segment.

    Args:
        database: The graph.
        tests: The clauses, as packages on sides.
        segments: The segments that count.
        outdated: Places of unsealed roots.
    """
    packages = [
        {"kind": test["kind"], "name": test["name"], **interval}
        for clause in tests
        for test in clause
        for interval in test["intervals"]
    ]
    clause_of = [
        index for index, clause in enumerate(tests) for test in clause for _ in test["intervals"]
    ]
    record = database.read("postings_of_packages", segments=segments, packages=packages)[0]
    found: list[defaultdict[int, list[BitMap]]] = [defaultdict(list) for _ in tests]
    for place, segment, content in record["postings"]:
        found[clause_of[place]][segment].append(BitMap.deserialize(content))
    excluded: defaultdict[int, BitMap] = defaultdict(BitMap)
    for segment, number in [*record["gone"], *outdated]:
        excluded[segment].add(number)
    wanted = [each for each, clause in zip(found, tests, strict=True) if not _any_negated(clause)]
    unwanted = [each for each, clause in zip(found, tests, strict=True) if _any_negated(clause)]
    return {
        segment: BitMap.intersection(*(_union(each[segment]) for each in wanted))
        - _union([bitmap for each in unwanted for bitmap in each[segment]])
        - excluded[segment]
        for segment in segments
    }


def _any_negated(clause: Sequence[PackageTest]) -> bool:
    return any(test["negated"] for test in clause)


def _union(bitmaps: Iterable[BitMap]) -> BitMap:
    return BitMap.union(BitMap(), *bitmaps)


@dataclass(frozen=True)
class _Found:
    """The roots that satisfy a query.

    Attributes:
        database: The graph.
        sealed: Numbers of the sealed ones by segment. They follow the order of answers.
        unsealed: The others.
    """

    database: Database
    sealed: Mapping[int, BitMap]
    unsealed: Sequence[SpecItem]

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(map(len, self.sealed.values())) + len(self.unsealed)

    def page(self, position: Position, limit: int) -> list[SpecItem] | None:
        """Return the first roots after a position; None if one of them has gone."""
        if limit == 0:
            return []
        after = position.name, position.version_key, position.uid
        before = self._count_before(after)
        if before is None:
            return None
        places = [
            (segment, number)
            for segment, numbers in self.sealed.items()
            for number in numbers[before[segment] : before[segment] + limit]
        ]
        items = self._read(places)
        if len(items) < len(places):
            return None
        rest = [item for item in self.unsealed if _key(item) > after]
        return sorted([*items.values(), *rest], key=_key)[:limit]

    def _count_before(self, after: _Key) -> dict[int, int] | None:
        """Return how many sealed roots of each segment are not after a position.

        Returns:
            The numbers; None if a root that was looked at has gone.
        """
        low = dict.fromkeys(self.sealed, 0)
        if not any(after):
            return low
        high = {segment: len(numbers) for segment, numbers in self.sealed.items()}
        while places := dict(self._probes(low, high)):
            items = self._read(list(places))
            if len(items) < len(places):
                return None
            for place, item in items.items():
                segment, rank = place[0], places[place]
                if _key(item) <= after:
                    low[segment] = max(low[segment], rank + 1)
                else:
                    high[segment] = min(high[segment], rank)
        return low

    def _probes(
        self, low: Mapping[int, int], high: Mapping[int, int]
    ) -> Iterator[tuple[_Place, int]]:
        """Yield roots, with their ranks, that divide the rest of each segment evenly."""
        for segment, numbers in self.sealed.items():
            left = high[segment] - low[segment]
            for rank in {low[segment] + left * part // _PROBES for part in range(_PROBES)}:
                if left:
                    yield (segment, numbers[rank]), rank

    def _read(self, places: Sequence[_Place]) -> dict[_Place, SpecItem]:
        texts = [f"{segment}:{number}" for segment, number in places]
        found = self.database.read_one("roots_at_places", places=texts) if texts else ()
        return {_parse_place(place): item for place, item in found or ()}


def _key(item: SpecItem) -> _Key:
    return item["name"] or "", item["version_key"], item["uid"]
