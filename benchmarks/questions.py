"""The questions that all forms of the graph answer, and the types of the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spec_syntax.versions import VersionRanges

Ids = NDArray[np.int64]
"""Sorted, distinct numbers of specs, as in `rows_to_csv.Graph`."""

ABOVE_ALL = "\x7f"
"""A string above every version key."""


@dataclass(frozen=True, slots=True)
class Match:
    """Specs of one package with a version key in one of some intervals.

    Attributes:
        name: the package.
        intervals: the lowest key, and the lowest one above it that does not match, of each.

    """

    name: str
    intervals: tuple[tuple[str, str], ...] = (("", ABOVE_ALL),)

    @classmethod
    def of(cls, text: str) -> "Match":
        """Return the match for `name` or `name@versions` in Spack's syntax.

        Raises:
            ValueError: if the versions are invalid.

        """
        name, at, versions = text.partition("@")
        if not at:
            return cls(name)
        intervals = VersionRanges.parse(versions).key_intervals()
        return cls(name, tuple((each.low or "", each.high or ABOVE_ALL) for each in intervals))

    def fits(self, name: str, version_key: str) -> bool:
        """Return whether a spec matches."""
        return name == self.name and any(low <= version_key < high for low, high in self.intervals)


@dataclass(frozen=True, slots=True)
class Question:
    """Roots that satisfy all given conditions.

    Attributes:
        built: some spec that the root was built with matches.
        deployed: the root or one of its transitive link and run dependencies matches.
        depends_on: the root or one of its transitive dependencies of any type matches; build specs
            are not followed.

    """

    built: Match | None = None
    deployed: Match | None = None
    depends_on: Match | None = None


@dataclass(frozen=True)
class Page:
    """The first page of an answer: the number of roots, and the hashes of the first ones.

    Roots are ordered by name, version key and hash.
    """

    total: int
    hashes: Sequence[str]


@dataclass(frozen=True)
class Dag:
    """A spec and its transitive dependencies: their numbers, and their edges as sorted pairs."""

    specs: Ids
    edges: NDArray[np.int64]


class Answers(Protocol):
    """A form of the graph that answers questions."""

    def roots(self, question: Question) -> Ids:
        """Return the numbers of all roots that match."""
        ...

    def page(self, question: Question, limit: int = 50) -> Page:
        """Return the first roots, as shown in a list of results."""
        ...

    def dag(self, root: int) -> Dag:
        """Return one whole DAG."""
        ...
