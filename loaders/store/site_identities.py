"""Give builds and test runs of an older graph the identities that include their sites.

Until version 3 of the schema an attempt was a spec and a time. The identity is a digest, so a new
one follows from what the digest is made of: the key of an attempt is stored, that of a test run is
derived from its log, as readers do.
"""

from typing import Any

import zstandard
from neo4j import ManagedTransaction, Record

from cypher.run import Database, run_one
from loaders.evidence import DEFAULT_SITE, Log, attempt_uid
from loaders.logs.cleaning import attempt_key
from loaders.store.rows import Rows

_BUILDS = 1_000
_TEST_RUNS = 50
"""Limits of one transaction; test runs are read with their logs."""
_MAX_LOG_BYTES = 1 << 30


def identify_by_site(database: Database) -> int:
    """Give builds and test runs at other sites than the default one their identities.

    May be interrupted and repeated. A test run whose key does not follow from its log keeps its
    identity: that of a CDash report without times. The same report then stores another one.

    Returns:
        Number of changes.

    Raises:
        neo4j.exceptions.Neo4jError: The database refused.
    """
    return _identify(database, "builds_at_sites", "identify_builds", _BUILDS) + _identify(
        database, "test_runs_at_sites", "identify_test_runs", _TEST_RUNS
    )


def _identify(database: Database, find: str, change: str, limit: int) -> int:
    total, after = 0, ""
    while records := database.read(find, after=after, default_site=DEFAULT_SITE, limit=limit):
        after = records[-1]["uid"]
        rows: Rows = []
        for record in records:
            hash_, key = record["hash"], _key_of(record)
            if record["uid"] == attempt_uid(hash_, key):
                new = attempt_uid(hash_, key, record["site"])
                rows.append({"old": record["uid"], "new": new})

        def change_some(tx: ManagedTransaction, rows: Rows = rows) -> int:
            return int(run_one(tx, change, rows=rows) or 0)

        total += database.write(change_some) if rows else 0
    return total


def _key_of(record: Record) -> str:
    """Return the key of a build or a test run, or an empty one if its log is damaged."""
    values: dict[str, Any] = record.data()
    if "key" in values:
        return values["key"] or ""
    if values["data"] is None:
        return attempt_key(None)
    try:
        text = zstandard.ZstdDecompressor().decompress(values["data"], _MAX_LOG_BYTES)
    except zstandard.ZstdError:
        return ""
    return attempt_key(Log(text.decode("utf-8", "replace"), 0, 0))
