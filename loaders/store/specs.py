"""The batched, retried, idempotent write of spec documents.

What is known is asked for first and dropped. The rest goes in by transactions bounded by edges,
dependencies before dependents; rows of a transaction are sorted by hash so that concurrent
uploads take their locks in one order. Roots are marked last.
"""

import datetime
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.specs.closure import dependencies_first
from loaders.specs.dag_hash import Proof
from loaders.specs.document import SpecDocument
from loaders.specs.node import NodeRecord
from loaders.store.spec_rows import claim_rows, root_row, spec_row, stub_rows, virtual_rows

EDGES_PER_TRANSACTION = 30_000
"""Most edges, closure edges included, that one transaction writes."""


class LostWriteError(RuntimeError):
    """The database wrote fewer edges than it was sent; the transaction was rolled back."""


@dataclass
class StoredDocument:
    """What became of one document.

    :ivar new: whether the document was not known before.
    :ivar specs: number of nodes; of those, `new_specs` were not known.
    :ivar edges: edges written, dependencies and splices.
    :ivar unverified: nodes whose hash does not match.
    :ivar conflicts: hashes for which the graph shows another record than the document's.
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


@dataclass(frozen=True)
class _Known:
    standings: Mapping[str, str | None]
    digests: frozenset[str]

    def needs(self, record: NodeRecord) -> bool:
        """Whether the graph lacks the record or shows one that is proven worse."""
        if record.hash not in self.standings:
            return True
        standing = self.standings[record.hash]
        return standing is None or record.standing < standing


class LoadMemory:
    """What one load knows to be stored, so that it neither asks for it nor sends it again.

    Only what cannot change is remembered: records that prove their hash, claims, virtuals.
    """

    LIMIT = 200_000

    def __init__(self) -> None:
        self.proven: dict[str, str] = {}
        self.sent: set[tuple[str, str]] = set()

    def learn(self, standings: Iterable[tuple[str, str | None]]) -> None:
        """Remember the specs that are shown by a record that proves its hash."""
        if len(self.proven) > self.LIMIT:
            self.proven.clear()
        best = f"{int(Proof.DIRECT)}:"
        self.proven.update(
            (hash_, standing) for hash_, standing in standings if standing and standing < best + "~"
        )

    def keep(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Remember claims and virtuals that were sent."""
        if len(self.sent) > self.LIMIT:
            self.sent.clear()
        self.sent.update(pairs)


def new_load_id() -> str:
    """An identifier for one load: UTC time and a random part, sortable by time."""
    now = datetime.datetime.now(datetime.UTC)
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(6)}"


def missing_specs(database: Database, hashes: Sequence[str]) -> list[str]:
    """Those of `hashes` that no stored node has, in the order given."""
    standings = dict(database.read("known", hashes=hashes, digests=[])[0]["specs"])
    return [hash_ for hash_ in hashes if standings.get(hash_) is None]


def missing_roots(database: Database, hashes: Sequence[str]) -> list[str]:
    """Those of `hashes` that no root has, in the order given; others may have them below."""
    roots = set(database.read("roots_known", hashes=hashes)[0]["hashes"])
    return [hash_ for hash_ in hashes if hash_ not in roots]


def store_documents(
    database: Database,
    documents: Sequence[SpecDocument],
    *,
    origin: str,
    memory: LoadMemory | None = None,
) -> list[StoredDocument]:
    """Store documents; what is known already is not written again.

    :param origin: where they came from, kept with what is new.
    :param memory: of the load that these documents are a part of.
    :returns: one entry a document, in order.
    :raises LostWriteError: never seen; a guard against silently lost edges.
    :raises neo4j.exceptions.Neo4jError: the database refused; nothing half-marked remains.
    """
    memory = LoadMemory() if memory is None else memory
    known = _ask(database, documents, memory)
    fresh = {d.digest: d for d in documents if d.digest not in known.digests}
    rows = _needed(fresh.values(), known)
    if len(documents) > 1 and _cost(rows.values(), fresh.values()) > EDGES_PER_TRANSACTION:
        half = len(documents) // 2
        parts = (documents[:half], documents[half:])
        return [
            result
            for part in parts
            for result in store_documents(database, part, origin=origin, memory=memory)
        ]
    if fresh:
        _Work(database, origin, fresh.values(), rows, memory).run()
    return _results(documents, fresh, known, rows)


