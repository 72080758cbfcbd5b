"""`specgraph token`."""

import time
from typing import TYPE_CHECKING, Any, TypedDict

import click

from loaders.evidence import MAX_SITE_LENGTH
from service.cli import exits
from service.cli.commands import record_command
from service.cli.connection import database_options, open_database, take_target
from service.cli.output import format_options, show_for_programs, table
from service.cli.screen import err, out
from service.text import format_time

if TYPE_CHECKING:
    from loaders.store.tokens import Token

_DAY_SECONDS = 86400.0
_MOST_DAYS = 36_500
DEFAULT_DAYS = 90
SCOPES = ("read", "upload", "admin")
"""As in `loaders.store.tokens`, which is slow to import."""


@click.group()
def token() -> None:
    """Create, list and revoke tokens.

    A service that runs with --require-token accepts no upload without one, and one that runs with
    --require-token-to-read answers nothing without one. Tokens are stored in the database, so these
    commands need the database and not the address of a service.
    """


def _check_words(
    context: click.Context, parameter: click.Parameter, given: str | None
) -> str | None:
    """Return words without surrounding blanks.

    Raises:
        click.BadParameter: They are blank, too long, or not printable.
    """
    text = given.strip() if given is not None else None
    if text is not None and not (0 < len(text) <= MAX_SITE_LENGTH and text.isprintable()):
        raise click.BadParameter(
            f"use 1 to {MAX_SITE_LENGTH} printable characters", context, parameter
        )
    return text


def _expiry(context: click.Context, parameter: click.Parameter, given: float) -> float:
    """Return the time that many days from now, in seconds since 1970.

    Raises:
        click.BadParameter: The number is too large for a calendar, or not a number.
    """
    if not 0 < given <= _MOST_DAYS:
        raise click.BadParameter(f"use at most {_MOST_DAYS}", context, parameter)
    return time.time() + given * _DAY_SECONDS


@token.command()
@click.option(
    "--name",
    required=True,
    callback=_check_words,
    help="Its holder or purpose; the user name that clients of spack-monitor send with it.",
)
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="upload",
    show_default=True,
    help="What its holder may do; upload includes read, and admin includes both, deletion and the "
    "audit.",
)
@click.option("--site", callback=_check_words, help="The only site for which it may upload.")
@click.option(
    "--days",
    "expires",
    type=click.FloatRange(0, min_open=True),
    default=DEFAULT_DAYS,
    show_default=True,
    callback=_expiry,
    help="Number of days after which it expires.",
)
@format_options
@database_options
def create(name: str, scope: str, site: str | None, expires: float, **options: Any) -> None:
    """Create a token and print it. Only its digest is stored: it is shown once."""
    from loaders.store import tokens

    with open_database(take_target(options)) as database:
        record_command(database, "token create", site)
        text, made = tokens.create_token(
            database, name, site=site, scopes=(scope,), expires=expires
        )
    if show_for_programs({"token": text, **_describe(made)}):
        return
    click.echo(text)
    err.print("Keep it: it is not shown again. Clients take it from SPECGRAPH_TOKEN.", style="dim")


@token.command("list")
@format_options
@database_options
def list_(**options: Any) -> None:
    """List all tokens, the newest first; their secrets are never stored."""
    from loaders.store import tokens

    with open_database(take_target(options)) as database:
        found = tokens.find_all(database)
    if not show_for_programs([_describe(each) for each in found]):
        now = time.time()
        columns = ["id", "name", "scope", "site", "", "created", "expires", "last used"]
        table("", columns, [_row(each, now) for each in found])
    if not found:
        raise SystemExit(exits.NOTHING)


@token.command()
@click.argument("token_id", metavar="ID")
@database_options
def revoke(token_id: str, **options: Any) -> None:
    """Revoke a token, given its id or its whole text; from now on it is refused."""
    from loaders.store import tokens

    parts = token_id.split("_")
    public_id = parts[1] if parts[0] == "sg" and len(parts) > 2 else token_id
    with open_database(take_target(options)) as database:
        record_command(database, "token revoke")
        found = tokens.revoke_token(database, public_id)
    if not found:
        err.print(f"no token has the id {public_id}", markup=False)
        raise SystemExit(exits.NOT_FOUND)
    out.print(f"revoked {public_id}", markup=False)


def _row(stored: "Token", now: float) -> list[str]:
    times = (stored.created, stored.expires, stored.last_used)
    return [
        stored.public_id,
        stored.name,
        ", ".join(stored.scopes),
        stored.site or "all",
        stored.state(now),
        *map(format_time, times),
    ]


class _TokenEntry(TypedDict):
    id: str
    name: str
    scopes: list[str]
    site: str | None
    state: str
    created: float
    expires: float | None
    last_used: float | None


def _describe(stored: "Token") -> _TokenEntry:
    return {
        "id": stored.public_id,
        "name": stored.name,
        "scopes": list(stored.scopes),
        "site": stored.site,
        "state": stored.state(time.time()),
        "created": stored.created,
        "expires": stored.expires,
        "last_used": stored.last_used,
    }
