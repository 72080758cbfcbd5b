"""Build caches, and the specs that they offer."""

from typing import TypedDict

from cypher.run import Database
from service.queries.errors import NotInGraphError, SpecLabel
from service.queries.listing import Listing


class Offer(TypedDict):
    """A spec in a build cache; `checksum` and `size`, in bytes, are of its archive."""

    checksum: str | None
    size: int | None
    layout: int | None
    signed: bool | None


class Mirror(TypedDict):
    """A build cache: the number of specs that it offers, and its offer of one spec, if asked."""

    name: str
    specs: int
    offer: Offer | None


def list_mirrors(database: Database, offered_hash: str | None = None) -> list[Mirror]:
    """Return the build caches, by name.

    Args:
        database: The graph.
        offered_hash: Full hash of a spec: only build caches that offer it.
    """
    found: list[Mirror] = database.read_one("build_caches", hash=offered_hash)
    return found


def list_needed_specs(
    database: Database, environment: str | None, site: str | None, after: str, limit: int
) -> Listing[SpecLabel]:
    """Return a part of the specs that locked environments need, by hash.

    These are their roots, and everything that the roots were built with and are deployed with: what
    a build cache has to keep for them.

    Args:
        database: The graph.
        environment: Only environments of this name.
        site: Only environments of this site.
        after: Hash of the last spec of the part before, empty at the start.
        limit: Most specs.

    Raises:
        NotInGraphError: There is no such environment.
    """
    found = database.read("locked_hashes", name=environment, site=site, after=after, limit=limit)[0]
    # An empty list to keep would have everything deleted from a build cache.
    if not found["environments"]:
        at = f" at {site}" if site else ""
        raise NotInGraphError(
            f"no locked environment{at} is called {environment!r}"
            if environment
            else f"no locked environment is loaded{at}"
        )
    return Listing(found["items"], found["total"])
