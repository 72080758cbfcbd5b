"""Derive the attempts at an announced build from its messages, one by one.

A client names neither an attempt nor its time: it sends phases and a status for a build id, which
stays the same whenever a spec is built again in the same environment. Attempts are distinguished as
follows:

- A build that is announced again after it ended is being built again if phases follow that differ
  from the previous ones. Timestamps in the phases' output decide that; a phase without one waits
  for another phase that has one.
- A phase that is repeated with another timestamp belongs to another attempt. The attempt before it,
  if it never ended, was interrupted.

Repeated messages change nothing, in whatever order they arrive.
"""

from typing import Literal, NamedTuple

import msgspec

from loaders.evidence import Status

STATUS = {
    "SUCCESS": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "ERROR": Status.FAILED,
    "CANCELLED": Status.CANCELLED,
    "NOTRUN": Status.SKIPPED,
}
INTERRUPTED = "CUT OFF"
"""Status, as stored, of an attempt that had not ended when another one began."""
MAX_RUNS = 1_000
"""Maximum number of attempts at one spec in one environment; the oldest ones are dropped."""
MAX_PHASES = 200
"""Maximum number of phases of an attempt; further ones are ignored."""


class Culprit(NamedTuple):
    """A dependency, and the uid of the attempt at it that failed."""

    hash: str
    name: str
    uid: str


class ReportedPhase(msgspec.Struct, omit_defaults=True):
    """A phase as a client reported it, without its output.

    Attributes:
        digest: Digest of its name, status and output.
        stamp: The first timestamp in its output, as Spack writes it.
        time: The same in seconds since 1970.
    """

    name: str
    status: str
    digest: str
    stamp: str | None = None
    time: float | None = None


# The fields of the two classes below are stored as JSON in the graph. A renamed field keeps its
# stored name.
class Run(msgspec.Struct, omit_defaults=True):
    """One attempt.

    Attributes:
        began: When it was first reported.
        uid: Identity of the `Build` that it is stored as.
        culprit: The dependency whose failure it was skipped for.
    """

    began: float
    phases: list[ReportedPhase] = []
    status: str | None = None
    uid: str | None = None
    culprit: Culprit | None = msgspec.field(default=None, name="blames")
    tags: list[str] = []

    @property
    def outcome(self) -> Status:
        """How it ended; a failed phase takes precedence over the status of the whole build."""
        if any(STATUS.get(phase.status) is Status.FAILED for phase in self.phases):
            return Status.FAILED
        if self.status is None:
            return Status.RUNNING
        if self.culprit is not None:
            return Status.SKIPPED
        return STATUS.get(self.status, Status.CANCELLED)

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self.outcome is not Status.RUNNING


