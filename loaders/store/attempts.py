"""Store attempts: append-only and idempotent, each attempt with all its parts in one transaction.

An attempt is identified by its uid, of which the site is a part. A document that is evidence for it
already adds nothing. If several documents describe an attempt the best one counts, whichever comes
first, and the others fill in what it lacks. If the attempt has an owner, what another sender brings
only fills in what it lacks, however good it is. An attempt for which a mark is the only evidence is
replaced by any other document on a failure of the same spec at the same site.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.evidence import Attempt, Source, Status
from loaders.store import attempt_rows
from loaders.store.old_hashes import join_attempts
from loaders.store.rows import Row, Rows, chunks_of, new_load_id
from loaders.store.same_attempts import unite_attempts
from loaders.store.spec_rows import StubRow

ROWS_PER_TRANSACTION = 10_000
"""Approximate limit of the rows that one transaction writes."""

_FILLED = ("version", "version_key", "started", "seconds", "spack_version", "binary")
"""Properties that a worse document fills in."""
_FILLED_IF_AGREED = ("failed_phase", "message")
"""The same, but only if both documents agree on how the attempt ended."""


class _StoredState(TypedDict):
    """An attempt as the graph has it, locked."""

    uid: str
    properties: dict[str, Any]
    has_phases: bool
    has_variables: bool


class _Evidence(TypedDict):
    """How an attempt ended, and the rank of the best evidence for it."""

    uid: str
    status: str
    source: int


@dataclass(frozen=True)
class StoredAttempt:
    """The result of storing an attempt.

    Attributes:
        new: Whether the attempt was not stored before.
        changed: Whether the document added anything.
        status: How the attempt ended, by the best evidence for it.
    """

    attempt: Attempt
    new: bool
    changed: bool
    status: Status


def store_attempts(
    database: Database,
    attempts: Sequence[Attempt],
    *,
    site: str,
    origin: str,
    owner: str | None = None,
) -> list[StoredAttempt]:
    """Store attempts.

    Args:
        database: The database to write to.
        attempts: Attempts, some of which may be stored already.
        site: Site at which they were made.
        origin: Where they came from, recorded with new facts.
        owner: Name of the token that sent them; empty without a token; None for whoever runs the
            database, whose evidence may replace that of any owner.

    Returns:
        One result for each attempt, in the same order.

    Raises:
        neo4j.exceptions.Neo4jError: The database refused; earlier transactions remain.
    """
    load = new_load_id()
    attempts = _at_site(join_attempts(database, attempts), site)
    results: list[StoredAttempt] = []
    for batch in _split_batches(attempts):
        digests = _attempt_digests(batch)
        for attempt in batch:
            # Before the attempt, since its digest says that everything is stored. In transactions
            # of their own, since a manifest may have many thousands of entries.
            if attempt.files and not _has_evidence(database, attempt, digests[attempt.uid]):
                write_files(database, attempt, load)
        results += database.write(_AttemptsTransaction(batch, digests, site, origin, load, owner))
    return results


def _at_site(attempts: Iterable[Attempt], site: str) -> list[Attempt]:
    return [replace(each, site=site) for each in attempts]


def write_attempts(
    tx: ManagedTransaction,
    attempts: Sequence[Attempt],
    *,
    site: str,
    origin: str,
    load: str,
    owner: str | None = None,
) -> list[StoredAttempt]:
    """Store attempts in a transaction of the caller, without their install manifests.

    Arguments and result are those of `store_attempts`; the attempts must all be different.
    """
    attempts = _at_site(attempts, site)
    digests = _attempt_digests(attempts)
    return _AttemptsTransaction(attempts, digests, site, origin, load, owner)(tx)


def find_outcome(database: Database, attempt: Attempt, site: str) -> bool | None:
    """Return whether an attempt failed, if there is better evidence for that than a stage.

    It failed if the spec has a failure marker at the site. If the same attempt is known from its
    install folder or from JUnit and ended differently, that counts instead.

    Returns:
        None if there is no better evidence.
    """
    [attempt] = _at_site(join_attempts(database, [attempt]), site)
    stored: list[_Evidence] = database.read_one(
        "evidence_at_site", hash=attempt.spec.hash, site=site
    )
    marked = False
    for each in stored:
        same = each["uid"] == attempt.uid and each["source"] <= Source.JUNIT
        if same and each["status"] != attempt.status:
            return each["status"] == Status.FAILED
        marked = marked or (each["source"] == Source.MARK and each["status"] == Status.FAILED)
    return True if marked else None


def write_files(database: Database, attempt: Attempt, load: str) -> None:
    """Store the install manifest of an attempt; entries that are stored already do not change."""
    files = attempt_rows.file_rows(attempt)
    stubs: list[StubRow] = [{"hash": attempt.spec.hash, "name": attempt.spec.name}]
    for part in chunks_of(ROWS_PER_TRANSACTION, files):

        def write_part(tx: ManagedTransaction, part: Rows = part) -> None:
            run_one(tx, "merge_stubs", stubs=stubs, load=load)
            run_one(tx, "merge_artifacts", files=part)

        database.write(write_part)


def _attempt_digests(attempts: Iterable[Attempt]) -> dict[str, str]:
    return {attempt.uid: attempt_rows.digest_of(attempt) for attempt in attempts}


def _has_evidence(database: Database, attempt: Attempt, digest: str) -> bool:
    return bool(database.read_one("attempt_has_evidence", uid=attempt.uid, digest=digest))


def _split_batches(attempts: Iterable[Attempt]) -> Iterator[list[Attempt]]:
    """Split attempts into groups of bounded size in which no attempt occurs twice."""
    batch: list[Attempt] = []
    uids: set[str] = set()
    total = 0
    for attempt in attempts:
        cost = _row_count(attempt)
        if batch and (total + cost > ROWS_PER_TRANSACTION or attempt.uid in uids):
            yield batch
            batch, uids, total = [], set(), 0
        batch.append(attempt)
        uids.add(attempt.uid)
        total += cost
    if batch:
        yield batch


def _row_count(attempt: Attempt) -> int:
    findings = sum(len(phase.findings) + 1 for phase in attempt.phases)
    # Ten for the attempt itself, its spec, site, host, cause and the like.
    return 10 + findings + len(attempt.variables) + len(attempt.attachments)


class _AttemptsTransaction:
    """One transaction that writes some attempts; it may run again after a transient failure.

    Args:
        attempts: Attempts, all different.
        digests: Digest of each attempt, by its uid.
        site: Site at which they were made.
        origin: Where they came from.
        load: Identifier of the load.
        owner: See `store_attempts`.
    """

    def __init__(
        self,
        attempts: Sequence[Attempt],
        digests: Mapping[str, str],
        site: str,
        origin: str,
        load: str,
        owner: str | None,
    ) -> None:
        self.attempts = attempts
        self.digests = digests
        self.site = site
        self.origin = origin
        self.load = load
        self.owner = owner

    def __call__(self, tx: ManagedTransaction) -> list[StoredAttempt]:
        """Write all changes and return one result for each attempt, in order."""
        # The stubs lock the specs, so that no other load decides on their marks meanwhile.
        run_one(tx, "merge_stubs", stubs=attempt_rows.attempt_stubs(self.attempts), load=self.load)
        attempts = self._without_superseded_marks(tx)
        unite_attempts(tx, attempts, self.owner)
        stored = self._lock_attempts(tx, attempts)
        judged = [self._find_change(attempt, stored[attempt.uid]) for attempt in attempts]
        changes = {each.attempt.uid: each for each in judged if each is not None}
        statuses = {uid: each["properties"].get("status") for uid, each in stored.items()}
        statuses |= {uid: each.attempt.status for uid, each in changes.items() if each.better}
        self._write_changes(tx, list(changes.values()))
        return [
            StoredAttempt(
                attempt,
                new=attempt.uid in changes and changes[attempt.uid].new,
                changed=attempt.uid in changes,
                status=Status(statuses.get(attempt.uid) or attempt.status),
            )
            for attempt in self.attempts
        ]

    def _lock_attempts(
        self, tx: ManagedTransaction, attempts: Iterable[Attempt]
    ) -> dict[str, _StoredState]:
        # Sorted, so that concurrent loads take their locks in one order.
        hashes = sorted({attempt.uid: attempt.spec.hash for attempt in attempts}.items())
        rows = [{"uid": uid, "hash": hash_} for uid, hash_ in hashes]
        states: list[_StoredState] = run_one(tx, "lock_attempts", attempts=rows) or []
        return {state["uid"]: state for state in states}

    def _without_superseded_marks(self, tx: ManagedTransaction) -> list[Attempt]:
        """Return the attempts without marks of failures for which there is better evidence."""
        marked = {each.spec.hash for each in self.attempts if each.source is Source.MARK}
        if not marked:
            return list(self.attempts)
        confirmed = set(run_one(tx, "confirmed_failures", hashes=sorted(marked), site=self.site))
        return [
            each
            for each in self.attempts
            if each.source is not Source.MARK or each.spec.hash not in confirmed
        ]

    def _find_change(self, attempt: Attempt, state: _StoredState) -> "_AttemptChange | None":
        """Compare an attempt with the stored one; return the changes, or None without any."""
        stored = state["properties"]
        digest = self.digests[attempt.uid]
        evidence = list(stored.get("evidence") or ())
        if digest in evidence:
            return None
        standing = attempt_rows.standing_of(attempt, digest)
        new = "standing" not in stored
        # The latest report of a monitor's client counts, whatever its digest.
        again = attempt.source is Source.MONITOR and not new
        renewed = again and stored["standing"].startswith(f"{attempt.source.rank}:")
        better = new or (self._may_replace(stored) and (renewed or standing < stored["standing"]))
        agrees = new or stored["status"] == attempt.status
        properties = attempt_rows.properties_of(attempt, self.origin)
        if better:
            properties = self._better_properties(properties, standing, new=new, agrees=agrees)
            if self.owner:
                properties["owner"] = self.owner
        else:
            properties = _filled_in(properties, stored, agrees=agrees)
        properties["evidence"] = sorted([*evidence, digest])
        has_phases = state["has_phases"]
        # Phases are never merged one by one: those of two documents may be split differently.
        replaces = bool(attempt.phases) and (better or (agrees and not has_phases))
        return _AttemptChange(
            attempt=attempt,
            properties=properties,
            new=new,
            better=better,
            drops_phases=not new and ((replaces and has_phases) or (better and not agrees)),
            writes_phases=replaces,
            writes_variables=better or not state["has_variables"],
        )

    def _may_replace(self, stored: Mapping[str, object]) -> bool:
        """Return whether the sender may replace the stored facts of an attempt."""
        return self.owner is None or stored.get("owner") in (None, self.owner)

    def _better_properties(self, properties: Row, standing: str, *, new: bool, agrees: bool) -> Row:
        """Return the properties of better evidence; None removes those of the worse evidence."""
        cleared: Row = {} if agrees else dict.fromkeys(_FILLED_IF_AGREED)
        properties = {"more": None, **cleared, **properties, "standing": standing}
        return {**properties, "load": self.load} if new else properties

    def _write_changes(self, tx: ManagedTransaction, changes: Sequence["_AttemptChange"]) -> None:
        if not changes:
            return
        rows = [
            {"uid": c.attempt.uid, "hash": c.attempt.spec.hash, "properties": c.properties}
            for c in changes
        ]
        run_one(tx, "merge_attempts", site=self.site, attempts=rows)
        failed = sorted({c.attempt.spec.hash for c in changes if c.confirms_failure})
        if failed:
            run_one(tx, "drop_marked_attempts", hashes=failed, site=self.site, owner=self.owner)
        dropped = [change.attempt.uid for change in changes if change.drops_phases]
        if dropped:
            run_one(tx, "drop_attempt_phases", uids=dropped)
        replaced = [_replaced_parts(c.attempt) for c in changes if c.better and not c.new]
        if replaced:
            run_one(tx, "drop_attempt_parts", attempts=replaced)
        self._write_parts(tx, changes)

    @staticmethod
    def _write_parts(tx: ManagedTransaction, changes: Sequence["_AttemptChange"]) -> None:
        attempts = [change.attempt for change in changes]
        with_phases = [change.attempt for change in changes if change.writes_phases]
        with_variables = [change.attempt for change in changes if change.writes_variables]
        blobs = attempt_rows.Blobs()
        phases = attempt_rows.phase_rows(with_phases, blobs)
        attachments = attempt_rows.attachment_rows(attempts, blobs)
        recipes = attempt_rows.recipe_rows(attempts, blobs)
        # Texts go first, and phases before their findings: if a node is missing when a statement
        # connects it, the relationship is lost.
        parts: tuple[tuple[str, str, Rows], ...] = (
            ("merge_blobs", "blobs", blobs.rows),
            ("merge_phases", "phases", phases),
            ("merge_findings", "findings", attempt_rows.finding_rows(with_phases)),
            ("merge_causes", "causes", attempt_rows.cause_rows(with_phases)),
            ("merge_hosts", "hosts", attempt_rows.host_rows(attempts)),
            ("merge_variables", "variables", attempt_rows.variable_rows(with_variables)),
            ("merge_attachments", "attachments", attachments),
            ("merge_recipes", "recipes", recipes),
            ("merge_archives", "archives", attempt_rows.archive_rows(attempts)),
            ("merge_culprits", "culprits", attempt_rows.culprit_rows(attempts)),
        )
        for statement, parameter, rows in parts:
            if rows:
                run_one(tx, statement, **{parameter: rows})


def _filled_in(properties: Row, stored: Mapping[str, object], *, agrees: bool) -> Row:
    """Return the properties of worse evidence that the stored attempt lacks."""
    lacking = {key for key in _FILLED if key not in stored}
    lacking |= set(_FILLED_IF_AGREED) - stored.keys() if agrees else set()
    # The sort key is derived from the start.
    lacking |= {"sort_key"} if "started" in lacking else set()
    return {key: value for key, value in properties.items() if key in lacking}


def _replaced_parts(attempt: Attempt) -> Row:
    """Return a row of `drop_attempt_parts`: the parts that a document brings anew."""
    return {
        "uid": attempt.uid,
        "host": attempt.environment is not None,
        "variables": bool(attempt.variables),
        "culprit": attempt.culprit is not None,
        "names": [each.name for each in attempt.attachments],
    }


@dataclass(frozen=True, kw_only=True)
class _AttemptChange:
    """The changes that a document makes to an attempt.

    Attributes:
        better: Whether it is better evidence than the stored one.
        drops_phases: Whether the stored phases and cause are deleted.
        writes_phases: Whether its phases are written.
        writes_variables: Whether its variables are written.
    """

    attempt: Attempt
    properties: Row
    new: bool
    better: bool
    drops_phases: bool
    writes_phases: bool
    writes_variables: bool

    @property
    def confirms_failure(self) -> bool:
        """Return whether it is now the best evidence for a failure, and more than a mark."""
        ended = self.attempt.status in (Status.FAILED, Status.SKIPPED)
        return self.better and ended and self.attempt.source is not Source.MARK
