"""`specgraph environments`."""

from typing import TYPE_CHECKING

import click

from service.cli import exits
from service.cli.api import open_api
from service.cli.builds import JSON, LIMIT, SITE
from service.cli.connection import take_target, target_options
from service.cli.queries import collect
from service.cli.screen import out, short, show_json

if TYPE_CHECKING:
    from service.queries.environments import LockedEnvironment


@click.command()
@click.argument("name", required=False)
@click.option("--with", metavar="SPEC", help="Only those that hold such a spec, root or not.")
@SITE
@LIMIT
@JSON
@target_options
def environments(name: str | None, limit: int, as_json: bool, **options: object) -> None:
    """List locked environments with their roots, those loaded last first.

    NAME may be the start of an environment's name.

    \b
      specgraph environments --with 'xz@5.6.0:5.6.1'
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/environments", limit, name=name, **options)
    if as_json:
        show_json(answer)
    else:
        for item in answer["items"]:
            _show_environment(item)
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)


def _show_environment(item: "LockedEnvironment") -> None:
    spack = f", Spack {item['spack_version']}" if item["spack_version"] else ""
    out.print(
        f"{item['name']} at {item['site']}: {len(item['roots'])} roots "
        f"({item['uid'][:12]}, lockfile version {item['lockfile_version']}{spack})",
        style="bold",
        markup=False,
    )
    if item["holds"]:
        held = ", ".join(map(short, item["holds"]))
        out.print(f"  holds {held}", style="bold magenta", markup=False, soft_wrap=True)
    for root in item["roots"]:
        group = f"  (group {root['group']})" if root["group"] else ""
        out.print(f"  {root['abstract']}  {short(root)}{group}", markup=False, soft_wrap=True)
