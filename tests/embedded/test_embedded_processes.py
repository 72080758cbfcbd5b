import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.embedded.errors import EmbeddedError
from service.embedded.processes import end, identify, lean_environment, spawn
from service.embedded.supervisor import NO_RESTART, RestartPolicy, Supervised, Supervisor

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
SOON = RestartPolicy(limit=3, pause=0.01)
WAIT = 60.0

linux = pytest.mark.skipif(sys.platform != "linux", reason="uses PR_SET_PDEATHSIG")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def spawn_sleep(log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return spawn(SLEEP, environment=lean_environment({}), output=output)


def test_a_process_is_told_from_a_later_one_with_its_pid(tmp_path: Path) -> None:
    process = spawn_sleep(tmp_path / "log")
    until(lambda: (tmp_path / "log").read_bytes() == b"up\n")
    identity = identify(process.pid)
    assert identity is not None
    assert identity.command.endswith("time.sleep(600)")
    process.kill()
    process.wait()
    assert identify(process.pid) is None


def test_a_process_that_has_ended_but_was_not_waited_for_is_gone(tmp_path: Path) -> None:
    process = spawn_sleep(tmp_path / "log")
    identity = identify(process.pid)
    assert identity is not None
    assert end(identity, WAIT)
    assert identify(process.pid) is None
    assert process.wait() != 0


@linux
def test_a_child_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from service.embedded.processes import spawn, lean_environment\n"
        "child = spawn(['/bin/sleep', '600'], environment=lean_environment({}),\n"
        "              output=open(sys.argv[1], 'wb'))\n"
        "print(child.pid, flush=True); child.wait()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline())
        until(lambda: "/bin/sleep 600" in getattr(identify(child), "command", ""))
        starter.kill()
    until(lambda: identify(child) is None)


def test_the_environment_of_java_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECGRAPH_TOKEN", "secret")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1m")
    environment = lean_environment({"CLASSPATH": "x.jar"})
    assert environment["CLASSPATH"] == "x.jar"
    assert not {"SPECGRAPH_TOKEN", "JAVA_TOOL_OPTIONS"} & environment.keys()


class Sleeper:
    """A supervised process that is none of Neo4j's."""

    def __init__(self, log: Path) -> None:
        self.process = spawn_sleep(log)

    def wait(self) -> int:
        return self.process.wait()

    def end(self, patience: float) -> None:
        self.process.terminate()
        self.process.wait(patience)


class Launches:
    """Starts sleepers; the attempts numbered in `failing` fail."""

    def __init__(self, tmp_path: Path, failing: set[int] | None = None) -> None:
        self._log = tmp_path / "log"
        self._failing = failing or set()
        self.attempts = 0
        self.sleepers: list[Sleeper] = []

    def __call__(self, stopping: threading.Event) -> Supervised:
        self.attempts += 1
        if self.attempts in self._failing:
            raise EmbeddedError(f"attempt {self.attempts} failed", "none")
        self.sleepers.append(Sleeper(self._log))
        return self.sleepers[-1]


def test_what_was_killed_comes_back_until_it_is_stopped(tmp_path: Path) -> None:
    launches, said = Launches(tmp_path), list[str]()
    supervisor = Supervisor(launches, SOON, said.append)
    supervisor.start()
    for number in (1, 2):
        launches.sleepers[-1].process.kill()
        until(lambda number=number: len(said) == 2 * number)  # type: ignore[misc]
    supervisor.stop(WAIT)
    assert (supervisor.up, supervisor.failure) == (False, None)
    assert [sleeper.process.poll() is not None for sleeper in launches.sleepers] == [True] * 3
    assert said[:2] == [
        "Neo4j ended unexpectedly with code -9.",
        "Neo4j is back (restart 1 of 3).",
    ]


def test_a_restart_that_fails_is_tried_again(tmp_path: Path) -> None:
    launches, said = Launches(tmp_path, failing={2}), list[str]()
    supervisor = Supervisor(launches, SOON, said.append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    until(lambda: "Neo4j is back (restart 2 of 3)." in said)
    supervisor.stop(WAIT)
    assert launches.attempts == 3


def test_too_many_ends_make_it_give_up_and_say_so(tmp_path: Path) -> None:
    launches, said = Launches(tmp_path, failing={2, 3, 4, 5}), list[str]()
    supervisor = Supervisor(launches, SOON, said.append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    until(lambda: supervisor.failure is not None)
    assert launches.attempts == 4
    assert "stays down, after 3 restarts" in str(supervisor.failure)
    until(lambda: "stays down" in said[-1])
    supervisor.stop(WAIT)


def test_nothing_comes_back_when_restarting_is_off(tmp_path: Path) -> None:
    launches = Launches(tmp_path)
    supervisor = Supervisor(launches, NO_RESTART, list[str]().append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    until(lambda: supervisor.failure is not None)
    supervisor.stop(WAIT)
    assert launches.attempts == 1


def test_a_first_start_that_fails_is_not_tried_again(tmp_path: Path) -> None:
    launches = Launches(tmp_path, failing={1})
    supervisor = Supervisor(launches, SOON, list[str]().append)
    with pytest.raises(EmbeddedError, match="attempt 1 failed"):
        supervisor.start()
    supervisor.stop(WAIT)
    assert launches.attempts == 1


def test_a_stop_ends_a_pause_between_restarts(tmp_path: Path) -> None:
    launches, said = Launches(tmp_path), list[str]()
    supervisor = Supervisor(launches, RestartPolicy(pause=3600, longest_pause=3600), said.append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    until(lambda: len(said) == 1)
    supervisor.stop(WAIT)
    assert launches.attempts == 1
