"""The attempts that an announced build leads to, told apart message by message.

A client names neither an attempt nor its time: it sends phases and a status for a build id, which
is the same whenever a spec is built again in the same environment. What tells attempts apart:

- a build that is announced again after it ended is built again, if phases follow that are not those
  of before. Times in the phases' output show which they are; a phase without a time waits until
  another one tells;
- a phase that comes again with another time belongs to another attempt. The one before that never
  ended was cut off.

What is known already changes nothing, in whatever order it comes.
"""

from typing import Literal

import msgspec

from loaders.evidence import Status

STATUS = {
    "SUCCESS": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "ERROR": Status.FAILED,
    "CANCELLED": Status.CANCELLED,
    "NOTRUN": Status.SKIPPED,
}
CUT_OFF = "CUT OFF"
"""Status of an attempt after which another began before it ended."""
MAX_RUNS = 1_000
"""Most attempts at one spec in one environment; what comes then is not told apart."""
MAX_PHASES = 200
"""Most phases of an attempt; what comes then is left out."""


Blames = tuple[str, str, str]
"""Hash and name of a dependency, and the uid of the attempt at it that failed."""


class Phase(msgspec.Struct, omit_defaults=True):
    """A phase as it was told.

    :ivar digest: of its status and its output.
    :ivar stamp: the first time in its output, as Spack writes it; `time` in seconds since 1970.
    """

    name: str
    status: str
    digest: str
    stamp: str | None = None
    time: float | None = None


class Run(msgspec.Struct, omit_defaults=True):
    """One attempt.

    :ivar began: when it was first told of.
    :ivar uid: of the `Build` that it is stored as.
    :ivar blames: of the dependency whose failure it is skipped for.
    """

    began: float
    phases: list[Phase] = []
    status: str | None = None
    uid: str | None = None
    blames: Blames | None = None
    tags: list[str] = []

    @property
    def outcome(self) -> Status:
        """How it ended: a phase that failed outweighs what is said of the whole."""
        if any(STATUS.get(phase.status) is Status.FAILED for phase in self.phases):
            return Status.FAILED
        if self.status is None:
            return Status.RUNNING
        if self.blames is not None:
            return Status.SKIPPED
        return STATUS.get(self.status, Status.CANCELLED)

    @property
    def ended(self) -> bool:
        """Whether it is known how it ended."""
        return self.outcome is not Status.RUNNING


class State(msgspec.Struct, omit_defaults=True):
    """All attempts of an announced build.

    :ivar current: the one that messages belong to.
    :ivar again: it was announced again after the current one had ended.
    :ivar waiting: phases that may be of another attempt or of the current one again.
    :ivar tags: those of the last announcement.
    """

    runs: list[Run] = []
    current: int = -1
    again: bool = False
    waiting: list[Phase] = []
    tags: list[str] = []

    def announce(self, tags: list[str]) -> None:
        """The build is announced, perhaps again."""
        self.tags = tags or self.tags
        self.waiting = []
        run = self.run
        self.again = run is not None and run.ended

    @property
    def run(self) -> Run | None:
        """The current attempt."""
        return self.runs[self.current] if 0 <= self.current < len(self.runs) else None

    def phase(self, told: Phase, now: float) -> bool:
        """Take a phase; whether it changes the current attempt."""
        index = self._index_of(told)
        if index is not None and told.stamp is not None:
            self.current, self.again, self.waiting = index, False, []
            return False
        run = self.run
        known = run.phases if run is not None else []
        same = next((each for each in known if each.name == told.name), None)
        if run is None:
            self._begin(now, told)
        elif self.again and run.ended:
            if index is not None:
                self.waiting = _with(self.waiting, told)
                return False
            self._begin(now, told)
        elif same is None and len(run.phases) < MAX_PHASES:
            run.phases.append(told)
        elif same is None or same.digest == told.digest:
            return False
        elif run.ended or (same.stamp and told.stamp):
            run.status = run.status or (None if run.ended else CUT_OFF)
            self._begin(now, told)
        else:
            run.phases[run.phases.index(same)] = told
        return True

    def end(self, status: str, now: float, blames: Blames | None = None) -> bool:
        """Take a status; whether it changes the current attempt.

        The first that ends an attempt stays.

        :param blames: the failure of a dependency that explains a failure without phases.
        """
        run = self.run
        if run is None or (self.again and run.ended and not self._tells_again(run, status, blames)):
            run = self._begin(now)
        elif run.status is not None:
            return False
        run.status = status
        if not run.phases and STATUS[status] in (Status.FAILED, Status.SKIPPED):
            run.blames = blames
        return True

    def analyze(self, now: float) -> Run:
        """The attempt that an analysis is of; what is analyzed was installed."""
        run = self.run
        if run is None:
            run = self._begin(now)
            run.status = "SUCCESS"
        return run

    @staticmethod
    def _tells_again(run: Run, status: str, blames: Blames | None) -> bool:
        if run.phases or run.blames is None:
            return STATUS[status] is run.outcome
        return blames in (None, run.blames)

    def _index_of(self, told: Phase) -> int | None:
        """The newest attempt that has this very phase."""
        for index in reversed(range(len(self.runs))):
            known = {(each.name, each.digest) for each in self.runs[index].phases}
            if (told.name, told.digest) in known:
                return index
        return None

    def _begin(self, now: float, phase: Phase | None = None) -> Run:
        if len(self.runs) >= MAX_RUNS:
            self.runs.pop(0)
        phases = self.waiting if phase is None else _with(self.waiting, phase)
        run = Run(now, phases, tags=self.tags)
        self.runs.append(run)
        self.current, self.again, self.waiting = len(self.runs) - 1, False, []
        return run


def _with(phases: list[Phase], told: Phase) -> list[Phase]:
    return [*(each for each in phases if each.name != told.name), told]


_EARLY = frozenset(
    {
        *("bootstrap", "autoreconf", "configure", "cmake", "meson", "qmake", "waf", "setup"),
        *("edit", "initconfig", "hostconfig", "generate_lexer", "unpack", "patch", "bootstrap_env"),
    }
)
Place = tuple[Literal[0, 1, 2], float]


def in_order(phases: list[Phase]) -> list[Phase]:
    """Phases in the order in which they ran.

    An uploaded folder is sent in any order: where the times are not in order, they say it, and the
    name does of a phase without one.
    """
    times = [phase.time for phase in phases if phase.time is not None]
    if times == sorted(times) and not _is_late_first(phases):
        return list(phases)
    before = 0.0
    places: list[tuple[Place, int]] = []
    for index, phase in enumerate(phases):
        before = phase.time if phase.time is not None else before
        places.append((_place(phase, before), index))
    return [phases[index] for _, index in sorted(places)]


def _is_late_first(phases: list[Phase]) -> bool:
    names = [phase.name for phase in phases]
    if "install" in names[:-1]:
        return True
    early = [index for index, name in enumerate(names) if name in _EARLY]
    return bool(early) and early[-1] >= len(early)


def _place(phase: Phase, before: float) -> Place:
    if phase.time is not None:
        return 1, phase.time
    if phase.name in _EARLY:
        return 0, 0.0
    return (2, 0.0) if phase.name == "install" else (1, before)
