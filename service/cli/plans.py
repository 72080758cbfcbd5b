"""`specgraph plan`: a splice planned before it is built."""

from typing import Any

import click
from rich.markup import escape
from rich.text import Text

from service.cli.api import open_api
from service.cli.connection import take_target, target_options
from service.cli.screen import out, short, show_json, table


@click.command()
@click.argument("target")
@click.argument("replacement")
@click.option(
    "--intransitive",
    is_flag=True,
    help="Take dependencies that both have from TARGET; by default from REPLACEMENT.",
)
@click.option("--replace", metavar="NAME", help="Package or virtual that must be replaced.")
@click.option("--document", is_flag=True, help="Print the spliced spec.json only.")
@click.option("--configuration", is_flag=True, help="Print the configuration of Spack only.")
@click.option("--json", "as_json", is_flag=True, help="The service's JSON answer.")
@target_options
def plan(
    target: str,
    replacement: str,
    intransitive: bool,
    replace: str | None,
    document: bool,
    configuration: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Plan the splice that puts REPLACEMENT into TARGET.

    Both are hashes or specs that one stored spec satisfies. Nothing is installed or stored.

    \b
      specgraph plan 'hdf5@1.14 ^mpich@4' mvapich2@3
      specgraph plan /rduow63 /cwna5og --replace mpi --configuration
    """
    with open_api(take_target(options)) as api:
        answer = api.ask(
            "/splices/plan",
            target=target,
            replacement=replacement,
            transitive=not intransitive,
            replace=replace,
        )
    if as_json:
        show_json(answer)
    elif document:
        show_json(answer["document"])
    elif configuration:
        click.echo(answer["configuration"], nl=False)
    else:
        _show_plan(answer)


def _show_plan(answer: dict[str, Any]) -> None:
    kind = "transitive" if answer["transitive"] else "intransitive"
    target, replacement = escape(short(answer["target"])), escape(short(answer["replacement"]))
    out.print(f"[bold]{target}[/] with {replacement}, {kind}", soft_wrap=True)
    out.print(f"hash of its content: {answer['hash']}", markup=False)
    for claim in answer["claimed"]:
        out.print(f"hash in Spack {claim['spack']}: {claim['hash']}", markup=False)
    if answer["unclaimed"]:
        out.print(f"hash in Spack: unknown, as {answer['unclaimed']}", markup=False, soft_wrap=True)
    summary = answer["summary"]
    rows = [[Text("out", "red"), short(node), ""] for node in summary["taken_out"]]
    for node in summary["put_in"]:
        replaced = f"for {short(node['replaces'])}" if node["replaces"] else ""
        rows.append([Text("in", "green"), short(node), replaced])
    rows += [
        [Text("relinked", "yellow"), short(node), f"built as /{node['build_spec'][:7]}"]
        for node in summary["relinked"]
    ]
    table(f"{len(summary['kept'])} kept", ["", "spec", ""], rows)
    _show_known(answer["known"])
    out.print(answer["configuration"], markup=False, soft_wrap=True, end="")


def _show_known(known: list[dict[str, Any]]) -> None:
    if not known:
        out.print("not stored: nobody has built or uploaded it", markup=False)
    for each in known:
        same = "this splice" if each["by"] == "content" else "another spec with its claimed hash"
        places = [f"{at['site']}:{at['store']}" for at in each["installations"] if at["present"]]
        where = [f"installed at {place}" for place in places]
        where += [f"offered by {name}" for name in each["mirrors"]]
        text = f"{short(each)} is {same}: {', '.join(where) or 'not installed'}"
        out.print(text, markup=False, soft_wrap=True)
