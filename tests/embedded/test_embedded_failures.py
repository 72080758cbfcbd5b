import socket
from pathlib import Path

import pytest

from service.embedded.errors import EmbeddedError
from service.embedded.failures import CRASH, TIMEOUT, LogMark, explain
from service.embedded.ports import choose_port, is_free, speaks_bolt

# Lines as Neo4j 5.26 and Java 17 to 25 write them.
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
    "unknown": "Something else",
}


@pytest.mark.parametrize("cause", LINES)
def test_each_cause_is_told_apart_and_quotes_the_log(cause: str) -> None:
    log = Path("/data/logs/neo4j.log")
    error = explain(f"Starting...\n{LINES[cause]}\n", log, ending="Java ended with code 1.")
    assert error.cause == cause
    assert str(log) in error.message
    assert LINES[cause].splitlines()[-1] in error.message
    assert "Java ended with code 1." in error.message
    assert error.advice


def test_the_way_it_ended_tells_what_the_logs_do_not() -> None:
    log = Path("x.log")
    assert explain("", log, ending="", known=CRASH).cause == "crash"
    assert explain("", log, ending="", known=TIMEOUT).cause == "timeout"
    assert explain(LINES["disk"], log, ending="", known=TIMEOUT).cause == "disk"


def test_stack_frames_are_not_quoted() -> None:
    text = "Caused by: the reason\n\tat org.example.A.b(A.java:1)\n\t... 10 more\n"
    assert explain(text, Path("x.log"), ending="").message.endswith("\n    Caused by: the reason")


def test_only_what_was_written_since_the_start_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "neo4j.log"
    log.write_text("No space left on device\n")
    mark = LogMark(tmp_path)
    with log.open("a") as file:
        file.write("Address already in use\n")
    assert mark.added() == "Address already in use\n"


def test_a_log_that_was_rotated_meanwhile_is_quoted_from_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "neo4j.log"
    log.write_text("old line\n" * 10)
    mark = LogMark(tmp_path)
    log.write_text("new line\n")
    assert mark.added() == "new line\n"


def test_a_port_that_somebody_listens_on_is_named_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert not speaks_bolt(1)
        with pytest.raises(EmbeddedError, match=f"Port {port} .* in use") as caught:
            choose_port(port, 1, "--bolt-port")
        assert "--bolt-port" in caught.value.advice
        other = choose_port(None, port, "--bolt-port")
        assert other != port
        assert is_free(other)
    assert choose_port(port, 1, "--bolt-port") == port


def test_both_listeners_cannot_have_one_port() -> None:
    port = choose_port(None, 0, "--browser-port")
    with pytest.raises(EmbeddedError):
        choose_port(port, 1, "--browser-port", taken=port)
    assert choose_port(None, port, "--browser-port", taken=port) != port
