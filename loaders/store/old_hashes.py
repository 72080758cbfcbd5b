"""Join records that Spack before 0.18 named by `hash` with the specs of its documents.

Up to 0.17, `hash` covers link and run dependencies only. It is in the names of prefixes and stages,
and the key of an index. Documents, such as `spec.json`, name the same spec by `full_hash` or
`build_hash`, and carry `hash` as well. If exactly one spec of the graph carries it, records go to
that spec, whichever of the two comes first; if there are several, they stay with a spec of their
own. An installation or test run may also carry the `full_hash`, which settles the choice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.evidence import Attempt, Installation, SpecName, attempt_uid
from loaders.reports.test_runs import TestRun
from loaders.specs.document import SpecDocument


class _Carrier(TypedDict):
    """A spec of the graph that carries an older hash, `named`."""

    named: str
    hash: str
    full_hash: str | None
    build_hash: str | None


class _StoredAttempt(TypedDict):
    uid: str
    key: str
    hash: str
    site: str | None


class _StoredUse(TypedDict):
    """An installation or a test run."""

    uid: str
    full_hash: str | None
    hash: str


class _Recorded(TypedDict):
    """What is recorded under an older hash."""

    hash: str
    attempts: list[_StoredAttempt]
    installations: list[_StoredUse]
    test_runs: list[_StoredUse]


@dataclass(frozen=True)
class OldHashes:
    """The specs of the graph that carry some older hashes."""

    carriers: Mapping[str, Sequence[_Carrier]]

    def find_spec(self, named: str, full_hash: str | None = None) -> str | None:
        """Return the hash of the spec that an older hash means; None if that is not known.

        Args:
            named: The older hash.
            full_hash: The `full_hash` that the record carries as well, if any.
        """
        carriers = self.carriers.get(named, ())
        if full_hash is not None:
            exact = [each for each in carriers if full_hash in (each["hash"], each["full_hash"])]
            # A document without the full hash may be about another build of the spec.
            carriers = exact or [each for each in carriers if each["full_hash"] is None]
        if not carriers or not _are_one_spec(carriers):
            return None
        # The same spec may be stored under its full hash and under its build hash.
        return min(carriers, key=lambda each: (each["hash"] != each["full_hash"], each["hash"]))[
            "hash"
        ]


def _are_one_spec(carriers: Sequence[_Carrier]) -> bool:
    full = {each["full_hash"] for each in carriers} - {None}
    built = {each["build_hash"] or each["hash"] for each in carriers}
    return len(carriers) == 1 or (len(full) <= 1 and len(built) == 1)


def _group_carriers(rows: Iterable[_Carrier]) -> OldHashes:
    carriers: dict[str, list[_Carrier]] = {}
    for row in rows:
        carriers.setdefault(row["named"], []).append(row)
    return OldHashes(carriers)


def _read_old_hashes(database: Database, hashes: Iterable[str]) -> OldHashes:
    wanted = sorted(set(hashes))
    rows = database.read_one("specs_by_runtime_hash", hashes=wanted) if wanted else []
    return _group_carriers(rows)


def join_attempts(database: Database, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return attempts with the specs that their hashes mean, where that is known."""
    culprits = [each.culprit for each in attempts if each.culprit is not None]
    specs = [*(each.spec for each in attempts), *culprits]
    known = _read_old_hashes(database, (spec.hash for spec in specs))
    if not known.carriers:
        return list(attempts)

    def joined(spec: SpecName) -> SpecName:
        return replace(spec, hash=known.find_spec(spec.hash) or spec.hash)

    return [
        replace(each, spec=joined(each.spec), culprit=each.culprit and joined(each.culprit))
        for each in attempts
    ]


def join_installations(database: Database, installations: Sequence[Installation]) -> dict[str, str]:
    """Return the hash of the spec by the hash that an index has, where the two differ."""
    known = _read_old_hashes(database, (each.spec.hash for each in installations))
    found = {
        each.spec.hash: known.find_spec(each.spec.hash, each.full_hash) for each in installations
    }
    return {named: hash_ for named, hash_ in found.items() if hash_ is not None}


def join_test_runs(database: Database, runs: Sequence[TestRun]) -> list[SpecName]:
    """Return the specs that the hashes of test runs mean, where that is known."""
    known = _read_old_hashes(database, (each.spec.hash for each in runs))
    return [
        replace(each.spec, hash=known.find_spec(each.spec.hash, each.full_hash) or each.spec.hash)
        for each in runs
    ]


def join_records(database: Database, documents: Iterable[SpecDocument]) -> None:
    """Move the facts recorded under older hashes to the specs of documents that carry them.

    Args:
        database: The database, with the documents stored.
        documents: Documents of any format; only formats 1 and 2 carry older hashes.
    """
    carried = {
        str(node.properties["runtime_hash"])
        for document in documents
        for node in document.nodes
        if node.properties.get("runtime_hash") not in (None, node.hash)
    }
    if not carried:
        return
    records: list[_Recorded] = database.read_one("records_of_hashes", hashes=sorted(carried))
    if records:
        database.write(partial(_move_records, records=records))


def _move_records(tx: ManagedTransaction, records: Sequence[_Recorded]) -> None:
    named = [each["hash"] for each in records]
    known = _group_carriers(run_one(tx, "specs_by_runtime_hash", hashes=named))
    attempts = []
    for record in records:
        hash_ = known.find_spec(record["hash"])
        if hash_ is not None:
            for attempt in record["attempts"]:
                uid = attempt_uid(hash_, attempt["key"], attempt["site"])
                attempts.append({"old": attempt["uid"], "new": uid, "hash": hash_})
    installations = _moves(known, (use for record in records for use in record["installations"]))
    if installations:
        run_one(tx, "move_installations", installations=installations)
    test_runs = _moves(known, (use for record in records for use in record["test_runs"]))
    if test_runs:
        run_one(tx, "move_test_runs", test_runs=test_runs)
    if attempts:
        run_one(tx, "move_attempts", attempts=attempts)
    pairs = [{"named": each, "hash": hash_} for each in named if (hash_ := known.find_spec(each))]
    if pairs:
        run_one(tx, "move_blame", specs=pairs)


def _moves(known: OldHashes, uses: Iterable[_StoredUse]) -> list[dict[str, str]]:
    """Return the uids of what goes to another spec, with the hash of that."""
    found = ((use["uid"], known.find_spec(use["hash"], use["full_hash"])) for use in uses)
    return [{"uid": uid, "hash": hash_} for uid, hash_ in found if hash_ is not None]
