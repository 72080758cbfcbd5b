"""The graph of `specgraph demo`."""

from cypher.run import Database
from service.app import create_app
from service.cli.api import in_process_api
from service.cli.samples import load_samples


def load_demonstration(database: Database) -> None:
    """Load the samples of the demonstration."""
    load_samples(database, in_process_api(create_app(database)))
