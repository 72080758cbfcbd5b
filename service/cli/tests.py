"""`specgraph tests`."""

import click
from rich.text import Text

from service.cli.api import open_api
from service.cli.builds import LIMIT, SITE, status_text
from service.cli.connection import take_target, target_options
from service.cli.output import (
    end_if_empty,
    fact_cells,
    fact_columns,
    format_options,
    name_of,
    show_for_programs,
    table,
)
from service.cli.queries import collect
from service.cli.shell import SPEC
from service.queries.choices import STATUSES
from service.text import format_duration, format_time

_MOST_CHARACTERS = 120
"""Longest text of the parts of a run in the table."""


@click.command()
@click.argument("spec", required=False, type=SPEC)
@click.option("--status", type=click.Choice(STATUSES), help="Only runs with this status.")
@SITE
@LIMIT
@format_options
@target_options
def tests(spec: str | None, limit: int, **options: object) -> None:
    """List runs of the tests of installed specs, newest first."""
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/tests", limit, q=spec, **options)
    if not show_for_programs(answer):
        columns = fact_columns(answer["items"])
        rows: list[list[object]] = [
            [
                name_of(item),
                status_text(item["status"]),
                format_time(item.get("started")),
                format_duration(item.get("seconds")),
                *fact_cells(item, columns),
                Text(", ".join(item["parts"])[:_MOST_CHARACTERS]),
            ]
            for item in answer["items"]
        ]
        table("", ["spec", "status", "started", "took", *columns, "parts"], rows)
    end_if_empty(answer)
