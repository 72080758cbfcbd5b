"""An announced build, locked in a transaction: its state, and the attempts that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from neo4j import ManagedTransaction

from cypher.run import run_one
from loaders.evidence import Attempt, HostEnvironment, Source, SpecName, Status
from loaders.monitor import phases
from loaders.monitor.analyses import Analyses
from loaders.monitor.attempts import Context, attempt_of
from loaders.monitor.runs import CUT_OFF, Blames, Run, State
from loaders.store.attempts import write_attempts
from loaders.store.same_attempts import UNSURE, find_sure_key

ORIGIN = "spack monitor"
MOST_EXPLAINED = 20
"""How many failures without a reason one failure may explain."""


@dataclass
class Locked:
    """An announced build that no other transaction changes until this one ends.

    :ivar full_hash: of the spec, where it has one.
    """

    tx: ManagedTransaction
    uid: str
    site: str
    load: str
    context: Context
    full_hash: str | None
    state: State

    @classmethod
    def by_number(cls, tx: ManagedTransaction, number: int, load: str) -> "Locked | None":
        """The announced build with this number; None where there is none."""
        found: Mapping[str, Any] | None = run_one(tx, "announcement_by_number", number=number)
        if found is None:
            return None
        told = ("host_os", "platform", "host_target", "hostname", "kernel_version")
        context = Context(
            number,
            SpecName(found["hash"], found["name"], found.get("version")),
            HostEnvironment(**{key: found.get(key) for key in told}),
            found.get("spack_version"),
        )
        state = msgspec.json.decode(found["state"], type=State)
        return cls(tx, found["uid"], found["site"], load, context, found.get("full_hash"), state)

    def culprit(self) -> Blames | None:
        """The failure of a dependency that explains why the spec was not tried."""
        found = run_one(
            self.tx,
            "failed_dependency",
            hash=self.context.spec.hash,
            environment=self.context.host.fingerprint,
        )
        return (found["hash"], found["name"], found["attempt"]) if found else None

    def store(self, analyses: Analyses | None = None) -> None:
        """Store the current attempt, and the one that was cut off before it."""
        current = self.state.current
        before = current - 1
        if before >= 0 and self.state.runs[before].status == CUT_OFF:
            self._store(before)
        attempt = self._store(current, analyses)
        self.save()
        if attempt.status is Status.FAILED:
            self._explain_others()

    def save(self) -> None:
        """Keep the state."""
        run = self.state.run
        unexplained = (
            run is not None
            and run.outcome is Status.FAILED
            and not run.phases
            and run.blames is None
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

    def _store(self, index: int, analyses: Analyses | None = None) -> Attempt:
        run: Run = self.state.runs[index]
        known = phases.kept(self.tx, self.uid, [each.digest for each in run.phases])
        attempt = attempt_of(self.context, index, run, known)
        if analyses is not None:
            attempt = with_analyses(attempt, analyses)
        if attempt.key.startswith(UNSURE):
            attempt = replace(attempt, key=find_sure_key(self.tx, attempt) or attempt.key)
        if run.uid not in (None, attempt.uid):
            run_one(
                self.tx, "drop_monitored_attempt", uid=run.uid, source=f"{Source.MONITOR.rank}:"
            )
        write_attempts(self.tx, [attempt], site=self.site, origin=ORIGIN, load=self.load)
        run.uid = attempt.uid
        return attempt

    def _explain_others(self) -> None:
        """Say of failures that came before this one that this one is why."""
        environment = self.context.host.fingerprint
        numbers = run_one(
            self.tx, "unexplained_announcements", environment=environment, limit=MOST_EXPLAINED
        )
        for number in sorted(set(numbers) - {self.context.number}):
            other = Locked.by_number(self.tx, number, self.load)
            if other is None or other.state.run is None:
                continue
            other.state.run.blames = other.culprit()
            if other.state.run.blames is not None:
                other._store(other.state.current)
                other.save()


def with_analyses(attempt: Attempt, analyses: Analyses) -> Attempt:
    """The attempt with what was found out of it."""
    return replace(
        attempt,
        variables=analyses.variables,
        attachments=analyses.attachments,
        files=analyses.files,
    )
