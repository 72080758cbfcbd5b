"""The write of attempts: append-only, idempotent, each in one transaction with all that belongs.

An attempt is known by its uid. A document that told of it before adds nothing. Of several documents
the best is believed, whichever comes first, and the others fill in what it lacks. What only a mark
tells of gives way to any other document on a failure of the same spec at the same site.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.evidence import Attempt, Source, Status
from loaders.store import attempt_rows as rows
from loaders.store import same_attempts
from loaders.store.specs import new_load_id

ROWS_PER_TRANSACTION = 10_000
"""About how many rows one transaction writes."""
DEFAULT_SITE = "default"
MAX_SITE = 200
"""Longest name of a site, in characters."""

_FILLED = ("version", "version_key", "started", "seconds", "spack_version", "binary")
"""What a worse document fills in."""
_OF_STATUS = ("failed_phase", "message")
"""The same, where both agree on how the attempt ended."""


@dataclass(frozen=True)
class StoredAttempt:
    """What became of an attempt.

    :ivar new: whether there was no such attempt before.
    :ivar changed: whether the document told something that was not known.
    """

    attempt: Attempt
    new: bool
    changed: bool


def store_attempts(
    database: Database, attempts: Sequence[Attempt], *, site: str, origin: str
) -> list[StoredAttempt]:
    """Store attempts; one entry each, in order.

    :param site: where they were made.
    :param origin: what to keep as the place that they came from.
    :raises neo4j.exceptions.Neo4jError: the database refused; what was stored before remains.
    """
    load = new_load_id()
    results: list[StoredAttempt] = []
    for batch in _batches(attempts):
        digests = {id(attempt): rows.digest_of(attempt) for attempt in batch}
        for attempt in batch:
            _write_files(database, attempt, digests[id(attempt)], load)
        work = _Work(batch, digests, site, origin, load)
        results += database.write(work)
    return results


def write_attempts(
    tx: ManagedTransaction, attempts: Sequence[Attempt], *, site: str, origin: str, load: str
) -> list[StoredAttempt]:
    """Store attempts in a transaction of the caller's, but for their manifests.

    Parameters and result as of :func:`store_attempts`; no two of the attempts are the same.
    """
    digests = {id(attempt): rows.digest_of(attempt) for attempt in attempts}
    return _Work(attempts, digests, site, origin, load)(tx)


def _batches(attempts: Iterable[Attempt]) -> Iterator[list[Attempt]]:
    """In groups of about so many rows; no two attempts of a group are the same."""
    batch: list[Attempt] = []
    uids: set[str] = set()
    total = 0
    for attempt in attempts:
        cost = _cost(attempt)
        if batch and (total + cost > ROWS_PER_TRANSACTION or attempt.uid in uids):
            yield batch
            batch, uids, total = [], set(), 0
        batch.append(attempt)
        uids.add(attempt.uid)
        total += cost
    if batch:
        yield batch


def _cost(attempt: Attempt) -> int:
    findings = sum(len(phase.findings) + 1 for phase in attempt.phases)
    return 10 + findings + len(attempt.variables) + len(attempt.attachments)


def _write_files(database: Database, attempt: Attempt, digest: str, load: str) -> None:
    """Write the manifest, in transactions of its own and before the attempt that tells of it."""
    if not attempt.files:
        return
    if database.read_one("evidence_known", uid=attempt.uid, digest=digest):
        return
    write_files(database, attempt, load)


def write_files(database: Database, attempt: Attempt, load: str) -> None:
    """Write an attempt's manifest, in transactions of its own; what is known changes nothing."""
    files = rows.file_rows(attempt)
    stubs = [{"hash": attempt.spec.hash, "name": attempt.spec.name}]
    for start in range(0, len(files), ROWS_PER_TRANSACTION):
        part = files[start : start + ROWS_PER_TRANSACTION]

        def work(tx: ManagedTransaction, part: list[dict[str, Any]] = part) -> None:
            run_one(tx, "merge_stubs", stubs=stubs, load=load)
            run_one(tx, "merge_artifacts", files=part)

        database.write(work)


