"""Connect a command to the graph: to a service, a database, or the embedded database."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from service.cli import exits
from service.cli.config import config_option
from service.cli.screen import download_progress, err, show_status
from service.cli.settings import DATABASE, F, setting_options

if TYPE_CHECKING:
    from cypher.run import Database
    from service.embedded import Connection


@dataclass(frozen=True)
class Target:
    """The service or database that the connection options name.

    Attributes:
        backup_first: File to back up an older graph to before it is migrated, if any.
    """

    url: str | None
    neo4j_uri: str | None
    neo4j_user: str
    neo4j_password: str | None
    neo4j_database: str | None
    data_dir: Path
    backup_first: Path | None = None

    @property
    def embedded_dir(self) -> Path | None:
        """The data directory, if the embedded database is used."""
        return None if self.url or self.neo4j_uri else self.data_dir


class Unavailable(click.ClickException):
    """The graph cannot be reached; ends the command with exit code 3."""

    exit_code = exits.UNAVAILABLE


def database_options(function: F) -> F:
    """Add the options that name a database, or a file that does."""
    return config_option(setting_options(*DATABASE)(function))


def target_options(function: F) -> F:
    """Add the options that name a database or a service."""
    return setting_options("url")(database_options(function))


def take_target(options: dict[str, Any]) -> Target:
    """Take the connection options out of a command's options.

    An option on the command line that names a database counts more than a service or another
    database named by a variable or a file. Next to `--url`, `--data-dir` says where the owner's
    token is.

    Raises:
        click.UsageError: The command line names a service and a database.
    """
    url, neo4j_uri = options.pop("url", None), options.pop("neo4j_uri")
    typed_url, typed_uri = url and is_typed("url"), neo4j_uri and is_typed("neo4j_uri")
    if is_typed("data_dir") or typed_uri:
        url = url if typed_url else None
        neo4j_uri = neo4j_uri if typed_uri else None
    if typed_url and typed_uri:
        raise click.UsageError("--url names a service and --neo4j-uri a database; give one of them")
    return Target(
        url=url,
        neo4j_uri=neo4j_uri,
        neo4j_user=options.pop("neo4j_user"),
        neo4j_password=options.pop("neo4j_password"),
        neo4j_database=options.pop("neo4j_database"),
        data_dir=options.pop("data_dir"),
        backup_first=options.pop("backup_first", None),
    )


def is_typed(parameter: str) -> bool:
    """Return whether the running command has this option from its command line."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source is ParameterSource.COMMANDLINE


@contextlib.contextmanager
def open_database(target: Target, *, migrate: bool = True) -> Iterator["Database"]:
    """Open the database that the options name.

    The embedded database is used if it is running, or else started until the command ends.

    Args:
        target: The options.
        migrate: Install the schema, and migrate an older graph.

    Raises:
        Unavailable: The database cannot be reached or started.
    """
    if target.url is None and os.environ.get("SPECGRAPH_URL"):
        used = target.neo4j_uri or f"the embedded database in {target.data_dir}"
        err.print(
            f"This command uses {used}, not the service in SPECGRAPH_URL.",
            style="dim",
            markup=False,
            soft_wrap=True,
        )
    with contextlib.ExitStack() as stack:
        if target.neo4j_uri:
            connection = (target.neo4j_uri, target.neo4j_user, target.neo4j_password)
        else:
            connection = stack.enter_context(_embedded(target.data_dir))
        prepare: Callable[[Database], object] = check_version
        if migrate:
            prepare = partial(migrate_with_notice, backup_first=target.backup_first)
        database = stack.enter_context(
            connect(*connection, name=target.neo4j_database, prepare=prepare)
        )
        if not target.neo4j_uri:
            keep_room(database, target.data_dir)
        yield database


def keep_room(database: "Database", data_dir: Path, min_free_mib: int | None = None) -> None:
    """Refuse writes to the embedded database while its disk is nearly full.

    Args:
        database: The embedded database.
        data_dir: Its data directory.
        min_free_mib: Free space in MiB that writes need; None for the default.
    """
    from cypher.run import WriteRefusedError
    from service.embedded.room import MIN_FREE_MIB, NoRoomError, require_room

    def check_room() -> None:
        try:
            require_room(data_dir, MIN_FREE_MIB if min_free_mib is None else min_free_mib)
        except NoRoomError as error:
            raise WriteRefusedError(str(error)) from error

    database.check_write = check_room


