"""`specgraph abi`: whether a spec starts."""

from collections.abc import Mapping
from typing import Any

import click
from rich.text import Text

from service.cli import exits
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

_STYLES = {"loads": "bold green", "broken": "bold red", "unknown": "bold yellow"}
MOST_NAMED = 5
"""Most files or specs that are named of those of which too little is known."""


@click.command()
@click.argument("spec", metavar="SPEC", type=SPEC)
@click.option("--at", "site", metavar="SITE", help="Judge the files that were read at this site.")
@format_options
@target_options
def abi(spec: str, site: str | None, **options: Any) -> None:
    """Judge whether the programs of SPEC start, and what a splice broke.

    The rules are those of the dynamic loader, applied to the libraries and programs that were
    loaded with the install trees. In a pipe the findings are printed, and the verdict on standard
    error. The exit code is 1 unless the verdict is "loads".

    \b
      specgraph abi /nckk5fb
      specgraph abi 'heat@2.0 ^fmpi-c'
    """
    with open_api(take_target(options)) as api:
        answer = api.get(f"/specs/{find_hash(api, spec)}/abi", site=site)
    if not show_for_programs(answer):
        show_verdict(answer)
    if answer["verdict"] != "loads":
        raise SystemExit(exits.NOTHING)


def show_verdict(answer: Mapping[str, Any]) -> None:
    """Print a verdict with its findings."""
    verdict = answer["verdict"]
    if for_people():
        text = Text(name_of(answer["root"]), "bold").append(": ")
        out.print(text.append(verdict, _STYLES[verdict]), soft_wrap=True)
    else:
        err.print(f"{name_of(answer['root'])}: {verdict}", markup=False, soft_wrap=True)
    show_findings(answer)


def show_findings(answer: Mapping[str, Any]) -> None:
    """Print the findings of a verdict, and what is not known."""
    verdict = answer["verdict"]
    rows = [
        [
            each["kind"],
            file_text(each["needed_by"]),
            each["what"],
            file_text(each["runs_with"] or each["provided_before_by"]),
            "yes" if each["by_splice"] else "-",
        ]
        for each in answer["findings"]
    ]
    if rows:
        table("", ["finding", "needed by", "what", "given before, or loaded", "by splice"], rows)
    coverage = answer["coverage"]
    note(f"{coverage['specs']} deployed specs, {coverage['without_files']} of them without files")
    if verdict == "loads":
        note(answer["note"])
    for each in answer["unknown"][:MOST_NAMED] if verdict == "unknown" else ():
        err.print(f"not known: {each}", markup=False, soft_wrap=True)
    if verdict == "unknown" and answer["missing"]:
        names = ", ".join(map(name_of, answer["missing"][:MOST_NAMED]))
        err.print(f"load the install trees that have {names}", markup=False, soft_wrap=True)
