"""Delete a root with its documents, and the specs that nothing needs any more.

Each transaction locks a spec before it looks for references to it, and deletes a spec without
detaching it: a relationship that an upload adds at the same time either is seen, and the spec
stays, or makes one of the two transactions fail and run again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from typing import TypedDict

import msgspec
from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.errors import StillNeededError
from loaders.specs.contents import hash_of
from loaders.store.removal.needs import find_needs, label_spec
from loaders.store.removal.unused import (
    RemovedSpec,
    Tally,
    UnusedKeys,
    count_removal,
    write_removal,
)

SPECS_PER_TRANSACTION = 500
"""Limit of the specs that one transaction deletes, except for the last step of a walk."""


class _Provided(TypedDict):
    uid: str
    virtuals: list[str]


class _DroppedSpec(RemovedSpec):
    """A row of `drop_unneeded_specs`."""

    provided: list[_Provided]
    below: list[str]
    virtuals: list[str]
    roots: list[str]
    copies: list[str]
    files: int
    prefixes: int
    libraries: list[str]


class _Unrooted(TypedDict):
    documents: int
    claims: list[str]
    hashes: list[str]


class SpecGoneError(Exception):
    """The spec was deleted meanwhile."""


def delete_root(database: Database, uid: str, tally: Tally) -> None:
    """Delete a spec, its documents, and everything below it that nothing else needs.

    Args:
        database: The database to write to.
        uid: Identity of the spec.
        tally: Takes the deletions.

    Raises:
        StillNeededError: Something needs the spec; nothing was deleted.
        SpecGoneError: There is no such spec.
    """
    part, waiting = write_removal(database, partial(_delete_first, uid=uid))
    tally.add(part)
    sweep_specs(database, waiting, tally)


def _delete_first(tx: ManagedTransaction, uid: str) -> tuple[Tally, set[str]]:
    """Delete a root and as much below it as fits; return the deletions and the next specs."""
    if run_one(tx, "lock_spec", uid=uid) is None:
        raise SpecGoneError(uid)
    needs = find_needs(tx, uid)
    if needs:
        records: list[RemovedSpec] = run_one(tx, "records_of_specs", uids=[uid])
        [each] = records
        raise StillNeededError(label_spec(each["name"], each["version"], each["hash"]), needs)
    unrooted: _Unrooted = run_one(tx, "unroot_spec", uid=uid)
    first = {uid}
    if unrooted["hashes"]:
        first.update(run_one(tx, "unplain_contents", hashes=unrooted["hashes"]) or ())
    part, waiting = _drop_some(tx, first)
    part.counts["Document"] += unrooted["documents"]
    unused = UnusedKeys()
    unused.add("claims", unrooted["claims"])
    part.counts.update(unused.drop(tx))
    return part, waiting


def sweep_specs(database: Database, uids: Iterable[str], tally: Tally) -> None:
    """Delete those of some specs that nothing needs, and those below that become unneeded.

    If it is interrupted, `collect_garbage` finishes the work.
    """
    waiting = dict.fromkeys(uids)
    while waiting:
        part = list(islice(waiting, SPECS_PER_TRANSACTION))
        dropped, more = write_removal(database, partial(_drop_some, uids=part))
        tally.add(dropped)
        for uid in part:
            del waiting[uid]
        waiting |= dict.fromkeys(more)


def _drop_some(tx: ManagedTransaction, uids: Iterable[str]) -> tuple[Tally, set[str]]:
    """Delete the unneeded ones, and then those below them, until enough for one transaction.

    Returns:
        The deletions, and the specs to look at next.
    """
    dropped: list[_DroppedSpec] = []
    waiting = set(uids)
    while waiting and len(dropped) < SPECS_PER_TRANSACTION:
        # Sorted, so that concurrent writers take their locks in one order.
        free = sorted(waiting - _find_used(tx, waiting))
        rows: list[_DroppedSpec] = run_one(tx, "drop_unneeded_specs", uids=free) or []
        dropped += rows
        waiting = {uid for row in rows for uid in row["below"]}
    part = Tally()
    if dropped:
        part.counts.update(_clean_up(tx, dropped))
        part.add_specs(
            RemovedSpec(uid=row["uid"], hash=row["hash"], name=row["name"], version=row["version"])
            for row in dropped
        )
        part.counts["Artifact"] += sum(row["files"] for row in dropped)
        part.counts["Prefix"] += sum(row["prefixes"] for row in dropped)
        count_removal(tx)
    return part, waiting - {row["uid"] for row in dropped}


def _find_used(tx: ManagedTransaction, uids: Iterable[str]) -> set[str]:
    """Return the contents whose records a document needs although nothing leads to them."""
    unplain = sorted(uid for uid in uids if uid != hash_of(uid))
    return set(run_one(tx, "records_in_use", uids=unplain, leaving="") or ()) if unplain else set()


def _clean_up(tx: ManagedTransaction, dropped: Sequence[_DroppedSpec]) -> Counter[str]:
    """Undo conclusions from deleted specs; return the number of nodes that went."""
    unused = UnusedKeys()
    for row in dropped:
        unused.add("virtuals", row["virtuals"])
        unused.add("libraries", row["libraries"])
    unused.add("virtuals", _retract_virtuals(tx, dropped))
    _settle_again(tx, dropped)
    return unused.drop(tx)


def _retract_virtuals(tx: ManagedTransaction, dropped: Sequence[_DroppedSpec]) -> list[str]:
    """Retract the virtuals that specs were known to provide by deleted edges only."""
    gone = {row["uid"] for row in dropped}
    pairs = {
        (each["uid"], virtual)
        for row in dropped
        for each in row["provided"]
        if each["uid"] not in gone
        for virtual in each["virtuals"]
    }
    if not pairs:
        return []
    uids = sorted({uid for uid, _ in pairs})
    records = run_one(tx, "records_of_specs", uids=uids)
    own = {each["uid"]: _provided_by(each["document"]) for each in records}
    provided = [
        {"uid": uid, "virtual": virtual}
        for uid, virtual in sorted(pairs)
        if virtual not in own.get(uid, ())
    ]
    return list(run_one(tx, "retract_virtuals", provided=provided) or ())


class _Providing(msgspec.Struct):
    """The virtuals that a record says its spec can provide: from format 6 on."""

    provided_virtuals: list[str] = []


def _provided_by(document: str | None) -> list[str]:
    if document is None:
        return []
    return msgspec.json.decode(document, type=_Providing).provided_virtuals


def _settle_again(tx: ManagedTransaction, dropped: Sequence[_DroppedSpec]) -> None:
    """Infer build specs anew where a deleted spec was one or was taken into account."""
    copies = sorted({uid for row in dropped for uid in row["copies"]})
    hashes = sorted({row["hash"] for row in dropped} | {hash_of(uid) for uid in copies})
    found = run_one(tx, "hashes_to_settle", hashes=hashes)
    roots = {root for row in dropped for root in row["roots"]}
    if found:
        copies += run_one(tx, "infer_build_specs", hashes=found) or []
    if copies:
        roots.update(run_one(tx, "roots_reaching", uids=copies))
    if roots:
        run_one(tx, "derive_closures", roots=sorted(roots))
