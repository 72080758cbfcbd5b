"""The sites that documents came from, and their stores."""

from typing import TypedDict

from cypher.run import Database


class Store(TypedDict):
    """An install tree at a site.

    `as_of` is the time of its newest index, in seconds since 1970, and `installations` counts
    those that are present.
    """

    name: str
    upstream: bool | None
    as_of: float
    installations: int


class Site(TypedDict):
    """A site, with the number of attempts and of present installations there."""

    name: str
    builds: int
    installations: int
    stores: list[Store]


def list_sites(database: Database) -> list[Site]:
    """Return all sites, by name."""
    found: list[Site] = database.read_one("sites_with_stores")
    return found
