"""Loading files and folders into the tests' database, as `specgraph load` does."""

from collections.abc import Iterable
from pathlib import Path

from cypher.run import Database
from loaders.pipeline.build_readers import EvidenceLoader
from loaders.pipeline.discovery import discover
from loaders.pipeline.loader import Loader, into
from loaders.pipeline.options import Options
from loaders.pipeline.reports import DocumentReport, LoadReport


def load(
    database: Database, paths: Iterable[Path], options: Options | None = None
) -> tuple[LoadReport, list[DocumentReport]]:
    """Load paths; the sums and a report each."""
    reports: list[DocumentReport] = []
    loader = Loader(
        into(database),
        evidence=EvidenceLoader(database, options or Options()),
        on_document=reports.append,
    )
    return loader.run(discover(paths)), reports
