"""An announced build, locked in a transaction: its state, and the attempts derived from it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec
from neo4j import ManagedTransaction

from cypher.run import run_one
from loaders.evidence import Attempt, HostEnvironment, Source, SpecName, Status
from loaders.monitor import phases
from loaders.monitor.analyses import Analyses
from loaders.monitor.attempts import BuildContext, make_attempt
from loaders.monitor.runs import INTERRUPTED, BuildState, Culprit, Run
from loaders.store.attempts import write_attempts
from loaders.store.same_attempts import UNSURE, find_sure_key

ORIGIN = "spack monitor"
MAX_EXPLAINED = 20
"""Maximum number of failures that a later failure of a dependency may explain."""


@dataclass
class LockedBuild:
    """An announced build that no other transaction changes until this one ends.

    Attributes:
        full_hash: The `full_hash` of the spec, if it has one.
        owner: Name of the token that announced it, or None without one.
    """

    tx: ManagedTransaction
    uid: str
    site: str
    load: str
    context: BuildContext
    full_hash: str | None
    state: BuildState
    owner: str | None

    @classmethod
    def by_number(cls, tx: ManagedTransaction, number: int, load: str) -> "LockedBuild | None":
        """Return the announced build with this number, or None."""
        record: Mapping[str, Any] | None = run_one(tx, "announcement_by_number", number=number)
        if record is None:
            return None
        host = {field.name: record.get(field.name) for field in fields(HostEnvironment)}
        context = BuildContext(
            number,
            SpecName(record["hash"], record["name"], record.get("version")),
            HostEnvironment(**host),
            record.get("spack_version"),
        )
        state = msgspec.json.decode(record["state"], type=BuildState)
        full_hash = record.get("full_hash")
        owner = record.get("owner")
        return cls(tx, record["uid"], record["site"], load, context, full_hash, state, owner)

    @property
    def sender(self) -> str:
        """Return the owner of its attempts, in the words of `store_attempts`."""
        return self.owner or ""

    def find_culprit(self) -> Culprit | None:
        """Return the failure of a dependency that explains why the spec was not attempted."""
        record = run_one(
            self.tx,
            "failed_dependency",
            hash=self.context.spec.hash,
            environment=self.context.host.fingerprint,
            site=self.site,
        )
        return Culprit(record["hash"], record["name"], record["attempt"]) if record else None

    def store_attempts(self, analyses: Analyses | None = None) -> None:
        """Store the current attempt, and the interrupted one before it."""
        current = self.state.current
        before = current - 1
        if before >= 0 and self.state.runs[before].status == INTERRUPTED:
            self._store_attempt(before)
        attempt = self._store_attempt(current, analyses)
        self.save_state()
        if attempt.status is Status.FAILED:
            self._explain_others()

    def save_state(self) -> None:
        """Store the state."""
        run = self.state.current_run
        unexplained = (
            run is not None
            and run.outcome is Status.FAILED
            and not run.phases
            and run.culprit is None
        )
        run_one(
            self.tx,
            "save_announcement",
            uid=self.uid,
            hash=self.context.spec.hash,
            properties={
                "state": msgspec.json.encode(self.state).decode(),
                "unexplained": self.context.host.fingerprint if unexplained else None,
            },
            builds=[run.uid] if run is not None and run.uid else [],
        )

    def _store_attempt(self, index: int, analyses: Analyses | None = None) -> Attempt:
        run: Run = self.state.runs[index]
        digests = [phase.digest for phase in run.phases]
        stored = phases.load_phases(self.tx, self.uid, digests)
        attempt = replace(make_attempt(self.context, index, run, stored), site=self.site)
        if analyses is not None:
            attempt = add_analyses(attempt, analyses)
        if attempt.key.startswith(UNSURE):
            key = find_sure_key(self.tx, attempt, self.sender)
            attempt = replace(attempt, key=key or attempt.key)
        # The uid depends on the first timestamp, which a later report may bring.
        if run.uid not in (None, attempt.uid):
            run_one(
                self.tx, "drop_monitored_attempt", uid=run.uid, source=f"{Source.MONITOR.rank}:"
            )
        write_attempts(
            self.tx,
            [attempt],
            site=self.site,
            origin=ORIGIN,
            load=self.load,
            owner=self.sender,
        )
        run.uid = attempt.uid
        return attempt

    def _explain_others(self) -> None:
        """Name this failure as the reason of earlier ones that have no other."""
        environment = self.context.host.fingerprint
        numbers = run_one(
            self.tx,
            "unexplained_announcements",
            environment=environment,
            site=self.site,
            owner=self.owner,
            limit=MAX_EXPLAINED,
        )
        for number in sorted(set(numbers) - {self.context.number}):
            other = LockedBuild.by_number(self.tx, number, self.load)
            if other is None or other.state.current_run is None:
                continue
            other.state.current_run.culprit = other.find_culprit()
            if other.state.current_run.culprit is not None:
                other._store_attempt(other.state.current)
                other.save_state()


def add_analyses(attempt: Attempt, analyses: Analyses) -> Attempt:
    """Return the attempt with the results of analyzers."""
    return replace(
        attempt,
        variables=analyses.variables,
        attachments=analyses.attachments,
        files=analyses.files,
    )
