"""`specgraph nearest`."""

import click

from service.cli import exits
from service.cli.api import open_api
from service.cli.connection import take_target, target_options
from service.cli.output import format_options, name_of, show_for_programs
from service.cli.screen import out
from service.facts import facts_text


@click.command()
@click.argument("spec")
@click.option(
    "--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="Most specs."
)
@format_options
@target_options
def nearest(spec: str, limit: int, **options: object) -> None:
    """List the stored specs nearest to SPEC, and what differs: why none was reused.

    SPEC is an abstract spec of a package, or a slash and the hash of a stored spec.

    \b
      specgraph nearest 'hdf5@1.14+mpi %gcc@13 ^mpich@4'
      specgraph nearest /rduow63
    """
    with open_api(take_target(options)) as api:
        answer = api.get("/nearest", spec=spec, limit=limit)
    if not show_for_programs(answer):
        for item in answer["items"]:
            head = "  ".join([name_of(item), *facts_text(item["facts"])])
            out.print(head, style="bold", markup=False, soft_wrap=True)
            for each in item["differs"]:
                wanted, found = (", ".join(each[side]) or "none" for side in ("wanted", "found"))
                line = f"  {each['aspect']}: {wanted} wanted, {found} found"
                out.print(line, markup=False, soft_wrap=True)
            if not item["differs"]:
                out.print("  nothing differs: it can be reused", style="green")
        out.print(f"{len(answer['items'])} of {answer['total']} specs of the package", style="dim")
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)
