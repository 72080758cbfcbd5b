"""The embedded Neo4j: a real server as a child process."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from service.embedded import (
    NO_RESTART,
    Connection,
    EmbeddedError,
    EmbeddedNeo4j,
    RestartPolicy,
    attach,
    existing,
    status,
    wait_and_attach,
)
from service.embedded.lock import read_state, write_state
from service.embedded.ports import choose_port
from service.embedded.processes import identify_process
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.embedded

SERVICE = Path(__file__).with_name("service_process.py")
FAST_RESTART = RestartPolicy(pause=0.01)


def run_query(connection: Connection, query: str) -> list[object]:
    with GraphDatabase.driver(
        connection.uri, auth=(connection.user, connection.password)
    ) as driver:
        return [record[0] for record in driver.execute_query(query, database_="neo4j").records]


def answers(connection: Connection) -> bool:
    try:
        return run_query(connection, "RETURN 1") == [1]
    except (DriverError, Neo4jError):
        return False


def java_pid(data_dir: Path) -> int:
    state = read_state(data_dir)
    assert state is not None
    assert state.java_pid is not None
    identity = identify_process(state.java_pid)
    assert identity is None or str(data_dir) in identity.command
    return state.java_pid


@contextmanager
def service(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(SERVICE), str(data_dir)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("bolt://127.0.0.1:")
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded data")  # paths may contain a blank


@pytest.fixture(scope="module")
def running(data_dir: Path) -> Iterator[Connection]:
    with EmbeddedNeo4j(data_dir, quick=True) as connection:
        yield connection


def test_answers_queries_as_the_pinned_community_edition(running: Connection) -> None:
    components = run_query(running, "CALL dbms.components() YIELD versions, edition RETURN edition")
    assert components == ["community"]
    assert run_query(running, "UNWIND [1, 2] AS n RETURN n") == [1, 2]


def test_browser_is_served(running: Connection) -> None:
    page = requests.get(running.browser_url, timeout=PATIENCE)
    assert page.status_code == 200
    assert "<html" in page.text


def test_login_requires_the_password(running: Connection) -> None:
    with (
        GraphDatabase.driver(running.uri, auth=("neo4j", "neo4j")) as driver,
        pytest.raises(AuthError),
    ):
        driver.verify_connectivity()


def test_password_file_is_private_and_the_connection_does_not_print_it(
    running: Connection, data_dir: Path
) -> None:
    path = data_dir / "neo4j-password"
    assert path.read_text().strip() == running.password
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert running.password not in repr(running)


def test_telemetry_is_disabled(running: Connection) -> None:
    settings = run_query(
        running,
        "SHOW SETTINGS 'dbms.usage_report.enabled', 'client.allow_telemetry',"
        " 'server.bolt.telemetry.enabled' YIELD value RETURN DISTINCT value",
    )
    assert settings == ["false"]


def test_listens_on_loopback_only(running: Connection) -> None:
    listening = run_query(
        running,
        "SHOW SETTINGS YIELD name, value WHERE name ENDS WITH 'listen_address' AND NOT name"
        " STARTS WITH 'server.cluster' RETURN DISTINCT split(value, ':')[0]",
    )
    assert set(listening) - {"", "localhost"} == {"127.0.0.1"}


def test_other_process_of_the_user_can_attach(running: Connection, data_dir: Path) -> None:
    assert attach(data_dir) == running


def test_second_start_fails_and_names_process_and_address(
    running: Connection, data_dir: Path
) -> None:
    with pytest.raises(EmbeddedError) as caught:
        EmbeddedNeo4j(data_dir, quick=True).start()
    assert f"process {os.getpid()}, at {running.uri}" in caught.value.message
    assert answers(running)
    assert attach(data_dir) == running


def test_port_in_use_is_an_error_that_names_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"Port {port}") as caught:
            EmbeddedNeo4j(tmp_path, http_port=port, quick=True).start()
    assert "--browser-port" in caught.value.advice


@pytest.mark.parametrize("option", ["--bolt-port", "--browser-port"])
def test_port_taken_after_it_was_chosen_is_left_to_the_other_neo4j(
    running: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    used = {"--bolt-port": running.uri, "--browser-port": running.browser_url}[option]
    taken = [urlsplit(used).port]

    def choose(requested: int | None, default: int, asked: str, *others: Any, **more: Any) -> int:
        port = taken.pop() if asked == option and taken else None
        return port or choose_port(requested, default, asked, *others, **more)

    monkeypatch.setattr("service.embedded.server.choose_port", choose)
    with EmbeddedNeo4j(tmp_path / "other", quick=True) as other:
        assert taken == []
        assert {other.uri, other.browser_url}.isdisjoint({running.uri, running.browser_url})
        for connection in (running, other):
            auth = (connection.user, connection.password)
            with GraphDatabase.driver(connection.uri, auth=auth) as driver:
                driver.verify_connectivity()


def test_services_that_start_at_once_have_a_database_each(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]
    services = [EmbeddedNeo4j(folder, quick=True) for folder in folders]
    barrier = threading.Barrier(len(services), timeout=PATIENCE)

    def start(server: EmbeddedNeo4j) -> Connection:
        barrier.wait()
        return server.start()

    try:
        with ThreadPoolExecutor(len(services)) as pool:
            connections = list(pool.map(start, services))
        for folder, connection in zip(folders, connections, strict=True):
            run_query(connection, f"CREATE (:Folder {{name: '{folder.name}'}})")
        addresses = [address for c in connections for address in (c.uri, c.browser_url)]
        assert len(set(addresses)) == len(addresses)
        assert [attach(folder) for folder in folders] == connections
        names = [
            run_query(connection, "MATCH (n:Folder) RETURN n.name") for connection in connections
        ]
        assert names == [["a"], ["b"], ["c"]]
    finally:
        for server in services:
            server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")
def test_another_neo4j_on_a_recorded_port_is_not_taken_for_the_own_one(
    running: Connection, data_dir: Path
) -> None:
    state = read_state(data_dir)
    assert state is not None
    with socket.create_server(("127.0.0.1", 0)) as server:
        uri = f"bolt://127.0.0.1:{server.getsockname()[1]}"
        write_state(data_dir, replace(state, bolt_uri=uri))
        assert attach(data_dir) is None
    write_state(data_dir, replace(state, bolt_uri=None))  # as while it starts
    assert attach(data_dir) is None
    write_state(data_dir, state)
    assert attach(data_dir) == running


def test_a_command_waits_for_a_service_that_starts(
    running: Connection, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = read_state(data_dir)
    assert state is not None
    monkeypatch.setattr(status, "QUIET_SECONDS", 0.0)
    lines: list[str] = []

    def become_ready(line: str) -> None:
        lines.append(line)
        write_state(data_dir, state)

    write_state(data_dir, replace(state, service_pid=os.getppid(), bolt_uri=None))
    assert wait_and_attach(data_dir, become_ready) == running
    assert f"waiting for process {os.getppid()}" in lines[0]
    assert wait_and_attach(data_dir, become_ready) == running
    assert len(lines) == 1


def test_heap_larger_than_the_memory_is_an_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="not enough memory") as caught:
        EmbeddedNeo4j(tmp_path, heap_mib=1 << 30, quick=True).start()
    assert "--heap-mib" in caught.value.advice
    assert str(tmp_path / "logs") in caught.value.message
    assert attach(tmp_path) is None


def test_data_and_password_survive_a_stop_and_no_process_remains(tmp_path: Path) -> None:
    neo4j = EmbeddedNeo4j(tmp_path, quick=True)
    first = neo4j.start()
    assert neo4j.start() == first
    run_query(first, "CREATE (:Kept)")
    pid = java_pid(tmp_path)
    neo4j.stop()
    neo4j.stop()
    assert identify_process(pid) is None
    assert attach(tmp_path) is None
    with EmbeddedNeo4j(tmp_path, quick=False) as second:
        assert second.password == first.password
        assert run_query(second, "MATCH (n:Kept) RETURN count(n)") == [1]


def test_killed_java_is_restarted_on_the_same_ports_with_its_data(tmp_path: Path) -> None:
    log: list[str] = []
    neo4j = EmbeddedNeo4j(tmp_path, quick=True, restart=FAST_RESTART, on_log=log.append)
    with neo4j as connection:
        run_query(connection, "CREATE (:Kept)")
        pid = java_pid(tmp_path)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(log) == 2)
        assert log == [
            "Neo4j ended unexpectedly with code -9.",
            "Neo4j is back (restart 1 of 5).",
        ]
        assert java_pid(tmp_path) != pid
        assert neo4j.is_up
        assert attach(tmp_path) == connection
        assert run_query(connection, "MATCH (n:Kept) RETURN count(n)") == [1]


def test_killed_java_stays_down_without_restarts(tmp_path: Path) -> None:
    neo4j = EmbeddedNeo4j(tmp_path, quick=True, restart=NO_RESTART, on_log=list[str]().append)
    with neo4j:
        os.kill(java_pid(tmp_path), signal.SIGKILL)
        wait_until(lambda: neo4j.failure is not None)
        assert not neo4j.is_up
        assert attach(tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="uses PR_SET_PDEATHSIG")
def test_java_ends_with_a_killed_service_and_the_next_start_has_its_data(tmp_path: Path) -> None:
    with service(tmp_path) as process:
        connection = attach(tmp_path)
        assert connection is not None
        run_query(connection, "CREATE (:Kept)")
        pid = java_pid(tmp_path)
        process.kill()
        process.wait()  # until then it may hold its lock of the data directory
        with EmbeddedNeo4j(tmp_path, quick=True) as again:
            assert identify_process(pid) is None
            assert run_query(again, "MATCH (n:Kept) RETURN count(n)") == [1]


@pytest.mark.skipif(sys.platform != "linux", reason="uses PR_SET_PDEATHSIG")
def test_java_ends_with_a_killed_service_by_itself(tmp_path: Path) -> None:
    with service(tmp_path) as process:
        pid = java_pid(tmp_path)
        process.kill()
    wait_until(lambda: identify_process(pid) is None)


def test_java_that_outlives_its_service_is_ended_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(existing, "PATIENCE_SECONDS", 0.5)
    with service(tmp_path) as process:
        connection = attach(tmp_path)
        assert connection is not None
        run_query(connection, "CREATE (:Kept)")
        pid = java_pid(tmp_path)
        os.kill(pid, signal.SIGSTOP)  # now it reacts only to SIGKILL
        process.kill()
        process.wait()
        assert identify_process(pid) is not None
        with EmbeddedNeo4j(tmp_path, quick=True) as again:
            assert identify_process(pid) is None
            assert run_query(again, "MATCH (n:Kept) RETURN count(n)") == [1]
