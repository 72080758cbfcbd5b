"""The server of the tests."""

import socket
import struct
import threading

from flask import Flask, Response, send_file

from tests.serving import served


class Sent:
    """A file that says when it is closed."""

    def __init__(self, closed: threading.Semaphore) -> None:
        self._closed = closed
        self._left = [b"x" * 300]

    def read(self, _size: int) -> bytes:
        return self._left.pop() if self._left else b""

    def close(self) -> None:
        self._closed.release()


def test_a_reset_connection_leaves_no_file_open() -> None:
    app = Flask("files")
    closed = threading.Semaphore(0)

    @app.get("/sent")
    def _send() -> Response:
        return send_file(Sent(closed), mimetype="text/plain")  # type: ignore[arg-type]

    with served(app) as address:
        port = int(address.rpartition(":")[2])
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"GET /sent HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert client.recv(10_000).startswith(b"HTTP/1.")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert closed.acquire(timeout=60)
