"""Running the commands in this process."""

import json
from typing import Any

from click.testing import CliRunner, Result

from service.cli import main, screen
from service.cli.settings import SETTINGS
from tests.conftest import Neo4jAddress


class Commands:
    """Calls of `specgraph` on one database or service.

    :param options: the connection options, put after each command's own words.
    """

    def __init__(self, *options: str) -> None:
        self.options = options

    @classmethod
    def on(cls, address: Neo4jAddress) -> "Commands":
        """Calls on a database."""
        password = ("--neo4j-password", address.password) if address.password else ()
        return cls("--neo4j-uri", address.uri, "--neo4j-user", address.user, *password)

    def run(self, *words: str, status: int = 0, given: bytes | None = None) -> Result:
        """A command's result, which must end with this status."""
        return run(*words, *self.options, status=status, given=given)

    def table(self, *words: str, status: int = 0) -> str:
        """What a command prints on a terminal."""
        return self.run(*words, "--format", "table", status=status).stdout

    def json(self, *words: str, status: int = 0, given: bytes | None = None) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.run(*words, "--json", status=status, given=given).stdout)


def run(*words: str, status: int = 0, given: bytes | None = None) -> Result:
    """A command's result, which must end with this status."""
    clean = dict.fromkeys(_VARIABLES)
    runner = CliRunner(env={**clean, "COLUMNS": str(_COLUMNS)})
    # The variable is read once, and xdist sets it for its workers.
    screen.out.width = screen.err.width = _COLUMNS
    result = runner.invoke(main, list(words), input=given, prog_name="specgraph")
    assert result.exit_code == status, (words, result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


_COLUMNS = 200
_VARIABLES = {
    "SPECGRAPH_CONFIG",
    # The cache of Neo4j's jars stays that of the user.
    *(name for each in SETTINGS if not each.is_exported for name in each.variables),
}
