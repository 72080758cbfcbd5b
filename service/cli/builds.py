"""`specgraph builds` and `build`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import click
from rich.text import Text

from service.cli.api import open_api
from service.cli.connection import take_target, target_options
from service.cli.output import (
    end_if_empty,
    fact_cells,
    fact_columns,
    for_people,
    format_options,
    name_of,
    show_count,
    show_for_programs,
    table,
)
from service.cli.queries import collect
from service.cli.screen import out, short
from service.cli.shell import SITE_NAME, SPEC
from service.queries.choices import STATUSES
from service.text import format_duration, format_time

if TYPE_CHECKING:
    from service.queries.attempt_details import AttemptDetails, Phase
    from service.queries.attempts import AttemptItem, Cause

LIMIT = click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="Most items to list."
)
SITE = click.option(
    "--site", "--at", "site", type=SITE_NAME, metavar="NAME", help="Only at this site."
)
MOST_ERRORS = 10
"""Errors of a failed phase that are shown besides the first."""
STYLES = {"succeeded": "green", "failed": "red", "skipped": "yellow", "cancelled": "yellow"}


def _source_place(cause: "Cause") -> str:
    """Return the source file and line of an error, or the start of its text without a file."""
    if not cause["source_file"]:
        return str(cause["text"])[:120]
    line = f":{cause['source_line']}" if cause["source_line"] else ""
    return f"{cause['source_file']}{line}"


def _reason(item: "AttemptItem") -> str:
    if item["culprit"]:
        return f"because {name_of(item['culprit'])} failed"
    if item["cause"]:
        return str(item["cause"]["text"])
    return ""


def status_text(status: str) -> Text:
    """Return a status in its color."""
    return Text(status, STYLES.get(status, ""))


@click.command()
@click.argument("spec", type=SPEC, required=False)
@click.option(
    "--status",
    multiple=True,
    type=click.Choice(STATUSES),
    help="Only attempts with this status; may be repeated.",
)
@click.option("--phase", metavar="NAME", help="Only attempts that failed in this phase.")
@click.option("--since", metavar="DATE", help="Only attempts started at this date or later.")
@click.option("--until", metavar="DATE", help="Only attempts started before this date.")
@click.option(
    "--diagnostic", metavar="FINGERPRINT", help="Only attempts with this error or warning."
)
@SITE
@LIMIT
@format_options
@target_options
def builds(spec: str | None, status: tuple[str, ...], limit: int, **options: object) -> None:
    """List attempts at building specs, newest first.

    \b
      specgraph builds --status failed
      specgraph builds 'hdf5@1.14 %gcc@12' --since 2026-11-01
      specgraph builds --phase configure --site frontier
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/builds", limit, q=spec, status=",".join(status) or None, **options)
    if not show_for_programs(answer):
        columns = fact_columns(answer["items"])
        table(
            "",
            ["build", "spec", "status", "phase", "started", "took", *columns, "why"],
            [_row(item, columns) for item in answer["items"]],
        )
        show_count(answer)
    end_if_empty(answer)


def _row(item: "AttemptItem", columns: Sequence[str]) -> list[object]:
    return [
        item["uid"][:7] if for_people() else item["uid"],
        name_of(item),
        status_text("unpacked" if item["binary"] else item["status"]),
        item["failed_phase"] or "",
        format_time(item["started"]),
        format_duration(item["seconds"]),
        *fact_cells(item, columns),
        _reason(item)[:120] if for_people() else _reason(item),
    ]


