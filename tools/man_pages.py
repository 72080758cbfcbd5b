"""Write manual pages of all commands, from their help, into a folder for `man`.

Usage: python -m tools.man_pages FOLDER
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click

from service import DISTRIBUTION
from service.cli import main
from tools.cli_docs import help_context


def write_pages(folder: Path) -> list[Path]:
    """Write a page for each command into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for words, command in sorted(_commands(("specgraph",), main)):
        path = folder / f"{'-'.join(words)}.1"
        path.write_text(page_of(words, command), encoding="utf-8")
        written.append(path)
    return written


def _commands(
    words: tuple[str, ...], command: click.Command
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from _commands((*words, name), each)


def page_of(words: tuple[str, ...], command: click.Command) -> str:
    """Return the manual page of a command as roff for man(7).

    Args:
        words: The command as it is typed.
        command: The command.
    """
    context = help_context(command, " ".join(words))
    name, summary = "-".join(words), command.get_short_help_str(limit=200).rstrip(".")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f'.TH "{name.upper()}" "1" "" "specgraph {version(DISTRIBUTION)}" "Specgraph"',
        *(".SH NAME", f"{_plain(name)} \\- {_plain(summary)}"),
        *(".SH SYNOPSIS", f".B {_plain(' '.join(words))}", _plain(usage)),
        *(".SH DESCRIPTION", *_paragraphs(command.help or "")),
    ]
    named = [each for each in command.params if isinstance(each, click.Option)]
    options = [each.get_help_record(context) for each in named]
    lines += [".SH OPTIONS"] if any(options) else []
    for record in options:
        if record is not None:
            lines += [".TP", f".B {_plain(record[0])}", _plain(" ".join(record[1].split()))]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for each, sub in command.commands.items():
            lines += [".TP", f".B {_plain('-'.join((*words, each)))}(1)"]
            lines.append(_plain(sub.get_short_help_str(limit=200)))
    if command.epilog:
        lines += [".SH EXIT STATUS", *_paragraphs(command.epilog.replace("Exit codes: ", ""))]
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a help text; blocks that begin with a backspace stay as they are."""
    for place, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        lines = [line.strip() for line in paragraph.splitlines()]
        if place:
            yield ".PP"
        if lines[0] == "\b":
            yield from (".nf", *map(_plain, lines[1:]), ".fi")
        else:
            yield _plain(" ".join(lines))


def _plain(text: str) -> str:
    """Return a text without the characters that roff takes for its own, and in ASCII."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    text = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in text)
    return f"\\&{text}" if text[:1] in (".", "'") else text


if __name__ == "__main__":
    for page in write_pages(Path(sys.argv[1])):
        print(page)
