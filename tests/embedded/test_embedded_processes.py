import os
import socket
import subprocess
import sys
import threading
from collections.abc import Set
from pathlib import Path

import pytest

from service.embedded.errors import EmbeddedError
from service.embedded.failures import StartError
from service.embedded.processes import (
    end_process,
    identify_process,
    lean_environment,
    listens_on,
    spawn_process,
)
from service.embedded.supervisor import NO_RESTART, RestartPolicy, Supervised, Supervisor
from tests.waiting import PATIENCE, wait_until

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
FAST_RESTART = RestartPolicy(limit=3, pause=0.01, longest_pause=0.04)

linux = pytest.mark.skipif(sys.platform != "linux", reason="uses PR_SET_PDEATHSIG")


def spawn_sleep(log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return spawn_process(SLEEP, environment=lean_environment({}), output=output)


def test_process_is_identified_until_it_ends(tmp_path: Path) -> None:
    process = spawn_sleep(tmp_path / "log")
    wait_until(lambda: (tmp_path / "log").read_bytes() == b"up\n")
    identity = identify_process(process.pid)
    assert identity is not None
    assert identity.command.endswith("time.sleep(600)")
    process.kill()
    process.wait()
    assert identify_process(process.pid) is None


def test_ended_process_that_was_not_waited_for_is_gone(tmp_path: Path) -> None:
    process = spawn_sleep(tmp_path / "log")
    identity = identify_process(process.pid)
    assert identity is not None
    assert end_process(identity, PATIENCE)
    assert identify_process(process.pid) is None
    assert process.wait() != 0


@linux
def test_listening_process_is_known_by_its_port(tmp_path: Path) -> None:
    other = spawn_sleep(tmp_path / "log")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listens_on(os.getpid(), port) is True
        assert listens_on(other.pid, port) is False
        with socket.create_connection(("127.0.0.1", port)) as client:
            # A connection from a port is not a server on it.
            assert listens_on(os.getpid(), client.getsockname()[1]) is False
    assert listens_on(os.getpid(), port) is False
    other.kill()
    other.wait()
    assert listens_on(other.pid, port) is None


@linux
def test_child_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from service.embedded.processes import lean_environment, spawn_process\n"
        "child = spawn_process(['/bin/sleep', '600'], environment=lean_environment({}),\n"
        "              output=open(sys.argv[1], 'wb'))\n"
        "print(child.pid, flush=True); child.wait()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline())
        wait_until(lambda: "/bin/sleep 600" in getattr(identify_process(child), "command", ""))
        starter.kill()
    wait_until(lambda: identify_process(child) is None)


def test_environment_of_java_contains_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECGRAPH_TOKEN", "secret")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1m")
    environment = lean_environment({"CLASSPATH": "x.jar"})
    assert environment["CLASSPATH"] == "x.jar"
    assert not {"SPECGRAPH_TOKEN", "JAVA_TOOL_OPTIONS"} & environment.keys()


class Sleeper:
    """A supervised process without Neo4j."""

    def __init__(self, log: Path) -> None:
        self.process = spawn_sleep(log)

    def wait(self) -> int:
        return self.process.wait()

    def end(self, patience: float) -> None:
        self.process.terminate()
        self.process.wait(patience)


class Launches:
    """Starts sleepers, except that the attempts with the numbers in `failing` fail."""

    def __init__(
        self, tmp_path: Path, failing: Set[int] = frozenset(), cause: str = "unknown"
    ) -> None:
        self._log = tmp_path / "log"
        self._failing = failing
        self._cause = cause
        self.attempts = 0
        self.sleepers: list[Sleeper] = []

    def __call__(self, stopping: threading.Event) -> Supervised:
        self.attempts += 1
        if self.attempts in self._failing:
            raise StartError(f"attempt {self.attempts} failed", "none", self._cause)
        self.sleepers.append(Sleeper(self._log))
        return self.sleepers[-1]


def test_killed_process_is_restarted_until_it_is_stopped(tmp_path: Path) -> None:
    launches, log = Launches(tmp_path), list[str]()
    supervisor = Supervisor(launches, FAST_RESTART, log.append)
    supervisor.start()
    for number in (1, 2):
        launches.sleepers[-1].process.kill()
        wait_until(lambda number=number: len(log) == 2 * number)  # type: ignore[misc]
    supervisor.stop(PATIENCE)
    assert (supervisor.is_up, supervisor.failure) == (False, None)
    assert [sleeper.process.poll() is not None for sleeper in launches.sleepers] == [True] * 3
    assert log[:2] == [
        "Neo4j ended unexpectedly with code -9.",
        "Neo4j is back (restart 1 of 3).",
    ]


def test_failed_restart_is_tried_again(tmp_path: Path) -> None:
    launches, log = Launches(tmp_path, failing={2}), list[str]()
    supervisor = Supervisor(launches, FAST_RESTART, log.append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    wait_until(lambda: "Neo4j is back (restart 2 of 3)." in log)
    supervisor.stop(PATIENCE)
    assert launches.attempts == 3


def test_supervisor_gives_up_after_the_last_restart(tmp_path: Path) -> None:
    launches, log = Launches(tmp_path, failing={2, 3, 4, 5}), list[str]()
    supervisor = Supervisor(launches, FAST_RESTART, log.append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    wait_until(lambda: supervisor.failure is not None)
    assert launches.attempts == 4
    assert "stays down, after 3 restarts" in str(supervisor.failure)
    wait_until(lambda: "stays down" in log[-1])
    supervisor.stop(PATIENCE)


def test_starts_that_fail_on_a_full_disk_are_not_counted(tmp_path: Path) -> None:
    launches, log = Launches(tmp_path, {2, 3, 4, 5, 6}, cause="disk"), list[str]()
    supervisor = Supervisor(launches, FAST_RESTART, log.append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    wait_until(lambda: "Neo4j is back (restart 1 of 3)." in log)
    supervisor.stop(PATIENCE)
    assert (launches.attempts, supervisor.failure) == (7, None)


def test_process_is_not_restarted_without_restarts(tmp_path: Path) -> None:
    launches = Launches(tmp_path)
    supervisor = Supervisor(launches, NO_RESTART, list[str]().append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    wait_until(lambda: supervisor.failure is not None)
    supervisor.stop(PATIENCE)
    assert launches.attempts == 1


def test_failed_first_start_is_not_tried_again(tmp_path: Path) -> None:
    launches = Launches(tmp_path, failing={1})
    supervisor = Supervisor(launches, FAST_RESTART, list[str]().append)
    with pytest.raises(EmbeddedError, match="attempt 1 failed"):
        supervisor.start()
    supervisor.stop(PATIENCE)
    assert launches.attempts == 1


def test_stop_ends_a_pause_between_restarts(tmp_path: Path) -> None:
    launches, log = Launches(tmp_path), list[str]()
    supervisor = Supervisor(launches, RestartPolicy(pause=3600, longest_pause=3600), log.append)
    supervisor.start()
    launches.sleepers[-1].process.kill()
    wait_until(lambda: len(log) == 1)
    supervisor.stop(PATIENCE)
    assert launches.attempts == 1
