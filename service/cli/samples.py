"""Load the samples of `specgraph demo`: real stacks and splices, and two sites with builds."""

from collections import Counter
from importlib.resources import as_file, files
from pathlib import Path

from cypher.run import Database
from loaders.document_kinds import Candidate
from loaders.pipeline.loader import document_store
from loaders.pipeline.reports import DocumentReport, Outcome
from service.cli.api import Api
from service.cli.connection import Unavailable
from service.cli.loading import run_load, show_summary
from service.cli.screen import byte_progress, out

SITES_AS_OF = "2026-11-24"
"""Date of the indexes of the sites' install trees."""


def load_samples(database: Database, api: Api) -> None:
    """Load all samples with progress bars; loading them again changes nothing.

    Raises:
        Unavailable: The database failed, or a sample is broken.
    """
    with as_file(files("service") / "samples") as folder:
        _load_stacks(database, sorted(Path(folder).glob("*.jsonl.zst")))
        _load_sites(api, sorted(Path(folder).glob("*.tar.zst")))


def _load_stacks(database: Database, paths: list[Path]) -> None:
    def on_document(report: DocumentReport) -> None:
        if report.outcome is Outcome.REFUSED:
            raise Unavailable(f"the sample is broken: {report.error}")

    candidates = [Candidate(path, path.stat().st_size, named=True) for path in paths]
    report = run_load(document_store(database), candidates, on_document=on_document)
    show_summary(report, Counter())


def _load_sites(api: Api, paths: list[Path]) -> None:
    """Send an archive for each site, as a cluster would: install tree, kept stages, reports."""
    builds = failed = installed = 0
    with byte_progress("Loading builds", sum(path.stat().st_size for path in paths)) as on_bytes:
        for path in paths:
            site = path.name.removesuffix(".tar.zst")
            answer = api.post("/documents", path.read_bytes(), site=site, as_of=SITES_AS_OF)
            counts = answer["summary"]["counts"]
            builds += counts["builds"]
            failed += counts["failed"]
            installed += counts["installations"]
            on_bytes(path.stat().st_size)
    out.print(
        f"{builds} builds, {failed} of them failed, {installed} installations at {len(paths)} sites"
    )
