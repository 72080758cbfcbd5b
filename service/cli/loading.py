"""Load documents into a database, or let a service do so, with progress and reports."""

import contextlib
import gzip
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
from neo4j.exceptions import DriverError, Neo4jError
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape

from cypher.run import WriteRefusedError
from loaders.document_kinds import Candidate
from loaders.errors import DocumentError, Fault
from loaders.evidence import Status
from loaders.load_options import LoadOptions
from loaders.pipeline.discovery import discover
from loaders.pipeline.kind_loader import KindLoader
from loaders.pipeline.loader import (
    CandidateLoader,
    DocumentStore,
    Loader,
    ParsedDocument,
    document_store,
)
from loaders.pipeline.reports import (
    DocumentReport,
    LoadReport,
    Outcome,
    ReportEntry,
    load_summary,
    refused,
    report_entry,
    report_stored,
)
from loaders.specs.checks import compact_json
from service.cli import exits
from service.cli.api import Api, ProblemError, open_api
from service.cli.commands import record_command
from service.cli.connection import Target, Unavailable, open_database
from service.cli.externals import ExternalPrefix, load_externals
from service.cli.screen import byte_progress, err, out, show_json
from service.cli.uploads import SentFacts, read_stored, upload_to

_COUNTED = (
    *("builds", "installations", "environments", "offers", "compilers", "tests"),
    "directives",
)
_HALF_REWIRED = (
    "left half rewired by Spack: what is in them is the build spec, and not the splice that their "
    "names stand for"
)
_STYLES = {Outcome.STORED: "green", Outcome.KNOWN: "dim", Outcome.REFUSED: "red"}


@dataclass(frozen=True, kw_only=True)
class Output:
    """How a load is reported.

    Attributes:
        as_json: One JSON object on standard output.
        quiet: Only the totals.
        verbose: Also the files that are not documents.
    """

    as_json: bool
    quiet: bool
    verbose: bool


def load_paths(
    target: Target,
    options: LoadOptions,
    paths: Iterable[Path],
    *,
    externals: Sequence[ExternalPrefix] = (),
    allow_unverified: bool,
    output: Output,
) -> bool:
    """Load files and folders, then external prefixes, and print reports and totals.

    Args:
        target: The service or database to load into.
        options: Statements of the user about the documents.
        paths: Files and folders; `-` is standard input.
        externals: Prefixes that Spack did not install, whose libraries are read.
        allow_unverified: Accept documents with hashes that do not match.
        output: How to report.

    Returns:
        Whether every document was accepted.
    """
    entries: list[ReportEntry] = []
    facts = SentFacts()
    screen = _Screen(err if output.as_json else out, output)

    def on_document(report: DocumentReport) -> None:
        # The user knows the temporary file as standard input.
        report = replace(report, source=report.source.replace(str(spool), "-", 1))
        screen(report)
        if output.as_json and (output.verbose or report.outcome is not Outcome.IGNORED):
            entries.append(report_entry(report))

    with (
        _make_spool() as spool,
        _open_store(
            target,
            replace(options, unnamed=spool),
            externals=bool(externals),
            allow_unverified=allow_unverified,
            facts=facts,
        ) as (store, kind_loader),
    ):
        report = run_load(
            store,
            discover(_spool_stdin(paths, spool)),
            allow_unverified=allow_unverified,
            on_document=on_document,
            kind_loader=kind_loader,
        )
        if isinstance(kind_loader, KindLoader):
            for each in load_externals(kind_loader.database, externals, options):
                on_document(each)
                report.add(each)
    if output.as_json:
        show_json({"documents": entries, "summary": load_summary(report)})
    else:
        show_summary(report, screen.faults)
    if facts.count:
        files = f"{facts.count:,} programs and libraries of {decimal(facts.size)}"
        message = f"Of {files}, {decimal(facts.sent)} of facts were sent."
        err.print(message, soft_wrap=True, highlight=False)
    return not report.outcomes[Outcome.REFUSED]


class _Screen:
    """Prints reports as they come; ignored files are counted by reason instead."""

    def __init__(self, console: Console, output: Output) -> None:
        self.console = console
        self.output = output
        self.faults: Counter[str] = Counter()

    def __call__(self, report: DocumentReport) -> None:
        ignored = report.outcome is Outcome.IGNORED
        if ignored and not report.counts:
            assert report.error is not None
            self.faults[report.error.detail] += 1
        quiet = self.output.quiet or self.output.as_json
        if not quiet and (self.output.verbose or not ignored):
            _print_report(self.console, report)


def _print_report(console: Console, report: DocumentReport) -> None:
    style = _STYLES.get(report.outcome, "dim")
    text = f"[{style}]{report.outcome.value:8}[/] "
    if report.stored is not None:
        stored = report.stored
        label = report.summary or f"{stored.name}@{stored.version}/{stored.root[:7]}"
        text += escape(label)
        text += f"  {stored.new_specs} of {stored.specs} specs new"
        if stored.unverified:
            text += f", {stored.unverified} unverified"
        if stored.conflicts:
            text += f", {len(stored.conflicts)} in conflict"
        text += escape("".join(f"; {defect}" for defect in stored.defects))
        text += "  "
    elif report.summary:
        text += f"{escape(report.summary)}  "
    console.print(text, end="", soft_wrap=True)
    console.print(report.source, style="dim", end="", markup=False, soft_wrap=True)
    console.print(f"  {report.error}" if report.error else "", markup=False, soft_wrap=True)


