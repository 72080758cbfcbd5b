"""Store spec documents: batched, retried, idempotent.

One read finds the specs and documents that are stored already and need not be written. The rest is
written in transactions of bounded size, dependencies before dependents, roots last.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from cypher.run import Database, run_one
from loaders.specs.dag_hash import Proof
from loaders.specs.document import SpecDocument
from loaders.store.old_hashes import join_records
from loaders.store.rows import REMOVALS
from loaders.store.spec_rows import Content
from loaders.store.spec_writes import (
    DocumentsWrite,
    LoadMemory,
    LostWriteError,
    fits_one_transaction,
)

_MOST_ATTEMPTS = 5


class _StoredSpec(TypedDict):
    uid: str
    standing: str | None


class _StoredDigests(TypedDict):
    digest: str
    received: list[str] | None


@dataclass
class StoredDocument:
    """The result of storing one document.

    Attributes:
        new: Whether the document was not stored before.
        specs: Number of nodes.
        new_specs: Number of nodes that were not stored before.
        edges: Number of edges written, dependencies and splices.
        unverified: Number of nodes whose hash does not match their content.
        conflicts: Hashes whose content the graph shows by another record than the document has.
        defects: A sentence for each known defect of Spack that the document shows.
    """

    root: str
    name: str
    version: str
    digest: str
    new: bool
    specs: int
    new_specs: int = 0
    edges: int = 0
    unverified: int = 0
    conflicts: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _GraphState:
    """The stored part of some documents.

    Attributes:
        standings: Standings of contents by identity.
        received: Digests of the documents' JSON as received, by digest of the document.
        removals: Number of transactions so far that deleted anything.
    """

    standings: Mapping[str, str | None]
    received: Mapping[str, frozenset[str]]
    removals: int = 0

    def needs_record(self, content: Content) -> bool:
        """Return whether the graph lacks the content, or shows a worse record of it."""
        standing = self.standings.get(content.uid)
        return standing is None or content.standing < standing


def missing_specs(database: Database, hashes: Sequence[str]) -> list[str]:
    """Return the hashes without a stored spec, in the given order; a stub does not count."""
    stored = set(database.read_one("stored_hashes", hashes=hashes))
    return [hash_ for hash_ in hashes if hash_ not in stored]


def find_named_specs(database: Database, hashes: Collection[str]) -> frozenset[str]:
    """Return those of some hashes that name a stored spec, by any of its hashes.

    A stub does not count, unless it is the build spec of a stored spec.
    """
    return frozenset(database.read_one("named_specs", hashes=sorted(hashes)) or ())


def missing_roots(database: Database, hashes: Sequence[str]) -> list[str]:
    """Return the hashes without a stored root, in the given order.

    A spec that is stored only as a dependency of other roots does not count.
    """
    roots = set(database.read_one("stored_roots", hashes=hashes))
    return [hash_ for hash_ in hashes if hash_ not in roots]


def missing_documents(
    database: Database, documents: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the documents that are not stored, in the given order.

    Args:
        database: The database to read from.
        documents: For each the hash of its root, and the SHA-256 of its JSON as it would be sent,
            without white space before and after it.
    """
    rows = [{"hash": hash_, "digest": digest} for hash_, digest in documents]
    stored = set(database.read_one("received_documents", documents=rows))
    return [each for each in documents if each[1] not in stored]


def store_documents(
    database: Database,
    documents: Sequence[SpecDocument],
    *,
    origin: str,
    memory: LoadMemory | None = None,
) -> list[StoredDocument]:
    """Store documents; if something is stored already, it is not written again.

    Args:
        database: The database to write to.
        documents: Documents, some of which may be stored already.
        origin: Where they came from, recorded with new facts.
        memory: Cache of the load that these documents are part of.

    Returns:
        One result for each document, in the same order.

    Raises:
        LostWriteError: Edges were lost; a guard, since that should not happen.
        neo4j.exceptions.Neo4jError: The database refused; nothing is left half-written.
    """
    memory = LoadMemory() if memory is None else memory
    for _ in range(_MOST_ATTEMPTS - 1):
        try:
            return _store_documents(database, documents, origin, memory)
        except LostWriteError:
            # Another writer has just deleted a spec that this one had found, or joined a content
            # with its original.
            memory.clear()
    return _store_documents(database, documents, origin, memory)


def _store_documents(
    database: Database, documents: Sequence[SpecDocument], origin: str, memory: LoadMemory
) -> list[StoredDocument]:
    state = _find_stored(database, documents, memory)
    fresh = {d.digest: d for d in documents if d.digest not in state.received}
    contents = _best_contents(fresh.values(), state)
    if len(documents) > 1 and not fits_one_transaction(contents.values(), fresh.values()):
        # Each half looks again, since the first one stores nodes that the second one shares.
        half = len(documents) // 2
        parts = (documents[:half], documents[half:])
        return [
            result
            for part in parts
            for result in store_documents(database, part, origin=origin, memory=memory)
        ]
    joined: set[str] = set()
    if fresh:
        write = DocumentsWrite(database, origin, fresh.values(), contents, memory)
        write.write_all()
        joined = write.settlement.joined
        join_records(database, fresh.values())
    _record_received(database, documents, fresh, state)
    return _document_results(documents, fresh, state, contents, joined)


