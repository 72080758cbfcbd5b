"""The specs that depend on one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.dags.deptypes import ALL, RUNTIME

MOST_COUNTED = 10_000
"""Most dependents that are counted and sorted; of more, a page is read off the index first."""

_WINDOW = 5000
"""How many specs are looked at, by name, to fill a page of direct dependents."""
_WINDOW_TIMES = 4
"""For transitive ones, each of which takes a walk: how many times as many as the page holds."""


@dataclass(frozen=True)
class Walk:
    """How dependents are reached.

    :ivar runtime: None for any edge; for direct dependents also whether it is there at run time.
    :ivar deptypes: the types that an edge must have one of.
    """

    transitive: bool
    runtime: bool | None
    deptypes: frozenset[str] | None

    @property
    def statement(self) -> str:
        """The name of the statement that lists them."""
        if not self.transitive:
            return "dependents"
        if self.runtime or self.deptypes == RUNTIME:
            return "dependents_runtime"
        return "dependents_all" if self.deptypes in (None, ALL) else "dependents_typed"

    @property
    def parameters(self) -> dict[str, Any]:
        """What that statement takes beside the target and the page."""
        types = None if self.deptypes is None else sorted(self.deptypes)
        if self.statement == "dependents":
            return {"runtime": self.runtime, "deptypes": types}
        return {"deptypes": types} if self.statement == "dependents_typed" else {}


def dependents(
    database: Database, walk: Walk, page: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of dependents and how many there are, None where they are more than are counted.

    Of a spec with more of them the page is looked for among the next specs by name, most of
    which depend on it; where they do not, all its dependents are sorted.

    :param page: `target`, `roots_only`, `name`, `version_key`, `hash`, `limit`.
    """
    given = {**page, **walk.parameters}
    counting = {"most": MOST_COUNTED, "sort": False}
    record = database.read(walk.statement, **given, **counting)[0]
    if record["total"] <= MOST_COUNTED:
        return record["items"], record["total"]
    window = _WINDOW_TIMES * page["limit"] if walk.transitive else _WINDOW
    items = database.read_one(f"{walk.statement}_in_order", **given, window=window)
    if len(items) < page["limit"]:
        items = database.read(walk.statement, **given, **{**counting, "sort": True})[0]["items"]
    return items, None
