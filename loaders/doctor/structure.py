"""Check the structure of the graph: schema, closures, and required relationships."""

from collections.abc import Sequence
from functools import partial

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from graph_models import schema
from loaders.doctor.findings import EXAMPLES, Finding, OnChecked, Row, find_wrong
from loaders.monitor.announcements import COUNTER
from loaders.store import migrations
from loaders.store.rows import chunks_of

_SPECS = 500
_ROOTS = 100
_SCAN_SECONDS = 600.0
_RESTORING = "restore"


def check_version(database: Database, _: bool, on_checked: OnChecked) -> Finding:
    """Compare the version of the schema, and look for a restore that was interrupted."""
    finding = Finding(checked=1)
    version = migrations.stored_version(database)
    if version != migrations.SCHEMA_VERSION:
        finding.add(f"the graph has version {version} and not {migrations.SCHEMA_VERSION}")
    if database.read("schema_version", name=_RESTORING)[0]["version"] is not None:
        finding.add("a restore was interrupted")
    on_checked(1)
    return finding


def check_schema(database: Database, repair: bool, on_checked: OnChecked) -> Finding:
    """Look for constraints and indexes that are missing or not online."""
    finding = Finding()
    missing = _missing_elements(database)
    finding.checked = len(schema.schema_elements())
    for name, why in missing.items():
        finding.add(f"{name} {why}")
    if repair and missing:
        schema.install_schema(database.driver, database.name)
        finding.repaired = len(missing) - len(_missing_elements(database))
    on_checked(finding.checked)
    return finding


def _missing_elements(database: Database) -> dict[str, str]:
    states = schema.index_states(database.driver, database.name)
    return {
        element.name: "is missing" if element.name not in states else f"is {states[element.name]}"
        for element in schema.schema_elements()
        if states.get(element.name) != "ONLINE"
    }


def check_closures(database: Database, repair: bool, on_checked: OnChecked) -> Finding:
    """Derive the closure of every root again, and compare roots with documents."""
    finding = Finding()
    for count, wrong in find_wrong(database, "closures_to_check", "uid", _SPECS, _has_fault):
        for row in wrong:
            finding.add(f"{row['uid']}: {_closure_fault(row)}")
        if repair:
            repairable = [row["uid"] for row in wrong if row["described"] or not row["is_root"]]
            for uids in chunks_of(_ROOTS, repairable):
                database.write(partial(_repair_roots, uids=uids))
                finding.repaired += len(uids)
        finding.checked += count
        on_checked(count)
    return finding


def _has_fault(row: Row) -> bool:
    return row["is_root"] != row["described"] or not row["derived"]


def _closure_fault(row: Row) -> str:
    if row["described"] and not row["is_root"]:
        return "a document describes it, and it is not a root"
    if row["is_root"] and not row["described"]:
        return "it is a root without a document"
    if not row["is_root"]:
        return "it is no root and has closure edges"
    return "its closure edges do not follow from its dependencies"


def _repair_roots(tx: ManagedTransaction, uids: Sequence[str]) -> None:
    roots = run_one(tx, "set_root_labels", uids=uids)
    run_one(tx, "derive_closures", roots=roots)


def check_relationships(database: Database, _: bool, on_checked: OnChecked) -> Finding:
    """Look for nodes without the relationships that they need."""
    finding = Finding()
    for row in database.read("incomplete_nodes", seconds=_SCAN_SECONDS, most=EXAMPLES):
        finding.add(f"{row['pattern']} is missing: {', '.join(row['examples'])}", row["nodes"])
    on_checked(1)
    return finding


def check_orphans(database: Database, _: bool, on_checked: OnChecked) -> Finding:
    """Look for nodes that nothing refers to."""
    finding = Finding()
    for row in database.read("unreached_nodes", seconds=_SCAN_SECONDS, most=EXAMPLES):
        finding.add(f"{row['nodes']} {row['label']}: {', '.join(row['examples'])}", row["nodes"])
    on_checked(1)
    return finding


def check_counters(database: Database, repair: bool, on_checked: OnChecked) -> Finding:
    """Compare the counter of numbers with those in use."""
    finding = Finding(checked=1)
    for row in database.read("counters_behind", name=COUNTER):
        finding.add(f"{COUNTER} is {row['value']}, and {row['used']} is in use")
        if repair:
            database.write(partial(_set_counter, value=row["used"]))
            finding.repaired += 1
    on_checked(1)
    return finding


def _set_counter(tx: ManagedTransaction, value: int) -> None:
    run_one(tx, "raise_counter", name=COUNTER, value=value)
