"""The setting `redaction`, which adds patterns of secrets."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from loaders.logs.redaction import Redactor


def take_redactor(options: dict[str, Any]) -> "Redactor":
    """Take the option out of a command's options and return the redactor.

    Raises:
        click.BadParameter: The file cannot be read, or has an invalid pattern.
    """
    from loaders.logs.redaction import Redactor

    path = options.pop("redaction")
    try:
        return Redactor.from_file(path) if path else Redactor()
    except (ValueError, OSError) as error:
        raise click.BadParameter(str(error), param_hint="--redaction") from error
