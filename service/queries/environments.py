"""Locked environments: `spack.lock` files with their roots."""

from dataclasses import dataclass

from cypher.run import Database
from service.queries.errors import SpecLabel
from service.queries.listing import Dated, Listing
from service.queries.node_filter import HIGHEST
from service.queries.selection import select
from spec_syntax import SpecConstraint


class LockedRoot(SpecLabel):
    """A root of an environment, with the abstract spec that it was concretized from.

    `group` is its group of specs in the environment, which Spack 1.2 introduced.
    """

    abstract: str
    group: str | None


class LockedEnvironment(Dated):
    """A locked environment.

    `digest` is that of the content it locks, `included` are the digests of the environments that
    it includes. `uid` identifies it at its site. `holds` are specs that it holds of those that were
    asked for, at most twenty.
    """

    uid: str
    name: str
    digest: str
    site: str
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
    database: Database, criteria: EnvironmentFilter, before: str, limit: int
) -> Listing[LockedEnvironment]:
    """Return a part of the locked environments, those loaded last first.

    Args:
        database: The graph.
        criteria: Which environments.
        before: Sort key of the last environment of the part before, empty at the start.
        limit: Most environments.
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
    return Listing(found["items"], found["total"])
