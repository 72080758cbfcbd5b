"""The commands on the tests' database."""

import pytest

from cypher.run import Database
from tests.cli.commands import Commands
from tests.conftest import Neo4jAddress


@pytest.fixture
def specgraph(database: Database, neo4j_address: Neo4jAddress) -> Commands:
    """The commands on an empty database."""
    return Commands.on(neo4j_address)
