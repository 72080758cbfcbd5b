"""Serving an app over HTTP, for tests that need more than a test client."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an app on a free port of this machine and yield its address."""
    server = make_server("127.0.0.1", 0, partial(_closing, app), threaded=True)
    worker = threading.Thread(target=server.serve_forever)
    worker.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        worker.join()
        server.server_close()


def _closing(
    app: Flask, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterator[bytes]:
    """Answer as the app does, and close the answer also if the client resets the connection.

    Werkzeug's server reads what the client still sends before it closes an answer, and leaves the
    answer open if that read fails: a file that a browser no longer wanted stays open.
    """
    answer = app(environ, start_response)
    try:
        yield from answer
    finally:
        if hasattr(answer, "close"):
            answer.close()
