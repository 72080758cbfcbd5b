"""The extension under a stand-in for Spack, with a service over the tests' database."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from cypher.run import Database
from service.app import create_app
from tests.extension.running import FakeSpack


@pytest.fixture
def url(database: Database) -> Iterator[str]:
    """A service on a free port of this machine."""
    server = make_server("127.0.0.1", 0, create_app(database), threaded=True)
    worker = threading.Thread(target=server.serve_forever)
    worker.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        worker.join()
        server.server_close()


@pytest.fixture
def spack(tmp_path: Path, url: str) -> FakeSpack:
    """A Spack that knows the service."""
    return FakeSpack(tmp_path, url)


@pytest.fixture
def lonely(tmp_path: Path) -> FakeSpack:
    """A Spack that knows no service."""
    return FakeSpack(tmp_path)
