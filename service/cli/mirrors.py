"""`specgraph mirrors`."""

import click

from service.cli import exits
from service.cli.api import open_api
from service.cli.builds import JSON
from service.cli.connection import take_target, target_options
from service.cli.screen import show_json, table


@click.command()
@click.option("--offers", metavar="HASH", help="Only those that offer this spec.")
@JSON
@target_options
def mirrors(offers: str | None, as_json: bool, **options: object) -> None:
    """List the build caches, or those that offer one spec."""
    with open_api(take_target(options)) as api:
        answer = api.get("/mirrors", offers=offers)
    if as_json:
        show_json(answer)
    else:
        rows = [
            [item["name"], item["specs"], (item.get("offer") or {}).get("checksum", "")]
            for item in answer["items"]
        ]
        table("", ["build cache", "specs", "checksum" if offers else ""], rows)
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)
