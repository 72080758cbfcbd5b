"""`specgraph serve` and `specgraph demo`."""

import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.addresses import (
    guide_address,
    host_and_port,
    is_on_loopback,
    print_addresses,
)
from service.cli.api import Api, in_process_api
from service.cli.config import warn_of_mistyped_variables
from service.cli.connection import (
    Target,
    Unavailable,
    connect,
    database_errors,
    database_options,
    is_typed,
    keep_room,
    migrate_with_notice,
    start_embedded,
    take_target,
)
from service.cli.logs import NO_FILE, configure_logs
from service.cli.queries import show_matches
from service.cli.redaction import take_redactor
from service.cli.screen import out
from service.cli.settings import (
    DATABASE,
    EMBEDDED,
    LISTENING,
    LOGS,
    SAFETY,
    default_data_dir,
    setting_options,
)
from service.cli.traversals import show_splice

if TYPE_CHECKING:
    from cypher.run import Database
    from service.owner import Owner

HEADLINE = ("mpich@4", "mvapich2")
"""The question of the demonstration: built with, deployed with."""


@dataclass(frozen=True)
class _Settings:
    """Settings of the embedded database; None for the defaults."""

    bolt_port: int | None
    http_port: int | None
    heap_mib: int | None
    page_cache_mib: int | None
    min_free_mib: int | None