@contextlib.contextmanager
def connect(
    uri: str,
    user: str,
    password: str | None,
    *,
    name: str | None = None,
    on_answer: Callable[["Database"], None] = lambda _: None,
    prepare: Callable[["Database"], object] | None = None,
) -> Iterator["Database"]:
    """Connect to a database, and prepare it.

    Args:
        uri: Address of the database.
        user: Its user.
        password: The user's password; None if the database needs none.
        name: Name of the database; None for the user's default.
        on_answer: Called when the database has answered, before it is prepared.
        prepare: Installs the schema and migrates an older graph; by default with a notice.

    Raises:
        Unavailable: The database does not answer, or refuses the user, or is newer than this
            program.
    """
    from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError

    from cypher.run import Database

    try:
        database = Database.connect(uri, user, password, name)
    except (ValueError, ConfigurationError) as error:
        raise Unavailable(f"{uri}: {error}") from error
    with database:
        try:
            database.driver.verify_connectivity()
            on_answer(database)
            (prepare or migrate_with_notice)(database)
        except AuthError as error:
            raise Unavailable(f"{uri} refuses user {user} with that password") from error
        except (DriverError, Neo4jError) as error:
            raise Unavailable(f"no Neo4j answers at {uri}: {error}") from error
        yield database


@contextlib.contextmanager
def database_errors() -> Iterator[None]:
    """End the command with a message if the database fails while it runs.

    Raises:
        Unavailable: The database failed.
    """
    from neo4j.exceptions import DriverError, Neo4jError

    from cypher.run import WriteRefusedError

    try:
        yield
    except WriteRefusedError as error:
        raise Unavailable(str(error)) from error
    except (DriverError, Neo4jError) as error:
        raise Unavailable(f"the database failed: {error}") from error


def check_version(database: "Database") -> int:
    """Return the version of the graph's schema, and leave the graph as it is.

    Raises:
        Unavailable: The graph is newer than this program.
    """
    from loaders.store.migrations import NewerSchemaError, stored_version

    try:
        return stored_version(database)
    except NewerSchemaError as error:
        raise Unavailable(str(error)) from error


def migrate_with_notice(database: "Database", *, backup_first: Path | None = None) -> None:
    """Install the schema and migrate an older graph.

    Args:
        database: The database.
        backup_first: File to back up an older graph to; without it, the user of a terminal is
            asked before it is migrated.

    Raises:
        Unavailable: The graph is newer than this program, or cannot be backed up, or the user wants
            to back it up first.
    """
    from graph_models import schema
    from loaders.store.migrations import SCHEMA_VERSION, migrate_graph

    version = check_version(database)
    if version < SCHEMA_VERSION and backup_first is not None:
        from service.cli.backup import write_to_file

        write_to_file(database, backup_first)
    elif version < SCHEMA_VERSION:
        _announce_migration(version, SCHEMA_VERSION)
    schema.install_schema(database.driver, database.name)
    migrate_graph(database)


def _announce_migration(version: int, target: int) -> None:
    """Say that the graph is migrated, and how to back it up; on a terminal, ask for consent.

    Raises:
        Unavailable: The user does not consent.
    """
    err.print(
        f"The graph has version {version} of the schema and is migrated to version {target}. "
        "That cannot be undone. An interrupted migration continues at the next start.\n"
        f"{_advise_backup(version)}",
        markup=False,
    )
    if sys.stdin.isatty() and err.is_terminal and not click.confirm("Migrate it now?", err=True):
        raise Unavailable("the graph was left as it is")


def _advise_backup(version: int) -> str:
    from loaders.backup.dump import OLDEST_SCHEMA

    if version < OLDEST_SCHEMA:
        return "To keep a copy, stop here and copy the data directory or volume of Neo4j."
    return (
        "To keep a copy, stop here and run `specgraph backup FILE`, or give `--backup-first FILE`."
    )


@contextlib.contextmanager
def _embedded(data_dir: Path) -> Iterator[tuple[str, str, str]]:
    """Attach to the embedded database or start it; yield address, user and password."""
    from service.embedded import wait_and_attach

    running = wait_and_attach(data_dir, show_status)
    if running is not None:
        yield running.uri, running.user, running.password
        return
    with start_embedded(data_dir, quick=True) as connection:
        yield connection.uri, connection.user, connection.password


@contextlib.contextmanager
def start_embedded(data_dir: Path, **settings: Any) -> Iterator["Connection"]:
    """Start the embedded database, and stop it in the end.

    Raises:
        Unavailable: It cannot be started; the message says why, and what to do.
    """
    from service.embedded import EmbeddedError, EmbeddedNeo4j

    with contextlib.ExitStack() as stack:
        try:
            # The progress bar ends before the command prints anything of its own.
            with download_progress() as on_progress:
                server = EmbeddedNeo4j(
                    data_dir, on_progress=on_progress, on_status=show_status, **settings
                )
                connection = server.start()
            stack.callback(server.stop)
        except EmbeddedError as error:
            raise Unavailable(f"{error.message}\n{error.advice}") from error
        yield connection
