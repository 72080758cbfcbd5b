"""`specgraph audit`."""

import click

from service.cli.api import open_api
from service.cli.builds import LIMIT
from service.cli.connection import take_target, target_options
from service.cli.output import end_if_empty, format_options, show_for_programs, table
from service.cli.queries import collect
from service.text import format_time

_SHOWN_DIGITS = 12
"""Digits of a digest in the table."""


@click.command()
@click.option("--name", help="Only those of tokens with this name, or of this user's commands.")
@click.option("--digest", help="Only uploads of a body with this SHA-256.")
@click.option("--address", help="Only those of this client, or of commands on this host.")
@click.option("--since", metavar="TIME", help="Only from this date or time on (ISO 8601).")
@LIMIT
@format_options
@target_options
def audit(limit: int, **options: object) -> None:
    """List the requests and commands that wrote to the graph, newest first.

    Where a service requires tokens, it needs one with the scope admin.
    """
    with open_api(take_target(options)) as api:
        answer = collect(api, "/audit", limit, **options)
    if not show_for_programs(answer):
        rows: list[list[object]] = [
            [
                format_time(item["time"]),
                item["name"] or "",
                item["token"] or "",
                item["address"] or "",
                f"{item['method']} {item['path']}",
                item["site"] or "",
                (item["digest"] or "")[:_SHOWN_DIGITS],
            ]
            for item in answer["items"]
        ]
        columns = ["time", "name", "token", "address", "did", "site", "digest"]
        table("", columns, rows)
    end_if_empty(answer)
