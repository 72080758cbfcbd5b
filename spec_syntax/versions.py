"""Version constraints (``@1.2``, ``@=1.2``, ``@1.2:1.4,2:``, ``@git.main=1.2``) as key intervals.

The rules are those of Spack 1.1, ``lib/spack/spack/version/version_types.py``: ``1.2`` is the
range from 1.2 up to, but excluding, 1.3; ``1.2:1.4`` ends before 1.5; ``=1.2`` is that one version.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from spec_syntax.errors import SpecSyntaxError
from spec_syntax.version_keys import (
    ABOVE_ALL_VERSIONS,
    git_suffix,
    key_just_above,
    raw_successor_key,
    raw_version_key,
    split_git_version,
    truncate_key,
    version_key,
)

__all__ = ["KeyInterval", "VersionRanges", "version_key"]

_VALID = re.compile(r"[A-Za-z0-9_.-]+\Z")


@dataclass(frozen=True, slots=True)
class KeyInterval:
    """The keys from ``low`` up to, but excluding, ``high``; None means no bound on that side.

    A single version is an interval, too: ``high`` is then the smallest string above its key. So
    ``low <= key AND key < high`` is a complete test in every case.
    """

    low: str | None
    high: str | None

    def __contains__(self, key: str) -> bool:
        return (self.low is None or self.low <= key) and (self.high is None or key < self.high)

    @property
    def is_single(self) -> bool:
        """Whether the interval holds exactly one version."""
        return self.low is not None and self.high == key_just_above(self.low)

    def covers(self, other: "KeyInterval") -> bool:
        """Return whether every key of ``other`` is in this interval."""
        return (self.low is None or (other.low is not None and self.low <= other.low)) and (
            self.high is None or (other.high is not None and other.high <= self.high)
        )

    def overlap(self, other: "KeyInterval") -> "KeyInterval | None":
        """Return the keys that are in both intervals, None if there are none."""
        low = max(self.low or "", other.low or "") or None
        highs = [high for high in (self.high, other.high) if high is not None]
        high = min(highs, default=None)
        if low is not None and high is not None and low >= high:
            return None
        return KeyInterval(low, high)

    def belongs_to_ref(self, ref: str) -> bool:
        """Return whether this is a single git version of that ref."""
        return self.is_single and str(self.low).endswith(git_suffix(ref))


@dataclass(frozen=True, slots=True)
class VersionRanges:
    """A set of versions: the part of a spec after ``@``.

    Attributes:
        intervals: sorted, disjoint intervals of version keys.
        git_refs: refs without an assigned version, which match any version of the ref.
        text: the source text without blanks (not compared by ``==``).

    """

    intervals: tuple[KeyInterval, ...]
    git_refs: tuple[str, ...] = ()
    text: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str, offset: int = 0, source: str | None = None) -> "VersionRanges":
        """Parse the part of a spec after ``@``.

        Args:
            text: a version, a range, or a list of both separated by commas.
            offset: index of ``text`` in ``source``, for the positions in errors.
            source: the whole spec, for errors; ``text`` itself if not given.

        Raises:
            SpecSyntaxError: if a version is missing or has invalid characters, or a range is empty.

        """
        intervals: list[KeyInterval] = []
        refs: set[str] = set()
        for element, position in _split_list(text):
            try:
                git = None if element.startswith("=") else split_git_version(element)
                if git is not None and git[1] is None:
                    refs.add(_validate_ref(git[0]))
                else:
                    intervals.append(_parse_interval(element))
            except ValueError as error:
                whole_text = text if source is None else source
                length = max(1, len(element))
                raise SpecSyntaxError(str(error), whole_text, offset + position, length) from None
        return cls(_merge_intervals(intervals), tuple(sorted(refs)), "".join(text.split()))

    def key_intervals(self) -> list[KeyInterval]:
        """Return the intervals: a version is in this set if and only if one of them has its key.

        Git versions that match by :attr:`git_refs` are the exception: their keys form no interval.
        """
        return list(self.intervals)

    def satisfied_by(self, version: str) -> bool:
        """Return whether a concrete version, as written in a spec document, is in this set."""
        key = version_key(version)
        if any(key in interval for interval in self.intervals):
            return True
        git = split_git_version(version) if self.git_refs else None
        return git is not None and git[0] in self.git_refs

    def intersects(self, other: "VersionRanges") -> bool:
        """Return whether some version is in both sets."""
        return (
            bool(self.intersection(other).intervals)
            or not set(self.git_refs).isdisjoint(other.git_refs)
            or _ref_meets_range(self, other)
            or _ref_meets_range(other, self)
        )

    def satisfies(self, other: "VersionRanges") -> bool:
        """Return whether every version of this set is in the other one."""
        covered = all(
            any(theirs.covers(mine) for theirs in other.intervals)
            or any(mine.belongs_to_ref(ref) for ref in other.git_refs)
            for mine in self.intervals
        )
        everything = KeyInterval(None, None) in other.intervals
        return covered and (everything or set(self.git_refs) <= set(other.git_refs))

    def intersection(self, other: "VersionRanges") -> "VersionRanges":
        """Return the versions that are in both sets."""
        shared = list(_intersect_intervals(self.intervals, other.intervals))
        for refs, intervals in ((self.git_refs, other.intervals), (other.git_refs, self.intervals)):
            shared += [one for one in intervals if any(one.belongs_to_ref(ref) for ref in refs)]
        refs_of_both = tuple(sorted(set(self.git_refs) & set(other.git_refs)))
        text = f"{self.text} and {other.text}"
        return VersionRanges(_merge_intervals(shared), refs_of_both, text)


def _split_list(text: str) -> Iterator[tuple[str, int]]:
    """Yield the elements of a list without their blanks, each with its index in the text."""
    position = 0
    for part in text.split(","):
        stripped = part.lstrip()
        yield "".join(part.split()), position + len(part) - len(stripped)
        position += len(part) + 1


def _parse_interval(element: str) -> KeyInterval:
    if not element:
        raise ValueError("a version is missing")
    if element.startswith("="):
        return _single_version(element[1:])
    if split_git_version(element) is not None:
        return _single_version(element)
    if ":" not in element:
        return _version_range(element, element)
    low, _, high = element.partition(":")
    return _version_range(low, high)


def _single_version(version: str) -> KeyInterval:
    git = split_git_version(version)
    if git is None:
        _validate_version(version)
    else:
        _validate_ref(git[0])
        _validate_version(git[1] if git[1] is not None else git[0].replace("/", "-"))
    key = version_key(version)
    return KeyInterval(key, key_just_above(key))


def _version_range(low: str, high: str) -> KeyInterval:
    low_key = raw_version_key(_validate_version(low)) if low else None
    if not high:
        return KeyInterval(truncate_key(low_key), ABOVE_ALL_VERSIONS) if low_key else _EVERYTHING
    high_key = raw_successor_key(_validate_version(high))
    if low_key is None:
        return KeyInterval(None, truncate_key(high_key))
    # As in Spack, 2:1 is not an error: the successor of 1 is 2, so both ends are equal.
    if high_key < low_key:
        raise ValueError(f"the range {low}:{high} is empty")
    first, last = truncate_key(low_key), truncate_key(high_key)
    if low_key < high_key and first >= last:  # two very long keys, truncated at the same place
        last = key_just_above(first)
    return KeyInterval(first, last)


def _validate_version(version: str) -> str:
    if not version:
        raise ValueError("a version is missing")
    if not _VALID.match(version):
        raise ValueError(f"'{version}' is not a version")
    return version


def _validate_ref(ref: str) -> str:
    if not ref or ":" in ref:
        raise ValueError(f"'{ref}' is not a git ref")
    return ref


def _intersect_intervals(
    ours: tuple[KeyInterval, ...], theirs: tuple[KeyInterval, ...]
) -> Iterator[KeyInterval]:
    """Walk two sorted lists of disjoint intervals in parallel and yield their intersections."""
    i = j = 0
    while i < len(ours) and j < len(theirs):
        if (both := ours[i].overlap(theirs[j])) is not None:
            yield both
        ends_first = theirs[j].high is None or (ours[i].high or "") <= (theirs[j].high or "")
        if ours[i].high is not None and ends_first:
            i += 1
        else:
            j += 1


def _merge_intervals(intervals: Iterable[KeyInterval]) -> tuple[KeyInterval, ...]:
    """Sort the intervals and merge those that overlap or touch."""
    joined: list[KeyInterval] = []
    for interval in sorted(intervals, key=lambda each: each.low or ""):
        last = joined[-1] if joined else None
        if last is None or (last.high is not None and (interval.low or "") > last.high):
            joined.append(interval)
        elif last.high is not None and (interval.high is None or interval.high > last.high):
            joined[-1] = KeyInterval(last.low, interval.high)
    return tuple(joined)


def _ref_meets_range(refs: VersionRanges, ranges: VersionRanges) -> bool:
    """Return whether one side has a ref of unknown version and the other a range for it."""
    return bool(refs.git_refs) and any(not each.is_single for each in ranges.intervals)


_EVERYTHING = KeyInterval(None, None)
