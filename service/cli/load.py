"""`specgraph load`."""

import contextlib
import gzip
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from neo4j.exceptions import DriverError, Neo4jError
from rich.console import Console
from rich.markup import escape

from loaders.errors import DocumentError, Fault
from loaders.evidence import DEFAULT_SITE, MAX_SITE_LENGTH
from loaders.pipeline.build_readers import EvidenceLoader
from loaders.pipeline.discovery import Candidate, discover
from loaders.pipeline.installation_readers import index_in
from loaders.pipeline.loader import Evidence, Loader, Parsed, Store, into
from loaders.pipeline.options import Options
from loaders.pipeline.reports import (
    DocumentReport,
    LoadReport,
    Outcome,
    document_as_json,
    refused,
    summary_as_json,
    told,
)
from loaders.specs.checks import compact
from service.cli import exits
from service.cli.api import Api, ProblemError, open_api
from service.cli.connection import (
    Target,
    Unavailable,
    open_database,
    take_target,
    target_options,
)
from service.cli.redaction import redaction_option, take_redactor
from service.cli.screen import byte_progress, err, out, show_json
from service.cli.uploads import sending, stored_of
from service.queries.errors import InvalidQuestionError
from service.queries.times import parse_time

_COUNTED = ("builds", "installations", "environments", "offers", "compilers", "tests")
_STYLES = {Outcome.STORED: "green", Outcome.KNOWN: "dim", Outcome.REFUSED: "red"}


def _line(console: Console, report: DocumentReport) -> None:
    style = _STYLES.get(report.outcome, "dim")
    text = f"[{style}]{report.outcome.value:8}[/] "
    if report.stored is not None:
        stored = report.stored
        label = report.told or f"{stored.name}@{stored.version}/{stored.root[:7]}"
        text += escape(label)
        text += f"  {stored.new_specs} of {stored.specs} specs new"
        if stored.unverified:
            text += f", {stored.unverified} unverified"
        if stored.conflicts:
            text += f", {len(stored.conflicts)} in conflict"
        text += "  "
    elif report.told:
        text += f"{escape(report.told)}  "
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
            told(each.place, stored_of({**entry, "root": entry["hash"]}))
            for each, entry in zip(batch, answer["documents"], strict=True)
        ]

    return store


def run_load(
    store: Store,
    candidates: list[Candidate],
    *,
    allow_unverified: bool,
    screen: Any,
    evidence: Evidence | None = None,
) -> LoadReport:
    """Load files with a progress bar on standard error.

    :param evidence: takes what is no spec document; None to pass it over.
    :raises Unavailable: the database went away; what was reported as stored is stored.
    """
    total = sum(candidate.size for candidate in candidates)
    try:
        with byte_progress("Loading", total) as on_bytes:
            loader = Loader(
                store,
                evidence=evidence,
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
    for name in _COUNTED:
        if report.counts[name]:
            new = report.counts[f"new_{name}"]
            out.print(f"{report.counts[name]} {name}, {new} of them new")
    for reason, count in ignored.most_common(5):
        out.print(f"  ignored {count}: {reason}", style="dim", markup=False)


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path, allow_dash=True)
)
@click.option(
    "--site",
    envvar="SPECGRAPH_SITE",
    default=DEFAULT_SITE,
    show_default=True,
    metavar="NAME",
    help="Where the documents come from. [env: SPECGRAPH_SITE]",
)
@click.option(
    "--name",
    metavar="NAME",
    help="Of the store, build cache or environment; by default from its folder.",
)
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder or index of an upstream of the store, whose specs may depend on its; may be "
    "repeated. Not with --url.",
)
@click.option("--is-upstream", is_flag=True, help="The store itself is an upstream of others.")
@click.option(
    "--as-of",
    metavar="DATE",
    help="Time of a store's index, by default that of the file: what it does not hold is gone.",
)
@redaction_option
@click.option(
    "--allow-unverified",
    is_flag=True,
    help="Keep nodes whose hash does not match their content, marked, instead of refusing.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all reports.")
@click.option("-q", "--quiet", is_flag=True, help="Only the sums.")
@click.option("-v", "--verbose", is_flag=True, help="Also the files that hold no document.")
@target_options
def load(
    paths: tuple[Path, ...],
    allow_unverified: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Load whatever Spack leaves behind, from files and directories.

    Kinds are told by content, folders by their name: spec documents of formats 1 to 5, install
    trees with their .spack-db and the .spack folder of each package, build stages, failure markers,
    spack.lock, build caches, Cray manifests, JUnit and CDash reports, test suites. Plain, gzip or
    zstd; `-` reads standard input. A bad document is reported and the next one taken. Loading the
    same again writes nothing.

    \b
      specgraph load --site frontier /path/to/install/tree
      specgraph load --site frontier /tmp/$USER/spack-stage
      specgraph load spack.lock report.xml
    """
    said = _said(options)
    target = take_target(options)
    entries: list[dict[str, Any]] = []
    screen = _Screen(err if as_json else out, quiet=quiet or as_json, verbose=verbose)

    def on_document(report: DocumentReport) -> None:
        report = replace(report, source=report.source.replace(str(spool), "-", 1))
        screen(report)
        if as_json and (verbose or report.outcome is not Outcome.IGNORED):
            entries.append(document_as_json(report))

    with (
        _spool() as spool,
        _open_store(target, said, allow_unverified=allow_unverified) as (store, evidence),
    ):
        candidates = discover(_spooled(paths, spool))
        report = run_load(
            store,
            candidates,
            allow_unverified=allow_unverified,
            screen=on_document,
            evidence=evidence,
        )
    if as_json:
        show_json({"documents": entries, "summary": summary_as_json(report)})
    else:
        show_summary(report, screen.faults)
    if report.outcomes[Outcome.REFUSED]:
        raise SystemExit(exits.NOTHING)


def _said(options: dict[str, Any]) -> Options:
    """What the options say about the documents, taken out of them."""
    redactor = take_redactor(options)
    try:
        as_of = parse_time("--as-of", options.pop("as_of"))
    except InvalidQuestionError as error:
        raise click.BadParameter(str(error), param_hint="--as-of") from error
    site = options.pop("site").strip()
    if not 1 <= len(site) <= MAX_SITE_LENGTH:
        raise click.BadParameter(f"1 to {MAX_SITE_LENGTH} characters", param_hint="--site")
    return Options(
        site=site,
        name=options.pop("name"),
        upstream=options.pop("is_upstream"),
        upstreams=tuple(map(index_in, options.pop("upstreams"))),
        as_of=as_of,
        redactor=redactor,
    )


@contextlib.contextmanager
def _open_store(
    target: Target, said: Options, *, allow_unverified: bool
) -> Iterator[tuple[Store, Evidence]]:
    if target.url and said.upstreams:
        raise click.UsageError("--upstream reads files on this side: not together with --url")
    if target.url:
        with open_api(target) as api:
            evidence = sending(api, said, allow_unverified=allow_unverified)
            yield uploading(api, allow_unverified=allow_unverified), evidence
    else:
        with open_database(target) as database:
            yield into(database), EvidenceLoader(database, said)


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
