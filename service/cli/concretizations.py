"""`specgraph concretizations`."""

import click

from service.cli.api import open_api
from service.cli.builds import LIMIT, SITE
from service.cli.connection import take_target, target_options
from service.cli.output import end_if_empty, format_options, show_for_programs, table
from service.cli.queries import collect
from service.text import format_time


@click.command()
@click.argument("package", required=False)
@click.option("--since", metavar="DATE", help="Only reported last at this date or later.")
@click.option("--until", metavar="DATE", help="Only reported last before this date.")
@SITE
@LIMIT
@format_options
@target_options
def concretizations(package: str | None, limit: int, **options: object) -> None:
    """List specs that clients could not concretize, those reported last first."""
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/concretizations", limit, package=package, **options)
    if not show_for_programs(answer):
        rows: list[list[object]] = [
            [
                item["spec"],
                item["spack_version"] or "",
                item["site"],
                item["times"],
                format_time(item["last_seen"]),
            ]
            for item in answer["items"]
        ]
        table("", ["spec", "Spack", "site", "reports", "last"], rows)
    end_if_empty(answer)
