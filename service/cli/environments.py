"""`specgraph environments`."""

from typing import TYPE_CHECKING

import click

from service.cli.api import open_api
from service.cli.builds import LIMIT, SITE
from service.cli.connection import take_target, target_options
from service.cli.output import (
    end_if_empty,
    for_people,
    format_options,
    name_of,
    show_for_programs,
    table,
)
from service.cli.queries import collect
from service.cli.screen import out
from service.facts import facts_text
from service.text import format_time

if TYPE_CHECKING:
    from service.queries.environments import LockedEnvironment


@click.command()
@click.argument("name", required=False)
@click.option("--with", metavar="SPEC", help="Only those that hold such a spec, root or not.")
@SITE
@LIMIT
@format_options
@target_options
def environments(name: str | None, limit: int, **options: object) -> None:
    """List locked environments with their roots, those loaded last first.

    NAME may be the start of an environment's name.

    \b
      specgraph environments --with 'xz@5.6.0:5.6.1'
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/environments", limit, name=name, **options)
    if not show_for_programs(answer):
        for item in answer["items"]:
            if for_people():
                _show_environment(item)
            else:
                names = item["name"], item["site"], item["uid"], format_time(item["loaded"])
                rows = [
                    [*names, r["abstract"], name_of(r), r["group"] or "", *facts_text(r["facts"])]
                    for r in item["roots"]
                ]
                table("", [], rows)
    end_if_empty(answer)


def _show_environment(item: "LockedEnvironment") -> None:
    spack = f", Spack {item['spack_version']}" if item["spack_version"] else ""
    out.print(
        f"{item['name']} at {item['site']}: {len(item['roots'])} roots "
        f"({item['uid'][:12]}, lockfile version {item['lockfile_version']}{spack}), "
        f"loaded {format_time(item['loaded'])}",
        style="bold",
        markup=False,
    )
    if item["holds"]:
        held = ", ".join(map(name_of, item["holds"]))
        out.print(f"  holds {held}", style="bold magenta", markup=False, soft_wrap=True)
    for root in item["roots"]:
        group = f"  (group {root['group']})" if root["group"] else ""
        facts = "  ".join(["", *facts_text(root["facts"])])
        out.print(
            f"  {root['abstract']}  {name_of(root)}{group}{facts}", markup=False, soft_wrap=True
        )
