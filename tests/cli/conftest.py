"""The commands on the tests' database."""

from collections.abc import Iterator

import pytest
from flask import Flask

from cypher.run import Database
from tests import serving
from tests.cli.commands import Commands
from tests.conftest import Neo4jAddress


@pytest.fixture
def specgraph(database: Database, neo4j_address: Neo4jAddress) -> Commands:
    """The commands on an empty database."""
    return Commands.on(neo4j_address)


@pytest.fixture
def url(database: Database, served_app: Flask) -> Iterator[str]:
    """A service on a free port of this machine."""
    with serving.served(served_app) as address:
        yield address


@pytest.fixture
def served(url: str) -> Commands:
    """The commands on a service over the tests' database."""
    return Commands("--url", url)
