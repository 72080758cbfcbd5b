"""Attempts are derived from a client's messages, in whatever order they arrive."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from loaders.evidence import Status
from loaders.monitor.runs import MAX_PHASES, BuildState, Culprit, ReportedPhase, sort_phases

NOW = 1.0


def phase(name: str, second: int | None = None, status: str = "SUCCESS") -> ReportedPhase:
    stamp = f"2026-11-23-10:00:{second:02}.1" if second is not None else None
    return ReportedPhase(name, status, f"{name}:{second}:{status}", stamp, second)


def outcomes(state: BuildState) -> list[Status]:
    return [run.outcome for run in state.runs]


def test_a_build_that_is_only_announced_has_no_attempt() -> None:
    state = BuildState()
    state.record_announcement(["ci"])
    assert state.runs == []


def test_a_failed_phase_takes_precedence_over_the_status() -> None:
    state = BuildState()
    state.add_phase(phase("build", 1, "ERROR"), NOW)
    assert state.set_status("SUCCESS", NOW)
    assert outcomes(state) == [Status.FAILED]


def test_a_failure_with_phases_has_no_culprit() -> None:
    state = BuildState()
    state.add_phase(phase("build", 1), NOW)
    state.set_status("FAILED", NOW, Culprit("h", "dep", "u"))
    assert outcomes(state) == [Status.FAILED]


def test_the_number_of_phases_is_limited() -> None:
    state = BuildState()
    changed = [state.add_phase(phase(f"p{number}", 1), NOW) for number in range(MAX_PHASES + 10)]
    assert changed == [True] * MAX_PHASES + [False] * 10
    assert [len(run.phases) for run in state.runs] == [MAX_PHASES]


def test_another_failure_of_a_dependency_is_another_skip() -> None:
    state = BuildState()
    for culprit, count in (("u1", 1), ("u1", 1), ("u2", 2)):
        state.record_announcement([])
        state.set_status("FAILED", NOW, Culprit("h", "dep", culprit))
        assert outcomes(state) == [Status.SKIPPED] * count


def test_equal_phases_wait_for_one_with_another_timestamp() -> None:
    state = BuildState()
    state.add_phase(phase("configure"), NOW)
    state.add_phase(phase("build", 1), NOW)
    state.set_status("SUCCESS", NOW)
    state.record_announcement([])
    assert not state.add_phase(phase("configure"), NOW)
    assert len(state.runs) == 1
    assert state.add_phase(phase("build", 2), NOW)
    assert [[each.name for each in run.phases] for run in state.runs] == [
        ["configure", "build"],
        ["configure", "build"],
    ]


def test_phases_are_sorted_as_they_ran() -> None:
    phases = [phase("install"), phase("build", 5), phase("configure")]
    assert [each.name for each in sort_phases(phases)] == ["configure", "build", "install"]
    phases = [phase("edit"), phase("build"), phase("check"), phase("install")]
    assert sort_phases(phases) == phases


messages = st.lists(
    st.one_of(
        st.builds(
            phase,
            st.sampled_from(["configure", "build", "install"]),
            st.one_of(st.none(), st.integers(0, 9)),
            st.sampled_from(["SUCCESS", "ERROR"]),
        ),
        st.sampled_from(["SUCCESS", "FAILED", "CANCELLED", "NOTRUN", "announce"]),
    ),
    max_size=12,
)


def process(state: BuildState, message: ReportedPhase | str) -> None:
    if isinstance(message, ReportedPhase):
        state.add_phase(message, NOW)
    elif message == "announce":
        state.record_announcement([])
    else:
        state.set_status(message, NOW)


@given(messages)
def test_a_repeated_message_counts_once(given: list[ReportedPhase | str]) -> None:
    once, twice = BuildState(), BuildState()
    for message in given:
        process(once, message)
        process(twice, message)
        process(twice, message)
    assert outcomes(once) == outcomes(twice)
    assert [[p.digest for p in run.phases] for run in once.runs] == [
        [p.digest for p in run.phases] for run in twice.runs
    ]


@given(messages)
def test_the_state_survives_encoding(given: list[ReportedPhase | str]) -> None:
    state = BuildState()
    for message in given:
        process(state, message)
    assert msgspec.json.decode(msgspec.json.encode(state), type=BuildState) == state


@given(messages, messages)
def test_an_ended_attempt_never_changes_how_it_ended(
    before: list[ReportedPhase | str], after: list[ReportedPhase | str]
) -> None:
    state = BuildState()
    for message in before:
        process(state, message)
    ended = {id(run): run.status for run in state.runs if run.status is not None}
    for message in after:
        process(state, message)
    assert {id(run): run.status for run in state.runs if id(run) in ended} == ended