def _take_settings(options: dict[str, Any]) -> _Settings:
    return _Settings(
        bolt_port=options.pop("bolt_port"),
        http_port=options.pop("browser_port"),
        heap_mib=options.pop("heap_mib"),
        page_cache_mib=options.pop("page_cache_mib"),
        min_free_mib=options.pop("min_free_mib"),
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Bind a socket early, so that a port in use is reported before anything starts.

    Raises:
        Unavailable: The address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise Unavailable(
                f"cannot listen on {host}:{port}: {reason}\n"
                "Choose another port with --port, or stop the program that uses it."
            ) from error
        yield sock


@contextlib.contextmanager
def _database(
    target: Target, settings: _Settings, guide: str | None, *, quick: bool
) -> Iterator[tuple["Database", str | None]]:
    """Open the database to serve; yield it, and the address of its Browser if it is embedded."""
    from service.cli.warm_up import plan_headline_in_background

    with contextlib.ExitStack() as stack:
        if target.neo4j_uri:
            given = (target.neo4j_uri, target.neo4j_user, target.neo4j_password)
            browser = None
        else:
            connection = stack.enter_context(
                start_embedded(target.data_dir, **vars(settings), guide=guide, quick=quick)
            )
            given = (connection.uri, connection.user, connection.password)
            browser = connection.browser_url
        database = stack.enter_context(
            connect(
                *given,
                name=target.neo4j_database,
                on_answer=plan_headline_in_background,
                prepare=partial(migrate_with_notice, backup_first=target.backup_first),
            )
        )
        if not target.neo4j_uri:
            keep_room(database, target.data_dir, settings.min_free_mib)
        yield database, browser


@contextlib.contextmanager
def _owned(
    database: "Database", data_dir: Path | None, sock: socket.socket
) -> Iterator["Owner | None"]:
    """Make the token of the owner of an embedded database, and let the owner's commands find it."""
    from service.cli.owner import announced, ensure_token
    from service.owner import Owner

    if data_dir is None:
        yield None
        return
    with database_errors():
        token = ensure_token(database, data_dir)
    listens_on = host_and_port(sock)
    with announced(data_dir, listens_on):
        yield Owner(token, listens_on)


def _run(
    database: "Database",
    sock: socket.socket,
    browser: str | None,
    data_dir: Path | None,
    app_options: Mapping[str, object],
    trusted_proxy: str | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, both of which end waitress's loop.

    Args:
        database: The database to serve.
        sock: A socket that listens.
        browser: Address of the embedded database's Browser, if it is used.
        data_dir: Folder of the embedded database, if it is used.
        app_options: Configuration of the app from the command's options.
        trusted_proxy: Address of a proxy that names the clients' addresses.
    """
    from service.access_log import AccessLog, log_refusal
    from service.app import create_app
    from service.cli.sealing import sealing
    from service.cli.warm_up import RequestCounter, warming_up
    from service.serving.server import create_server

    is_reachable = trusted_proxy or app_options.get("PUBLIC_URL") or not is_on_loopback(sock)
    config = {
        **app_options,
        "REQUIRE_TOKEN": bool(app_options.get("REQUIRE_TOKEN") or is_reachable),
        "DATA_DIR": data_dir,
        "NEO4J_BROWSER_URL": browser,
        "NEO4J_BROWSER_GUIDE": guide_address(sock) if browser else None,
    }
    app = create_app(database, config)
    counted = RequestCounter(app)
    database.refuse_while_away()
    server = create_server(
        AccessLog(counted), sock, trusted_proxy=trusted_proxy, on_refusal=log_refusal
    )
    metrics = app.extensions["specgraph.metrics"]
    metrics.watch_lanes(server.task_dispatcher.states)
    database.observer = metrics
    try:
        with warming_up(app, counted.is_busy), sealing(database):
            server.run()
    finally:
        server.close()


@click.command()
@setting_options(*LISTENING, "quick", *EMBEDDED, *SAFETY, *LOGS, "redaction", "backup-first")
@database_options
def serve(
    host: str,
    port: int,
    quick: bool,
    require_token: bool,
    require_token_to_read: bool,
    allow_host: tuple[str, ...],
    public_url: str | None,
    trusted_proxy: str | None,
    access_log: str,
    log_format: str,
    **options: Any,
) -> None:
    """Run the service, and without --neo4j-uri also the embedded Neo4j.

    The embedded database is a real Neo4j Community. It is downloaded once, listens on loopback
    only and stops with the service.
    """
    configure_logs(log_format, access_log)
    warn_of_mistyped_variables(os.environ)
    settings = _take_settings(options)
    app_options = {
        "REDACTOR": take_redactor(options),
        "REQUIRE_TOKEN": require_token,
        "REQUIRE_TOKEN_TO_READ": require_token_to_read,
        "ALLOWED_HOSTS": (host, *allow_host),
        "PUBLIC_URL": public_url,
    }
    target = take_target(options)
    _import_app_in_background()
    with (
        _terminating(),
        _listening(host, port) as sock,
        _database(target, settings, guide_address(sock), quick=quick) as (database, browser),
        _owned(database, target.embedded_dir, sock) as owner,
    ):
        # Only now: a client that connects earlier would wait while the database starts.
        sock.listen(128)
        print_addresses(sock, target.data_dir, browser)
        _run(
            database,
            sock,
            browser,
            target.embedded_dir,
            app_options | {"OWNER": owner},
            trusted_proxy,
        )


def _import_app_in_background() -> None:
    """Import the app while the database starts; it takes a second."""

    def import_app() -> None:
        import service.app
        import service.serving.server  # noqa: F401

    threading.Thread(target=import_app, name="import", daemon=True).start()


@contextlib.contextmanager
def _terminating() -> Iterator[None]:
    """Let SIGTERM interrupt the start-up like Ctrl-C, so that everything started is stopped."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
    finally:
        signal.signal(signal.SIGTERM, before)


@click.command()
@setting_options(*LISTENING, *EMBEDDED)
@click.option("--once", is_flag=True, help="Exit after the answer instead of serving.")
@setting_options(*DATABASE)
def demo(host: str, port: int, once: bool, **options: Any) -> None:
    """Load samples of real stacks and splices, ask the headline question, serve.

    Uses an embedded database in a data directory of its own. Another one must be named by an
    option: the database named in the environment is not the place for samples.
    """
    from service.app import create_app
    from service.cli.samples import load_samples

    configure_logs("text", NO_FILE, logging.WARNING)
    settings = _take_settings(options)
    target = _demo_target(take_target(options))
    with (
        _terminating(),
        _listening(host, port) as sock,
        _database(target, settings, guide_address(sock), quick=True) as (database, browser),
    ):
        api = in_process_api(create_app(database))
        load_samples(database, api)
        _ask(api)
        if once:
            return
        with _owned(database, target.embedded_dir, sock) as owner:
            sock.listen(128)
            out.print()
            answer = "/?built_with={}&deployed_with={}".format(*HEADLINE)
            print_addresses(sock, target.data_dir, browser, answer)
            _run(database, sock, browser, target.embedded_dir, {"OWNER": owner})


def _demo_target(target: Target) -> Target:
    """Return the database for the samples: the one that options name, or that of the demo."""
    return replace(
        target,
        neo4j_uri=target.neo4j_uri if is_typed("neo4j_uri") else None,
        data_dir=target.data_dir if is_typed("data_dir") else default_data_dir() / "demo",
    )


def _ask(api: Api) -> None:
    built, deployed = HEADLINE
    out.print()
    out.print(f"specgraph query --built-with {built} --deployed-with {deployed}", style="bold cyan")
    answer = api.get("/specs", built_with=built, deployed_with=deployed)
    show_matches(answer)
    for item in answer["items"][:1]:
        out.print()
        out.print(f"specgraph splice /{item['hash'][:7]}", style="bold cyan")
        show_splice(api.get(f"/specs/{item['hash']}/splice"))
