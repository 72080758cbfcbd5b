"""Which packages a dependency reaches: their roots at run time and at build time only, counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.queries.roots import FACET_ROOTS, Query, add_reasons, sample
from spec_syntax import Expression

MOST_PATHS = 200
"""Most roots whose paths are told: of more a fair sample."""

Root = dict[str, Any]


@dataclass
class Reached:
    """How many roots of a package are reached."""

    run: int = 0
    build: int = 0


@dataclass(frozen=True)
class Reach:
    """Who is reached, as far as it was looked at.

    :ivar total: how many roots are reached.
    :ivar looked_at: how many of them the packages are counted over.
    :ivar packages: those with most roots first.
    :ivar roots: some of the roots, with the reasons for their matches; of many a fair sample.
    """

    total: int
    looked_at: int
    packages: Mapping[str, Reached]
    roots: Sequence[Root]

    @property
    def sampled(self) -> bool:
        """Whether not all roots were looked at."""
        return self.looked_at < self.total

    def paths(self) -> list[list[dict[str, Any]]]:
        """For each of the roots the shortest path, at run time where there is one."""
        sides = ("deployed_with", "built_with")
        found = (
            [m for side in sides for m in root["matches"].get(side, ())] for root in self.roots
        )
        return [matches[0]["path"] for matches in found if matches]


def reach(
    database: Database,
    expressions: Mapping[str, Expression],
    when: str,
    counts: Mapping[str, int],
) -> Reach:
    """Who is reached, by package.

    :param expressions: what holds for who is reached at `run` time, at `build` time only, at all.
    :param when: which of these: `run`, `build` or `any`.
    :param counts: how many roots hold at `run` and at `build`.
    """
    every = counts["run"] + counts["build"]
    run, _ = sample(database, Query(expressions["run"]), FACET_ROOTS, counts["run"])
    roots, total = run, counts["run"]
    if when != "run":
        roots, total = sample(database, Query(expressions["any"]), FACET_ROOTS, every)
    at_run_time = {root["hash"] for root in run}
    if when == "build":
        roots = [root for root in roots if root["hash"] not in at_run_time]
        total = counts["build"]
    packages: dict[str, Reached] = {}
    for root in roots:
        reached = packages.setdefault(root["name"], Reached())
        if root["hash"] in at_run_time:
            reached.run += 1
        else:
            reached.build += 1
    shown = sorted(roots, key=lambda root: str(root["hash"]))[:MOST_PATHS]
    add_reasons(database, Query(expressions[when]), shown)
    return Reach(total, len(roots), _ranked(packages), shown)


def _ranked(packages: Mapping[str, Reached]) -> dict[str, Reached]:
    def place(entry: tuple[str, Reached]) -> tuple[int, str]:
        return -(entry[1].run + entry[1].build), entry[0]

    return dict(sorted(packages.items(), key=place))
