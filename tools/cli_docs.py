"""The generator of `docs/cli.md`: `python -m tools.cli_docs`."""

from collections.abc import Iterator

import click

from service.cli import main

WIDTH = 100


def help_context(
    command: click.Command, name: str, parent: click.Context | None = None
) -> click.Context:
    """Return the context in which a command writes its help, with both names of its help option.

    A command keeps the help option of the first context that asks for it, so every context must
    name it alike.
    """
    return click.Context(
        command,
        parent,
        info_name=name,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=["-h", "--help"],
    )


def _section(title: str, context: click.Context) -> Iterator[str]:
    lines = [line.rstrip() for line in context.command.get_help(context).splitlines()]
    yield from ("", f"## {title}", "", "```text", *lines, "```")


def _sections(title: str, context: click.Context) -> Iterator[str]:
    yield from _section(title, context)
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            inner = help_context(context.command.commands[name], name, context)
            yield from _sections(f"{title} {name}", inner)


def cli_markdown() -> str:
    """Return the help of `specgraph` and of each of its commands as Markdown, by name."""
    group = help_context(main, "specgraph")
    lines = ["# Command line", "", "Generated from the commands' own help by `make docs`."]
    lines += _section("specgraph", group)
    for name in main.list_commands(group):
        lines += _sections(f"specgraph {name}", help_context(main.commands[name], name, group))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    click.echo(cli_markdown(), nl=False)
