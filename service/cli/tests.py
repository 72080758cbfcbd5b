"""`specgraph tests`."""

import click
from rich.text import Text

from service.cli import exits
from service.cli.api import open_api
from service.cli.builds import JSON, LIMIT, SITE, status_text
from service.cli.connection import take_target, target_options
from service.cli.queries import collect
from service.cli.screen import short, show_json, table
from service.queries.choices import STATUSES
from service.text import format_duration, format_time

_MOST_CHARACTERS = 120
"""Longest text of the parts of a run in the table."""


@click.command()
@click.argument("spec", required=False)
@click.option("--status", type=click.Choice(STATUSES), help="Only runs with this status.")
@SITE
@LIMIT
@JSON
@target_options
def tests(spec: str | None, limit: int, as_json: bool, **options: object) -> None:
    """List runs of the tests of installed specs, newest first."""
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/tests", limit, q=spec, **options)
    if as_json:
        show_json(answer)
    else:
        rows: list[list[object]] = [
            [
                short(item),
                status_text(item["status"]),
                format_time(item.get("started")),
                format_duration(item.get("seconds")),
                Text(", ".join(item["parts"])[:_MOST_CHARACTERS]),
            ]
            for item in answer["items"]
        ]
        table("", ["spec", "status", "started", "took", "parts"], rows)
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)
