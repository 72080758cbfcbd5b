"""`specgraph abi`: whether a spec starts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem
from rich.text import Text

from service.cli import exits
from service.cli.abi_proposals import propose
from service.cli.api import Api, open_api
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
_MOST_SENT = 100
MOST_NAMED = 5
"""Most files or specs that are named of those of which too little is known."""


class _DefaultGroup(click.Group):
    """Commands of which one runs if the first word names none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the name of the default command."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["judge", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return names of commands, and what may follow the name of the default command."""
        found = super().shell_complete(ctx, incomplete)
        default = self.commands["judge"]
        with default.make_context("judge", [], parent=ctx, resilient_parsing=True) as context:
            if incomplete.startswith("-"):
                found += default.shell_complete(context, incomplete)
            else:
                first = next(each for each in default.params if isinstance(each, click.Argument))
                found += first.shell_complete(context, incomplete)
        return list({each.value: each for each in found}.values())


@click.group(cls=_DefaultGroup)
def abi() -> None:
    """Judge whether the programs of a spec start, or propose splices for a package.

    `specgraph abi SPEC` is short for `specgraph abi judge SPEC`.

    \b
      specgraph abi 'heat@2.0 ^fmpi-c'
      specgraph abi propose mvapich2
    """


abi.add_command(propose)


@abi.command()
@click.argument("spec", metavar="SPEC", type=SPEC)
@click.option("--at", "site", metavar="SITE", help="Judge the files that were read at this site.")
@click.option(
    "--types",
    is_flag=True,
    help="Also compare the types of replaced libraries with abidiff, where it and their files are.",
)
@click.option(
    "--tree",
    "trees",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="An install tree to look for files in that are not where they were read. For --types.",
)
@click.option(
    "--types-seconds",
    type=click.FloatRange(0, min_open=True),
    default=300.0,
    show_default=True,
    help="Time limit for all comparisons of types.",
)
@format_options
@target_options
def judge(
    spec: str,
    site: str | None,
    types: bool,
    trees: tuple[Path, ...],
    types_seconds: float,
    **options: Any,
) -> None:
    """Judge whether the programs of SPEC start, and what a splice broke.

    The rules are those of the dynamic loader, applied to the libraries and programs that were
    loaded with the install trees. In a pipe the findings are printed, and the verdict on standard
    error. The exit code is 1 unless the verdict is "loads".

    With --types, a splice is also broken if a type changed that a program or library uses, such as
    a struct that grew. Both libraries need debug information. Results are sent to the service,
    which keeps them.

    \b
      specgraph abi /nckk5fb
      specgraph abi 'heat@2.0 ^fmpi-c'
      specgraph abi /nckk5fb --types
    """
    with open_api(take_target(options)) as api:
        path = f"/specs/{find_hash(api, spec)}/abi"
        answer = api.get(path, site=site, level="types" if types else None)
        if types and compare_types(api, answer, types_seconds, trees):
            answer = api.get(path, site=site, level="types")
    if not show_for_programs(answer):
        show_verdict(answer)
    if answer["verdict"] != "loads":
        raise SystemExit(exits.NOTHING)


def compare_types(
    api: Api, answer: Mapping[str, Any], seconds: float, trees: Sequence[Path]
) -> int:
    """Compare the types that were not compared yet, and send the results.

    Args:
        api: The service.
        answer: The verdict at the level `types`.
        seconds: Time limit.
        trees: Install trees in which files are looked for.

    Returns:
        The number of results.
    """
    from service.cli.abi_types import TypeComparer, compare_all

    left = [each for each in answer["types"] if each["outcome"] is None]
    comparer = TypeComparer.find(seconds, trees) if left else None
    if comparer is None:
        if left:
            message = "types are not compared: abidiff, a part of libabigail, is not installed"
            err.print(message, soft_wrap=True)
        return 0
    found = compare_all(
        comparer, left, lambda reason: err.print(reason, markup=False, soft_wrap=True)
    )
    for start in range(0, len(found), _MOST_SENT):
        api.post_json("/types", {"items": found[start : start + _MOST_SENT]})
    return len(found)


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
    """Print the findings of a verdict, and the files that are not known."""
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
    if verdict == "loads" or answer["types"]:
        note(answer["note"])
    for each in answer["unknown"][:MOST_NAMED] if verdict == "unknown" else ():
        err.print(f"not known: {each}", markup=False, soft_wrap=True)
    if verdict == "unknown" and answer["missing"]:
        names = ", ".join(map(name_of, answer["missing"][:MOST_NAMED]))
        err.print(f"load the install trees that have {names}", markup=False, soft_wrap=True)
