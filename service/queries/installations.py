"""Installations of specs: present ones, those of a date, or all that ever were."""

from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.queries.errors import InvalidQuestionError
from service.queries.listing import MOST_COUNTED, Dated, Listing, capped_listing
from service.queries.node_filter import HIGHEST
from service.queries.stub_selection import select_installed
from spec_syntax import SpecConstraint

ADVICE = "narrow it: name a package or a site"
"""How to narrow a question about installations that takes too long."""


class InstallationItem(Dated):
    """A spec in a store.

    `spec_uid` is the identity of the spec. Times are in seconds since 1970. `present` is true if
    the newest index of the store has the spec, `first_seen` is the time of the first index that
    listed it, `last_seen` of the last one that had it installed, None if none did,
    `deprecated_for` is the hash of its replacement, `prefix_hash` the SHA-256 of its prefix.
    """

    uid: str
    spec_uid: str | None
    hash: str
    name: str | None
    version: str | None
    site: str
    store: str
    upstream: bool | None
    explicit: bool
    external: bool
    installed: bool
    present: bool
    installed_at: float | None
    first_seen: float
    last_seen: float | None
    deprecated_for: str | None
    prefix_hash: str | None


@dataclass(frozen=True, slots=True)
class InstallationFilter:
    """Which installations to list: those that are present, unless `at` or `gone` says otherwise.

    Attributes:
        constraint: Only specs that satisfy it.
        site: Only at this site.
        explicit: Only specs that a user asked for if true, only others if false.
        at: Those that were present at this time, in seconds since 1970.
        gone: Also those that are no longer present. Not together with `at`.
    """

    constraint: SpecConstraint | None = None
    site: str | None = None
    explicit: bool | None = None
    at: float | None = None
    gone: bool = False

    def __post_init__(self) -> None:
        """Refuse a contradiction.

        Raises:
            InvalidQuestionError: Both `at` and `gone` are given.
        """
        if self.at is not None and self.gone:
            raise InvalidQuestionError("gone: not together with on")

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the include `installation_filter`."""
        return {"site": self.site, "explicit": self.explicit, "at": self.at, "gone": self.gone}


def find_installations(
    database: Database, criteria: InstallationFilter, before: str, limit: int
) -> Listing[InstallationItem]:
    """Return a part of the installations that meet some criteria, newest first.

    Args:
        database: The graph.
        criteria: Which installations.
        before: Sort key of the last installation of the part before, empty at the start.
        limit: Most installations.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    parameters = {**criteria.parameters(), "before": before or HIGHEST, "limit": limit}
    if criteria.constraint is not None:
        uids = select_installed(database, criteria.constraint)
        found = database.read("installations_of_specs", uids=uids, **parameters)[0]
        return Listing(found["items"], found["total"])
    # Without a constraint there may be very many, so they are counted up to a limit only.
    found = database.read("installations_by_time", most=MOST_COUNTED + 1, **parameters)[0]
    return capped_listing(found["items"], found["total"])


def find_installations_of_spec(
    database: Database, uid: str, limit: int
) -> Listing[InstallationItem]:
    """Return the newest installations of one content, present or gone."""
    parameters = InstallationFilter(gone=True).parameters()
    found = database.read(
        "installations_of_specs", uids=[uid], before=HIGHEST, limit=limit, **parameters
    )[0]
    return Listing(found["items"], found["total"])
