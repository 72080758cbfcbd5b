"""Convert a client's reports into an attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from loaders.evidence import Attempt, HostEnvironment, Phase, Source, SpecName, Status
from loaders.monitor.runs import STATUS, Run, sort_phases
from loaders.store.same_attempts import UNSURE


@dataclass(frozen=True)
class BuildContext:
    """The announcement of an attempt.

    Attributes:
        number: The `build_id`.
    """

    number: int
    spec: SpecName
    host: HostEnvironment
    spack_version: str | None


def make_attempt(
    context: BuildContext, index: int, run: Run, phases: Mapping[str, Phase]
) -> Attempt:
    """Return the attempt of a run.

    Args:
        context: Its announcement.
        index: Index of the run among all runs.
        run: The run.
        phases: By the digests of their reports.
    """
    reported = sort_phases(run.phases)
    converted = tuple(
        replace(phases[phase.digest], order=order, status=_convert_status(phase.status))
        for order, phase in enumerate(reported)
    )
    failed = next((phase.name for phase in converted if phase.status is Status.FAILED), None)
    outcome = run.outcome
    times = [phase.time for phase in reported if phase.time is not None]
    stamp = reported[0].stamp if reported else None
    culprit = SpecName(run.culprit.hash, run.culprit.name) if run.culprit else None
    return Attempt(
        spec=context.spec,
        key=stamp or f"{UNSURE}{context.number}:{index + 1}",
        status=outcome,
        source=Source.MONITOR,
        failed_phase=failed if outcome is Status.FAILED else None,
        started=min(times) if times else run.began,
        spack_version=context.spack_version,
        binary=False if converted else None,
        culprit=culprit if outcome is Status.SKIPPED else None,
        phases=converted,
        environment=context.host if context.host != HostEnvironment() else None,
        more=_collect_extras(context, run, inferred=not times),
    )


def _convert_status(status: str) -> Status:
    return STATUS.get(status, Status.RUNNING)


def _collect_extras(context: BuildContext, run: Run, *, inferred: bool) -> dict[str, str | int]:
    more: dict[str, str | int] = {"monitor_build": context.number}
    if run.tags:
        more["tags"] = ",".join(run.tags)
    if inferred:
        more["started"] = "when its first message arrived"
    return more
