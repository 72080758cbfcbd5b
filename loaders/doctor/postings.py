"""Check that postings agree with closure edges, and let them be made anew if not."""

from collections import Counter, defaultdict

from pyroaring import BitMap

from cypher.run import Database
from loaders.doctor.findings import Finding, OnChecked, Row
from loaders.postings.sealing import parse_place, parse_segments, suspend

_SPECS = 500
_SCAN_SECONDS = 600.0


def check_postings(database: Database, repair: bool, on_checked: OnChecked) -> Finding:
    """Compare the postings of every sealed root with its closure edges.

    If roots are sealed meanwhile, nothing can be said of them: then nothing is found.
    """
    finding = Finding()
    before = _segments(database)
    if before is None:
        return finding
    postings = _Postings(database, before)
    after = ""
    while page := [
        each.data() for each in database.read("places_to_check", after=after, limit=_SPECS)
    ]:
        for row in page:
            if row["is_root"] and (fault := postings.fault_of(row)):
                finding.add(f"{row['uid']}: {fault}")
        finding.checked += len(page)
        on_checked(len(page))
        after = page[-1]["uid"]
    left = postings.count_left(database)
    if left:
        finding.add(f"{left} roots in postings are no longer there", left)
    if _segments(database) != before:
        return Finding(checked=finding.checked)
    if repair and finding.wrong:
        suspend(database)
        finding.repaired = finding.wrong
    return finding


def _segments(database: Database) -> list[int] | None:
    records = database.read("posting_index")
    if not records or not records[0]["ready"]:
        return None
    return [each.number for each in parse_segments(records[0]["segments"])]


class _Postings:
    """All postings, from which the places of roots are taken one after the other."""

    def __init__(self, database: Database, segments: list[int]) -> None:
        self._segments = segments
        self._left: dict[int, BitMap] = {segment: BitMap() for segment in segments}
        self._entries: dict[int, Counter[int]] = {segment: Counter() for segment in segments}
        self._found: defaultdict[tuple[int, str, str, str], BitMap] = defaultdict(BitMap)
        for row in database.read("postings_of_segments", seconds=_SCAN_SECONDS, segments=segments):
            members = BitMap.deserialize(row["roots"])
            self._found[row["segment"], row["side"], row["name"], row["version_key"]] |= members
            self._left[row["segment"]] |= members
            self._entries[row["segment"]].update(members)

    def fault_of(self, row: Row) -> str | None:
        """Return the fault of a root, and take its places."""
        places = map(parse_place, row["places"].split())
        counting = [place for place in places if place[0] in self._left]
        for segment, number in counting:
            self._left[segment].discard(number)
        if row["unsealed"]:
            return None
        if not counting:
            return "it is in no postings, and not marked as unsealed"
        segment, number = counting[0]
        keys = [(side, *key) for side in ("built_with", "deployed_with") for key in row[side]]
        held = sum(number in self._found[(segment, *key)] for key in keys)
        if held == len(keys) == self._entries[segment][number]:
            return None
        return "its postings do not follow from its closure edges"

    def count_left(self, database: Database) -> int:
        """Return how many places count that no root has."""
        for segment, number in database.read_one("gone_places", segments=self._segments) or ():
            self._left[segment].discard(number)
        return sum(map(len, self._left.values()))
