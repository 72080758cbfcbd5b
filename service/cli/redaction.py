"""The option that names further patterns of secrets."""

from pathlib import Path
from typing import Any

import click

from loaders.logs.redaction import Redactor

redaction_option = click.option(
    "--redaction",
    envvar="SPECGRAPH_REDACTION",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Further patterns of secrets, a file; see docs/redaction.md. [env: SPECGRAPH_REDACTION]",
)


def take_redactor(options: dict[str, Any]) -> Redactor:
    """What is secret, by the option, which is taken out of a command's options.

    :raises click.BadParameter: a pattern in the file cannot be used.
    """
    path = options.pop("redaction")
    try:
        return Redactor.from_file(path) if path else Redactor()
    except (ValueError, OSError) as error:
        raise click.BadParameter(str(error), param_hint="--redaction") from error
