"""Print answers for people, for pipes and for programs.

On a terminal, commands print tables and sentences. In a pipe they print a record a line, with tabs
between its cells and without a heading. `--format` chooses, whatever the output is.
"""

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import click
from rich.table import Table
from rich.text import Text

from service.cli import exits
from service.cli.screen import err, out, short, show_json
from service.tables import as_csv, as_tsv, list_of, tsv_line

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "tsv", "csv", "json", "jsonl")
_KEY = "specgraph.format"
_LEAST_WIDTH = 24
"""Least width in characters of a column whose text is wrapped."""


def _keep_format(context: click.Context, _: click.Parameter, value: str | bool | None) -> None:
    if value:
        context.meta[_KEY] = "json" if value is True else value


def format_options(function: F) -> F:
    """Add the options that choose the format of the output."""
    return json_option(_format_option(click.Choice(FORMATS), "")(function))


def json_option(function: F) -> F:
    """Add the option that is short for the format JSON."""
    decorate = click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_keep_format,
        help="Short for --format json: the service's answer.",
    )
    return decorate(function)


def _format_option(kind: click.ParamType[Any], more: str) -> Callable[[F], F]:
    return click.option(
        "--format",
        type=kind,
        expose_value=False,
        callback=_keep_format,
        help="Format of the output. By default a table on a terminal; in a pipe a record a line "
        f"with tabs between, without a heading.{more}",
    )


class _FormatOrSpackFormat(click.Choice[str]):
    """A format, or a format string of Spack, which has braces."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return a format string as it is."""
        return str(value) if "{" in str(value) else super().convert(value, param, ctx)


def spec_format_options(function: F) -> F:
    """Add the options of a list of specs, whose format may be one of `spack find`."""
    more = " With braces, a format string as of `spack find`: '{name}{@version}{/hash:7}'."
    return json_option(_format_option(_FormatOrSpackFormat(FORMATS), more)(function))


def chosen_format() -> str | None:
    """Return the format that the user chose, if any."""
    context = click.get_current_context(silent=True)
    found: str | None = context.meta.get(_KEY) if context else None
    return found


def for_people() -> bool:
    """Return whether tables and sentences are printed."""
    chosen = chosen_format()
    return out.is_terminal if chosen is None else chosen == "table"


def for_programs() -> bool:
    """Return whether a format was chosen that only programs read."""
    return chosen_format() not in (None, "table")


def show_for_programs(answer: Any) -> bool:
    """Print an answer in the format for programs that the user chose.

    Args:
        answer: The answer; CSV, TSV and JSON lines show its list, if it has one.

    Returns:
        Whether one was chosen.
    """
    chosen = chosen_format()
    if chosen == "json":
        show_json(answer)
        return True
    items = list_of(answer)
    items = [answer] if items is None else items
    if chosen == "jsonl":
        for item in items:
            click.echo(json.dumps(item))
    elif chosen == "csv":
        click.echo(as_csv(items), nl=False)
    elif chosen == "tsv":
        click.echo(as_tsv(items), nl=False)
    else:
        return False
    return True


def note(text: str, style: str = "dim") -> None:
    """Print a sentence beside the records, for people only."""
    if for_people():
        out.print(text, style=style, markup=False, soft_wrap=True)


def show_count(answer: Mapping[str, Any], shown: int | None = None) -> None:
    """Print how many records there are; in a pipe only if not all are shown, on standard error."""
    total, count = answer["total"], len(answer["items"]) if shown is None else shown
    at_least = "at least " if total["type"] == "AT_LEAST" else ""
    text = f"{count} of {at_least}{total['count']}"
    if for_people():
        out.print(text, style="dim")
    elif count < total["count"] or at_least:
        err.print(f"{text}; --limit shows more", style="dim")


def name_of(spec: Mapping[str, Any] | None) -> str:
    """Return a spec as text: with seven characters of its hash for people, else with all."""
    if not spec or for_people():
        return short(spec)
    return short(spec).replace(f"/{spec['hash'][:7]}", f"/{spec['hash']}")


def file_text(file: Mapping[str, Any] | None) -> str:
    """Return a file of a spec as text."""
    if file is None:
        return "-"
    return f"{name_of(file)}: {file['path']}" if file["hash"] else str(file["path"])


