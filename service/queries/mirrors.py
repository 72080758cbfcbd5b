"""Build caches, and the specs that they offer."""

from typing import TypedDict

from cypher.run import Database


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
