"""Write new spec documents, in one transaction or in several of bounded size."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypedDict, TypeVar

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.specs.closure import dependencies_first
from loaders.specs.contents import hash_of
from loaders.specs.dag_hash import Proof
from loaders.specs.document import SpecDocument
from loaders.store.rows import new_load_id
from loaders.store.settling import Settlement
from loaders.store.spec_rows import (
    ClaimRow,
    Content,
    RootRow,
    SpecRow,
    claim_rows,
    root_row,
    spec_row,
    stub_rows,
    virtual_rows,
)

T = TypeVar("T")

EDGES_PER_TRANSACTION = 30_000
"""Limit of the edges, closure edges included, that one transaction writes."""
_MOST_NAMED = 5


class LostWriteError(RuntimeError):
    """The database wrote fewer edges than it was sent; the transaction was rolled back."""


class _WrittenSpec(TypedDict):
    uid: str
    edges: int
    was_stub: bool


class _WrittenRoot(TypedDict):
    """A row of the answer of `merge_roots`.

    `fresh` is false if another load has stored the document meanwhile, and `shown` is false if the
    root shows a better document: no edges are written then.
    """

    digest: str
    fresh: bool
    shown: bool
    claims: int
    edges: int


class LoadMemory:
    """Cache of the facts that one load knows to be stored.

    Only facts that cannot change unless something is deleted are cached: contents that their hash
    determines, claims and virtuals.
    """

    LIMIT = 200_000

    def __init__(self) -> None:
        self.proven: dict[str, str] = {}
        self.sent: set[tuple[str, str]] = set()
        self._removals: int | None = None

    def clear(self) -> None:
        """Forget everything."""
        self.proven.clear()
        self.sent.clear()

    def check_removals(self, number: int) -> None:
        """Forget everything if something was deleted since the last call.

        Args:
            number: The number of transactions that deleted anything so far.
        """
        if self._removals not in (None, number):
            self.clear()
        self._removals = number

    def add_standings(self, standings: Iterable[tuple[str, str | None]]) -> None:
        """Remember the contents that their hash determines, and that show its record."""
        if len(self.proven) > self.LIMIT:
            self.proven.clear()
        # Standings are strings that start with the proof: `~` sorts behind all that may follow.
        worst = f"{int(Proof.DIRECT)}:~"
        self.proven.update(
            (uid, standing)
            for uid, standing in standings
            if standing and standing < worst and uid == hash_of(uid)
        )

    def add_sent(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Remember claims and virtuals that were sent."""
        if len(self.sent) > self.LIMIT:
            self.sent.clear()
        self.sent.update(pairs)


def fits_one_transaction(contents: Iterable[Content], documents: Iterable[SpecDocument]) -> bool:
    """Return whether one transaction may write some contents and documents."""
    edges = sum(len(content.record.edges) + 1 for content in contents)
    return edges + sum(map(_closure_size, documents)) <= EDGES_PER_TRANSACTION


def _closure_size(document: SpecDocument) -> int:
    return len(document.closure.build) + len(document.closure.runtime)


