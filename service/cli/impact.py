"""`specgraph impact` and `facets`."""

from typing import Any

import click
from rich.text import Text

from service.cli import exits
from service.cli.api import open_api
from service.cli.connection import take_target, target_options
from service.cli.output import (
    end_if_empty,
    fact_cells,
    fact_columns,
    for_people,
    format_options,
    name_of,
    note,
    print_record,
    show_count,
    show_for_programs,
    table,
)
from service.cli.queries import collect, filter_options
from service.cli.screen import out, path_text
from service.cli.shell import SPEC
from service.queries.filters import FILTERS


@click.command()
@click.argument("dependency", metavar="SPEC", type=SPEC)
@click.option(
    "--when",
    type=click.Choice(["any", "run", "build"]),
    default="any",
    show_default=True,
    help="Affected at run time, at build time only, or either.",
)
@click.option("--of", "q", metavar="SPEC", type=SPEC, help="Only specs that satisfy this.")
@filter_options([each for each in FILTERS if each.fits_impact])
@click.option("--all", "every", is_flag=True, help="All specs, not only roots.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Most items.")
@format_options
@target_options
def impact(
    dependency: str,
    when: str,
    q: str | None,
    every: bool,
    limit: int,
    **options: Any,
) -> None:
    """List what SPEC affects, at run time or at build time only.

    \b
      specgraph impact 'xz@5.6.0:5.6.1'
      specgraph impact 'openssl@:1.1' --when run --of 'target=zen4'
    """
    scope = "all" if every else "roots"
    target = take_target(options)
    asked = {"dependency": dependency, "when": when, "q": q, "scope": scope, **options}
    with open_api(target) as api:
        answer = collect(api, "/impact", limit, **asked)
    if not show_for_programs(answer):
        _show_impact(answer)
    end_if_empty(answer)


def _show_impact(answer: dict[str, Any]) -> None:
    columns = fact_columns(answer["items"])
    if not for_people():
        rows = [[i["when"], name_of(i), *fact_cells(i, columns)] for i in answer["items"]]
        table("", [], rows)
        show_count(answer)
        return
    for item in answer["items"]:
        side = "deployed_with" if item["when"] == "run" else "built_with"
        color = "red" if item["when"] == "run" else "yellow"
        name = Text(f"{item['when']:6}", color).append(name_of(item), "bold default")
        print_record(name, list(zip(columns, map(Text, fact_cells(item, columns)), strict=True)))
        for match in item["matches"].get(side, ())[:1]:
            out.print(f"      {path_text(match['path'])}", markup=False, soft_wrap=True)
    show_count(answer)
    if "counts" in answer:
        counts = answer["counts"]
        out.print(f"{counts['run']} at run time, {counts['build']} at build time only")


@click.command()
@click.argument("spec", required=False, type=SPEC)
@filter_options()
@click.option(
    "--virtual",
    "virtuals",
    multiple=True,
    default=["mpi"],
    show_default=True,
    help="A virtual whose providers are counted; may be repeated.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True)
@format_options
@target_options
def facets(spec: str | None, virtuals: tuple[str, ...], limit: int, **options: Any) -> None:
    """Count versions, compilers, targets and providers of roots.

    All roots, or those under a filter:

    \b
      specgraph facets
      specgraph facets hdf5 --deployed-with mpich --virtual mpi --virtual blas
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = api.get("/facets", q=spec, virtuals=",".join(virtuals), limit=limit, **options)
    if not show_for_programs(answer):
        _show_facets(answer)
    if not answer["looked_at"]:
        raise SystemExit(exits.NOTHING)


def _show_facets(answer: dict[str, Any]) -> None:
    roots, looked_at = answer["roots"]["count"], answer["looked_at"]
    sample = "" if looked_at == roots else f", {looked_at} of them looked at"
    note(f"{roots} roots{sample}", "bold")
    rows = []
    for name, facet in answer["facets"].items():
        for place, value in enumerate(facet["values"]):
            shown = name if place == 0 or not for_people() else ""
            rows.append([Text(shown, "cyan"), value["value"], value["count"]])
        more = facet["distinct"]["count"] - len(facet["values"])
        if more > 0 and for_people():
            rows.append(["", f"and {more} more", ""])
    table("", ["", "value", "roots"], rows)
