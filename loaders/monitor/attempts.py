"""An attempt as everything else tells of attempts, made of what a client told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from loaders.evidence import Attempt, HostEnvironment, Phase, Source, SpecName, Status
from loaders.monitor.runs import STATUS, Run, in_order
from loaders.store.same_attempts import UNSURE


@dataclass(frozen=True)
class Context:
    """What a client said before it told of an attempt.

    :ivar number: the `build_id`.
    """

    number: int
    spec: SpecName
    host: HostEnvironment
    spack_version: str | None


def attempt_of(context: Context, index: int, run: Run, phases: Mapping[str, Phase]) -> Attempt:
    """The attempt that a run is.

    :param index: which of the runs it is, from 0.
    :param phases: by the digests of what was told.
    """
    told = in_order(run.phases)
    read = tuple(
        replace(phases[each.digest], order=order, status=_status(each.status))
        for order, each in enumerate(told)
    )
    failed = next((each.name for each in read if each.status is Status.FAILED), None)
    outcome = run.outcome
    times = [each.time for each in told if each.time is not None]
    stamp = told[0].stamp if told else None
    culprit = SpecName(run.blames[0], run.blames[1]) if run.blames else None
    return Attempt(
        spec=context.spec,
        key=stamp or f"{UNSURE}{context.number}:{index + 1}",
        status=outcome,
        source=Source.MONITOR,
        failed_phase=failed if outcome is Status.FAILED else None,
        started=min(times) if times else run.began,
        spack_version=context.spack_version,
        binary=False if read else None,
        culprit=culprit if outcome is Status.SKIPPED else None,
        phases=read,
        environment=context.host if context.host != HostEnvironment() else None,
        more=_more(context, run, inferred=not times),
    )


def _status(told: str) -> Status:
    return STATUS.get(told, Status.RUNNING)


def _more(context: Context, run: Run, *, inferred: bool) -> dict[str, Any]:
    more: dict[str, Any] = {"monitor_build": context.number}
    if run.tags:
        more["tags"] = ",".join(run.tags)
    if inferred:
        more["started"] = "when it was told"
    return more