class _Work:
    """One transaction over some attempts; may be run again after a transient failure.

    :param digests: what :func:`rows.digest_of` makes of each attempt, by its `id`.
    """

    def __init__(
        self,
        attempts: Sequence[Attempt],
        digests: Mapping[int, str],
        site: str,
        origin: str,
        load: str,
    ) -> None:
        self.attempts = attempts
        self.digests = digests
        self.site = site
        self.origin = origin
        self.load = load

    def __call__(self, tx: ManagedTransaction) -> list[StoredAttempt]:
        """Write what is new.

        :returns: what became of each attempt, in order.
        """
        run_one(tx, "merge_stubs", stubs=rows.named_rows(self.attempts), load=self.load)
        told = self._without_marks_again(tx)
        same_attempts.unite(tx, told)
        keys = sorted({attempt.uid: attempt.spec.hash for attempt in told}.items())
        locked = [{"uid": uid, "hash": hash_} for uid, hash_ in keys]
        answer = run_one(tx, "lock_attempts", attempts=locked) or []
        known = {uid: tuple(rest) for uid, *rest in answer}
        results = {attempt.uid: self._judge(attempt, *known[attempt.uid]) for attempt in told}
        changes = [each for each in results.values() if each is not None]
        self._write(tx, changes)
        changed = {change.attempt.uid: change for change in changes}
        return [
            StoredAttempt(
                attempt,
                attempt.uid in changed and changed[attempt.uid].new,
                attempt.uid in changed,
            )
            for attempt in self.attempts
        ]

    def _without_marks_again(self, tx: ManagedTransaction) -> list[Attempt]:
        """The attempts, but for marks of failures of which something better tells already."""
        marked = {each.spec.hash for each in self.attempts if each.source is Source.MARK}
        if not marked:
            return list(self.attempts)
        told = set(run_one(tx, "failures_told", hashes=sorted(marked), site=self.site))
        return [
            each
            for each in self.attempts
            if each.source is not Source.MARK or each.spec.hash not in told
        ]

    def _judge(
        self, attempt: Attempt, stored: dict[str, Any], has_phases: bool, has_variables: bool
    ) -> "_Change | None":
        """What an attempt changes; None for nothing."""
        digest = self.digests[id(attempt)]
        evidence = list(stored.get("evidence") or ())
        if digest in evidence:
            return None
        standing = rows.standing_of(attempt, digest)
        properties = rows.properties_of(attempt, self.origin)
        new = "standing" not in stored
        again = attempt.source is Source.MONITOR and not new
        renewed = again and stored["standing"].startswith(f"{attempt.source.rank}:")
        better = new or renewed or standing < stored["standing"]
        agrees = new or stored["status"] == attempt.status
        if better:
            if not agrees:
                properties = {**dict.fromkeys(_OF_STATUS), **properties}
            properties = {"more": None, **properties, "standing": standing}
            properties |= {"load": self.load} if new else {}
        else:
            filled = {key for key in _FILLED if key not in stored}
            filled |= set(_OF_STATUS) - stored.keys() if agrees else set()
            filled |= {"sort_key"} if "started" in filled else set()
            properties = {key: value for key, value in properties.items() if key in filled}
        properties["evidence"] = sorted([*evidence, digest])
        replaces = bool(attempt.phases) and (better or (agrees and not has_phases))
        return _Change(
            attempt=attempt,
            properties=properties,
            new=new,
            better=better,
            drops=not new and ((replaces and has_phases) or (better and not agrees)),
            phases=replaces,
            variables=better or not has_variables,
        )

    def _write(self, tx: ManagedTransaction, changes: Sequence["_Change"]) -> None:
        if not changes:
            return
        firm = sorted({change.attempt.spec.hash for change in changes if change.is_firm})
        run_one(
            tx,
            "merge_attempts",
            site=self.site,
            attempts=[
                {"uid": c.attempt.uid, "hash": c.attempt.spec.hash, "properties": c.properties}
                for c in changes
            ],
        )
        if firm:
            run_one(tx, "drop_marks", hashes=firm, site=self.site)
        dropped = [change.attempt.uid for change in changes if change.drops]
        if dropped:
            run_one(tx, "drop_phases", uids=dropped)
        replaced = [c.attempt.uid for c in changes if c.better and not c.new]
        if replaced:
            told = {c.attempt.uid: _parts_told(c.attempt) for c in changes}
            run_one(tx, "drop_parts", attempts=[{"uid": u, **told[u]} for u in replaced])
        self._write_parts(tx, changes)

    @staticmethod
    def _write_parts(tx: ManagedTransaction, changes: Sequence["_Change"]) -> None:
        attempts = [change.attempt for change in changes]
        with_phases = [change.attempt for change in changes if change.phases]
        with_variables = [change.attempt for change in changes if change.variables]
        blobs = rows.Blobs()
        phases = rows.phase_rows(with_phases, blobs)
        attachments = rows.attachment_rows(attempts, blobs)
        recipes = rows.recipe_rows(attempts, blobs)
        parts = {
            "blobs": blobs.rows,
            "phases": phases,
            "findings": rows.finding_rows(with_phases),
            "causes": rows.cause_rows(with_phases),
            "hosts": rows.host_rows(attempts),
            "variables": rows.variable_rows(with_variables),
            "attachments": attachments,
            "recipes": recipes,
            "archives": rows.archive_rows(attempts),
            "culprits": rows.culprit_rows(attempts),
        }
        for name, part in parts.items():
            if part:
                run_one(tx, f"merge_{name}", **{name: part})


def _parts_told(attempt: Attempt) -> dict[str, Any]:
    """Which parts of an attempt a document brings, in the place of those that were there."""
    return {
        "host": attempt.environment is not None,
        "variables": bool(attempt.variables),
        "culprit": attempt.culprit is not None,
        "names": [each.name for each in attempt.attachments],
    }


@dataclass(frozen=True, kw_only=True)
class _Change:
    """What an attempt changes.

    :ivar better: whether it is believed rather than what was known.
    :ivar drops: whether the phases and the cause that are there give way.
    :ivar phases: whether its phases are written; `variables` likewise.
    """

    attempt: Attempt
    properties: dict[str, Any]
    new: bool
    better: bool
    drops: bool
    phases: bool
    variables: bool

    @property
    def is_firm(self) -> bool:
        """Whether it is a failure, as believed now, that more than a mark tells of."""
        ended = self.attempt.status in (Status.FAILED, Status.SKIPPED)
        return self.better and ended and self.attempt.source is not Source.MARK