def _cost(records: Iterable[NodeRecord], documents: Iterable[SpecDocument]) -> int:
    """Edges that a write brings, closure edges included."""
    return sum(len(record.edges) + 1 for record in records) + sum(map(_reached, documents))


def _reached(document: SpecDocument) -> int:
    return len(document.closure.build) + len(document.closure.runtime)


def _ask(database: Database, documents: Sequence[SpecDocument], memory: LoadMemory) -> _Known:
    """What is known of the documents and their nodes, but for what is remembered.

    One small read for documents that are known: of their nodes only those are asked for whose
    record may not be the one that is shown. A second read for the nodes of new documents.
    """
    disputed = {n.hash for d in documents for n in d.nodes if n.proof is not Proof.DIRECT}
    record = database.read(
        "known", hashes=sorted(disputed), digests=[document.digest for document in documents]
    )[0]
    standings: dict[str, str | None] = dict(record["specs"])
    digests = frozenset(record["documents"])
    new = {n.hash for d in documents if d.digest not in digests for n in d.nodes} - disputed
    standings |= {hash_: memory.proven[hash_] for hash_ in new & memory.proven.keys()}
    new -= memory.proven.keys()
    if new:
        standings |= dict(database.read("known", hashes=sorted(new), digests=[])[0]["specs"])
        memory.learn(standings.items())
    return _Known(standings, digests)


def _needed(documents: Iterable[SpecDocument], known: _Known) -> dict[str, NodeRecord]:
    """The best record for each hash that the graph needs."""
    best: dict[str, NodeRecord] = {}
    for document in documents:
        for node in document.nodes:
            if known.needs(node):
                other = best.get(node.hash)
                if other is None or node.standing < other.standing:
                    best[node.hash] = node
    return best


def _results(
    documents: Sequence[SpecDocument],
    fresh: Mapping[str, SpecDocument],
    known: _Known,
    rows: Mapping[str, NodeRecord],
) -> list[StoredDocument]:
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
            unverified=len(document.unverified),
        )
        counted.add(document.digest)
        for node in document.nodes:
            shown = rows.get(node.hash)
            if shown is not None and node.hash not in counted:
                counted.add(node.hash)
                result.new_specs += known.standings.get(node.hash) is None
                result.edges += len(node.edges) + (node.build_spec is not None)
            standing = shown.standing if shown else known.standings.get(node.hash)
            if standing is not None and standing != node.standing:
                result.conflicts.append(node.hash)
        results.append(result)
    return results


