"""The specs that depend on one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from cypher.run import Database
from service.dags import deptypes
from service.dags.labels import SpecLabel
from service.paging.cursors import Position
from service.queries.contents import mark_contents
from service.queries.errors import InvalidQuestionError

ADVICE = "narrow it: ask for direct dependents, or for roots only"
"""How to narrow the question if it takes too long."""

MOST_COUNTED = 10_000
"""Most dependents that are counted and sorted; with more, a page is read off the index first."""

# Sizes of the part of the index that is read to fill a page. Checking a direct dependent takes
# one seek, checking a transitive one a walk through its dependencies.
_WINDOW = 5000
_WINDOW_TIMES = 4
"""How many specs per item of a page, for transitive dependents."""


class Dependent(TypedDict, total=False):
    """A spec that depends on another; a direct dependent has the deptypes and virtuals of its edge.

    `root` says whether somebody asked for it.
    """

    hash: str
    name: str
    version: str
    version_key: str
    spliced: bool
    verified: bool
    root: bool
    deptypes: list[str]
    virtuals: list[str]


@dataclass(frozen=True, slots=True)
class DependentsPage:
    """Some dependents.

    Attributes:
        items: The dependents by name, version and hash.
        total: How many there are, at most `MOST_COUNTED`.
        exact: Whether there are no more than `total`.
    """

    items: list[Dependent]
    total: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """How dependents are reached.

    Attributes:
        transitive: Whether through others too.
        runtime: Whether the direct dependency is there at run time; None for any.
        deptypes: Types of which every edge must have one; None for any edge.
    """

    transitive: bool
    runtime: bool | None
    deptypes: frozenset[str] | None

    @classmethod
    def parse(cls, transitive: bool, runtime: bool | None, types: str | None) -> "Walk":
        """Return the walk that a request asks for.

        Raises:
            InvalidQuestionError: The arguments contradict each other, or a type is unknown.
        """
        if transitive and runtime is False:
            raise InvalidQuestionError(
                "runtime: false is for direct dependents only; leave transitive out"
            )
        followed = None if types is None else deptypes.parse(types)
        if runtime and followed not in (None, deptypes.RUNTIME):
            raise InvalidQuestionError("runtime: it contradicts deptypes; give one of them")
        return cls(transitive, runtime, followed)

    @property
    def follows(self) -> str:
        """Which edges are followed, as the statements name it.

        Each choice is a pattern of its own: a property in the pattern prunes a walk while it
        runs, a predicate over deptypes costs a look at each list.
        """
        if not self.transitive:
            return "direct"
        if self.runtime or self.deptypes == deptypes.RUNTIME:
            return "runtime"
        return "all" if self.deptypes in (None, deptypes.ALL) else "deptypes"

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the statements that depend on the walk."""
        types = None if self.deptypes is None else sorted(self.deptypes)
        return {"follows": self.follows, "runtime": self.runtime, "deptypes": types}


def list_dependents(
    database: Database,
    target: str,
    walk: Walk,
    position: Position,
    limit: int,
    *,
    roots_only: bool = False,
) -> DependentsPage:
    """Return a page of the specs that depend on one.

    A spec with very many dependents has its page looked for among the next specs by name, most
    of which depend on it. If they do not, all its dependents are sorted.

    Args:
        database: The graph, with the time budget of the question.
        target: Identity of the spec.
        walk: How dependents are reached.
        position: The last item of the page before.
        limit: Most items to return.
        roots_only: Whether only roots count.
    """
    page = {"target": target, "roots_only": roots_only, **position.parameters(), "limit": limit}
    parameters = {**page, **walk.parameters()}
    counted = _count_and_list(database, walk, parameters, sort=False)
    if counted["total"] <= MOST_COUNTED:
        found = _dependents(counted["items"])
        mark_contents(database, cast(Sequence[SpecLabel], found))
        return DependentsPage(found, counted["total"], exact=True)
    window = _WINDOW_TIMES * limit if walk.transitive else _WINDOW
    items = database.read_one("dependents_in_order", **parameters, window=window)
    if len(items) < limit:
        items = _count_and_list(database, walk, parameters, sort=True)["items"]
    found = _dependents(items)
    mark_contents(database, cast(Sequence[SpecLabel], found))
    return DependentsPage(found, MOST_COUNTED, exact=False)


def _count_and_list(
    database: Database, walk: Walk, parameters: Mapping[str, Any], *, sort: bool
) -> Mapping[str, Any]:
    counting = {"most": MOST_COUNTED, "sort": sort}
    if walk.transitive:
        return database.read("dependents_transitive", **parameters, **counting)[0]
    return database.read("dependents_direct", **parameters, **counting)[0]


def _dependents(items: Sequence[Mapping[str, Any]]) -> list[Dependent]:
    """Return the items, without deptypes and virtuals if there is no single edge that has them."""
    of_edges = ("deptypes", "virtuals")
    return [
        cast(Dependent, {key: item[key] for key in item if key not in of_edges or item[key]})
        if item.get("deptypes") is None
        else cast(Dependent, dict(item))
        for item in items
    ]
