"""Questions and roots drawn from a graph's own packages, reproducibly for a seed."""

from dataclasses import dataclass
from random import Random

import numpy as np

from benchmarks.baseline_csr import Csr
from benchmarks.questions import Match, Question
from benchmarks.rows_to_csv import BUILD, RUNTIME, Graph

FORMS = ("name", "prefix", "exact")
SIDES = ("built", "deployed", "both")


@dataclass(frozen=True, slots=True)
class SidesQuestion:
    """A question about one side or both, as parameters of the service.

    Attributes:
        built: a package and its versions in spec syntax, for `built_with`.
        deployed: likewise, for `deployed_with`.

    """

    built: str | None = None
    deployed: str | None = None

    @property
    def question(self) -> Question:
        """The same question for the other forms of the graph."""
        return Question(
            built=Match.of(self.built) if self.built else None,
            deployed=Match.of(self.deployed) if self.deployed else None,
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The parameters of the request."""
        sides = {"built_with": self.built, "deployed_with": self.deployed}
        return {side: text for side, text in sides.items() if text}

    def __str__(self) -> str:
        return ", ".join(f"{side}={text}" for side, text in self.arguments.items())


class Draws:
    """Draws questions and roots from a graph."""

    def __init__(self, graph: Graph, seed: int) -> None:
        self._graph = graph
        self._random = Random(seed)
        self._roots = np.flatnonzero(graph.is_root)
        order = np.argsort(graph.reach[:, 0], kind="stable")
        self._reach, self._flags = graph.reach[order], graph.flags[order]
        self._spliced = graph.splices[graph.is_root[graph.splices[:, 0]], 0]

    def questions(self, count: int) -> list[SidesQuestion]:
        """Return distinct questions, in turn about one side, the other and both.

        Half of them are about dependencies of a drawn root, and thus mostly about popular packages;
        the others are about packages drawn evenly, and thus mostly about rare ones.
        """
        found: dict[SidesQuestion, None] = {}
        for number in range(count * 100):  # draws may repeat
            found.setdefault(self._question(SIDES[number % 3], popular=number // 3 % 2 == 0))
            if len(found) == count:
                break
        return list(found)

    def _question(self, side: str, *, popular: bool) -> SidesQuestion:
        if not popular:
            built, deployed = self._any_package(), self._any_package()
        else:
            built, deployed = self._packages_of_one_root()
        return SidesQuestion(
            built=self._constraint(built) if side != "deployed" else None,
            deployed=self._constraint(deployed) if side != "built" else None,
        )

    def _any_package(self) -> int:
        return self._random.randrange(len(self._graph.packages))

    def _packages_of_one_root(self) -> tuple[int, int]:
        root = self._root()
        start, end = np.searchsorted(self._reach[:, 0], [root, root + 1])
        built, deployed = (
            self._reach[start:end, 1][self._flags[start:end] & flag != 0]
            for flag in (BUILD, RUNTIME)
        )
        first, second = (self._random.choice(side.tolist()) for side in (built, deployed))
        return int(self._graph.package[first]), int(self._graph.package[second])

    def _constraint(self, package: int) -> str:
        name, version, _ = self._graph.packages[package]
        form = self._random.choice(FORMS)
        if form == "exact":
            return f"{name}@={version}"
        if form == "prefix" and version[0].isdigit():
            return f"{name}@{'.'.join(version.split('.')[: self._random.choice((1, 2))])}"
        return name

    def _root(self) -> int:
        return int(self._roots[self._random.randrange(len(self._roots))])

    def roots(self, count: int) -> list[int]:
        """Return the numbers of roots."""
        return [self._root() for _ in range(count)]

    def spliced(self, count: int) -> list[int]:
        """Return the numbers of spliced roots."""
        return [
            int(self._spliced[self._random.randrange(len(self._spliced))]) for _ in range(count)
        ]

    def pairs(self, count: int) -> list[tuple[int, int]]:
        """Return pairs of roots, of the same package if it has several roots."""
        names = [name for name, _, _ in self._graph.packages]
        root_packages = self._graph.package[self._roots]
        pairs = []
        for first in self.roots(count):
            name = names[self._graph.package[first]]
            same = [package for package, other in enumerate(names) if other == name]
            others = self._roots[np.isin(root_packages, same) & (self._roots != first)]
            second = self._random.choice(others.tolist()) if others.size else self._root()
            pairs.append((first, int(second)))
        return pairs

    def dependencies(self, count: int, csr: Csr) -> list[tuple[int, str]]:
        """Return roots, each with the name of a package in its DAG."""
        found = []
        for root in self.roots(count):
            spec = self._random.choice(csr.dag(root).specs.tolist())
            found.append((root, self._graph.packages[self._graph.package[spec]][0]))
        return found
