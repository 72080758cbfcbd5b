"""Clients that are slow, idle, or send bodies that are refused by their header."""

import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from service.access import HEADER_ONLY
from service.serving import channel
from tests.service.serving.running import ask, connect, head, read_answer, running
from tests.waiting import wait_until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CROWD = 100
MIB = 1 << 20


class Careful:
    """An application that refuses bodies of more than a MiB and notes those that it received."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self.checked = 0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        if environ.get(HEADER_ONLY):
            self.checked += 1
            if int(environ.get("CONTENT_LENGTH", 0)) > MIB:
                start_response("413 Content Too Large", [("Content-Type", "text/plain")])
                return [b"too large"]
            start_response("204 No Content", [])
            return []
        body = environ["wsgi.input"].read()
        self.received.append(len(body))
        start_response("200 OK", [("Content-Length", "0")])
        return []


def test_a_crowd_of_idle_and_slow_clients_keeps_nobody_waiting() -> None:
    app = Careful()
    with running(app) as port, ExitStack() as stack:
        crowd = [stack.enter_context(connect(port)) for _ in range(CROWD)]
        for number, each in enumerate(crowd):
            beginnings = (
                b"",
                b"GET / HT",
                head("/api/v1/specs", "POST", Content_Length="9") + b"1",
            )
            each.sendall(beginnings[number % 3])
        assert [ask(port, path) for path in ("/healthz", "/", "/impact")] == [200] * 3
        crowd[1].sendall(b"TP/1.1\r\n\r\n")
        crowd[2].sendall(b"23456789")
        assert [read_answer(each)[0] for each in crowd[1:3]] == [200, 200]
    assert 9 in app.received


def test_a_body_is_refused_before_it_is_received() -> None:
    app = Careful()
    with running(app) as port, connect(port) as client:
        client.sendall(head("/api/v1/documents", "POST", Content_Length=str(50 * MIB)) + b"x" * 9)
        status, _, body = read_answer(client)
    assert (status, body) == (413, b"too large")
    assert (app.received, app.checked) == ([], 1)


def test_a_client_that_sends_on_reads_the_refusal() -> None:
    size = 50 * MIB
    with running(Careful()) as port, connect(port) as client:
        client.sendall(head("/api/v1/documents", "POST", Content_Length=str(size)))

        def send() -> None:
            try:
                for _ in range(50):
                    client.sendall(b"x" * MIB)
            except OSError:
                pass

        sender = threading.Thread(target=send)
        sender.start()
        assert read_answer(client)[0] == 413
        client.shutdown(socket.SHUT_RDWR)
        sender.join()


def test_a_client_is_asked_to_continue_only_after_its_header_was_accepted() -> None:
    app = Careful()
    with running(app) as port:
        for size, expected in ((9, 100), (2 * MIB, 413)):
            with connect(port) as client:
                headers = {"Content_Length": str(size), "Expect": "100-continue"}
                client.sendall(head("/api/v1/documents", "POST", **headers))
                assert read_answer(client)[0] == expected
                if expected == 100:
                    client.sendall(b"x" * size)
                    assert read_answer(client)[0] == 200
    assert app.received == [9]


def test_a_body_of_unknown_length_is_received_after_its_header_was_accepted() -> None:
    app = Careful()
    with running(app) as port, connect(port) as client:
        client.sendall(head("/api/v1/documents", "POST", Transfer_Encoding="chunked"))
        wait_until(lambda: app.checked == 1)
        client.sendall(b"5\r\nhello\r\n0\r\n\r\n")
        assert read_answer(client)[0] == 200
    assert app.received == [5]


def test_small_bodies_are_not_checked_twice() -> None:
    app = Careful()
    with running(app) as port, connect(port) as client:
        for _ in range(2):
            client.sendall(head("/api/v1/specs", "POST", Content_Length="2") + b"{}")
            assert read_answer(client)[0] == 200
    assert (app.received, app.checked) == ([2, 2], 0)


@pytest.mark.parametrize(
    ("limit", "beginning"),
    [
        ("KEEP_ALIVE_SECONDS", b""),
        ("HEADER_SECONDS", b"GET / HT"),
        ("BODY_SECONDS", head("/api/v1/specs", "POST", Content_Length="9")),
    ],
)
def test_a_client_that_takes_too_long_is_disconnected(
    limit: str, beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, limit, 0.1)
    with running(Careful()) as port, connect(port) as client:
        client.sendall(beginning)
        assert client.recv(1) == b""


def test_the_connection_that_is_idle_for_the_longest_is_closed_for_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.serving.server.MAX_CONNECTIONS", 20)
    with running(Careful()) as port, ExitStack() as stack:
        crowd = [stack.enter_context(connect(port)) for _ in range(20)]
        # The server may accept them later than the first one is answered.
        for each in (*crowd, crowd[0]):
            each.sendall(head("/"))
            assert read_answer(each)[0] == 200
        assert ask(port, "/healthz") == 200
        assert crowd[1].recv(1) == b""


def test_refusals_of_the_server_are_reported_and_those_of_the_application_are_not() -> None:
    refusals: list[tuple[str, str, str, int]] = []

    def note(*refusal: Any) -> None:
        refusals.append(refusal)

    with running(Careful(), on_refusal=note) as port:
        with connect(port) as client:
            client.sendall(b"NONSENSE\r\n\r\n")
            assert read_answer(client)[0] == 400
        with connect(port) as client:
            client.sendall(head("/api/v1/documents", "POST", Content_Length=str(50 * MIB)) + b"x")
            assert read_answer(client)[0] == 413
        with connect(port) as client:
            client.sendall(head("/")[:-2] + b"x" * (1 << 17) + b": y\r\n\r\n")
            assert read_answer(client)[0] == 431
    assert refusals == [("", "", "127.0.0.1", 400), ("GET", "/", "127.0.0.1", 431)]


@pytest.mark.parametrize(("trusted", "seen"), [(None, "127.0.0.1"), ("127.0.0.1", "10.1.2.3")])
def test_only_a_trusted_proxy_names_the_address_of_a_client(trusted: str | None, seen: str) -> None:
    addresses = []

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        addresses.append(environ["REMOTE_ADDR"])
        start_response("200 OK", [("Content-Length", "0")])
        return []

    with running(app, trusted_proxy=trusted) as port, connect(port) as client:
        client.sendall(head("/", X_Forwarded_For="10.1.2.3"))
        assert read_answer(client)[0] == 200
    assert addresses == [seen]
