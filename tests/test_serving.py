"""The server of the tests."""

import gc
import socket
import struct
from pathlib import Path

from flask import Flask, Response, send_file

from tests.serving import served


def test_a_reset_connection_leaves_no_file_open(tmp_path: Path) -> None:
    file = tmp_path / "sent"
    file.write_bytes(b"x" * 300)
    app = Flask("files")

    @app.get("/sent")
    def _send() -> Response:
        return send_file(file)

    with served(app) as address:
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as client:
                client.sendall(b"GET /sent HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert client.recv(10_000).startswith(b"HTTP/1.")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    gc.collect()  # pytest fails a test in which an open file is collected
