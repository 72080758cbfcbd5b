"""`specgraph why`, `diff` and `splice`."""

import re
from typing import Any

import click
from rich.markup import escape
from rich.text import Text

from service.cli import exits
from service.cli.api import open_api
from service.cli.connection import take_target, target_options
from service.cli.screen import out, path_text, short, show_json, table

_JSON = click.option("--json", "as_json", is_flag=True, help="The service's JSON answer.")


def _hash(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """A DAG hash or the start of one, with or without Spack's slash; without it and in lower case.

    :raises BadParameter: it is none.
    """
    text = value.removeprefix("/").lower()
    if not re.fullmatch(r"[a-z2-7]{1,32}", text):
        raise click.BadParameter(f"{value!r} is not a hash: letters a to z and digits 2 to 7")
    return text


@click.command()
@click.argument("spec_hash", metavar="HASH", callback=_hash)
@click.argument("dependency")
@click.option("--deptypes", default="build,link,run,test", show_default=True, help="Which edges.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True)
@_JSON
@target_options
def why(
    spec_hash: str, dependency: str, deptypes: str, limit: int, as_json: bool, **options: Any
) -> None:
    """Tell why DEPENDENCY (a spec) is in the DAG of HASH: the shortest chains."""
    with open_api(take_target(options)) as api:
        answer = api.get(
            f"/specs/{spec_hash}/why",
            dependency=dependency,
            deptypes=deptypes,
            limit=limit,
        )
    if as_json:
        show_json(answer)
    else:
        for chain in answer["chains"]:
            line = f"{chain['side']:9} {path_text(chain['path'])}"
            out.print(line, markup=False, soft_wrap=True)
    if not answer["chains"]:
        if not as_json:
            out.print(f"{short(answer['root'])} does not reach {dependency}", markup=False)
        raise SystemExit(exits.NOTHING)


@click.command()
@click.argument("a", callback=_hash)
@click.argument("b", callback=_hash)
@click.option("--runtime", is_flag=True, help="Only what is there at run time.")
@_JSON
@target_options
def diff(a: str, b: str, runtime: bool, as_json: bool, **options: Any) -> None:
    """Compare the DAGs of two hashes by package."""
    with open_api(take_target(options)) as api:
        answer = api.get("/diff", a=a, b=b, runtime=runtime)
    if as_json:
        show_json(answer)
        return
    rows = []
    for entry in answer["entries"]:
        changed = "; ".join(
            f"{field}: {_side(values[0])} -> {_side(values[1])}"
            for field, values in entry["fields"].items()
        )
        sides = [", ".join(short(node) for node in entry[side]) or "-" for side in "ab"]
        rows.append([entry["name"], entry["change"], *sides, changed])
    title = f"{short(answer['a'])} and {short(answer['b'])}: {answer['same']} specs in both"
    table(title, ["package", "change", "a", "b", "fields"], rows)


def _side(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "-"
    return "-" if value is None else str(value)


@click.command()
@click.argument("spec_hash", metavar="HASH", callback=_hash)
@_JSON
@target_options
def splice(spec_hash: str, as_json: bool, **options: Any) -> None:
    """Tell what the splice of HASH kept, relinked, took out and put in."""
    with open_api(take_target(options)) as api:
        answer = api.get(f"/specs/{spec_hash}/splice")
    if as_json:
        show_json(answer)
    else:
        show_splice(answer)
    if not answer["spliced"]:
        raise SystemExit(exits.NOTHING)


def show_splice(answer: dict[str, Any]) -> None:
    """Print what a splice changed."""
    if not answer["spliced"]:
        out.print(f"{short(answer['root'])} was not spliced", markup=False)
        return
    counts = answer["counts"]
    root, build_spec = escape(short(answer["root"])), escape(short(answer["build_spec"]))
    out.print(f"[bold]{root}[/] built as {build_spec}")
    out.print(
        f"{counts['kept']} kept, {counts['relinked']} relinked, "
        f"{counts['taken_out']} taken out, {counts['put_in']} put in"
    )
    rows = [[Text("out", "red"), short(node), ""] for node in answer["taken_out"]]
    for node in answer["put_in"]:
        replaced = f"for {short(node['replaces'])}" if node["replaces"] else ""
        rows.append([Text("in", "green"), short(node), replaced])
    rows += [
        [Text("relinked", "yellow"), short(node), f"built as /{node['build_spec'][:7]}"]
        for node in answer["relinked"]
    ]
    table("", ["", "spec", ""], rows)
