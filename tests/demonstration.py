"""The graph of `specgraph demo`, for tests that only read it."""

from cypher.run import Database
from service.app import create_app
from service.cli.api import in_process_api
from service.cli.samples import load_samples
from tests.graph import SharedGraph


def hold_demonstration(shared_graph: SharedGraph) -> Database:
    """Return the database with the samples of the demonstration."""
    shared_graph.hold("demonstration", _load)
    return shared_graph.database


def _load(database: Database) -> None:
    load_samples(database, in_process_api(create_app(database)))