def uploading_store(api: Api, *, allow_unverified: bool) -> DocumentStore:
    """Return a store that uploads documents to a service, many at a time."""

    def store(batch: Sequence[ParsedDocument]) -> list[DocumentReport]:
        lines = b"\n".join(compact_json(each.raw).encode("utf-8") for each in batch)
        body = gzip.compress(lines, compresslevel=1)
        try:
            answer = api.post("/specs", body, allow_unverified=allow_unverified)
        except ProblemError as error:
            if error.exit_code == exits.UNAVAILABLE:
                raise
            # The service refuses a batch as a whole: find out which of its documents is at fault.
            if len(batch) > 1:
                return [report for each in batch for report in store([each])]
            fault = DocumentError(Fault.INVALID, f"the service refused it: {error.message}")
            return [refused(batch[0].place, fault)]
        return [
            report_stored(each.place, read_stored({**entry, "root": entry["hash"]}))
            for each, entry in zip(batch, answer["documents"], strict=True)
        ]

    return store


def run_load(
    store: DocumentStore,
    candidates: list[Candidate],
    *,
    allow_unverified: bool = False,
    on_document: Callable[[DocumentReport], None],
    kind_loader: CandidateLoader | None = None,
) -> LoadReport:
    """Load candidates with a progress bar on standard error.

    Args:
        store: Stores spec documents.
        candidates: Files and folders.
        allow_unverified: Accept documents with hashes that do not match.
        on_document: Called with the report on each document.
        kind_loader: Loads candidates that are not spec documents; None ignores them.

    Raises:
        Unavailable: The database failed. Everything that was reported as stored is stored.
    """
    total = sum(candidate.size for candidate in candidates)
    try:
        with byte_progress("Loading", total) as on_bytes:
            loader = Loader(
                store,
                kind_loader=kind_loader,
                allow_unverified=allow_unverified,
                on_document=on_document,
                on_bytes=on_bytes,
            )
            return loader.run(candidates)
    except (DriverError, Neo4jError, WriteRefusedError) as error:
        raise Unavailable(
            f"the database failed while loading: {error}\n"
            "Everything reported above is stored; repeat the command to continue."
        ) from error


def show_summary(report: LoadReport, ignored: Counter[str]) -> None:
    """Print the totals of a load, and the most frequent reasons to ignore files."""
    counts = report.outcomes
    out.print(
        f"[bold]{counts[Outcome.STORED]}[/] documents stored, {counts[Outcome.KNOWN]} known, "
        f"{counts[Outcome.REFUSED]} refused, {counts[Outcome.IGNORED]} other files ignored"
    )
    out.print(
        f"{report.new_specs} new specs, {report.edges} edges; {report.unverified} records "
        f"unverified, {report.conflicts} in conflict"
    )
    numbers = report.counts
    for name in _COUNTED:
        if numbers[name]:
            more = _describe_more(name, numbers)
            out.print(f"{numbers[name]} {name}, {numbers[f'new_{name}']} of them new{more}")
    half_rewired = numbers["half_rewired"]
    if half_rewired:
        prefixes = "prefix was" if half_rewired == 1 else "prefixes were"
        out.print(f"{half_rewired} {prefixes} {_HALF_REWIRED}", soft_wrap=True)
    for reason, count in ignored.most_common(5):
        out.print(f"  ignored {count}: {reason}", style="dim", markup=False)


def _describe_more(name: str, numbers: Counter[str]) -> str:
    """Return what else there is to say about the numbers of one kind of thing."""
    if name == "builds":
        parts = [f"{numbers[each]} {each.value}" for each in Status if numbers[each]]
        return f": {', '.join(parts)}; described by {numbers['build_records']} records"
    if name == "installations" and numbers["uninstalled"]:
        return f"; {numbers['uninstalled']} others are no longer installed"
    return ""


@contextlib.contextmanager
def _open_store(
    target: Target,
    options: LoadOptions,
    *,
    externals: bool,
    allow_unverified: bool,
    facts: SentFacts,
) -> Iterator[tuple[DocumentStore, CandidateLoader]]:
    if target.url and options.upstreams:
        raise click.UsageError(
            "--upstream reads local files; it cannot be used with --url or SPECGRAPH_URL"
        )
    if target.url and externals:
        raise click.UsageError(
            "--external reads local files; it cannot be used with --url or SPECGRAPH_URL"
        )
    if target.url:
        with open_api(target) as api:
            store = uploading_store(api, allow_unverified=allow_unverified)
            upload = upload_to(api, options, allow_unverified=allow_unverified, facts=facts)
            yield store, upload
    else:
        with open_database(target) as database:
            record_command(database, "load", options.site)
            yield document_store(database), KindLoader(database, options)


@contextlib.contextmanager
def _make_spool() -> Iterator[Path]:
    """Yield the path of a temporary file for standard input."""
    with tempfile.TemporaryDirectory(prefix="specgraph-") as folder:
        yield Path(folder, "stdin")


def _spool_stdin(paths: Iterable[Path], spool: Path) -> Iterator[Path]:
    """Yield the paths; in place of `-` the spool, filled from standard input."""
    for path in paths:
        if str(path) == "-":
            with spool.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            yield spool
        else:
            yield path
