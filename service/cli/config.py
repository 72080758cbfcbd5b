"""The option `--config`: settings from a TOML file."""

import difflib
import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from service.cli.screen import err
from service.cli.settings import BY_NAME, OTHER_VARIABLES, SETTINGS, F, Setting

_KINDS = {str: "a text", int: "an integer", bool: "true or false", list: "a list of texts"}
_LIKENESS = 0.4
"""How like a known name an unknown key has to be for the message to name it."""
_MISTYPED = 0.9
"""The same for variables, of which other programs may set any."""


def config_option(function: F) -> F:
    """Add the option that names a file of settings."""
    option = click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="SPECGRAPH_CONFIG",
        metavar="FILE",
        default=_own_file,
        show_default=False,
        is_eager=True,
        expose_value=False,
        callback=_use_file,
        help="TOML file with settings; options and variables take precedence. By default "
        "specgraph/config.toml in the user's folder for settings, if it is there. "
        "[env: SPECGRAPH_CONFIG]",
    )
    return option(function)


def _own_file() -> Path | None:
    """Return the user's own file of settings, if there is one: `~/.config/specgraph/config.toml`.

    The folder is that of the platform; on Linux `XDG_CONFIG_HOME` moves it.
    """
    import platformdirs

    path = platformdirs.user_config_path("specgraph", appauthor=False) / "config.toml"
    return path if path.is_file() else None


def _use_file(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Make the values of a file the defaults of the command's options."""
    if path is None:
        return
    values = read_settings(path)
    for parameter in context.command.params:
        if parameter.name in values:
            _check_value(context, parameter, path, values[parameter.name])
    context.default_map = values
    # Also for commands without the option, which may start the database as well.
    for setting in SETTINGS:
        is_set = os.environ.get(setting.variables[0])
        if setting.is_exported and setting.parameter in values and not is_set:
            setting.export(values[setting.parameter])


def _check_value(
    context: click.Context, parameter: click.Parameter, path: Path, value: object
) -> None:
    try:
        parameter.type_cast_value(context, value)
    except click.BadParameter as error:
        name = str(parameter.name).replace("_", "-")
        raise click.UsageError(f"{path}: {name}: {error.message}", context) from error


def read_settings(path: Path) -> dict[str, Any]:
    """Return the values of a file by the names of the commands' parameters.

    Warns if the file contains a password and everybody can read it.

    Raises:
        click.UsageError: The file cannot be read, is not TOML, has an unknown key, or a value of
            the wrong type.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
            mode = os.fstat(file.fileno()).st_mode
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    values = {}
    for key, value in content.items():
        setting = BY_NAME.get(key)
        if setting is None:
            raise click.UsageError(f"{path}: {key!r} is not a setting{_suggest_key(key)}")
        if not _has_kind(value, setting):
            raise click.UsageError(f"{path}: {key}: {_KINDS[setting.kind]} is needed")
        values[setting.parameter] = value
    _warn_if_readable(path, mode, content)
    return values


def _has_kind(value: object, setting: Setting) -> bool:
    if setting.kind is list:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    # Exactly, because in Python a boolean is an integer, too.
    return type(value) is setting.kind


def _suggest_key(key: str) -> str:
    names = list(BY_NAME)
    close = difflib.get_close_matches(key.lower().replace("_", "-"), names, 1, _LIKENESS)
    return f"; did you mean {close[0]!r}?" if close else "; see docs/settings.md"


def _warn_if_readable(path: Path, mode: int, content: Mapping[str, object]) -> None:
    secrets = [each.name for each in SETTINGS if each.is_secret and each.name in content]
    if secrets and mode & (stat.S_IROTH | stat.S_IWOTH):
        _warn(f"{path} contains {secrets[0]} and is open to all users: run chmod o= {path}")


def warn_of_mistyped_variables(environment: Mapping[str, str]) -> None:
    """Warn of variables whose names are nearly those of settings."""
    known = [*OTHER_VARIABLES, *(name for each in SETTINGS for name in each.variables)]
    for name in sorted(environment):
        if name.startswith("SPECGRAPH_") and name not in known:
            close = difflib.get_close_matches(name, known, 1, _MISTYPED)
            if close:
                _warn(f"{name} is not a setting; did you mean {close[0]}?")


def _warn(text: str) -> None:
    err.print(f"warning: {text}", style="yellow", markup=False, soft_wrap=True)