class DocumentsWrite:
    """The transactions that write some new documents.

    Args:
        database: The database to write to.
        origin: Where the documents came from.
        documents: Documents that are not stored.
        contents: The contents that the graph lacks, or shows by a worse record, by identity.
        memory: Cache of the load.
    """

    def __init__(
        self,
        database: Database,
        origin: str,
        documents: Iterable[SpecDocument],
        contents: Mapping[str, Content],
        memory: LoadMemory,
    ) -> None:
        self.memory = memory
        self.database = database
        self.origin = origin
        self.load = new_load_id()
        self.documents = list(documents)
        self.contents = list(contents.values())
        self.absent = sorted({h for d in self.documents for h in d.closure.absent})
        self.settlement = Settlement(self.documents, self.contents)
        self.stubs = stub_rows(self.documents)
        self.provided = [
            entry
            for entry in virtual_rows(self.documents)
            if (entry["virtual"], entry["uid"]) not in memory.sent
        ]

    def write_all(self) -> None:
        """Write everything, then remember it.

        Raises:
            LostWriteError: The database wrote fewer edges than it was sent.
        """
        sent = self.memory.sent
        claims = [each for each in claim_rows(self.documents) if ("", each["uid"]) not in sent]
        self._write_records(claims)
        # Of two writers that did not see each other, the one that ends later sees both.
        settlement = self.settlement
        if settlement.hashes and self.database.read_one(
            "hashes_to_settle", hashes=settlement.hashes
        ):
            self.database.write(settlement.settle)
        self.memory.add_standings((each.uid, each.standing) for each in self.contents)
        self.memory.add_sent(("", each["uid"]) for each in claims)
        self.memory.add_sent((each["virtual"], each["uid"]) for each in self.provided)

    def _write_records(self, claims: Sequence[ClaimRow]) -> None:
        """Write everything in one transaction if it is small, or else roots in the last ones.

        No reader sees a root before all that it depends on, even if a later transaction fails.
        """
        roots = [root_row(document, self.origin) for document in self.documents]
        if fits_one_transaction(self.contents, self.documents):
            rows = [spec_row(content, self.origin) for content in self.contents]
            self.database.write(partial(self._write_all, rows=rows, claims=claims, roots=roots))
            return
        for spec_chunk in _affordable_chunks(*self._dependencies_first()):
            self.database.write(partial(self._write_specs, rows=spec_chunk))
        for claim_chunk in _affordable_chunks(claims, [1] * len(claims)):
            self.database.write(partial(self._write_claims, claims=claim_chunk))
        for root_chunk in _affordable_chunks(
            roots, [_closure_size(document) for document in self.documents]
        ):
            self.database.write(partial(self._write_roots, roots=root_chunk, open_ends=self.absent))
        if self.settlement.is_needed:
            self.database.write(self.settlement.settle)

    def _dependencies_first(self) -> tuple[list[SpecRow], list[int]]:
        """Return the rows in an order that several transactions may write, and their costs.

        Only a single document is written this way: if several are too large, they are split first.
        """
        needed = {content.uid for content in self.contents}
        ordered = [
            Content.of(record, document)
            for document in self.documents
            for record in dependencies_first(document.by_hash)
            if document.uids[record.hash] in needed
        ]
        rows = [spec_row(content, self.origin) for content in ordered]
        return rows, [len(content.record.edges) + 1 for content in ordered]

    def _write_all(
        self,
        tx: ManagedTransaction,
        rows: Sequence[SpecRow],
        claims: Sequence[ClaimRow],
        roots: Sequence[RootRow],
    ) -> None:
        # The roots extend the closures of filled stubs themselves, once all edges are there.
        filled = self._write_specs(tx, rows, extend=False) if rows else []
        self._write_claims(tx, claims)
        self._write_roots(tx, roots, [*self.absent, *filled])
        if self.settlement.is_needed:
            self.settlement.settle(tx)

    def _write_claims(self, tx: ManagedTransaction, claims: Sequence[ClaimRow]) -> None:
        if claims:
            run_one(tx, "merge_claims", claims=claims, load=self.load)

    def _write_specs(
        self, tx: ManagedTransaction, rows: Sequence[SpecRow], *, extend: bool = True
    ) -> list[str]:
        """Write specs.

        Returns:
            Identities of the stubs that were filled.
        """
        self._write_stubs(tx)
        # Sorted, so that concurrent uploads take their locks in one order.
        rows = sorted(rows, key=lambda row: row["uid"])
        adopting = [row for row in rows if row["uid"] != row["hash"]]
        if adopting:
            run_one(tx, "adopt_stubs", rows=adopting)
        stored: list[_WrittenSpec] = run_one(tx, "merge_specs", rows=rows, load=self.load) or []
        done = {spec["uid"] for spec in stored}
        # `merge_specs` skips a spec that shows a record already, its own or a worse one.
        rest = [row for row in rows if row["uid"] not in done]
        if rest:
            stored += run_one(tx, "replace_specs", rows=rest) or []
        expected = {row["uid"]: len(row["dependencies"]) + len(row["build_specs"]) for row in rows}
        _check_edges((spec["uid"], spec["edges"], expected[spec["uid"]]) for spec in stored)
        filled = sorted(spec["uid"] for spec in stored if spec["was_stub"])
        if filled and extend:
            run_one(tx, "extend_closures", uids=filled)
        return filled

    def _write_roots(
        self, tx: ManagedTransaction, roots: Sequence[RootRow], open_ends: Sequence[str]
    ) -> None:
        self._write_stubs(tx)
        written: list[_WrittenRoot] = run_one(tx, "merge_roots", roots=roots, load=self.load) or []
        # By digest and not by hash: several documents may describe the same root.
        by_digest = {root["digest"]: root for root in written}
        for root in roots:
            _check_root(root, by_digest.get(root["digest"]))
        if self.provided:
            run_one(tx, "merge_virtuals", provided=self.provided)
        # Build specs that came later than these roots, or are not in their documents.
        if open_ends:
            run_one(tx, "extend_closures", uids=sorted(set(open_ends)))

    def _write_stubs(self, tx: ManagedTransaction) -> None:
        if self.stubs:
            run_one(tx, "merge_stubs", stubs=self.stubs, load=self.load)


def _closure_edges(root: RootRow) -> int:
    return 2 * len(root["both"]) + len(root["built"]) + len(root["deployed"])


def _check_root(root: RootRow, written: _WrittenRoot | None) -> None:
    """Check that a root was written whole.

    Raises:
        LostWriteError: The spec, a claim, or a spec of the closure is missing.
    """
    if written is None:
        raise LostWriteError(f"{root['uid'][:7]} is missing")
    if written["fresh"] and written["claims"] != len(root["claims"]):
        raise LostWriteError(
            f"{len(root['claims']) - written['claims']} claims of {root['uid'][:7]} are missing"
        )
    if written["shown"]:
        _check_edges([(root["uid"], written["edges"], _closure_edges(root))])


def _check_edges(counts: Iterable[tuple[str, int, int]]) -> None:
    """Check that no edge was lost.

    A `MATCH` in a statement silently drops the row of an edge if its target is missing.

    Args:
        counts: For each spec its identity, the number of edges written, and the number sent.

    Raises:
        LostWriteError: Edges are missing; the message names the first few specs.
    """
    lost = [
        f"{uid[:7]} ({written} of {sent} edges)" for uid, written, sent in counts if written != sent
    ]
    if lost:
        more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        raise LostWriteError(f"edges were lost on {', '.join(lost[:_MOST_NAMED])}{more}")


def _affordable_chunks(rows: Sequence[T], costs: Sequence[int]) -> Iterator[list[T]]:
    """Split rows into groups that cost no more than a transaction may, if possible."""
    chunk: list[T] = []
    total = 0
    for row, cost in zip(rows, costs, strict=True):
        if chunk and total + cost > EDGES_PER_TRANSACTION:
            yield chunk
            chunk, total = [], 0
        chunk.append(row)
        total += cost
    if chunk:
        yield chunk
