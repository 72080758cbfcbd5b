"""Locked environments: `spack.lock` files with their roots."""

from dataclasses import dataclass
from typing import cast

from cypher.run import Database
from service.facts import Facts
from service.queries.errors import SpecLabel
from service.queries.listing import Dated, Listing
from service.queries.node_filter import HIGHEST
from service.queries.row_facts import FactChoice, mark_facts
from service.queries.selection import select
from service.queries.times import load_time
from spec_syntax import SpecConstraint

MOST_TOLD_APART = 500
"""Most roots of a part of the list that get facts."""


class LockedRoot(SpecLabel):
    """A root of an environment, with the abstract spec that it was concretized from.

    `group` is its group of specs in the environment, which Spack 1.2 introduced. `facts` tell the
    roots of a list apart, those of other environments included.
    """

    abstract: str
    group: str | None
    facts: Facts


class LockedEnvironment(Dated):
    """A locked environment.

    `digest` is that of the content it locks, `included` are the digests of the environments that
    it includes. `uid` identifies it at its site. `loaded` is the time at which it was loaded first,
    in seconds since 1970. `holds` are specs that it holds of those that were asked for, at most
    twenty.
    """

    uid: str
    name: str
    digest: str
    site: str
    loaded: float | None
    lockfile_version: int
    spack_version: str | None
    included: list[str] | None
    roots: list[LockedRoot]
    holds: list[SpecLabel] | None


@dataclass(frozen=True, slots=True)
class EnvironmentFilter:
    """Which environments to list.

    Attributes:
        name: Only environments whose name starts with it.
        site: Only environments of this site.
        holding: Only environments that hold a spec which satisfies it, as a root or below one.
    """

    name: str | None = None
    site: str | None = None
    holding: SpecConstraint | None = None


def list_environments(
    database: Database,
    criteria: EnvironmentFilter,
    before: str,
    limit: int,
    *,
    facts: FactChoice = "auto",
) -> Listing[LockedEnvironment]:
    """Return a part of the locked environments, those loaded last first.

    Args:
        database: The graph.
        criteria: Which environments.
        before: Sort key of the last environment of the part before, empty at the start.
        limit: Most environments.
        facts: Which facts their roots get. With `auto`, more than `MOST_TOLD_APART` get none.
    """
    holding = None if criteria.holding is None else select(database, criteria.holding)
    found = database.read(
        "locked_environments",
        name=criteria.name,
        site=criteria.site,
        holding=holding,
        before=before or HIGHEST,
        limit=limit,
    )[0]
    items = [{**each, "loaded": load_time(each["loaded"] or "") or None} for each in found["items"]]
    roots = [root for each in items for root in each["roots"]]
    for root in roots:
        root["facts"] = {}
    if facts == "all" or len(roots) <= MOST_TOLD_APART:
        mark_facts(database, roots, choice=facts)
    return Listing(cast(list[LockedEnvironment], items), found["total"])
