import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.embedded.errors import EmbeddedError
from service.embedded.failures import CRASH, TIMEOUT, LogMark, diagnose_failure
from service.embedded.ports import PortReservations, choose_port, is_free, speaks_bolt

# Lines as written by Neo4j 5.26 and Java 17 to 25.
LINES = {
    "port": "Caused by: java.net.BindException: Address already in use",
    "disk": "java.io.IOException: No space left on device",
    "memory": "Error: Could not create the Java Virtual Machine.\n"
    "Could not reserve enough space for 10485760000KB object heap",
    "locked": "org.neo4j.kernel.internal.locker.FileLockException: Lock file has been locked by "
    "another process: /data/databases/store_lock. Please ensure no other process is using this",
    "permission": "java.nio.file.AccessDeniedException: /data/databases/neo4j",
    "jars": "java.lang.NoClassDefFoundError: org/neo4j/kernel/api/Kernel",
    "java": "java.lang.UnsupportedClassVersionError: class file version 61.0",
    "version": "org.neo4j.kernel.impl.storemigration.UnableToMigrateException: failed",
    "recovery": "Caused by: java.lang.RuntimeException: Error reading transaction logs, recovery "
    "not possible. To force the database to start anyway, you can specify",
    "unknown": "Something else",
}


@pytest.mark.parametrize("cause", LINES)
def test_each_cause_is_recognized_and_quotes_the_log(cause: str) -> None:
    log = Path("/data/logs/neo4j.log")
    error = diagnose_failure(
        f"Starting...\n{LINES[cause]}\n", log, ending="Java ended with code 1."
    )
    assert error.cause == cause
    assert str(log) in error.message
    assert LINES[cause].splitlines()[-1] in error.message
    assert "Java ended with code 1." in error.message
    assert error.advice


def test_cause_falls_back_to_the_way_the_process_ended() -> None:
    log = Path("x.log")
    assert diagnose_failure("", log, ending="", fallback=CRASH).cause == "crash"
    assert diagnose_failure("", log, ending="", fallback=TIMEOUT).cause == "timeout"
    assert diagnose_failure(LINES["disk"], log, ending="", fallback=TIMEOUT).cause == "disk"


def test_stack_frames_are_not_quoted() -> None:
    text = "Caused by: the reason\n\tat org.example.A.b(A.java:1)\n\t... 10 more\n"
    assert diagnose_failure(text, Path("x.log"), ending="").message.endswith(
        "\n    Caused by: the reason"
    )


def test_only_lines_since_the_start_are_quoted(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "neo4j.log"
    log.write_text("No space left on device\n")
    mark = LogMark(tmp_path)
    with log.open("a") as file:
        file.write("Address already in use\n")
    assert mark.added_text() == "Address already in use\n"


def test_rotated_log_is_quoted_from_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "neo4j.log"
    log.write_text("old line\n" * 10)
    mark = LogMark(tmp_path)
    log.write_text("new line\n")
    assert mark.added_text() == "new line\n"


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def reservations(tmp_path: Path) -> Iterator[PortReservations]:
    taken = PortReservations(tmp_path / "ports")
    yield taken
    taken.release()


def test_error_for_a_port_in_use_names_port_and_option(reservations: PortReservations) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert not speaks_bolt(1)
        with pytest.raises(EmbeddedError, match=f"Port {port} .* in use") as caught:
            choose_port(port, 1, "--bolt-port", reservations)
        assert "--bolt-port" in caught.value.advice
        other = choose_port(None, port, "--bolt-port", reservations)
        assert other != port
        assert is_free(other)
    assert choose_port(port, 1, "--bolt-port", reservations) == port


def test_reserved_port_is_not_chosen(reservations: PortReservations) -> None:
    port = find_free_port()
    with pytest.raises(EmbeddedError):
        choose_port(port, 1, "--browser-port", reservations, reserved=port)
    assert choose_port(None, port, "--browser-port", reservations, reserved=port) != port


def test_port_that_another_service_chose_is_not_chosen_until_it_ends(
    reservations: PortReservations, tmp_path: Path
) -> None:
    other = PortReservations(tmp_path / "ports")
    port = find_free_port()
    assert choose_port(None, port, "--bolt-port", other) == port
    assert choose_port(None, port, "--bolt-port", reservations) != port
    with pytest.raises(EmbeddedError, match="in use"):
        choose_port(port, 1, "--bolt-port", reservations)
    other.release()
    assert choose_port(None, port, "--bolt-port", reservations) == port


def test_without_a_folder_for_reservations_ports_are_chosen_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert PortReservations(tmp_path / "file" / "ports").take(1)
