"""Locked environments: `spack.lock` files with their roots."""

from cypher.run import Database
from service.queries.errors import SpecLabel
from service.queries.listing import Dated, Listing
from service.queries.node_filter import HIGHEST


class LockedRoot(SpecLabel):
    """A root of an environment, with the abstract spec that it was concretized from.

    `group` is its group of specs in the environment, which Spack 1.2 introduced.
    """

    abstract: str
    group: str | None


class LockedEnvironment(Dated):
    """A locked environment.

    `digest` is that of the content it locks, `included` are the digests of the environments that
    it includes. `uid` identifies it at its site.
    """

    uid: str
    name: str
    digest: str
    site: str
    lockfile_version: int
    spack_version: str | None
    included: list[str] | None
    roots: list[LockedRoot]


def list_environments(
    database: Database, name: str | None, site: str | None, before: str, limit: int
) -> Listing[LockedEnvironment]:
    """Return a part of the locked environments, those loaded last first.

    Args:
        database: The graph.
        name: Only environments whose name starts with it.
        site: Only environments of this site.
        before: Sort key of the last environment of the part before, empty at the start.
        limit: Most environments.
    """
    found = database.read(
        "locked_environments", name=name, site=site, before=before or HIGHEST, limit=limit
    )[0]
    return Listing(found["items"], found["total"])
