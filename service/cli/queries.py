"""`specgraph query`."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click
from rich.markup import escape

from service.cli import exits
from service.cli.api import Api, open_api
from service.cli.connection import take_target, target_options
from service.cli.screen import out, path_text, short, show_json
from service.queries.filters import FILTERS, FilterKind, SpecFilter

F = TypeVar("F", bound=Callable[..., Any])

_JSON = click.option("--json", "as_json", is_flag=True, help="The service's JSON answer.")


def filter_options(filters: Iterable[SpecFilter] = FILTERS) -> Callable[[F], F]:
    """Return a decorator that adds the options of filters; `q` is the command's argument."""

    def decorate(function: F) -> F:
        for each in reversed([each for each in filters if each.name != "q"]):
            function = _filter_option(each)(function)
        return function

    return decorate


def _filter_option(spec_filter: SpecFilter) -> Callable[[F], F]:
    option = spec_filter.option
    if spec_filter.kind is FilterKind.FLAG:
        both = f"{option}/--not-{option.removeprefix('--')}"
        return click.option(both, default=None, help=spec_filter.help)
    metavar = "SPEC" if spec_filter.kind is FilterKind.SPEC else "NAME"
    return click.option(option, metavar=metavar, help=spec_filter.help)


@click.command()
@click.argument("spec", required=False)
@filter_options()
@click.option("--all", "every", is_flag=True, help="All specs, not only roots.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Most items.")
@click.option("--count", "exact", is_flag=True, help="Count all matches, however many.")
@_JSON
@target_options
def query(
    spec: str | None, every: bool, limit: int, exact: bool, as_json: bool, **options: Any
) -> None:
    """Find specs by themselves and by what they were built and are deployed with.

    Specs are in Spack's syntax, with `not` and `any of ( )` around it:

    \b
      specgraph query 'hdf5@1.14+mpi not ^openssl@:1.1'
      specgraph query --built-with mpich@4 --deployed-with mvapich2
      specgraph query --deployed-with 'any of (xz@5.6.0:5.6.1, zlib@:1.2)' --json
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(
            api,
            "/specs",
            limit,
            q=spec,
            scope="all" if every else "roots",
            count="exact" if exact else "auto",
            **options,
        )
    if as_json:
        show_json(answer)
    else:
        show_matches(answer)
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)


def collect(api: Api, path: str, limit: int, /, **parameters: Any) -> dict[str, Any]:
    """Return the first `limit` items of a list, fetched page by page."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = api.get(path, limit=min(limit - len(items), 200), cursor=cursor, **parameters)
        items += page["items"]
        cursor = page["next"]
        if cursor is None or len(items) >= limit:
            return {**page, "items": items}


def show_matches(answer: dict[str, Any]) -> None:
    """Print a list of specs with the reason for each match."""
    for item in answer["items"]:
        out.print(
            f"[bold]{escape(short(item))}[/]" + ("  [magenta]spliced[/]" if item["spliced"] else "")
        )
        for side, found in item.get("matches", {}).items():
            for match in found[:1]:
                more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
                words = side.replace("_", " ")
                out.print(
                    f"  {words:13} {path_text(match['path'])}{more}", markup=False, soft_wrap=True
                )
    total = answer["total"]
    shown = len(answer["items"])
    at_least = "at least " if total["type"] == "AT_LEAST" else ""
    out.print(f"{shown} of {at_least}{total['count']}", style="dim")
