"""`specgraph diagnostics`, `matrix` and `regression`: which builds fail, and since when."""

from typing import TYPE_CHECKING, cast

import click
from rich.text import Text

from service.cli import exits
from service.cli.api import JsonObject, open_api
from service.cli.builds import LIMIT, SITE, STYLES
from service.cli.connection import take_target, target_options
from service.cli.output import (
    end_if_empty,
    format_options,
    name_of,
    show_advice,
    show_for_programs,
    table,
)
from service.cli.queries import collect
from service.cli.screen import out
from service.cli.shell import SPEC
from service.queries.choices import DIAGNOSTIC_KINDS, MATRIX_PROPERTIES, MOST_VALUES
from service.text import describe_attempts, format_time

if TYPE_CHECKING:
    from service.queries.diagnostics import DiagnosticSummary
    from service.queries.matrix import MatrixCell

_SIGNS = {"succeeded": "✓", "failed": "✗"}
_OTHER_SIGN = "-"
"""Sign for the status of the last attempt of a cell."""


@click.command()
@click.argument("fingerprint", required=False)
@click.option("--kind", type=click.Choice(DIAGNOSTIC_KINDS), help="Only errors or only warnings.")
@click.option("--of", "q", metavar="SPEC", type=SPEC, help="Only in attempts at these specs.")
@click.option("--text", metavar="TEXT", help="Only with this in their text.")
@click.option("--causes", is_flag=True, help="Only the first errors of failed phases.")
@SITE
@LIMIT
@format_options
@target_options
def diagnostics(fingerprint: str | None, limit: int, **options: object) -> None:
    """List the most frequent errors and warnings, or the builds with one.

    A message counts as the same on every machine, and with any prefix and line number.

    \b
      specgraph diagnostics --causes
      specgraph diagnostics 5d41402a
    """
    target = take_target(options)
    with open_api(target) as api:
        if fingerprint:
            answer = api.get(f"/diagnostics/{fingerprint}")
        else:
            answer = collect(api, "/diagnostics", limit, **options)
    if show_for_programs(answer):
        pass
    elif fingerprint:
        _show_diagnostic(cast("DiagnosticSummary", answer))
    else:
        rows = [
            [i["fingerprint"][:8], i["kind"], i["builds"], i["stopped"],
             ", ".join(i["packages"][:4]), i["text"][:160]]
            for i in answer["items"]
        ]  # fmt: skip
        table("", ["diagnostic", "kind", "builds", "stopped", "packages", "text"], rows)
    if not fingerprint and not answer["items"]:
        raise SystemExit(exits.NOTHING)


def _show_diagnostic(answer: "DiagnosticSummary") -> None:
    out.print(f"{answer['kind']}: {answer['text']}", style="bold", markup=False, soft_wrap=True)
    out.print(
        f"reported by {answer['builds']} builds on {answer['occurrences']} lines, "
        f"stopped {answer['stopped']}"
    )
    for facet in ("packages", "compilers", "targets", "sites"):
        for place, each in enumerate(answer[facet]):
            out.print(f"{facet if place == 0 else '':10} {each['value']}  {each['count']}")
        if len(answer[facet]) == MOST_VALUES:
            out.print(f"{'':10} only the {MOST_VALUES} most frequent", style="dim")
    out.print(
        f"list the builds: specgraph builds --diagnostic {answer['fingerprint'][:8]}", style="dim"
    )


@click.command()
@click.argument("spec", required=False, type=SPEC)
@click.option(
    "--by",
    type=click.Choice(MATRIX_PROPERTIES),
    default="compiler",
    show_default=True,
    help="Property of the columns.",
)
@SITE
@format_options
@target_options
def matrix(spec: str | None, by: str, site: str | None, **options: object) -> None:
    """Show how attempts ended, by package and compiler.

    With --by: by package and version, target, operating system or site. A cell has the number of
    attempts that succeeded / that were made, and a sign for how the last one ended: ✓ succeeded,
    ✗ failed, - anything else. If all were skipped, it has their number.

    \b
      specgraph matrix
      specgraph matrix 'hdf5' --by version
    """
    with open_api(take_target(options)) as api:
        answer = api.get("/matrix", q=spec, by=by, site=site)
    if not show_for_programs(answer):
        cells = {(cell["package"], cell["value"]): cell for cell in answer["cells"]}
        rows = [
            [name, *(_cell(cells.get((name, value))) for value in answer["values"])]
            for name in answer["packages"]
        ]
        table("", ["package", *answer["values"]], rows)
    end_if_empty(answer, "cells")


def _cell(cell: "MatrixCell | None") -> Text:
    if cell is None:
        return Text("")
    made = cell["succeeded"] + cell["failed"] + cell["other"]
    text = describe_attempts(cell["succeeded"], made, cell["skipped"])
    if made:
        text += f" {_SIGNS.get(cell['last'], _OTHER_SIGN)}"
    return Text(text, STYLES.get(cell["last"], ""))


@click.command()
@click.argument("spec", type=SPEC)
@SITE
@format_options
@target_options
def regression(spec: str, site: str | None, **options: object) -> None:
    """Compare the last success of a package to the first failure after it.

    The latest change from success to failure is taken, and the two attempts are compared: their
    DAGs, their hosts, and their environment variables.

    \b
      specgraph regression hdf5
      specgraph regression 'hdf5 target=zen4' --site frontier
    """
    with open_api(take_target(options)) as api:
        answer = api.get("/regression", q=spec, site=site)
    if not show_for_programs(answer):
        _show_regression(answer)
    if not (answer["success"] and answer["failure"]):
        show_advice(answer)
        raise SystemExit(exits.NOTHING)


def _show_regression(answer: JsonObject) -> None:
    for name in ("success", "failure"):
        item = answer[name]
        line = Text(f"{name:8} ")
        line.append(f"{name_of(item)}  {format_time(item['started'])}" if item else "none")
        out.print(line)
        if item and item.get("cause"):
            out.print(f"         {item['cause']['text']}", markup=False, soft_wrap=True)
    if answer["same_spec"]:
        out.print("both are attempts at the same spec: their DAGs do not differ")
    for name in ("success", "failure"):
        if not answer[name]:
            out.print(f"no {name} is recorded: there is nothing to compare", style="yellow")
    for hash_ in answer["without_dag"]:
        out.print(
            f"the DAG of /{hash_[:7]} was not uploaded, so it is not compared", style="yellow"
        )
    rows: list[list[object]] = [
        [entry["change"], entry["name"], ", ".join(map(name_of, entry["a"])),
         ", ".join(map(name_of, entry["b"])),
         "; ".join(f"{key}: {values[0]} -> {values[1]}" for key, values in
                   (entry.get("fields") or {}).items())]
        for entry in answer["entries"]
    ]  # fmt: skip
    if rows:
        table("", ["change", "package", "success", "failure", "difference"], rows)
    changed = [*answer["host"], *answer["variables"]]
    if changed:
        rows = [[each["name"], str(each["a"])[:70], str(each["b"])[:70]] for each in changed]
        table("", ["host or variable", "success", "failure"], rows)
