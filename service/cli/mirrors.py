"""`specgraph mirrors`."""

import click

from service.cli.api import open_api
from service.cli.builds import SITE
from service.cli.connection import take_target, target_options
from service.cli.output import end_if_empty, format_options, show_for_programs, table
from service.cli.queries import collect


@click.group(invoke_without_command=True)
@click.option("--offers", metavar="HASH", help="Only those that offer this spec.")
@format_options
@target_options
@click.pass_context
def mirrors(context: click.Context, /, offers: str | None, **options: object) -> None:
    """List the build caches, those that offer one spec, or the specs to keep in one."""
    if context.invoked_subcommand is not None:
        return
    with open_api(take_target(options)) as api:
        answer = api.get("/mirrors", offers=offers)
    if not show_for_programs(answer):
        rows = [
            [item["name"], item["specs"], (item.get("offer") or {}).get("checksum", "")]
            for item in answer["items"]
        ]
        table("", ["build cache", "specs", "checksum" if offers else ""], rows)
    end_if_empty(answer)


_MOST_KEPT = 10_000_000


@mirrors.command()
@click.argument("environment", required=False)
@SITE
@format_options
@target_options
def keep(environment: str | None, **options: object) -> None:
    """List the hashes that locked environments need, one on a line.

    These are all specs of the lockfiles that were loaded, or of those of ENVIRONMENT: their roots,
    and everything that the roots were built with and are deployed with. Spack takes the list when
    it prunes a build cache:

    \b
      specgraph load --site NAME environments/*/spack.lock
      specgraph mirrors keep > keep.txt
      spack buildcache prune --keeplist keep.txt MIRROR
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/mirrors/keep", _MOST_KEPT, environment=environment, **options)
    if not show_for_programs(answer):
        click.echo("".join(f"{item['hash']}\n" for item in answer["items"]), nl=False)
