"""Seal roots: put them into a segment of postings, in transactions of bounded size.

A root that is new, or whose closure changed, is *unsealed*: readers test it by its closure edges.
To seal roots, they get places in a new segment, the postings of the segment are written, and one
property of one node lets the segment count. Then the roots are marked as sealed, unless they have
changed in between. Readers never see a part of that: until the segment counts they do not look at
its postings, and afterwards a root that is still marked as unsealed is left out of the postings.
Whatever interrupts the work leaves an exact graph; the next sealing starts anew.

Every transaction first renews the lease of the sealer, under a lock: one that was superseded while
it stood still can write nothing any more.
"""

import math
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from neo4j import ManagedTransaction
from pyroaring import BitMap

from cypher.run import Database, run_one

ROOTS_PER_TRANSACTION = 250
"""Roots of which a transaction reads the closures: some 20,000 edges."""
ROOTS_PER_SEGMENT = 100_000
"""Most unsealed roots of a new segment. With them come the roots of segments that are joined; the
bitmaps of all are in memory until they are written."""
SIMILAR = 8
"""So many segments of similar size are joined: a root is sealed again for each power of it."""
ROOTS_OF_SMALL = 1_000
"""Segments of fewer roots are similar whatever their sizes."""
_ROWS = 2_000
_SPECS = 20_000
_MILLISECONDS = 120_000
_FEW_GONE = 1_000
_SHARE_GONE = 32

Place = tuple[int, int]
"""A segment, and a number in it."""


class SupersededError(Exception):
    """Another process has taken over the sealing; its own segment does not count."""


class _StoppedError(Exception):
    """The work is to end; its segment does not count."""


class _Root(TypedDict):
    uid: str
    name: str | None
    version_key: str | None


@dataclass(frozen=True)
class Segment:
    """A segment that counts: its number, and how many roots were put into it."""

    number: int
    size: int