def _record_received(
    database: Database,
    documents: Iterable[SpecDocument],
    fresh: Mapping[str, SpecDocument],
    state: _GraphState,
) -> None:
    """Remember the digests of documents that are stored already, but with other white space."""
    new = {
        (each.digest, each.received)
        for each in documents
        if each.received not in state.received.get(each.digest, ())
    }
    # Those of new documents were written with them.
    new -= {(each.digest, each.received) for each in fresh.values()}
    rows = [{"digest": digest, "received": received} for digest, received in sorted(new)]
    if rows:
        database.write(lambda tx: run_one(tx, "add_received", documents=rows))


def _find_stored(
    database: Database, documents: Sequence[SpecDocument], memory: LoadMemory
) -> _GraphState:
    """Return the stored part of the documents and their nodes, from the cache if possible.

    The first read asks for the documents, and for those nodes that may show another record. If all
    documents are stored, this small read is the only one. The second asks for the nodes of new
    documents.
    """
    disputed = {
        document.uids[node.hash]
        for document in documents
        for node in document.nodes
        if node.proof is not Proof.DIRECT or document.uids[node.hash] != node.hash
    }
    disputed |= {node.hash for document in documents for node in document.others}
    state = _read_state(database, sorted(disputed), [document.digest for document in documents])
    memory.check_removals(state.removals)
    standings = dict(state.standings)
    fresh = [document for document in documents if document.digest not in state.received]
    new = {uid for document in fresh for uid in document.uids.values()} - disputed
    standings |= {uid: memory.proven[uid] for uid in new & memory.proven.keys()}
    new -= memory.proven.keys()
    if new:
        standings |= _read_state(database, sorted(new), []).standings
        memory.add_standings(standings.items())
    return _GraphState(standings, state.received)


def _read_state(database: Database, uids: Sequence[str], digests: Sequence[str]) -> _GraphState:
    record = database.read(
        "stored_specs_and_documents", uids=uids, digests=digests, removals=REMOVALS
    )[0]
    specs: list[_StoredSpec] = record["specs"]
    standings = {spec["uid"]: spec["standing"] for spec in specs}
    documents: list[_StoredDigests] = record["documents"]
    received = {each["digest"]: frozenset(each["received"] or ()) for each in documents}
    return _GraphState(standings, received, record["removals"])


def _best_contents(documents: Iterable[SpecDocument], state: _GraphState) -> dict[str, Content]:
    """Return the best record for each content for which the graph needs one."""
    best: dict[str, Content] = {}
    for document in documents:
        for content in _contents_of(document):
            # Several of the documents may have different records for one content.
            if state.needs_record(content):
                other = best.get(content.uid)
                if other is None or content.standing < other.standing:
                    best[content.uid] = content
    return best


def _contents_of(document: SpecDocument) -> Iterator[Content]:
    yield from (Content.of(node, document) for node in document.nodes)
    for node in document.others:
        # The build spec of a splice that carries its hash is the spec that the hash determines,
        # if the hashes of its dependencies determine these.
        determined = all(document.uids.get(hash_) == hash_ for hash_ in node.dependencies)
        if node.is_verified and node.hash in document.uids and determined:
            yield Content(node, {**document.uids, node.hash: node.hash})


def _document_results(
    documents: Sequence[SpecDocument],
    fresh: Mapping[str, SpecDocument],
    state: _GraphState,
    contents: Mapping[str, Content],
    joined: Collection[str],
) -> list[StoredDocument]:
    """Return a result for each document; if several share a new spec, the first one counts it."""
    counted: set[str] = set()
    results = []
    for document in documents:
        root = document.root
        new = document.digest in fresh and document.digest not in counted
        result = StoredDocument(
            root=root.hash,
            name=root.name,
            version=root.version,
            digest=document.digest,
            new=new,
            specs=len(document.nodes),
            unverified=len(document.unverified_nodes),
            defects=list(document.defects),
        )
        counted.add(document.digest)
        for node in document.nodes:
            uid = document.uids[node.hash]
            shown = contents.get(uid)
            if shown is not None and uid not in counted:
                counted.add(uid)
                result.new_specs += state.standings.get(uid) is None
                result.edges += len(node.edges) + (node.build_spec is not None)
            standing = shown.standing if shown else state.standings.get(uid)
            if uid in joined or (standing is not None and standing[-64:] != node.digest):
                result.conflicts.append(node.hash)
        results.append(result)
    return results
