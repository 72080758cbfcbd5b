"""`specgraph environments`, `mirrors` and `tests`."""

from typing import Any

import click
from rich.text import Text

from service.cli import exits
from service.cli.api import open_api
from service.cli.builds import JSON, LIMIT, SITE, status_text
from service.cli.connection import take_target, target_options
from service.cli.queries import collect
from service.cli.screen import out, short, show_json, table
from service.queries.attempts import STATUSES
from service.text import duration, when


@click.command()
@click.argument("name", required=False)
@SITE
@LIMIT
@JSON
@target_options
def environments(name: str | None, limit: int, as_json: bool, **options: Any) -> None:
    """List locked environments with their roots, those loaded last first."""
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/environments", limit, name=name, **options)
    if as_json:
        show_json(answer)
    else:
        for item in answer["items"]:
            version = item["spack_version"]
            made = f", Spack {version}" if version else ""
            out.print(
                f"{item['name']} at {item['site']}: {len(item['roots'])} roots "
                f"(lockfile version {item['lockfile_version']}{made})",
                style="bold",
                markup=False,
            )
            for root in item["roots"]:
                out.print(f"  {root['abstract']}  {short(root)}", markup=False, soft_wrap=True)
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)


@click.command()
@click.option("--offers", metavar="HASH", help="Only those that offer this spec.")
@JSON
@target_options
def mirrors(offers: str | None, as_json: bool, **options: Any) -> None:
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


@click.command()
@click.argument("spec", required=False)
@click.option("--status", type=click.Choice(STATUSES), help="Only these.")
@SITE
@LIMIT
@JSON
@target_options
def tests(spec: str | None, limit: int, as_json: bool, **options: Any) -> None:
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
                when(item.get("started")),
                duration(item.get("seconds")),
                Text(", ".join(item["parts"])[:120]),
            ]
            for item in answer["items"]
        ]
        table("", ["spec", "status", "started", "took", "parts"], rows)
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)
