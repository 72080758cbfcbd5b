"""The questions that every form of the graph answers, and what an answer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spec_syntax.versions import VersionRanges

Ids = NDArray[np.int64]
"""Numbers of specs as `rows_to_csv.Graph` has them, sorted, each once."""

ABOVE_ALL = "\x7f"
"""Above every version key."""


@dataclass(frozen=True, slots=True)
class Match:
    """Specs of one package whose version key lies in one of some intervals.

    :ivar intervals: the lowest key and the one from which on nothing matches, for each.
    """

    name: str
    intervals: tuple[tuple[str, str], ...] = (("", ABOVE_ALL),)

    @classmethod
    def of(cls, text: str) -> "Match":
        """A match for `name` or `name@versions` in Spack's syntax.

        :raises ValueError: the versions cannot be read.
        """
        name, at, versions = text.partition("@")
        if not at:
            return cls(name)
        found = VersionRanges.parse(versions).key_intervals()
        return cls(name, tuple((each.low or "", each.high or ABOVE_ALL) for each in found))

    def fits(self, name: str, version_key: str) -> bool:
        """Whether a spec matches."""
        return name == self.name and any(low <= version_key < high for low, high in self.intervals)


@dataclass(frozen=True, slots=True)
class Question:
    """Roots for which all that is given holds.

    :ivar built: some spec that the root was built with matches.
    :ivar deployed: some spec that the root reaches by link and run dependencies matches.
    :ivar reached: some spec that the root reaches by any dependencies matches; build specs are
        not followed.
    """

    built: Match | None = None
    deployed: Match | None = None
    reached: Match | None = None


@dataclass(frozen=True)
class Page:
    """The start of an answer: how many roots there are, and the hashes of the first ones.

    Roots are ordered by name, version key and hash.
    """

    total: int
    hashes: Sequence[str]


@dataclass(frozen=True)
class Dag:
    """All that one spec reaches by dependencies: specs, and edges as pairs, sorted."""

    specs: Ids
    edges: NDArray[np.int64]


class Answers(Protocol):
    """A form of the graph that answers."""

    def roots(self, question: Question) -> Ids:
        """All roots, by number."""
        ...

    def page(self, question: Question, limit: int = 50) -> Page:
        """The first roots, as a list of results shows them."""
        ...

    def dag(self, root: int) -> Dag:
        """One whole DAG."""
        ...