class BuildState(msgspec.Struct, omit_defaults=True):
    """All attempts at an announced build.

    Attributes:
        current: Index of the attempt to which messages belong.
        reannounced: Whether it was announced again after the current attempt had ended.
        waiting: Phases that may belong to a new attempt, or may repeat the current one.
        tags: Tags of the last announcement.
    """

    runs: list[Run] = []
    current: int = -1
    reannounced: bool = msgspec.field(default=False, name="again")
    waiting: list[ReportedPhase] = []
    tags: list[str] = []

    def record_announcement(self, tags: list[str]) -> None:
        """Record that the build was announced, perhaps again."""
        self.tags = tags or self.tags
        self.waiting = []
        run = self.current_run
        self.reannounced = run is not None and run.has_ended

    @property
    def current_run(self) -> Run | None:
        """The current attempt."""
        return self.runs[self.current] if 0 <= self.current < len(self.runs) else None

    def add_phase(self, phase: ReportedPhase, now: float) -> bool:
        """Add a phase; return whether it changes the current attempt."""
        index = self._find_run(phase)
        # The timestamp identifies the attempt, so this repeats an older message about it.
        if index is not None and phase.stamp is not None:
            self.current, self.reannounced, self.waiting = index, False, []
            return False
        run = self.current_run
        phases = run.phases if run is not None else []
        same = next((other for other in phases if other.name == phase.name), None)
        if run is None:
            self._start_run(now, phase)
        elif self.reannounced and run.has_ended:
            if index is not None:
                self.waiting = _replace_phase(self.waiting, phase)
                return False
            self._start_run(now, phase)
        elif same is None and len(run.phases) < MAX_PHASES:
            run.phases.append(phase)
        elif same is None or same.digest == phase.digest:
            return False
        elif run.has_ended or (same.stamp and phase.stamp):
            run.status = run.status or (None if run.has_ended else INTERRUPTED)
            self._start_run(now, phase)
        else:
            run.phases[run.phases.index(same)] = phase
        return True

    def set_status(self, status: str, now: float, culprit: Culprit | None = None) -> bool:
        """Set how the current attempt ended; return whether that changes it.

        The first status that ends an attempt stays.

        Args:
            status: The client's status.
            now: The time, in seconds since 1970.
            culprit: The failure of a dependency that explains a failure without phases.
        """
        run = self.current_run
        repeated = run is not None and self._is_repeated(run, status, culprit)
        if run is None or (self.reannounced and run.has_ended and not repeated):
            run = self._start_run(now)
        elif run.status is not None:
            return False
        run.status = status
        if not run.phases and STATUS[status] in (Status.FAILED, Status.SKIPPED):
            run.culprit = culprit
        return True

    def find_analyzed_run(self, now: float) -> Run:
        """Return the attempt that an analysis describes.

        Only installed packages are analyzed, so an attempt that is missing succeeded.
        """
        run = self.current_run
        if run is None:
            run = self._start_run(now)
            run.status = "SUCCESS"
        return run

    @staticmethod
    def _is_repeated(run: Run, status: str, culprit: Culprit | None) -> bool:
        if run.phases or run.culprit is None:
            return STATUS[status] is run.outcome
        return culprit in (None, run.culprit)

    def _find_run(self, phase: ReportedPhase) -> int | None:
        """Return the index of the newest attempt with exactly this phase."""
        for index in reversed(range(len(self.runs))):
            phases = {(each.name, each.digest) for each in self.runs[index].phases}
            if (phase.name, phase.digest) in phases:
                return index
        return None

    def _start_run(self, now: float, phase: ReportedPhase | None = None) -> Run:
        if len(self.runs) >= MAX_RUNS:
            self.runs.pop(0)
        phases = self.waiting if phase is None else _replace_phase(self.waiting, phase)
        run = Run(now, phases, tags=self.tags)
        self.runs.append(run)
        self.current, self.reannounced, self.waiting = len(self.runs) - 1, False, []
        return run


def _replace_phase(phases: list[ReportedPhase], phase: ReportedPhase) -> list[ReportedPhase]:
    return [*(other for other in phases if other.name != phase.name), phase]


# Phases that run before the actual build, whatever the build system.
_EARLY = frozenset(
    {
        *("bootstrap", "autoreconf", "configure", "cmake", "meson", "qmake", "waf", "setup"),
        *("edit", "initconfig", "hostconfig", "generate_lexer", "unpack", "patch", "bootstrap_env"),
    }
)
_SortKey = tuple[Literal[0, 1, 2], float]


def sort_phases(phases: list[ReportedPhase]) -> list[ReportedPhase]:
    """Return phases in the order in which they ran.

    The files of an uploaded folder are sent in any order. If the times are not in order, they
    decide, and the name decides for a phase without a time.
    """
    times = [phase.time for phase in phases if phase.time is not None]
    if times == sorted(times) and not _has_late_phase_first(phases):
        return list(phases)
    previous = 0.0
    keys: list[tuple[_SortKey, int]] = []
    for index, phase in enumerate(phases):
        previous = phase.time if phase.time is not None else previous
        keys.append((_sort_key(phase, previous), index))
    return [phases[index] for _, index in sorted(keys)]


def _has_late_phase_first(phases: list[ReportedPhase]) -> bool:
    names = [phase.name for phase in phases]
    if "install" in names[:-1]:
        return True
    early = [index for index, name in enumerate(names) if name in _EARLY]
    return bool(early) and early[-1] >= len(early)


def _sort_key(phase: ReportedPhase, previous: float) -> _SortKey:
    if phase.time is not None:
        return 1, phase.time
    if phase.name in _EARLY:
        return 0, 0.0
    return (2, 0.0) if phase.name == "install" else (1, previous)
