"""Runs of the tests of installed specs."""

from cypher.run import Database
from loaders.specs.contents import hash_of
from service.queries.listing import Dated, Listing
from service.queries.node_filter import HIGHEST
from service.queries.stub_selection import select_installed
from spec_syntax import SpecConstraint


class RunOfTests(Dated):
    """A run of the tests of an installed spec.

    `started` is in seconds since 1970, `seconds` its length; `parts` has `name=STATUS` of each
    part.
    """

    uid: str
    hash: str
    name: str | None
    version: str | None
    status: str
    site: str
    started: float | None
    seconds: float | None
    parts: list[str]


def find_test_runs(
    database: Database,
    constraint: SpecConstraint | None,
    status: str | None,
    site: str | None,
    before: str,
    limit: int,
) -> Listing[RunOfTests]:
    """Return a part of the test runs, newest first.

    Args:
        database: The graph.
        constraint: Only runs of the tests of specs that satisfy it.
        status: Only runs that ended so.
        site: Only runs made at this site.
        before: Sort key of the last run of the part before, empty at the start.
        limit: Most runs.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    hashes = None
    if constraint is not None:
        hashes = list(dict.fromkeys(map(hash_of, select_installed(database, constraint))))
    found = database.read(
        "test_runs_by_time",
        hashes=hashes,
        status=status,
        site=site,
        before=before or HIGHEST,
        limit=limit,
    )[0]
    return Listing(found["items"], found["total"])
