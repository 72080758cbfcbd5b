"""`specgraph load`."""

import contextlib
import gzip
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
from neo4j.exceptions import DriverError, Neo4jError
from rich.console import Console
from rich.markup import escape

from loaders.checks import compact
from loaders.errors import DocumentError, Fault
from loaders.load import (
    Candidate,
    DocumentReport,
    Loader,
    LoadReport,
    Outcome,
    Parsed,
    Store,
    discover,
    into,
    refused,
    told,
)
from loaders.merge import Stored
from service.cli import exits
from service.cli.api import Api, ProblemError, open_api
from service.cli.connection import (
    Target,
    Unavailable,
    open_database,
    take_target,
    target_options,
)
from service.cli.screen import byte_progress, err, out, show_json

_STYLES = {Outcome.STORED: "green", Outcome.KNOWN: "dim", Outcome.REFUSED: "red"}


def describe(report: DocumentReport) -> dict[str, Any]:
    """A document's report as JSON."""
    entry: dict[str, Any] = {"source": report.source, "outcome": report.outcome.value}
    if report.stored is not None:
        entry |= vars(report.stored)
    if report.error is not None:
        entry |= {
            "fault": report.error.fault.value,
            "reason": report.error.detail,
            "pointer": report.error.pointer,
        }
    return entry


def summary(report: LoadReport) -> dict[str, Any]:
    """A load's sums as JSON."""
    return {
        "documents": {outcome.value: report.outcomes[outcome] for outcome in Outcome},
        "specs": report.specs,
        "new_specs": report.new_specs,
        "edges": report.edges,
        "unverified": report.unverified,
        "conflicts": report.conflicts,
    }


def _line(console: Console, report: DocumentReport) -> None:
    style = _STYLES.get(report.outcome, "dim")
    text = f"[{style}]{report.outcome.value:8}[/] "
    if report.stored is not None:
        stored = report.stored
        text += f"{escape(f'{stored.name}@{stored.version}')}/{stored.root[:7]}"
        text += f"  {stored.new_specs} of {stored.specs} specs new"
        if stored.unverified:
            text += f", {stored.unverified} unverified"
        if stored.conflicts:
            text += f", {len(stored.conflicts)} in conflict"
        text += "  "
    console.print(text, end="", soft_wrap=True)
    console.print(report.source, style="dim", end="", markup=False, soft_wrap=True)
    console.print(f"  {report.error}" if report.error else "", markup=False, soft_wrap=True)


class _Screen:
    """Prints reports as they come: refusals always, the rest unless there are too many."""

    def __init__(self, console: Console, *, quiet: bool, verbose: bool) -> None:
        self.console = console
        self.quiet = quiet
        self.verbose = verbose
        self.entries: list[dict[str, Any]] = []
        self.faults: Counter[str] = Counter()

    def __call__(self, report: DocumentReport) -> None:
        if report.outcome is Outcome.IGNORED:
            assert report.error is not None
            self.faults[report.error.detail] += 1
        shown = report.outcome is Outcome.REFUSED or (
            self.verbose or report.outcome is not Outcome.IGNORED
        )
        if shown and not self.quiet:
            _line(self.console, report)


def uploading(api: Api, *, allow_unverified: bool) -> Store:
    """Store documents by uploading them to a service, many at a time."""

    def store(batch: Sequence[Parsed]) -> list[DocumentReport]:
        lines = b"\n".join(compact(each.raw).encode("utf-8") for each in batch)
        body = gzip.compress(lines, compresslevel=1)
        try:
            answer = api.post("/specs", body, allow_unverified=allow_unverified)
        except ProblemError as error:
            if error.exit_code == exits.UNAVAILABLE:
                raise
            if len(batch) > 1:
                return [report for each in batch for report in store([each])]
            fault = DocumentError(Fault.INVALID, f"the service refused it: {error.message}")
            return [refused(batch[0].place, fault)]
        return [
            told(each.place, _stored(entry))
            for each, entry in zip(batch, answer["documents"], strict=True)
        ]

    return store


