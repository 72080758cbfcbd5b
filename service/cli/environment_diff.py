"""`specgraph environment-diff`."""

from typing import TYPE_CHECKING

import click

from service.cli.api import open_api
from service.cli.builds import SITE
from service.cli.connection import take_target, target_options
from service.cli.output import format_options, show_for_programs, table
from service.cli.screen import out, short
from service.cli.traversals import changed_fields, collect_parts, show_count

if TYPE_CHECKING:
    from service.queries.environment_diff import EnvironmentState


@click.command("environment-diff")
@click.argument("a")
@click.argument("b", required=False)
@SITE
@click.option(
    "--limit", type=click.IntRange(1), default=1000, show_default=True, help="Most packages."
)
@format_options
@target_options
def environment_diff(a: str, b: str | None, limit: int, **options: object) -> None:
    """Compare two locked environments, or the last two states of one.

    A and B are names, or at least 6 characters of the id that `specgraph environments` shows. Of
    several lockfiles with a name the one that was loaded last is meant. Without B, the last two
    lockfiles of A are compared.

    \b
      specgraph environment-diff production
      specgraph environment-diff production staging
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = collect_parts(api, "/diff/environments", ("entries",), limit, a=a, b=b, **options)
    if show_for_programs(answer):
        return
    out.print(f"a: {_describe(answer['a'])}", markup=False, soft_wrap=True)
    out.print(f"b: {_describe(answer['b'])}", markup=False, soft_wrap=True)
    if answer["roots"]:
        rows = [
            [
                each["abstract"],
                each["group"] or "",
                each["change"],
                short(each["a"]),
                short(each["b"]),
            ]
            for each in answer["roots"]
        ]
        table("", ["requested", "group", "change", "a", "b"], rows)
    if answer["entries"]:
        out.print()
        rows = []
        for entry in answer["entries"]:
            sides = [", ".join(short(node) for node in entry[side]) or "-" for side in "ab"]
            rows.append([entry["name"], entry["change"], *sides, "; ".join(changed_fields(entry))])
        table("", ["package", "change", "a", "b", "fields"], rows)
    out.print(f"{answer['same']} specs in both", style="dim")
    show_count(len(answer["entries"]), answer["total"])


def _describe(state: "EnvironmentState") -> str:
    loaded = state["load"][:15]
    roots = f"{state['name']} at {state['site']}"
    return f"{roots} ({state['uid'][:12]}, loaded {loaded[:4]}-{loaded[4:6]}-{loaded[6:8]})"
