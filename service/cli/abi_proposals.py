"""`specgraph abi propose`: `can_splice` lines with the evidence for them."""

from typing import TYPE_CHECKING, Any

import click

from service.cli import exits
from service.cli.api import open_api
from service.cli.builds import SITE
from service.cli.connection import take_target, target_options
from service.cli.output import (
    chosen_format,
    for_people,
    format_options,
    name_of,
    show_for_programs,
)
from service.cli.screen import err, short
from service.cli.shell import SPEC
from service.text import count_noun, escape_unprintable

if TYPE_CHECKING:
    from service.queries.proposals import ClientFile, ComparedPair, ProposedLine

_MOST_NAMED = 5


@click.command()
@click.argument("package", metavar="PACKAGE", type=SPEC)
@click.option(
    "--target",
    type=SPEC,
    metavar="SPEC",
    help="The builds that may be replaced; by default all that have a library of the same SONAME.",
)
@SITE
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Most pairs that are listed of those without a line.",
)
@format_options
@target_options
def propose(package: str, limit: int, **options: Any) -> None:
    """Propose can_splice lines for the recipe of PACKAGE, with the evidence as comments.

    A line says that a build of the package may take the place of another build, of the same package
    or of another one with a library of the same SONAME. It is proposed if every program and library
    that is stored and needs the other build's libraries finds the same symbols and versions in
    those of the package. Pairs without a line follow, with the reasons. Nothing is proposed if too
    little is known. PACKAGE may name versions and variants.

    \b
      specgraph abi propose mvapich2
      specgraph abi propose hdf5@1.14 --target hdf5@1.12 --site cluster
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = api.get("/abi/proposals", package=package, limit=limit, **options)
    if not show_for_programs(answer):
        for line in answer["lines"]:
            click.echo(_line_text(line))
        for pair in (*answer["broken"], *answer["unknown"]):
            click.echo(_refusal_text(pair))
    _show_notes(answer)
    if not answer["lines"]:
        raise SystemExit(exits.NOTHING)


def _show_notes(answer: dict[str, Any]) -> None:
    """Print what is missing, and for people a summary, on standard error: the output is Python."""
    if for_people():
        counts = answer["counts"]
        parts = ", ".join(f"{counts[each]} {each}" for each in ("loads", "broken", "unknown"))
        _show_note(f"{count_noun(len(answer['lines']), 'line')}; pairs of builds: {parts}")
    if chosen_format() != "json":
        if not (answer["lines"] or answer["broken"] or answer["unknown"]):
            _show_note("there is no pair of stored builds with libraries of the same SONAME")
        if not answer["complete"]:
            _show_note("only the newest builds were compared")
        if unread := answer["unread"]:
            names = ", ".join(map(name_of, unread[:_MOST_NAMED]))
            more = ", ..." if len(unread) > _MOST_NAMED else ""
            _show_note(
                f"no files were read of {names}{more}; load the install trees that have them"
            )
    if for_people():
        _show_note(answer["note"])


def _show_note(text: str) -> None:
    err.print(escape_unprintable(text), style="dim", markup=False, soft_wrap=True)


def _line_text(line: "ProposedLine") -> str:
    """Return a line with its evidence as comments, as it may stand in a recipe."""
    comments = [] if line["is_alone"] else ["Spack 1.1 keeps only one line with this `when`."]
    for pair in line["pairs"]:
        comments.append(
            f"{_pair_name(pair)}: {count_noun(pair['symbols_count'], 'symbol')} used by "
            f"{count_noun(pair['clients_count'], 'file')}"
        )
        for each in pair["libraries"]:
            types = f", types {each['types']}" if each["types"] else ", types not compared"
            after = each["after"] or "nothing, as no stored file needs it"
            comments.append(f"  {each['before']} by {after}{types if each['after'] else ''}")
        comments.append(f"  symbols: {_some(pair['symbols'], pair['symbols_count'])}")
        comments.append(f"  files: {_some(_client_names(pair), pair['clients_count'])}")
    return "\n".join((*map(_comment, comments), line["directive"], ""))


def _refusal_text(pair: "ComparedPair") -> str:
    """Return a pair without a line, with the reasons, as comments."""
    reasons = []
    for each in pair["reasons"]:
        user = f", needed by {_client_name(each['needed_by'])}" if each["needed_by"] else ""
        reasons.append(f"  {each['kind']}: {each['what']}{user}")
    return "\n".join(map(_comment, (f"{pair['verdict']}: {_pair_name(pair)}", *reasons)))


def _comment(text: str) -> str:
    """Return a text as a comment on one line; names of files may have ends of lines."""
    return f"# {escape_unprintable(text)}"


def _client_names(pair: "ComparedPair") -> list[str]:
    """Return the names of the files that need the libraries of a pair."""
    return [_client_name(each) for each in pair["clients"]]


def _client_name(client: "ClientFile") -> str:
    return f"{short(client['spec'])} {client['path']}"


def _pair_name(pair: "ComparedPair") -> str:
    return f"{short(pair['replacement'])} for {short(pair['target'])}"


def _some(names: list[str], count: int) -> str:
    shown = names[:_MOST_NAMED]
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return f"{', '.join(shown)}{more}"