@dataclass(frozen=True)
class Waiting:
    """How much there is to do.

    Attributes:
        unsealed: Roots that are unsealed, up to the limit of the question.
        gone: Places that no longer count.
        roots: All roots.
    """

    unsealed: int
    gone: int
    roots: int

    @property
    def has_many_gone(self) -> bool:
        """Whether so many places no longer count that questions take longer for them."""
        return self.gone > max(_FEW_GONE, self.roots // _SHARE_GONE)


def parse_segments(text: str) -> list[Segment]:
    """Return the segments that a `PostingIndex` names."""
    pairs = (each.split(":") for each in text.split())
    return [Segment(int(number), int(size)) for number, size in pairs]


def count_waiting(database: Database, limit: int = ROOTS_PER_SEGMENT) -> Waiting:
    """Return how much there is to do; unsealed roots are counted up to a limit."""
    record = database.read("count_unsealed", limit=limit)[0]
    return Waiting(record["unsealed"], record["gone"], record["roots"])


def is_ready(database: Database) -> bool:
    """Return whether every root is sealed or marked as unsealed."""
    records = database.read("posting_index")
    return bool(records and records[0]["ready"])


def seal(database: Database, is_stopped: Callable[[], bool] = lambda: False) -> int | None:
    """Seal roots until none is unsealed; the first time, begin with those of older versions.

    Args:
        database: The database to write to. It may be in use.
        is_stopped: Asked between transactions; once it returns true, the work ends.

    Returns:
        How many roots were put into segments; None if another process is sealing.

    Raises:
        SupersededError: Another process has taken over.
        neo4j.exceptions.Neo4jError: The database refused; answers are exact.
        WriteRefusedError: The database is not to be written to now.
    """
    sealer = _Sealer(database, is_stopped)
    segment = sealer.begin()
    if segment is None:
        return None
    total = 0
    try:
        while segment is not None:
            sealed = sealer.make_segment(segment)
            total += sealed
            if not sealed:
                break
            segment = sealer.begin()
    except _StoppedError:
        pass
    finally:
        sealer.end()
    return total


def suspend(database: Database) -> None:
    """Let no postings count any more, whoever seals now; the next sealing makes them anew."""
    database.write(lambda tx: run_one(tx, "suspend_postings"))


class _Sealer:
    def __init__(self, database: Database, is_stopped: Callable[[], bool]) -> None:
        self._database = database
        self._is_stopped = is_stopped
        self._name = str(uuid.uuid4())

    def _raise_if_stopped(self) -> None:
        """Raise if the work is to end, between two transactions.

        Raises:
            _StoppedError: It is to end.
        """
        if self._is_stopped():
            raise _StoppedError

    def begin(self) -> int | None:
        """Return the number of a new segment, None if another process is sealing."""
        segment = self._database.write(
            lambda tx: run_one(tx, "begin_sealing", sealer=self._name, milliseconds=_MILLISECONDS)
        )
        return None if segment is None else int(segment)

    def end(self) -> None:
        """Let others seal."""
        self._database.write(lambda tx: run_one(tx, "end_sealing", sealer=self._name))

    def let_count(self, segments: Iterable[Segment], *, ready: bool) -> None:
        """Let these segments count and no others.

        Raises:
            SupersededError: Another process has taken over.
        """
        text = " ".join(f"{each.number}:{each.size}" for each in segments)
        self._write("count_segments", segments=text, ready=ready)

    def clean_up(self, segments: Sequence[Segment]) -> None:
        """Delete the postings of all segments but these."""
        numbers = [each.number for each in segments]
        while self._write("drop_postings", segments=numbers, limit=_ROWS):
            self._raise_if_stopped()

    def make_segment(self, number: int) -> int:
        """Make a segment of the unsealed roots, and of the segments that are joined with it.

        Returns:
            How many roots it has; 0 if nothing was left to do.

        Raises:
            _StoppedError: The work is to end.
        """
        self._raise_if_stopped()
        record = self._database.read("posting_index")[0]
        segments = parse_segments(record["segments"])
        self.clean_up(segments)
        if not record["ready"]:
            self._mark_all(segments)
        roots: list[_Root] = self._database.read_one("unsealed_roots", limit=ROOTS_PER_SEGMENT)
        joined = segments_to_join(segments, count_waiting(self._database, 0))
        if not roots and not joined:
            if not record["ready"]:
                self.let_count(segments, ready=True)
            return 0
        if joined:
            known = {root["uid"] for root in roots}
            roots += (root for root in self._roots_of(joined) if root["uid"] not in known)
        uids = self._write_segment(number, roots, segments, joined)
        self._raise_if_stopped()
        if not (uids or joined):
            return 0
        kept = [each for each in segments if each not in joined]
        self.let_count([*kept, Segment(number, len(uids))], ready=True)
        for part in _chunks(uids, _ROWS):
            self._write("finish_sealing", uids=part, segment=number)
        return len(uids)

    def _mark_all(self, segments: Sequence[Segment]) -> None:
        """Mark the roots that are in none of the segments as unsealed: an older version did not."""
        numbers = [each.number for each in segments]
        after: str | None = ""
        while after is not None:
            self._raise_if_stopped()
            after = self._write("unseal_some", after=after, limit=_SPECS, segments=numbers)

    def _roots_of(self, segments: Iterable[Segment]) -> Iterator[_Root]:
        numbers = [each.number for each in segments]
        after: str | None = ""
        while after is not None:
            self._raise_if_stopped()
            record = self._database.read(
                "sealed_roots", after=after, limit=_SPECS, segments=numbers
            )[0]
            yield from record["roots"]
            after = record["last"]
            self._renew()

    def _write_segment(
        self,
        number: int,
        roots: Sequence[_Root],
        segments: Sequence[Segment],
        joined: Sequence[Segment],
    ) -> list[str]:
        """Place the roots and write their postings; return the identities of those still there."""
        # Numbers follow the order of answers.
        ordered = sorted(roots, key=_order)
        rows = [{"uid": root["uid"], "number": place} for place, root in enumerate(ordered)]
        postings: defaultdict[tuple[str, str, str], BitMap] = defaultdict(BitMap)
        placed: list[str] = []
        former: list[Place] = []
        leaving = {each.number for each in joined}
        numbers = [each.number for each in segments]
        for part in _chunks(rows, ROOTS_PER_TRANSACTION):
            self._raise_if_stopped()
            found = self._place(part, number, numbers)
            for uid, _, places in found["placed"]:
                placed.append(uid)
                former += (place for place in map(parse_place, places) if place[0] not in leaving)
            for side in ("built_with", "deployed_with"):
                for name, version_key, members in found[side]:
                    postings[side, name, version_key].update(members)
        entries = [
            {"side": side, "name": name, "version_key": key, "roots": bitmap.serialize()}
            for (side, name, key), bitmap in sorted(postings.items())
        ]
        for rows_of_postings in _chunks(entries, _ROWS):
            self._raise_if_stopped()
            self._write("create_postings", rows=rows_of_postings, segment=number)
        if former:
            # These roots are unsealed, so readers leave these places out anyway. One that has read
            # the unsealed roots before must not find that their places are gone: it starts again.
            self._write("announce_moves")
        for places in _chunks(former, _ROWS):
            self._write("places_no_longer_count", places=places)
        return placed

    def _place(self, rows: Sequence[Any], number: int, segments: Sequence[int]) -> dict[str, Any]:
        # Sorted, so that concurrent writers take their locks in one order.
        ordered = sorted(rows, key=lambda row: row["uid"])

        def place(tx: ManagedTransaction) -> dict[str, Any]:
            self._renew_in(tx)
            found = _place_roots(tx, ordered, number, segments)
            # Whoever fills a stub now may not have seen these roots. It holds the stub's lock.
            if (stubs := found["stubs"]) and run_one(tx, "lock_stubs", uids=stubs) < len(stubs):
                found = _place_roots(tx, ordered, number, segments)
            return found

        return self._database.write(place)

    def _renew(self) -> None:
        """Remain the sealer.

        Raises:
            SupersededError: Another process has taken over.
        """
        self._database.write(self._renew_in)

    def _renew_in(self, tx: ManagedTransaction) -> None:
        if not run_one(tx, "continue_sealing", sealer=self._name, milliseconds=_MILLISECONDS):
            raise SupersededError

    def _write(self, statement: str, /, **parameters: Any) -> Any:
        def write(tx: ManagedTransaction) -> Any:
            self._renew_in(tx)
            return run_one(tx, statement, **parameters)

        return self._database.write(write)


def _place_roots(
    tx: ManagedTransaction, rows: Sequence[Any], segment: int, segments: Sequence[int]
) -> dict[str, Any]:
    found: dict[str, Any] = run_one(
        tx, "place_roots", rows=rows, segment=segment, segments=segments
    )
    return found


def segments_to_join(segments: Sequence[Segment], waiting: Waiting) -> Sequence[Segment]:
    """Return the segments whose roots the next one takes along.

    Args:
        segments: Those that count.
        waiting: How many places no longer count, and how many roots there are.
    """
    if waiting.has_many_gone:
        return segments
    levels = [_level(each) for each in segments]
    full = [level for level in levels if levels.count(level) >= SIMILAR]
    return (
        [each for each, level in zip(segments, levels, strict=True) if level <= max(full)]
        if full
        else []
    )


def _level(segment: Segment) -> int:
    return int(math.log(max(segment.size, ROOTS_OF_SMALL) / ROOTS_OF_SMALL, SIMILAR))


def _order(root: _Root) -> tuple[str, str, str]:
    return root["name"] or "", root["version_key"] or "", root["uid"]


def parse_place(text: str) -> Place:
    """Return a place from its text, one of the property `places`."""
    segment, number = text.split(":")
    return int(segment), int(number)


def _chunks(rows: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(rows), size):
        yield list(rows[start : start + size])