@click.command()
@click.argument("uid")
@click.option("--log", "show_log", is_flag=True, help="Print the log instead.")
@click.option("--phase", metavar="NAME", help="Print only the log of this phase.")
@click.option(
    "--attachment", metavar="NAME", help="Print a document that was kept with the attempt."
)
@format_options
@target_options
def build(
    uid: str,
    show_log: bool,
    phase: str | None,
    attachment: str | None,
    **options: object,
) -> None:
    """Show one attempt: phases, errors and warnings, host, kept documents.

    UID may be abbreviated; `specgraph builds` lists uids.

    \b
      specgraph build 3f2a91c
      specgraph build 3f2a91c --log --phase build
    """
    with open_api(take_target(options)) as api:
        # Both options choose a text, so that --log may be omitted.
        if show_log or attachment or phase:
            text = api.text(f"/builds/{uid}/log", phase=phase, attachment=attachment)
            click.echo(text, nl=not text.endswith("\n"))
            return
        answer = api.get(f"/builds/{uid}")
    if not show_for_programs(answer):
        _show_build(cast("AttemptDetails", answer))


def _show_build(answer: "AttemptDetails") -> None:
    _show_headline(answer)
    for name, value in (
        ("started", format_time(answer["started"])),
        ("took", format_duration(answer["seconds"])),
        ("site", answer["site"]),
        ("Spack", answer["spack_version"]),
        ("because", f"{short(answer['culprit'])} failed" if answer["culprit"] else None),
    ):
        if value:
            out.print(f"{name:9} {value}", markup=False)
    if answer["environment"]:
        parts = (f"{key}={value}" for key, value in answer["environment"].items() if value)
        out.print(f"{'host':9} {'  '.join(parts)}", markup=False, soft_wrap=True)
    _show_cause(answer)
    rows = [_phase_row(phase) for phase in answer["phases"]]
    table("", ["phase", "status", "took", "errors", "warnings", "log lines"], rows)
    counts = (
        f"{len(answer['variables'])} environment variables",
        f"{len(answer['attachments'])} files kept",
        f"{len(answer['recipes'])} recipes",
        f"{answer['others']} other attempts at this spec",
    )
    out.print("; ".join(counts), style="dim")
    for each in answer["attachments"]:
        out.print(f"  kept {each['name']}  ({each['lines']} lines)", style="dim", markup=False)


def _show_headline(answer: "AttemptDetails") -> None:
    line = Text(f"{short(answer)}  ", "bold")
    line.append_text(status_text(answer["status"]))
    if answer["failed_phase"]:
        line.append(f" in {answer['failed_phase']}")
    if answer["more"].get("inferred"):
        line.append("  (inferred: the report does not record how it ended)", "yellow")
    out.print(line)


def _phase_row(phase: "Phase") -> list[object]:
    return [
        phase["name"],
        status_text(phase["status"]),
        format_duration(phase["seconds"]),
        phase["errors"],
        phase["warnings"],
        phase["lines"] or "",
    ]


def _show_cause(answer: "AttemptDetails") -> None:
    cause = answer["cause"]
    # Without logs Spack's own message is the only explanation.
    if answer["message"] and not cause:
        out.print(answer["message"][:2000], markup=False, soft_wrap=True)
    if not cause:
        return
    headline = (
        f"first error, in {cause['phase']}, line {cause['line']} of its log: {_source_place(cause)}"
    )
    out.print(headline, style="bold red", markup=False)
    findings = [
        each
        for phase in answer["phases"]
        for each in phase["findings"]
        if phase["name"] == cause["phase"] and each["kind"] == "error"
    ]
    for each in findings:
        if each["line"] == cause["line"]:
            lines = [*each["before"][-3:], f">> {each['text']}", *each["after"][:3]]
            out.print("\n".join(f"  {line}" for line in lines), markup=False, soft_wrap=True)
    others = [each for each in findings if each["line"] != cause["line"]]
    for each in others[:MOST_ERRORS]:
        out.print(f"  line {each['line']}: {each['text']}", markup=False, soft_wrap=True)
    # Of very many errors in a log only the first ones are stored, but all are counted.
    counted = sum(
        phase["errors"] or 0 for phase in answer["phases"] if phase["name"] == cause["phase"]
    )
    more = counted - 1 - min(len(others), MOST_ERRORS)
    if more > 0:
        out.print(f"  and {more} more error{'' if more == 1 else 's'}", style="dim")
    fingerprint = cause["fingerprint"][:8]
    out.print(f"more about this error: specgraph diagnostics {fingerprint}", style="dim")
