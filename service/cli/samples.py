"""Load the samples of `specgraph demo`: real stacks and splices, and three sites with builds."""

from collections import Counter
from dataclasses import dataclass
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


@dataclass(frozen=True)
class SiteSample:
    """An archive as a cluster would send it: install tree, kept stages, reports, lockfiles.

    Attributes:
        file: Name of the archive in the folder of samples.
        site: Name of the site.
        as_of: Time at which its indexes and lockfiles were current.
    """

    file: str
    site: str
    as_of: str


SITES = (
    SiteSample("lab-a.tar.zst", "lab-a", "2026-11-24"),
    SiteSample("lab-b.tar.zst", "lab-b", "2026-11-24"),
    SiteSample("lab-c.tar.zst", "lab-c", "2026-11-28T03:00:00Z"),
    SiteSample("lab-c-environment.tar.zst", "lab-c", "2026-11-28T12:00:00Z"),
)
"""The archives in the order in which they are loaded: an environment changes at lab-c."""


def load_samples(database: Database, api: Api) -> None:
    """Load all samples with progress bars; loading them again changes nothing.

    Raises:
        Unavailable: The database failed, or a sample is broken.
    """
    with as_file(files("service") / "samples") as folder:
        _load_stacks(database, sorted(Path(folder).glob("*.jsonl.zst")))
        _load_sites(api, Path(folder))


def _load_stacks(database: Database, paths: list[Path]) -> None:
    def on_document(report: DocumentReport) -> None:
        if report.outcome is Outcome.REFUSED:
            raise Unavailable(f"the sample is broken: {report.error}")

    candidates = [Candidate(path, path.stat().st_size, named=True) for path in paths]
    report = run_load(document_store(database), candidates, on_document=on_document)
    show_summary(report, Counter())


def _load_sites(api: Api, folder: Path) -> None:
    builds = failed = installed = 0
    sizes = {sample: (folder / sample.file).stat().st_size for sample in SITES}
    with byte_progress("Loading builds", sum(sizes.values())) as on_bytes:
        for sample, size in sizes.items():
            content = (folder / sample.file).read_bytes()
            answer = api.post("/documents", content, site=sample.site, as_of=sample.as_of)
            counts = answer["summary"]["counts"]
            builds += counts.get("builds", 0)
            failed += counts.get("failed", 0)
            installed += counts.get("installations", 0)
            on_bytes(size)
    sites = len({sample.site for sample in SITES})
    out.print(
        f"{builds} builds, {failed} of them failed, {installed} installations at {sites} sites"
    )
