"""Threads that run a statement for the first time at once."""

import threading
import time

import pytest

from cypher.first_runs import FirstRuns
from tests.waiting import PATIENCE, wait_until


def test_others_wait_for_the_first_run_of_the_same_statement_only() -> None:
    runs = FirstRuns()
    started: list[str] = []
    planned = threading.Event()

    def run(name: str, label: str) -> None:
        with runs.one_at_a_time(name, PATIENCE):
            started.append(label)
            if label == "first":
                planned.wait(PATIENCE)

    threads = [threading.Thread(target=run, args=("a", "first"))]
    threads[0].start()
    wait_until(lambda: started == ["first"])
    threads += [threading.Thread(target=run, args=("a", f"later {n}")) for n in range(3)]
    threads += [threading.Thread(target=run, args=("b", "other"))]
    for thread in threads[1:]:
        thread.start()
    wait_until(lambda: "other" in started)
    time.sleep(0.1)
    assert started == ["first", "other"]
    planned.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(started) == 5


def test_a_first_run_that_takes_too_long_is_not_waited_for() -> None:
    runs = FirstRuns()
    done = threading.Event()

    def run() -> None:
        with runs.one_at_a_time("a", 0.01):
            done.set()

    with runs.one_at_a_time("a", 0.01):
        thread = threading.Thread(target=run)
        thread.start()
        assert done.wait(PATIENCE)
        thread.join(PATIENCE)


def test_a_first_run_that_fails_lets_the_others_go() -> None:
    runs = FirstRuns()
    with pytest.raises(ValueError, match="refused"), runs.one_at_a_time("a", PATIENCE):
        raise ValueError("refused")
    with runs.one_at_a_time("a", PATIENCE):
        pass
