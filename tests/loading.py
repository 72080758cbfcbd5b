"""Loading files and folders into the tests' database as `specgraph load` does."""

from collections.abc import Iterable
from pathlib import Path

from cypher.run import Database
from loaders.load_options import LoadOptions
from loaders.pipeline.discovery import discover
from loaders.pipeline.kind_loader import KindLoader
from loaders.pipeline.loader import Loader, document_store
from loaders.pipeline.reports import DocumentReport, LoadReport


def load(
    database: Database, paths: Iterable[Path], options: LoadOptions | None = None
) -> tuple[LoadReport, list[DocumentReport]]:
    """Load paths and return the totals and a report on each document."""
    reports: list[DocumentReport] = []
    loader = Loader(
        document_store(database),
        kind_loader=KindLoader(database, options or LoadOptions()),
        on_document=reports.append,
    )
    return loader.run(discover(paths)), reports
