"""What `specgraph demo` loads: real stacks and splices, and two sites with builds and failures."""

import os
from collections import Counter
from importlib.resources import as_file, files
from pathlib import Path

from cypher.run import Database
from loaders.pipeline.discovery import Candidate
from loaders.pipeline.loader import into
from loaders.pipeline.reports import DocumentReport, Outcome
from service.cli.api import Api
from service.cli.connection import Unavailable
from service.cli.load import run_load, show_summary
from service.cli.screen import byte_progress, out

SITES_AS_OF = "2026-11-24"
"""When the install trees of the sites were as their indexes tell."""


def load_samples(database: Database, api: Api) -> None:
    """Load all samples, with progress; what is loaded already is known.

    :raises Unavailable: the database went away, or a sample is broken.
    """
    with as_file(files("service") / "samples") as folder:
        _load_stacks(database, sorted(Path(folder).glob("*.jsonl.zst")))
        _load_sites(api, sorted(Path(folder).glob("*.tar.zst")))


def _load_stacks(database: Database, paths: list[Path]) -> None:
    def on_document(report: DocumentReport) -> None:
        if report.outcome is Outcome.REFUSED:
            raise Unavailable(f"the sample is broken: {report.error}")

    candidates = [Candidate(path, os.path.getsize(path), named=True) for path in paths]
    report = run_load(into(database), candidates, allow_unverified=False, screen=on_document)
    show_summary(report, Counter())


def _load_sites(api: Api, paths: list[Path]) -> None:
    """Send an archive a site, as a cluster would: its install tree, kept stages and reports."""
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
        f"{builds} records of builds, {failed} of failures, {installed} installations "
        f"at {len(paths)} sites"
    )
