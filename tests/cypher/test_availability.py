"""A server that accepts connections but never answers."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from neo4j.exceptions import DriverError, ServiceUnavailable

from cypher import availability
from cypher.availability import Availability, DatabaseAwayError, answer_within
from cypher.run import Database
from tests.waiting import wait_until


class FakeSocket:
    """The socket of a connection, with the real one that the watch shuts down."""

    def __init__(self) -> None:
        self._socket, self.peer = socket.socketpair()
        self.deadlines: list[float] = []

    def set_read_deadline(self, seconds: float) -> None:
        self.deadlines.append(seconds)

    set_write_deadline = set_read_deadline

    def close(self) -> None:
        self._socket.close()
        self.peer.close()


class FakeConnection:
    def __init__(self) -> None:
        self.socket = FakeSocket()

    def defunct(self) -> bool:
        return False


class FakeDriver:
    """A driver whose pool hands out new connections, and whose probe answers or fails."""

    def __init__(self) -> None:
        self._pool = self
        self.handed_out: list[FakeConnection] = []
        self.answers = True
        self.asked = threading.Event()

    def acquire(self) -> FakeConnection:
        self.handed_out.append(FakeConnection())
        return self.handed_out[-1]

    def release(self, *_: Any) -> None:
        pass

    def probe(self) -> None:
        self.asked.set()
        if not self.answers:
            raise ServiceUnavailable("no answer")


@pytest.fixture
def driver() -> Iterator[FakeDriver]:
    driver = FakeDriver()
    yield driver
    for connection in driver.handed_out:
        connection.socket.close()


@pytest.fixture
def watch(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Availability]:
    monkeypatch.setattr(availability, "OVERDUE_SECONDS", 0.05)
    monkeypatch.setattr(availability, "_TICK_SECONDS", 0.01)
    watch = Availability(driver, driver.probe)
    yield watch
    watch.close()


def test_a_connection_has_a_deadline_that_fits_its_transaction(
    driver: FakeDriver, watch: Availability
) -> None:
    with answer_within(30.0):
        connection = driver.acquire()
    assert connection.socket.deadlines == [30.0 + availability.GRACE_SECONDS] * 2
    assert driver.acquire().socket.deadlines == [availability.LONGEST_SECONDS] * 2


def test_connections_are_cut_if_the_server_is_silent(
    driver: FakeDriver, watch: Availability
) -> None:
    driver.answers = False
    connection = driver.acquire()
    connection.socket.peer.settimeout(30)
    assert connection.socket.peer.recv(1) == b""
    assert watch.is_away


def test_a_slow_answer_of_a_server_that_is_there_is_waited_for(
    driver: FakeDriver, watch: Availability
) -> None:
    connection = driver.acquire()
    assert driver.asked.wait(30)
    assert not watch.is_away
    connection.socket.peer.setblocking(False)
    with pytest.raises(BlockingIOError):
        connection.socket.peer.recv(1)


@pytest.mark.parametrize("refuses", [True, False])
def test_while_the_server_is_away_new_work_is_refused_if_so_chosen(
    driver: FakeDriver, watch: Availability, refuses: bool
) -> None:
    watch.refuses = refuses
    driver.answers = False
    driver.acquire()
    wait_until(lambda: watch.is_away)
    before = len(driver.handed_out)
    if refuses:
        with pytest.raises(DatabaseAwayError):
            driver.acquire()
    else:
        driver.acquire()
    assert len(driver.handed_out) == before + (not refuses)


def test_work_is_accepted_again_when_the_server_answers(
    driver: FakeDriver, watch: Availability
) -> None:
    watch.refuses = True
    driver.answers = False
    assert not watch.is_ready(30.0)
    driver.answers = True
    wait_until(lambda: not watch.is_away)
    assert driver.acquire() in driver.handed_out
    assert watch.is_ready(30.0)


def test_a_silent_server_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cypher.run.ACQUIRE_SECONDS", 0.5)
    monkeypatch.setattr("cypher.run.READ_RETRY_SECONDS", 0.1)
    monkeypatch.setattr("cypher.run.PROBE_SECONDS", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        uri = f"bolt://127.0.0.1:{silent.getsockname()[1]}"
        with Database.connect(uri, "neo4j", "secret") as database:
            database.refuse_while_away()
            with pytest.raises(DriverError):
                database.read("ready")
            assert not database.is_ready(30.0)
            for ask in (lambda: database.read("ready"), lambda: database.write(lambda _: None)):
                with pytest.raises(DatabaseAwayError):
                    ask()
