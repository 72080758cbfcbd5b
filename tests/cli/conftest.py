"""The commands on the tests' database."""

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from cypher.run import Database
from service.app import create_app
from tests.cli.commands import Commands
from tests.conftest import Neo4jAddress


@pytest.fixture
def specgraph(database: Database, neo4j_address: Neo4jAddress) -> Commands:
    """The commands on an empty database."""
    return Commands.on(neo4j_address)


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
def served(url: str) -> Commands:
    """The commands on a service over the tests' database."""
    return Commands("--url", url)
