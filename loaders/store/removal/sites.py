"""Delete a site: its events, stores and environments, and nodes that only these referred to.

Spec documents are not of a site, so they stay.
"""

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, TypedDict

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.errors import Need, StillNeededError
from loaders.store.removal.attempts import (
    DroppedRecord,
    add_dropped,
    delete_attempts,
    drop_report_texts,
    specs_of,
)
from loaders.store.removal.environments import delete_environments
from loaders.store.removal.specs import sweep_specs
from loaders.store.removal.unused import Tally, UnusedKeys, count_removal, write_removal

RECORDS_PER_TRANSACTION = 1_000
_REPORTS = 100
_PREFIXES = 20


class SiteContents(TypedDict):
    """The number of things at a site by label, and the names of valid tokens bound to it."""

    counts: dict[str, int] | None
    tokens: list[str]


def count_site(database: Database, site: str) -> SiteContents:
    """Count the nodes of a site; `counts` is None if there is no such site."""
    record = database.read("what_a_site_has", site=site, now=time.time())[0]
    return {"counts": record["counts"], "tokens": record["tokens"]}


def needs_of_site(contents: SiteContents) -> list[Need]:
    """Return the uses of a site: tokens that would upload to it again."""
    names = contents["tokens"]
    return [Need(kind="token", count=len(names), names=names[:10])] if names else []


def delete_site(database: Database, site: str, tally: Tally) -> None:
    """Delete a site with everything that happened there.

    It may be interrupted: deleting the site again continues.

    Args:
        database: The database to write to.
        site: Name of the site.
        tally: Takes the deletions.

    Raises:
        StillNeededError: A valid token is bound to the site; nothing was deleted.
    """
    needs = needs_of_site(count_site(database, site))
    if needs:
        raise StillNeededError(f"the site {site}", needs)
    for statement, delete in (
        ("attempts_of_site", delete_attempts),
        ("environments_of_site", delete_environments),
    ):
        while uids := _read_some(database, statement, site):
            delete(database, uids, tally)
    for step in (_drop_installations, _drop_tests, _drop_monitored):
        _repeat(database, site, step, tally)
    for remaining in (_drop_reports, _drop_prefixes, _drop_rest):
        while counts := write_removal(database, partial(remaining, site=site)):
            tally.counts.update(counts)
    tally.counts.update(write_removal(database, partial(_drop_site, site=site)))


def _read_some(database: Database, statement: str, site: str) -> list[str]:
    return list(database.read_one(statement, site=site, limit=RECORDS_PER_TRANSACTION) or ())


def _repeat(database: Database, site: str, step: Any, tally: Tally) -> None:
    """Repeat a step until nothing is left, and delete the specs that nothing needs then."""
    while True:
        specs, counts = write_removal(database, partial(step, site=site))
        tally.counts.update(counts)
        sweep_specs(database, specs, tally)
        if not counts:
            return


def _drop_installations(tx: ManagedTransaction, site: str) -> tuple[list[str], Counter[str]]:
    dropped = run_one(tx, "drop_installations", site=site, limit=RECORDS_PER_TRANSACTION)
    if not dropped or not dropped["installations"]:
        return [], Counter()
    count_removal(tx)
    return dropped["specs"], Counter({"Installation": dropped["installations"]})


def _drop_tests(tx: ManagedTransaction, site: str) -> tuple[list[str], Counter[str]]:
    return _drop_records(tx, "drop_test_runs", "TestRun", site)


def _drop_monitored(tx: ManagedTransaction, site: str) -> tuple[list[str], Counter[str]]:
    return _drop_records(tx, "drop_monitored", "Announcement", site)


def _drop_records(
    tx: ManagedTransaction, statement: str, label: str, site: str
) -> tuple[list[str], Counter[str]]:
    rows: Sequence[DroppedRecord] = run_one(tx, statement, site=site, limit=_REPORTS) or ()
    if not rows:
        return [], Counter()
    unused = UnusedKeys()
    add_dropped(unused, rows)
    counts = unused.drop(tx)
    counts[label] += len(rows)
    count_removal(tx)
    return specs_of(rows), counts


def _drop_reports(tx: ManagedTransaction, site: str) -> Counter[str]:
    texts = run_one(tx, "drop_site_reports", site=site, limit=_REPORTS) or []
    return drop_report_texts(tx, texts) if texts else Counter()


def _drop_prefixes(tx: ManagedTransaction, site: str) -> Counter[str]:
    dropped = run_one(tx, "drop_prefixes", site=site, limit=_PREFIXES)
    if not dropped or not dropped["prefixes"]:
        return Counter()
    unused = UnusedKeys()
    for libraries in dropped["libraries"]:
        unused.add("libraries", libraries)
    counts = unused.drop(tx)
    counts["Prefix"] += dropped["prefixes"]
    count_removal(tx)
    return counts


def _drop_rest(tx: ManagedTransaction, site: str) -> Counter[str]:
    counts = run_one(tx, "drop_rest_of_site", site=site, limit=RECORDS_PER_TRANSACTION) or {}
    return Counter({label: number for label, number in counts.items() if number})


def _drop_site(tx: ManagedTransaction, site: str) -> Counter[str]:
    unused = UnusedKeys()
    unused.add("sites", [site])
    return unused.drop(tx)
