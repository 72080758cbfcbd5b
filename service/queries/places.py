"""Sites, and environments that were locked there, as conditions on specs.

A spec is at a site if it is installed there now, was built there, or is locked by an environment
there. An environment locks its roots; for a question about all specs, also everything that these
were built with and are deployed with.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cypher.run import Database
from service.queries.query import Query
from spec_syntax import AllOf

MOST_NAMES = 50
"""Most names of sites, and of environments, that are listed."""

_DIGEST = re.compile(r"[0-9a-f]{6,64}\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that the specs of a query must be at.

    Attributes:
        site: Name of the site; None if an environment is asked for, which is at the site then.
        lockfiles: Uids of the lockfiles of which one must lock the spec; None if only a site is
            asked for.
        edges: How many edges lead from the place to specs, an upper bound of the roots there.
    """

    site: str | None
    lockfiles: tuple[str, ...] | None
    edges: int


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """Names of sites and of environments, each list in order and at most :data:`MOST_NAMES`."""

    sites: Sequence[str]
    environments: Sequence[str]


def find_place(database: Database, query: Query) -> Place | None:
    """Look up the place of a query; None if it names neither a site nor an environment.

    A site or an environment that does not exist is a place without edges.
    """
    if query.site is None and query.environment is None:
        return None
    environment = query.environment
    record = database.read(
        "find_place",
        site=query.site,
        environment=environment,
        digest=environment if environment and _DIGEST.match(environment) else None,
    )[0]
    if environment is None:
        return Place(query.site, None, record["edges"])
    lockfiles = record["lockfiles"]
    uids = tuple(each["uid"] for each in lockfiles)
    return Place(None, uids, sum(each["roots"] for each in lockfiles))


def is_unknown_place(
    database: Database, site: str | None = None, environment: str | None = None
) -> bool:
    """Return whether no spec is at a site, or locked by an environment, of this name."""
    place = find_place(database, Query(AllOf(()), site=site, environment=environment))
    return place is None or not place.edges


def find_place_names(database: Database) -> PlaceNames:
    """Return the names of the sites and environments that there are."""
    record = database.read("place_names", most=MOST_NAMES)[0]
    return PlaceNames(record["sites"], record["environments"])