def _stored(entry: dict[str, Any]) -> Stored:
    known = {field.name: entry[field.name] for field in fields(Stored) if field.name in entry}
    return Stored(**{**known, "root": entry["hash"]})


def run_load(
    store: Store, candidates: list[Candidate], *, allow_unverified: bool, screen: Any
) -> LoadReport:
    """Load files with a progress bar on standard error.

    :raises Unavailable: the database went away; what was reported as stored is stored.
    """
    total = sum(candidate.size for candidate in candidates)
    try:
        with byte_progress("Loading", total) as on_bytes:
            loader = Loader(
                store,
                allow_unverified=allow_unverified,
                on_document=screen,
                on_bytes=on_bytes,
            )
            return loader.run(candidates)
    except (DriverError, Neo4jError) as error:
        raise Unavailable(
            f"the database failed while loading: {error}\n"
            "What is reported above is stored; run the same command again to go on."
        ) from error


def show_summary(report: LoadReport, ignored: Counter[str]) -> None:
    """Print a load's sums for a person."""
    counts = report.outcomes
    out.print(
        f"[bold]{counts[Outcome.STORED]}[/] documents stored, {counts[Outcome.KNOWN]} known, "
        f"{counts[Outcome.REFUSED]} refused, {counts[Outcome.IGNORED]} other files ignored"
    )
    out.print(
        f"{report.new_specs} new specs, {report.edges} edges; {report.unverified} records "
        f"unverified, {report.conflicts} in conflict"
    )
    for reason, count in ignored.most_common(5):
        out.print(f"  ignored {count}: {reason}", style="dim", markup=False)


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path, allow_dash=True)
)
@click.option(
    "--allow-unverified",
    is_flag=True,
    help="Keep nodes whose hash does not match their content, marked, instead of refusing.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all reports.")
@click.option("-q", "--quiet", is_flag=True, help="Only the sums.")
@click.option("-v", "--verbose", is_flag=True, help="Also the files that hold no spec document.")
@target_options
def load(
    paths: tuple[Path, ...],
    allow_unverified: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Load Spack's documents from files and directories.

    Takes spec documents of formats 1 to 5 (spec.json), alone, as a JSON list or one a line,
    plain, gzip or zstd; directories are searched. `-` reads standard input. A bad document is
    reported and the next one taken. Loading the same again writes nothing.
    """
    target = take_target(options)
    entries: list[dict[str, Any]] = []
    screen = _Screen(err if as_json else out, quiet=quiet or as_json, verbose=verbose)

    def on_document(report: DocumentReport) -> None:
        report = replace(report, source=report.source.replace(str(spool), "-", 1))
        screen(report)
        if as_json and (verbose or report.outcome is not Outcome.IGNORED):
            entries.append(describe(report))

    with (
        _spool() as spool,
        _open_store(target, allow_unverified=allow_unverified) as store,
    ):
        candidates = discover(_spooled(paths, spool))
        report = run_load(store, candidates, allow_unverified=allow_unverified, screen=on_document)
    if as_json:
        show_json({"documents": entries, "summary": summary(report)})
    else:
        show_summary(report, screen.faults)
    if report.outcomes[Outcome.REFUSED]:
        raise SystemExit(exits.NOTHING)


@contextlib.contextmanager
def _open_store(target: Target, *, allow_unverified: bool) -> Iterator[Store]:
    if target.url:
        with open_api(target) as api:
            yield uploading(api, allow_unverified=allow_unverified)
    else:
        with open_database(target) as database:
            yield into(database)


@contextlib.contextmanager
def _spool() -> Iterator[Path]:
    """Where standard input is kept while it is loaded; gone in the end."""
    with tempfile.TemporaryDirectory(prefix="specgraph-") as folder:
        yield Path(folder, "stdin")


def _spooled(paths: Iterable[Path], spool: Path) -> Iterator[Path]:
    """The paths; in the place of `-` the spool, filled from standard input."""
    for path in paths:
        if str(path) == "-":
            with spool.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            yield spool
        else:
            yield path
