"""The write of what a client tells: each message in one transaction, none twice.

An announced build is locked first, so that messages of several clients come one after another.
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
from loaders.monitor.bodies import MAX_TAGS, Announced, PhaseTold, StatusTold
from loaders.monitor.locked import Locked
from loaders.monitor.runs import STATUS, State
from loaders.store.attempts import write_files
from loaders.store.rows import new_load_id

COUNTER = "announcements"
UNKNOWN = "unknown"
"""Name of a spec that was announced and never sent."""


@dataclass(frozen=True)
class Announcement:
    """An announced build, as the client is told of it.

    :ivar number: the client's `build_id`.
    :ivar hash: by which the client knows the spec.
    """

    number: int
    hash: str
    spec: SpecName
    new: bool = False


@dataclass(frozen=True)
class Monitor:
    """What clients at a site tell.

    :ivar now: the time, in seconds since 1970.
    :ivar only: the only site whose builds may be told of; None for all.
    """

    database: Database
    site: str
    redactor: Redactor
    now: Callable[[], float] = time.time
    only: str | None = None

    def announce(self, told: Announced) -> Announcement:
        """Keep that a spec may be built; of a spec that nobody sent a stub is made."""
        now, load = self.now(), new_load_id()

        def work(tx: ManagedTransaction) -> Announcement:
            spec = run_one(tx, "spec_named_by_hash", hash=told.hash)
            if spec is None:
                spec = {"hash": told.hash, "name": UNKNOWN}
                run_one(tx, "merge_stubs", stubs=[spec], load=load)
            uid = self._uid(told, spec["hash"])
            known = run_one(tx, "lock_announcement", uid=uid)
            new = "number" not in known
            number = known["number"] if not new else run_one(tx, "next_number", name=COUNTER)
            state = State() if new else msgspec.json.decode(known["state"], type=State)
            state.announce(list(told.tags))
            tags = dict.fromkeys([*known.get("tags", ()), *told.tags])
            properties = {
                "number": number,
                "state": msgspec.json.encode(state).decode(),
                "tags": list(tags)[-MAX_TAGS:],
                "first_seen": known.get("first_seen", now),
                **self._environment(told),
            }
            self._save(tx, uid, spec["hash"], properties)
            named = SpecName(spec["hash"], spec["name"], spec.get("version"))
            return Announcement(number, told.hash, named, new)

        return self.database.write(work)

    def phase(self, told: PhaseTold) -> Announcement | None:
        """Keep how a phase ended; None where no such build was announced."""
        as_told, phase = phases.read_told(told, self.redactor)

        def work(locked: Locked) -> None:
            phases.keep(locked.tx, locked.uid, as_told.digest, phase)
            if locked.state.phase(as_told, self.now()):
                locked.store()
            else:
                locked.save()

        return self._with(told.number, work)

    def end(self, told: StatusTold) -> Announcement | None:
        """Keep how a build ended; None where no such build was announced."""

        def work(locked: Locked) -> None:
            failed = STATUS[told.status] in (Status.FAILED, Status.SKIPPED)
            blames = locked.culprit() if failed else None
            if locked.state.end(told.status, self.now(), blames):
                locked.store()

        return self._with(told.number, work)

    def analyze(self, number: int, analyses: Analyses) -> Announcement | None:
        """Keep what was found out of a build; None where no such build was announced."""
        if analyses.files:
            announcement = self._with(number, lambda locked: None)
            if announcement is None:
                return None
            self._write_files(announcement, analyses)

        def work(locked: Locked) -> None:
            if not analyses.tells_nothing:
                locked.state.analyze(self.now())
                locked.store(analyses)

        return self._with(number, work)

    def _with(self, number: int, work: Callable[[Locked], None]) -> Announcement | None:
        load = new_load_id()

        def transaction(tx: ManagedTransaction) -> Announcement | None:
            locked = Locked.by_number(tx, number, load)
            if locked is None or self.only not in (None, locked.site):
                return None
            work(locked)
            spec = locked.context.spec
            return Announcement(number, locked.full_hash or spec.hash, spec)

        return self.database.write(transaction)

    def _write_files(self, announcement: Announcement, analyses: Analyses) -> None:
        attempt = Attempt(
            announcement.spec, "", Status.SUCCEEDED, Source.MONITOR, files=analyses.files
        )
        write_files(self.database, attempt, new_load_id())

    def _uid(self, told: Announced, dag_hash: str) -> str:
        parts = (dag_hash, told.host.fingerprint, told.spack_version or "", self.site)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _environment(self, told: Announced) -> dict[str, Any]:
        return {
            "environment": told.host.fingerprint,
            "spack_version": told.spack_version,
            "site": self.site,
            **asdict(told.host),
        }

    @staticmethod
    def _save(tx: ManagedTransaction, uid: str, dag_hash: str, properties: dict[str, Any]) -> None:
        run_one(tx, "save_announcement", uid=uid, hash=dag_hash, properties=properties, builds=[])
