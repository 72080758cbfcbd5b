"""Find the error that explains why an attempt failed."""

from typing import NamedTuple

from loaders.evidence import Attempt, Finding, Phase, Status
from loaders.logs.log_patterns import ERROR, is_generic_failure


class FailureCause(NamedTuple):
    """The error that explains a failure, and the phase in whose log it was found."""

    phase: Phase
    finding: Finding


def find_cause(attempt: Attempt) -> FailureCause | None:
    """Return the first error of the failed phase, or of an earlier phase if it has none.

    An error that only says that a command failed, such as make's, counts only if the phase has no
    other.

    Returns:
        None if the attempt did not fail, or if no error was found in any phase.
    """
    if attempt.status is not Status.FAILED:
        return None
    # The sort is stable: the failed phase comes first, the others stay in order.
    for phase in sorted(attempt.phases, key=lambda phase: phase.name != attempt.failed_phase):
        errors = [finding for finding in phase.findings if finding.kind == ERROR]
        if errors:
            specific = (error for error in errors if not is_generic_failure(error.text))
            return FailureCause(phase, next(specific, errors[0]))
    return None