def fact_columns(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the columns of facts that the rows of a list have."""
    return list(dict.fromkeys(name for item in items for name in item.get("facts", ())))


def fact_cells(item: Mapping[str, Any], columns: Iterable[str]) -> list[str]:
    """Return the facts of a row by columns."""
    facts = item.get("facts", {})
    return [facts.get(column, "") for column in columns]


def table(title: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Print records.

    Only a cell that is a `Text` has a style; in others, brackets are not markup. For people a
    table is printed if it fits the width, with words of one column wrapped if need be. Else each
    record is printed on lines of its own. No word is ever split, so that it can be copied.

    Args:
        title: A line before the table, for people only.
        columns: Headings, for people only.
        rows: The cells of each record, what identifies it first.
    """
    cells = [[each if isinstance(each, Text) else Text(str(each)) for each in row] for row in rows]
    if not for_people():
        for row in cells:
            click.echo(tsv_line([each.plain for each in row]))
        return
    if title:
        out.print(title, markup=False, soft_wrap=True)
    if not cells:
        return
    cells = [[_on_one_line(each) for each in row] for row in cells]
    widths = [
        max(Text(name).cell_len, *(row[place].cell_len for row in cells), 0)
        for place, name in enumerate(columns)
    ]
    room = out.width - sum(widths) - 2 * (len(widths) - 1)
    wrapped = None if room >= 0 else _column_to_wrap(widths, cells, room)
    if room >= 0 or wrapped is not None:
        _print_grid(columns, cells, wrapped)
    else:
        for row in cells:
            print_record(row[0], list(zip(columns[1:], row[1:], strict=True)))


def _on_one_line(cell: Text) -> Text:
    """Return a cell without ends of lines and tabs, which would break the table."""
    if cell.plain.isprintable():
        return cell
    return Text(" ".join(cell.plain.split()), cell.style)


def _column_to_wrap(widths: Sequence[int], rows: Sequence[Sequence[Text]], room: int) -> int | None:
    """Return the widest column but the first that makes the table fit if its words are wrapped.

    Args:
        widths: Widths of the columns in characters.
        rows: The cells.
        room: Characters that are left; negative if the table is too wide.
    """
    for place in sorted(range(1, len(widths)), key=lambda each: -widths[each]):
        longest = max(len(word) for row in rows for word in row[place].plain.split() or [""])
        if room + widths[place] >= max(_LEAST_WIDTH, longest):
            return place
    return None


def _print_grid(
    columns: Sequence[str], rows: Sequence[Sequence[Text]], wrapped: int | None
) -> None:
    grid = Table(header_style="bold", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        grid.add_column(column, no_wrap=place != wrapped)
    for row in rows:
        grid.add_row(*row)
    out.print(grid)


def print_record(name: Text, members: Iterable[tuple[str, Text]]) -> None:
    """Print a record on lines of its own: its name, then its members, wrapped between words."""
    out.print(name, soft_wrap=True)
    parts = [f"{key} {value.plain}".strip() for key, value in members if value.plain]
    # A member is kept on one line if it fits there: its blanks are not to be wrapped at.
    joined = "   ".join(each.replace(" ", "\0") if len(each) < out.width - 4 else each
                        for each in parts)  # fmt: skip
    lines = textwrap.wrap(
        joined,
        out.width - 2,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        out.print(f"  {line.strip()}".replace("\0", " "), markup=False, soft_wrap=True, style="dim")


def end_if_empty(answer: Mapping[str, Any], key: str = "items") -> None:
    """End the command with the exit code of an empty list if the answer's is empty.

    Suggestions of the service are printed on standard error; without any, people see that there is
    nothing.

    Raises:
        SystemExit: The list is empty.
    """
    if answer[key]:
        return
    show_advice(answer)
    if for_people() and not answer.get("advice"):
        err.print("nothing matches", style="dim")
    raise SystemExit(exits.NOTHING)


def show_advice(answer: Mapping[str, Any]) -> None:
    """Print the suggestions of the service on standard error, if it has any."""
    for each in answer.get("advice") or ():
        err.print(each["message"], markup=False, soft_wrap=True)
