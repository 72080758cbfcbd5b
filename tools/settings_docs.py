"""The generator of `docs/settings.md`: `python -m tools.settings_docs`."""

import click

from service.cli.settings import OTHER_VARIABLES, SETTINGS, Setting

KINDS = {str: "text", int: "integer", bool: "`true` or `false`", list: "list of texts"}
HEAD = """# Settings

Generated from the table in `service/cli/settings.py` by `make docs`.

Each setting is an option of the commands that need it, an environment variable, and a key of a
TOML file that is named by `--config FILE` or `SPECGRAPH_CONFIG`. An option takes precedence over
its variable, a variable over the file, and the file over the default. So one file can serve all
commands of a deployment:

```toml
host = "0.0.0.0"
public-url = "https://specgraph.example.org"
require-token = true
neo4j-uri = "bolt://127.0.0.1:7687"
neo4j-password = "..."
```

A command uses the settings that it has options for. An unknown key, or a value of the wrong type,
is an error, whichever command reads the file. A file with a password that is open to all users
gives a warning, and so does a variable whose name is nearly that of a setting. Relative paths start
at the working directory. `demo` reads no file, so that it never loads its samples into your own
database.

| key and option | type | variable | meaning |
|---|---|---|---|
"""
OTHERS = """
These can only be set in the environment:

| variable | meaning |
|---|---|
"""


def settings_markdown() -> str:
    """Return all settings as Markdown."""
    rows = [_row(each) for each in SETTINGS]
    others = [f"| {_code(names)} | {meaning} |" for names, meaning in OTHER_VARIABLES.items()]
    return HEAD + "\n".join(rows) + "\n" + OTHERS + "\n".join(others) + "\n"


def _row(setting: Setting) -> str:
    default = setting.option.get("default")
    if callable(default):
        default = setting.option["show_default"]
    meaning = setting.help + (f" Default: {default}." if default is not None else "")
    variables = _code(", ".join(setting.variables))
    return f"| `{setting.name}` | {KINDS[setting.kind]} | {variables} | {meaning} |"


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


if __name__ == "__main__":
    click.echo(settings_markdown(), nl=False)
