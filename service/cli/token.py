"""`specgraph token`."""

import time
from typing import Any

import click

from loaders.evidence import MAX_SITE_LENGTH
from loaders.store import tokens
from service.cli import exits
from service.cli.connection import database_options, open_database, take_target
from service.cli.screen import err, out, show_json, table
from service.text import format_time

_DAY = 86400.0
_MOST_DAYS = 36_500
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def token() -> None:
    """Make, list and revoke tokens for uploads.

    A service that runs with --require-token lets nobody write without one. They are kept in the
    database, so the commands want the database and not a service's address.
    """


def _words(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """Words that are not blank and of a length that can be shown.

    :raises click.BadParameter: blank, too long, or not printable.
    """
    text = given.strip() if given is not None else None
    if text is not None and not (0 < len(text) <= MAX_SITE_LENGTH and text.isprintable()):
        raise click.BadParameter(
            f"give 1 to {MAX_SITE_LENGTH} printable characters", context, parameter
        )
    return text


def _end(context: click.Context, parameter: click.Parameter, given: float | None) -> float | None:
    """The time so many days from now, in seconds since 1970.

    :raises click.BadParameter: no number that a calendar holds.
    """
    if given is None:
        return None
    if not 0 < given <= _MOST_DAYS:
        raise click.BadParameter(f"give at most {_MOST_DAYS}", context, parameter)
    return time.time() + given * _DAY


@token.command()
@click.option("--name", required=True, callback=_words, help="What or whom it is for.")
@click.option("--site", callback=_words, help="The only site that it may upload for.")
@click.option(
    "--days",
    "expires",
    type=click.FloatRange(0, min_open=True),
    callback=_end,
    help="It ends after so many days.",
)
@_AS_JSON
@database_options
def create(
    name: str, site: str | None, expires: float | None, as_json: bool, **options: Any
) -> None:
    """Make a token for uploads and print it: this once, only its digest is kept."""
    with open_database(take_target(options)) as database:
        text, made = tokens.create(database, name, site=site, expires=expires)
    if as_json:
        show_json({"token": text, **_shown(made)})
        return
    click.echo(text)
    err.print("Keep it: it is not shown again. Clients take it from SPECGRAPH_TOKEN.", style="dim")


@token.command("list")
@_AS_JSON
@database_options
def list_(as_json: bool, **options: Any) -> None:
    """List all tokens, the newest first; their secrets are nowhere kept."""
    with open_database(take_target(options)) as database:
        found = tokens.find_all(database)
    now = time.time()
    if as_json:
        show_json([_shown(each) for each in found])
    else:
        rows = [
            [t.public_id, t.name, t.site or "all", t.state(now), *map(format_time, _times(t))]
            for t in found
        ]
        table("", ["id", "name", "site", "", "created", "expires", "last used"], rows)
    if not found:
        raise SystemExit(exits.NOTHING)


@token.command()
@click.argument("token_id", metavar="ID")
@database_options
def revoke(token_id: str, **options: Any) -> None:
    """Take a token back, by its id or its whole text; from now on it is refused."""
    parts = token_id.split("_")
    public_id = parts[1] if parts[0] == "sg" and len(parts) > 2 else token_id
    with open_database(take_target(options)) as database:
        found = tokens.revoke(database, public_id)
    if not found:
        err.print(f"no token has the id {public_id}", markup=False)
        raise SystemExit(exits.NOT_FOUND)
    out.print(f"revoked {public_id}", markup=False)


def _times(kept: tokens.Token) -> tuple[float | None, float | None, float | None]:
    return kept.created, kept.expires, kept.last_used


def _shown(kept: tokens.Token) -> dict[str, Any]:
    return {
        "id": kept.public_id,
        "name": kept.name,
        "scopes": list(kept.scopes),
        "site": kept.site,
        "state": kept.state(time.time()),
        "created": kept.created,
        "expires": kept.expires,
        "last_used": kept.last_used,
    }
