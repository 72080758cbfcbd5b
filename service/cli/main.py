"""The command group `specgraph`.

This module and those of the commands import only what their options need. A command imports the
rest when it runs, so that the help, and a question to a service, do not wait for Flask and Neo4j.
"""

import os
import sys
from typing import Any

import click

from service import DISTRIBUTION
from service.cli import exits
from service.cli.abi import abi
from service.cli.audit import audit
from service.cli.backup import backup, restore
from service.cli.builds import build, builds
from service.cli.concretizations import concretizations
from service.cli.doctor import doctor
from service.cli.environment_diff import environment_diff
from service.cli.environments import environments
from service.cli.failures import diagnostics, matrix, regression
from service.cli.impact import facets, impact
from service.cli.installations import installed, owns, sites
from service.cli.libraries import provides, symbol
from service.cli.load import load
from service.cli.mirrors import mirrors
from service.cli.nearest import nearest
from service.cli.needs import needs
from service.cli.plans import fix, plan, plans
from service.cli.queries import query
from service.cli.removal import delete, gc, prune, redact
from service.cli.schema import schema
from service.cli.serve import demo, serve
from service.cli.tests import tests
from service.cli.token import token
from service.cli.traversals import common, diff, splice, variations, why

EPILOG = """
Exit codes: 0 done; 1 nothing matched, or a document was refused; 2 wrong usage; 3 the service or
database cannot be used; 4 no such spec, or an ambiguous hash.
"""


class _Group(click.Group):
    """Commands of which the output may be read by a program that ends before they do."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; end it quietly if nobody reads its output any more, as `| head` does."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _discard_output()
            raise SystemExit(exits.BROKEN_PIPE) from None
        return result


def _discard_output() -> None:
    """Let the interpreter flush what is left to nowhere when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=_Group, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=DISTRIBUTION)
def main() -> None:
    """Provenance of Spack specs as a graph in Neo4j.

    What was it built with, what is it deployed with, and why? Start with `specgraph demo`, or
    with `specgraph serve` and `specgraph load PATH`.
    """


COMMANDS = (
    *(serve, load, query, facets, impact, why, diff, splice, common, variations),
    *(nearest, plan, plans, fix, abi, needs, provides, symbol),
    *(builds, build, diagnostics, matrix, regression),
    *(installed, owns, sites, environments, environment_diff, mirrors, tests, concretizations),
    *(delete, prune, redact, gc),
    *(schema, token, audit, backup, restore, doctor, demo),
)

for command in COMMANDS:
    main.add_command(command)
