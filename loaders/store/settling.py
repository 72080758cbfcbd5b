"""Settle which contents of a hash are one: copies of a spec are joined with the spec itself.

A document may hold damaged copies: a build spec whose edges changed, a dependency whose types were
lost, a stub instead of a record. Where the hash determines another stored record, the copies are
that record.
"""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from neo4j import ManagedTransaction

from cypher.run import run_one
from loaders.specs.closure import dependencies_first
from loaders.specs.contents import hash_of
from loaders.specs.document import SpecDocument
from loaders.store.spec_rows import Content

_EVENTS = (*("SPLICED_FROM", "BUILT", "OF", "OFFERS", "LOCKS", "TESTED", "BLAMES"),)
"""Relationships to a spec that are by its hash: a copy of a build spec stands for it."""
_IDENTITY = ("DEPENDS_ON", "DESCRIBES")
"""Relationships to a content."""


class _Copy(TypedDict):
    copy: str
    original: str
    same: bool


class Settlement:
    """The step after documents are written: joins copies, derives the closures that this changes.

    It runs in the transaction that writes the roots. Two writers that do not see each other there
    see each other after they have committed, so it runs once more, if there is anything to do.

    Args:
        documents: The documents.
        contents: Those of their contents of which the graph had no record, or a worse one.

    Attributes:
        joined: Identities of the copies that were joined with their originals.
    """

    def __init__(self, documents: Iterable[SpecDocument], contents: Iterable[Content]) -> None:
        self.joined: set[str] = set()
        written = [content.uid for content in contents]
        disputed = [document for document in documents if not document.is_plain]
        hashes = dict.fromkeys(map(hash_of, written))
        for document in disputed:
            # Dependencies first: whether a spec is a copy depends on those of its dependencies.
            hashes |= dict.fromkeys(node.hash for node in dependencies_first(document.by_hash))
        self.hashes = list(hashes)
        self._changed = [uid for uid in written if uid != hash_of(uid)]
        self._roots = {document.uids[document.root.hash] for document in disputed}

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do if no hash has several specs."""
        return bool(self._changed or self._roots)

    def settle(self, tx: ManagedTransaction) -> None:
        """Join the copies and derive the closures, in a transaction."""
        affected = set(self._roots)
        if self._changed:
            affected.update(run_one(tx, "roots_reaching", uids=self._changed))
        found = run_one(tx, "hashes_to_settle", hashes=self.hashes) if self.hashes else []
        copies = [each for hash_ in found for each in self._join_copies(tx, hash_, affected)]
        # From here on, no statement may scan an index or look for a deleted spec: Neo4j fails on a
        # node whose indexed property was changed before it was deleted in the same transaction.
        dropped = self._drop_unused(tx, copies)
        if found:
            inferred = run_one(tx, "infer_build_specs", hashes=found) or []
            affected.update(run_one(tx, "roots_reaching", uids=inferred) if inferred else [])
        if remaining := sorted(affected - dropped):
            run_one(tx, "derive_closures", roots=remaining)

    def _join_copies(self, tx: ManagedTransaction, hash_: str, affected: set[str]) -> list[str]:
        """Join the copies of one hash with their original; return the copies.

        Args:
            tx: The transaction.
            hash_: The hash.
            affected: Takes the roots whose closures change.
        """
        copies: list[_Copy] = run_one(tx, "damaged_copies", hash=hash_) or []
        if copies:
            uids = [each["copy"] for each in copies]
            affected.update(run_one(tx, "roots_reaching", uids=uids))
        joined = []
        for each in sorted(copies, key=lambda copy: not copy["same"]):
            if each["copy"] in joined:
                continue
            pair = {"copy": each["copy"], "original": each["original"]}
            types = [*_EVENTS, *_IDENTITY] if each["same"] else _EVENTS
            run_one(tx, "move_dependents", **pair, types=types)
            run_one(tx, "move_belongings", **pair)
            affected.add(each["original"])
            joined.append(each["copy"])
        self.joined.update(joined)
        return joined

    @staticmethod
    def _drop_unused(tx: ManagedTransaction, uids: Sequence[str]) -> set[str]:
        """Delete the copies that nothing refers to, until there are no more; return them."""
        remaining = set(uids)
        while dropped := run_one(tx, "drop_copies", uids=sorted(remaining)):
            remaining.difference_update(dropped)
        return set(uids) - remaining


def settle_hashes(tx: ManagedTransaction, hashes: Iterable[str]) -> set[str]:
    """Settle which contents of some hashes are one, whatever wrote them.

    Returns:
        Identities of the copies that were joined with their originals. A spec that depends on one
        may be a copy now.
    """
    settlement = Settlement((), ())
    settlement.hashes = list(hashes)
    settlement.settle(tx)
    return settlement.joined
