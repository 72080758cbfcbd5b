"""`specgraph needs`: the versions of the system's libraries that a deployment needs."""

from collections.abc import Mapping
from typing import Any

import click
from rich.text import Text

from service.cli import exits
from service.cli.abi import MOST_NAMED
from service.cli.api import open_api
from service.cli.connection import take_target, target_options
from service.cli.output import (
    file_text,
    for_people,
    format_options,
    name_of,
    note,
    show_for_programs,
    table,
)
from service.cli.screen import err, out
from service.cli.shell import SPEC
from service.cli.traversals import find_hash

_STYLES = {"yes": "green", "no": "bold red", "unknown": "yellow"}
_SENTENCES = {
    "yes": "the system has all of these versions",
    "no": "it does not start there",
    "unknown": "it is not known whether it starts there",
}


@click.command()
@click.argument("spec", metavar="SPEC", type=SPEC)
@click.option(
    "--on",
    "systems",
    metavar="NAME=VERSION",
    multiple=True,
    help="A version of the system on which it is to start, such as GLIBC=2.28 or GLIBCXX=3.4.25.",
)
@click.option("--at", "site", metavar="SITE", help="The site at which it is to start.")
@format_options
@target_options
def needs(spec: str, systems: tuple[str, ...], site: str | None, **options: Any) -> None:
    """List which versions of glibc and of GCC's runtime SPEC needs at least.

    They are the newest versions of symbols that some file needs of all specs that it is deployed
    with, and the file that needs each. With --on or --at, the exit code is 1 unless the system
    has all of them.

    \b
      specgraph needs hdf5@1.14.6
      specgraph needs /nckk5fb --on GLIBC=2.28
      specgraph needs /nckk5fb --at cluster
    """
    with open_api(take_target(options)) as api:
        path = f"/specs/{find_hash(api, spec)}/needs"
        answer = api.get(path, on=",".join(systems) or None, site=site)
    if not show_for_programs(answer):
        show_needs(answer)
    if answer["starts"] not in (None, "yes") or not answer["needs"]:
        raise SystemExit(exits.NOTHING)


def show_needs(answer: Mapping[str, Any]) -> None:
    """Print the needs of a deployment, and whether they are met."""
    starts = answer["starts"]
    asked = starts is not None
    rows = []
    for need in answer["needs"]:
        row: list[Any] = [
            f"{need['family']} {need['version']}",
            file_text(need["needed_by"]),
            ", ".join(need["symbols"]) or "-",
            file_text(need["provided_by"]),
        ]
        if asked:
            row += [", ".join(need["there"]) or "-", Text(need["starts"], _STYLES[need["starts"]])]
        rows.append(row)
    columns = ["needs", "needed by", "symbols", "deployed with it"]
    if rows:
        table("", [*columns, "there", "starts"] if asked else columns, rows)
    coverage = answer["coverage"]
    note(f"{coverage['specs']} deployed specs, {coverage['without_files']} of them without files")
    if asked:
        sentence = f"{name_of(answer['root'])}: {_SENTENCES[starts]}"
        if for_people():
            out.print(Text(sentence, _STYLES[starts]), soft_wrap=True)
        else:
            err.print(sentence, markup=False, soft_wrap=True)
    if answer["missing"]:
        names = ", ".join(map(name_of, answer["missing"][:MOST_NAMED]))
        err.print(f"load the install trees that have {names}", markup=False, soft_wrap=True)
    elif not rows:
        err.print("no file needs a version of glibc or of GCC's runtime", soft_wrap=True)