class _Work:
    """The transactions that store some documents."""

    def __init__(
        self,
        database: Database,
        origin: str,
        documents: Iterable[SpecDocument],
        rows: Mapping[str, NodeRecord],
        memory: LoadMemory,
    ) -> None:
        self.memory = memory
        self.database = database
        self.origin = origin
        self.load = new_load_id()
        self.documents = list(documents)
        self.records = list(rows.values())
        self.absent = sorted({h for d in self.documents for h in d.closure.absent})
        self.stubs = stub_rows(self.documents)
        self.provided = [
            entry
            for entry in virtual_rows(self.documents)
            if (entry["virtual"], entry["hash"]) not in memory.sent
        ]

    def run(self) -> None:
        """Write all, then remember it."""
        sent = self.memory.sent
        claims = [each for each in claim_rows(self.documents) if ("", each["uid"]) not in sent]
        self._write(claims)
        self.memory.learn((record.hash, record.standing) for record in self.records)
        self.memory.keep(("", each["uid"]) for each in claims)
        self.memory.keep((each["virtual"], each["hash"]) for each in self.provided)

    def _write(self, claims: list[dict[str, Any]]) -> None:
        """Write all; each transaction whole or not at all, roots in the last ones."""
        roots = [root_row(document, self.origin) for document in self.documents]
        if _cost(self.records, self.documents) <= EDGES_PER_TRANSACTION:
            rows = [spec_row(record, self.origin) for record in self.records]
            self.database.write(lambda tx: self._all(tx, rows, claims, roots))
            return
        for chunk in _chunks(*self._dependencies_first()):
            self.database.write(lambda tx, part=chunk: self._specs(tx, part))  # type: ignore[misc]
        for chunk in _chunks(claims, [1] * len(claims)):
            self.database.write(lambda tx, part=chunk: self._all(tx, [], part, []))  # type: ignore[misc]
        for chunk in _chunks(roots, [_reached(document) for document in self.documents]):
            self.database.write(lambda tx, part=chunk: self._roots(tx, part, self.absent))  # type: ignore[misc]

    def _dependencies_first(self) -> tuple[list[dict[str, Any]], list[int]]:
        """Rows that may go in by several transactions, and what each costs.

        There is one document then: several that are too large together are stored apart.
        """
        wanted = {record.hash for record in self.records}
        ordered = [
            record
            for document in self.documents
            for record in dependencies_first(document.by_hash)
            if record.hash in wanted
        ]
        rows = [spec_row(record, self.origin) for record in ordered]
        return rows, [len(record.edges) + 1 for record in ordered]

    def _all(self, tx: ManagedTransaction, rows: Any, claims: Any, roots: Any) -> None:
        filled = self._specs(tx, rows, extend=False) if rows else []
        if claims:
            self._run(tx, "merge_claims", claims=claims, load=self.load)
        if roots:
            self._roots(tx, roots, [*self.absent, *filled])

    def _specs(self, tx: ManagedTransaction, rows: Any, *, extend: bool = True) -> list[str]:
        """Store rows; returns the hashes of stubs that were filled."""
        if self.stubs:
            self._run(tx, "merge_stubs", stubs=self.stubs, load=self.load)
        rows = sorted(rows, key=lambda row: row["hash"])
        stored = self._run(tx, "merge_specs", rows=rows, load=self.load)
        done = {hash_ for hash_, _, _ in stored}
        rest = [row for row in rows if row["hash"] not in done]
        if rest:
            stored += self._run(tx, "replace_specs", rows=rest)
        _compare(rows, stored)
        filled = sorted(hash_ for hash_, _, stub in stored if stub)
        if filled and extend:
            self._run(tx, "extend_closures", hashes=filled)
        return filled

    def _roots(self, tx: ManagedTransaction, roots: Any, open_ends: list[str]) -> None:
        if self.stubs:
            self._run(tx, "merge_stubs", stubs=self.stubs, load=self.load)
        reached = dict(self._run(tx, "merge_roots", roots=roots, load=self.load))
        for root in roots:
            sent = 2 * len(root["both"]) + len(root["built"]) + len(root["deployed"])
            if reached.get(root["digest"], sent) != sent:
                raise LostWriteError(f"closure of {root['hash']}: {reached} of {sent} edges")
        if self.provided:
            self._run(tx, "merge_virtuals", provided=self.provided)
        if open_ends:
            self._run(tx, "extend_closures", hashes=sorted(set(open_ends)))

    @staticmethod
    def _run(tx: ManagedTransaction, name: str, **parameters: Any) -> Any:
        found = run_one(tx, name, **parameters)
        return [] if found is None else found


def _compare(rows: Iterable[dict[str, Any]], stored: Iterable[list[Any]]) -> None:
    sent = {row["hash"]: len(row["dependencies"]) + len(row["build_specs"]) for row in rows}
    for hash_, written, _ in stored:
        if sent[hash_] != written:
            raise LostWriteError(f"{hash_}: {written} of {sent[hash_]} edges were written")


def _chunks(rows: Sequence[Any], costs: Sequence[int]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    total = 0
    for row, cost in zip(rows, costs, strict=True):
        if chunk and total + cost > EDGES_PER_TRANSACTION:
            yield chunk
            chunk, total = [], 0
        chunk.append(row)
        total += cost
    if chunk:
        yield chunk
