"""Changes that a database written by an older version needs, made whenever one is opened.

Until version 2 of the schema a `Spec` was a hash. If records of several contents claimed it, one of
them was shown. Since then a `Spec` is a content. The specs whose hash does not determine theirs
become stubs, so that nothing that refers to them is lost, and their documents are stored again.

Since version 3 the site is a part of the identity of a build and of a test run, since version 4
spliced specs have a pure hash. Since version 5 a writer marks the roots whose postings it outdates,
which older programs do not.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from neo4j import ManagedTransaction, Record

from cypher.run import Database, run_one
from loaders.specs.contents import hash_of
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.site_identities import identify_by_site
from loaders.store.spec_writes import LoadMemory
from loaders.store.specs import store_documents

SCHEMA_VERSION = 5
"""The version that this program writes."""
NAME = "schema"
"""Name of the counter that holds the version."""
EDGES_PER_TRANSACTION = 20_000
_SPECS = 2_000
_DOCUMENTS = 50
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class NewerSchemaError(Exception):
    """The graph was written by a newer Specgraph, which this one might damage."""


_STEPS = (
    ("migrate_reaches", EDGES_PER_TRANSACTION),
    ("drop_claims", EDGES_PER_TRANSACTION),
    ("migrate_uids", EDGES_PER_TRANSACTION),
    ("mark_disputed", EDGES_PER_TRANSACTION),
    ("mark_disputed_dependents", EDGES_PER_TRANSACTION),
    ("claim_disputed_records", _SPECS),
    ("mark_outdated_documents", _SPECS),
    ("empty_disputed", _SPECS),
)
"""Statements in their order, each with its limit; each is repeated until it changes nothing."""


def stored_version(database: Database) -> int:
    """Return the version of the schema by which the graph was written.

    A graph without specs has the version of this program. One without a version was written before
    there were versions; that counts as 1.

    Raises:
        NewerSchemaError: It is newer than the version of this program.
        neo4j.exceptions.Neo4jError: The database refused.
    """
    record = database.read("schema_version", name=NAME)[0]
    version = record["version"]
    if version is None:
        return 1 if record["has_specs"] else SCHEMA_VERSION
    if version > SCHEMA_VERSION:
        raise NewerSchemaError(
            f"the graph has version {version} of the schema, and this Specgraph knows versions up "
            f"to {SCHEMA_VERSION}: use the newer Specgraph that wrote it"
        )
    return int(version)


def migrate_graph(database: Database) -> int:
    """Bring the graph of an older Specgraph into today's form; usually there is nothing to do.

    An interrupted migration continues when the database is opened again.

    Returns:
        Number of changes.

    Raises:
        NewerSchemaError: The graph is newer than this program.
        neo4j.exceptions.Neo4jError: The database refused.
    """
    record = database.read("schema_version", name=NAME)[0]
    if record["version"] is not None and stored_version(database) == SCHEMA_VERSION:
        return 0
    total = sum(_repeat(database, statement, limit) for statement, limit in _STEPS)
    total += _store_outdated(database)
    total += identify_by_site(database)
    total += _add_pure_hashes(database)
    database.write(_statement("set_schema_version", name=NAME, version=SCHEMA_VERSION))
    return total


def _repeat(database: Database, statement: str, limit: int) -> int:
    """Run a statement until it changes nothing; return the number of changes."""

    def change_some(tx: ManagedTransaction) -> int:
        return int(run_one(tx, statement, limit=limit) or 0)

    total = 0
    while changed := database.write(change_some):
        total += changed
    return total


def _store_outdated(database: Database) -> int:
    """Store the outdated documents again; return how many there were."""
    memory = LoadMemory()
    total = 0
    while records := database.read("outdated_documents", limit=_DOCUMENTS):
        digests = [record["digest"] for record in records]
        database.write(_statement("release_documents", digests=digests))
        for record in records:
            store_documents(
                database, [_read_document(record)], origin=record["origin"], memory=memory
            )
        rows = [{"digest": record["digest"], "load": record["load"]} for record in records]
        database.write(_statement("finish_documents", documents=rows))
        total += len(records)
    return total


def _add_pure_hashes(database: Database) -> int:
    """Give spliced specs their pure hashes; return how many got one."""
    total, after = 0, ""
    while records := database.read("splices_without_pure_hash", after=after, limit=_DOCUMENTS):
        rows: dict[str, str] = {}
        for record in records:
            if record["digest"] is None or record["uid"] in rows:
                continue
            document = _read_document(record)
            pure = document.pure_hashes.get(hash_of(record["uid"]))
            if pure and document.uids[hash_of(record["uid"])] == record["uid"]:
                rows[record["uid"]] = pure
        pairs = [{"uid": uid, "pure_hash": pure} for uid, pure in sorted(rows.items())]
        database.write(_statement("set_pure_hashes", rows=pairs))
        total += len(pairs)
        after = max(record["uid"] for record in records)
    return total


def _statement(statement: str, **parameters: Any) -> Callable[[ManagedTransaction], Any]:
    return lambda tx: run_one(tx, statement, **parameters)


def _read_document(record: Record) -> SpecDocument:
    """Return a stored document as it was uploaded, every number and escape as it was written."""
    texts = {node["reference"]: node["document"] for node in record["nodes"]}
    nodes = msgspec.json.encode(
        [msgspec.Raw(texts[reference].encode()) for reference in record["records"]]
    )
    envelope = _OBJECT.decode(record["envelope"])
    if record["spec_format"] > 1:
        inner = _OBJECT.decode(envelope["spec"])
        nodes = msgspec.json.encode({**inner, "nodes": msgspec.Raw(nodes)})
    raw = msgspec.json.encode({**envelope, "spec": msgspec.Raw(nodes)})
    return parse_document(raw, allow_unverified=True)
