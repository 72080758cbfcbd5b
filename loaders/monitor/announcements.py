"""Store a client's messages: each in one transaction, and none twice.

An announced build is locked first, so that messages of several clients are processed one after
another.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.logs.redaction import Redactor
from loaders.monitor import phases
from loaders.monitor.analyses import Analyses
from loaders.monitor.bodies import MAX_TAGS, AnnouncedBuild, PhaseReport, StatusReport
from loaders.monitor.locked_build import LockedBuild
from loaders.monitor.runs import STATUS, BuildState
from loaders.store.attempts import write_files
from loaders.store.rows import new_load_id

COUNTER = "announcements"
UNKNOWN = "unknown"
"""Name of a spec that was announced and never sent."""


@dataclass(frozen=True)
class Announcement:
    """An announced build, as reported to the client.

    Attributes:
        number: The client's `build_id`.
        hash: The hash by which the client refers to the spec.
    """

    number: int
    hash: str
    spec: SpecName
    new: bool = False


@dataclass(frozen=True)
class Monitor:
    """Stores the messages of clients at a site.

    Attributes:
        now: Returns the time in seconds since 1970.
        only: The only site whose builds may be changed; None for all.
        owner: Name of the token that sends the messages; empty without a token; None for whoever
            runs the database, who may change any build.
    """

    database: Database
    site: str
    redactor: Redactor
    now: Callable[[], float] = time.time
    only: str | None = None
    owner: str | None = None

    def announce_build(self, build: AnnouncedBuild) -> Announcement:
        """Record that a spec may be built; create a stub for a spec that was never sent."""
        # Taken once, because the driver may retry the transaction.
        now, load = self.now(), new_load_id()

        def announce_in_transaction(tx: ManagedTransaction) -> Announcement:
            spec = run_one(tx, "spec_named_by_hash", hash=build.hash)
            if spec is None:
                spec = {"hash": build.hash, "name": UNKNOWN}
                run_one(tx, "merge_stubs", stubs=[spec], load=load)
            uid = self._make_uid(build, spec["hash"])
            stored = run_one(tx, "lock_announcement", uid=uid)
            new = "number" not in stored
            number = stored["number"] if not new else run_one(tx, "next_number", name=COUNTER)
            state = BuildState() if new else msgspec.json.decode(stored["state"], type=BuildState)
            state.record_announcement(list(build.tags))
            tags = dict.fromkeys([*stored.get("tags", ()), *build.tags])
            properties = {
                "number": number,
                "state": msgspec.json.encode(state).decode(),
                "tags": list(tags)[-MAX_TAGS:],
                "first_seen": stored.get("first_seen", now),
                **self._make_environment(build),
            }
            self._save_announcement(tx, uid, spec["hash"], properties)
            name = SpecName(spec["hash"], spec["name"], spec.get("version"))
            return Announcement(number, build.hash, name, new)

        return self.database.write(announce_in_transaction)

    def record_phase(self, report: PhaseReport) -> Announcement | None:
        """Record how a phase ended; return None if no such build was announced."""
        reported, phase = phases.read_phase_report(report, self.redactor)

        def add_phase(build: LockedBuild) -> None:
            phases.store_phase(build.tx, build.uid, reported.digest, phase)
            if build.state.add_phase(reported, self.now()):
                build.store_attempts()
            else:
                build.save_state()

        return self._update_build(report.number, add_phase)

    def record_status(self, report: StatusReport) -> Announcement | None:
        """Record how a build ended; return None if no such build was announced."""

        def set_status(build: LockedBuild) -> None:
            failed = STATUS[report.status] in (Status.FAILED, Status.SKIPPED)
            culprit = build.find_culprit() if failed else None
            if build.state.set_status(report.status, self.now(), culprit):
                build.store_attempts()

        return self._update_build(report.number, set_status)

    def record_analyses(self, number: int, analyses: Analyses) -> Announcement | None:
        """Record the results of analyzers; return None if no such build was announced."""
        # A manifest may have a great many lines, so they are written in transactions of their own.
        if analyses.files:
            announcement = self._update_build(number, lambda build: None)
            if announcement is None:
                return None
            self._write_files(announcement, analyses)

        def store_analyses(build: LockedBuild) -> None:
            if not analyses.is_empty:
                build.state.find_analyzed_run(self.now())
                build.store_attempts(analyses)

        return self._update_build(number, store_analyses)

    def _update_build(
        self, number: int, work: Callable[[LockedBuild], None]
    ) -> Announcement | None:
        load = new_load_id()

        def update_in_transaction(tx: ManagedTransaction) -> Announcement | None:
            build = LockedBuild.by_number(tx, number, load)
            if build is None or not self._may_change(build):
                return None
            work(build)
            spec = build.context.spec
            return Announcement(number, build.full_hash or spec.hash, spec)

        return self.database.write(update_in_transaction)

    def _may_change(self, build: LockedBuild) -> bool:
        is_owner = self.owner is None or build.owner in (None, self.owner)
        return is_owner and self.only in (None, build.site)

    def _write_files(self, announcement: Announcement, analyses: Analyses) -> None:
        attempt = Attempt(
            announcement.spec, "", Status.SUCCEEDED, Source.MONITOR, files=analyses.files
        )
        write_files(self.database, attempt, new_load_id())

    def _make_uid(self, build: AnnouncedBuild, dag_hash: str) -> str:
        parts = [dag_hash, build.host.fingerprint, build.spack_version or "", self.site]
        # Without an owner as ever, so that builds announced before there were owners go on.
        parts += [self.owner] if self.owner else []
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _make_environment(self, build: AnnouncedBuild) -> dict[str, Any]:
        return {
            "environment": build.host.fingerprint,
            "spack_version": build.spack_version,
            "site": self.site,
            "owner": self.owner or None,
            **asdict(build.host),
        }

    @staticmethod
    def _save_announcement(
        tx: ManagedTransaction, uid: str, dag_hash: str, properties: dict[str, Any]
    ) -> None:
        run_one(tx, "save_announcement", uid=uid, hash=dag_hash, properties=properties, builds=[])
