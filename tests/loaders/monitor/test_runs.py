"""Attempts are told apart by what clients say, in whatever order it comes."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from loaders.evidence import Status
from loaders.monitor.runs import MAX_PHASES, Phase, State, in_order

NOW = 1.0


def phase(name: str, second: int | None = None, status: str = "SUCCESS") -> Phase:
    stamp = f"2026-11-23-10:00:{second:02}.1" if second is not None else None
    return Phase(name, status, f"{name}:{second}:{status}", stamp, second)


def outcomes(state: State) -> list[Status]:
    return [run.outcome for run in state.runs]


def test_a_build_that_is_only_announced_has_no_attempt() -> None:
    state = State()
    state.announce(["ci"])
    assert state.runs == []


def test_a_phase_that_failed_outweighs_what_is_said_of_the_whole() -> None:
    state = State()
    state.phase(phase("build", 1, "ERROR"), NOW)
    assert state.end("SUCCESS", NOW)
    assert outcomes(state) == [Status.FAILED]


def test_a_failure_with_phases_blames_no_dependency() -> None:
    state = State()
    state.phase(phase("build", 1), NOW)
    state.end("FAILED", NOW, ("h", "dep", "u"))
    assert outcomes(state) == [Status.FAILED]


def test_an_attempt_has_so_many_phases_and_no_more() -> None:
    state = State()
    changed = [state.phase(phase(f"p{number}", 1), NOW) for number in range(MAX_PHASES + 10)]
    assert changed == [True] * MAX_PHASES + [False] * 10
    assert [len(run.phases) for run in state.runs] == [MAX_PHASES]


def test_a_second_failure_of_a_dependency_skips_again() -> None:
    state = State()
    for culprit, count in (("u1", 1), ("u1", 1), ("u2", 2)):
        state.announce([])
        state.end("FAILED", NOW, ("h", "dep", culprit))
        assert outcomes(state) == [Status.SKIPPED] * count


def test_phases_that_only_read_the_same_wait_for_one_that_tells() -> None:
    state = State()
    state.phase(phase("configure"), NOW)
    state.phase(phase("build", 1), NOW)
    state.end("SUCCESS", NOW)
    state.announce([])
    assert not state.phase(phase("configure"), NOW)
    assert len(state.runs) == 1
    assert state.phase(phase("build", 2), NOW)
    assert [[each.name for each in run.phases] for run in state.runs] == [
        ["configure", "build"],
        ["configure", "build"],
    ]


def test_phases_are_put_in_the_order_in_which_they_ran() -> None:
    told = [phase("install"), phase("build", 5), phase("configure")]
    assert [each.name for each in in_order(told)] == ["configure", "build", "install"]
    told = [phase("edit"), phase("build"), phase("check"), phase("install")]
    assert in_order(told) == told


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


def told(state: State, message: Phase | str) -> None:
    if isinstance(message, Phase):
        state.phase(message, NOW)
    elif message == "announce":
        state.announce([])
    else:
        state.end(message, NOW)


@given(messages)
def test_a_message_that_comes_twice_in_a_row_counts_once(given: list[Phase | str]) -> None:
    once, twice = State(), State()
    for message in given:
        told(once, message)
        told(twice, message)
        told(twice, message)
    assert outcomes(once) == outcomes(twice)
    assert [[p.digest for p in run.phases] for run in once.runs] == [
        [p.digest for p in run.phases] for run in twice.runs
    ]


@given(messages)
def test_the_state_comes_back_as_it_was_kept(given: list[Phase | str]) -> None:
    state = State()
    for message in given:
        told(state, message)
    assert msgspec.json.decode(msgspec.json.encode(state), type=State) == state


@given(messages, messages)
def test_an_ended_attempt_never_changes_how_it_ended(
    before: list[Phase | str], after: list[Phase | str]
) -> None:
    state = State()
    for message in before:
        told(state, message)
    ended = {id(run): run.status for run in state.runs if run.status is not None}
    for message in after:
        told(state, message)
    assert {id(run): run.status for run in state.runs if id(run) in ended} == ended
