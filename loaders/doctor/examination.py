"""All checks of the graph, in their order."""

from collections.abc import Callable, Iterator

from cypher.run import Database
from loaders.doctor import records, structure
from loaders.doctor.findings import Check, Finding
from loaders.doctor.postings import check_postings

_FROM_BACKUP = (
    "The evidence itself is damaged: restore a backup into this graph, or load the document again."
)

CHECKS = (
    Check(
        "version",
        "the schema has the version of this program",
        "Other commands migrate the graph. Run an interrupted restore again.",
        structure.check_version,
    ),
    Check(
        "schema",
        "all constraints and indexes are there",
        "Run `specgraph doctor --repair`, or `specgraph schema`.",
        structure.check_schema,
        repairs=True,
    ),
    Check(
        "records",
        "specs are what their hashes and records say",
        _FROM_BACKUP,
        records.check_specs,
    ),
    Check("claims", "claimed records have their digests", _FROM_BACKUP, records.check_claims),
    Check(
        "documents",
        "documents are complete and have their digests",
        _FROM_BACKUP,
        records.check_documents,
    ),
    Check("texts", "logs and other texts have their digests", _FROM_BACKUP, records.check_texts),
    Check(
        "closures",
        "roots are described, and closure edges follow from dependencies",
        "Run `specgraph doctor --repair`, which derives them again.",
        structure.check_closures,
        repairs=True,
    ),
    Check(
        "postings",
        "postings follow from closure edges",
        "Run `specgraph doctor --repair`: the service makes them again.",
        check_postings,
        repairs=True,
    ),
    Check(
        "relationships",
        "nothing lacks a relationship that it needs",
        "Restore a backup into this graph, or load the documents again.",
        structure.check_relationships,
    ),
    Check(
        "counters",
        "no number is given out twice",
        "Run `specgraph doctor --repair`.",
        structure.check_counters,
        repairs=True,
    ),
    Check(
        "orphans",
        "something refers to every node",
        "They do no harm. Run `specgraph gc` to delete them.",
        structure.check_orphans,
        is_notice=True,
    ),
)

OnProgress = Callable[[Check, int], None]
"""Called with a check and the number of nodes that it has checked since the last call."""


def examine(
    database: Database, *, repair: bool = False, on_progress: OnProgress = lambda _, __: None
) -> Iterator[tuple[Check, Finding]]:
    """Make all checks, and yield the finding of each.

    Args:
        database: The database, which may be in use.
        repair: Derive derived data again.
        on_progress: Called as nodes are checked.

    Raises:
        loaders.store.migrations.NewerSchemaError: The graph is newer than this program.
        neo4j.exceptions.Neo4jError: The database refused.
    """
    for check in CHECKS:

        def on_checked(count: int, check: Check = check) -> None:
            on_progress(check, count)

        yield check, check.run(database, repair, on_checked)
