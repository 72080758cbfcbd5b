"""Run the server on a free port in a thread, and speak to it by sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from waitress import wasyncore

from service.serving.server import create_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@contextmanager
def running(app: "WSGIApplication", **options: Any) -> Iterator[int]:
    """Run a server of an application and yield its port; the options are those of the server."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        server = create_server(app, sock, **options)
        stop = threading.Event()
        sockets = server._map  # noqa: SLF001

        def loop() -> None:
            while not stop.is_set():
                wasyncore.loop(timeout=0.2, map=sockets, use_poll=True, count=1)

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            stop.set()
            thread.join()
            server.task_dispatcher.shutdown()
            wasyncore.close_all(sockets)


def connect(port: int) -> socket.socket:
    """Open a connection, whose answers have to come within some seconds."""
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def head(path: str, method: str = "GET", **headers: str) -> bytes:
    """Return the header of a request."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{''.join(lines)}\r\n".encode()


def read_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read one answer: its status, headers in lower case, and body."""
    stream = connection.makefile("rb")
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers[name.lower()] = value
    return status, headers, stream.read(int(headers.get("content-length", 0)))


def ask(port: int, path: str) -> int:
    """Return the status of the answer to a request on a connection of its own."""
    with connect(port) as connection:
        connection.sendall(head(path))
        return read_answer(connection)[0]
