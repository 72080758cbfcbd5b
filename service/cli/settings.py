"""The settings: one table of options, environment variables and keys of a file.

The options of the commands, their help, the keys of `--config FILE` and `docs/settings.md` all come
from it. An option takes precedence over its variable, and that over the file.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from loaders.evidence import DEFAULT_SITE
from service.guard import Guard

F = TypeVar("F", bound=Callable[..., object])

DEFAULT_PORT = 8642


def default_data_dir() -> Path:
    """Return the default folder of the embedded database."""
    import platformdirs

    return Path(platformdirs.user_data_dir("specgraph", appauthor=False))


def _check_public_url(_: click.Context, __: click.Parameter, given: str | None) -> str | None:
    try:
        Guard.of((), given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return given


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that can be set by an option, a variable or a file.

    Attributes:
        name: Its key in a file, and its option without the dashes.
        help: Its meaning.
        variables: Its environment variables; the first that is set counts.
        kind: Type of its value in a file: `str`, `int`, `bool`, or `list` for several texts.
        is_secret: Whether its value is a password.
        is_exported: Whether it is read from its first variable, so that options and files set that.
        option: What else click has to know of the option.
    """

    name: str
    help: str
    variables: tuple[str, ...]
    kind: type = str
    is_secret: bool = False
    is_exported: bool = False
    option: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameter(self) -> str:
        """Name of the commands' parameter."""
        return self.name.replace("-", "_")

    def export(self, value: object) -> None:
        """Set the variable from which the value is read."""
        os.environ[self.variables[0]] = str(value)

    def add_to(self, function: F) -> F:
        """Add the option to a command."""

        def export(_: click.Context, __: click.Parameter, value: object) -> None:
            if value is not None:
                self.export(value)

        exporting: dict[str, Any] = {}
        if self.is_exported:
            exporting = {"callback": export, "expose_value": False}
        named = f"{self.help} [env: {', '.join(self.variables)}]"
        decorate = click.option(
            f"--{self.name}",
            envvar=list(self.variables),
            help=named,
            # Not False: click would take a password that begins with a dash for another option.
            is_flag=True if self.kind is bool else None,
            multiple=self.kind is list,
            **exporting,
            **self.option,
        )
        return decorate(function)


SETTINGS = (
    Setting(
        "host",
        "Address to listen on. Everyone who can reach it can read everything: keep it on "
        "loopback, or behind a proxy that authenticates users.",
        ("SPECGRAPH_HOST",),
        option={"default": "127.0.0.1", "show_default": True, "metavar": "ADDRESS"},
    ),
    Setting(
        "port",
        "Port to listen on; 0 picks a free one.",
        ("SPECGRAPH_PORT",),
        int,
        option={"type": click.IntRange(0, 65535), "default": DEFAULT_PORT, "show_default": True},
    ),
    Setting(
        "public-url",
        "Address of the service as its users know it, if a proxy is in front of it: "
        "https://specgraph.example.org.",
        ("SPECGRAPH_PUBLIC_URL",),
        option={"metavar": "URL", "callback": _check_public_url},
    ),
    Setting(
        "trusted-proxy",
        "Address of a proxy in front of the service whose X-Forwarded-For names the clients; * for "
        "any, if only proxies can reach the service.",
        ("SPECGRAPH_TRUSTED_PROXY",),
        option={"metavar": "ADDRESS"},
    ),
    Setting(
        "access-log",
        "File for a line on each request; - is standard error, and none writes no lines.",
        ("SPECGRAPH_ACCESS_LOG",),
        option={"default": "-", "show_default": True, "metavar": "FILE"},
    ),
    Setting(
        "log-format",
        "Format of all log messages: text for people, or json with an object a line.",
        ("SPECGRAPH_LOG_FORMAT",),
        option={"type": click.Choice(["text", "json"]), "default": "text", "show_default": True},
    ),
    Setting(
        "allow-host",
        "Name under which clients address the service, besides localhost and IP addresses; may be "
        "repeated, in the variable separated by blanks.",
        ("SPECGRAPH_ALLOWED_HOSTS",),
        list,
        option={"metavar": "NAME"},
    ),
    Setting(
        "require-token",
        "Accept uploads only with a token, as a service that other machines can reach always does, "
        "also by --public-url or --trusted-proxy; see specgraph token.",
        ("SPECGRAPH_REQUIRE_TOKEN",),
        bool,
    ),
    Setting(
        "require-token-to-read",
        "Answer nothing without a token, pages included.",
        ("SPECGRAPH_REQUIRE_TOKEN_TO_READ",),
        bool,
    ),
    Setting(
        "redaction",
        "File with further patterns of secrets; see docs/redaction.md.",
        ("SPECGRAPH_REDACTION",),
        option={"type": click.Path(exists=True, dir_okay=False, path_type=Path)},
    ),
    Setting(
        "neo4j-uri",
        "Address of a Neo4j: bolt://, neo4j:// or neo4j+s://. Without it, the embedded one is "
        "used.",
        ("SPECGRAPH_NEO4J_URI", "NEO4J_URI"),
        option={"metavar": "URI"},
    ),
    Setting(
        "neo4j-user",
        "Its user.",
        ("SPECGRAPH_NEO4J_USER", "NEO4J_USERNAME", "NEO4J_USER"),
        option={"default": "neo4j", "show_default": True, "metavar": "NAME"},
    ),
    Setting(
        "neo4j-password",
        "Its password; preferably set in the environment or a file.",
        ("SPECGRAPH_NEO4J_PASSWORD", "NEO4J_PASSWORD"),
        is_secret=True,
        option={"metavar": "WORD"},
    ),
    Setting(
        "neo4j-database",
        "Its database, if not the default one.",
        ("SPECGRAPH_NEO4J_DATABASE", "NEO4J_DATABASE"),
        option={"metavar": "NAME"},
    ),
    Setting(
        "data-dir",
        "Folder of the embedded database.",
        ("SPECGRAPH_DATA_DIR",),
        option={
            "type": click.Path(file_okay=False, path_type=Path),
            "default": default_data_dir,
            "show_default": "the user's data directory",
        },
    ),
    Setting(
        "bolt-port",
        "Port of the embedded database for drivers; by default 7687 or a free one.",
        ("SPECGRAPH_BOLT_PORT",),
        int,
        option={"type": click.IntRange(1, 65535)},
    ),
    Setting(
        "browser-port",
        "Port of the embedded database for Neo4j Browser; by default 7474 or a free one.",
        ("SPECGRAPH_BROWSER_PORT",),
        int,
        option={"type": click.IntRange(1, 65535)},
    ),
    Setting(
        "heap-mib",
        "Heap of the embedded database in MiB; by default 1024, or 512 if it is quick.",
        ("SPECGRAPH_HEAP_MIB",),
        int,
        option={"type": click.IntRange(64)},
    ),
    Setting(
        "page-cache-mib",
        "Page cache of the embedded database in MiB; by default 512, or 128 if it is quick.",
        ("SPECGRAPH_PAGE_CACHE_MIB",),
        int,
        option={"type": click.IntRange(8)},
    ),
    Setting(
        "min-free-mib",
        "Free space in MiB on the disk of the embedded database below which it starts and accepts "
        "nothing; by default 256.",
        ("SPECGRAPH_MIN_FREE_MIB",),
        int,
        option={"type": click.IntRange(0)},
    ),
    Setting(
        "quick",
        "Start the embedded database fast and with little memory, as the demo does; it answers "
        "more slowly.",
        ("SPECGRAPH_QUICK",),
        bool,
    ),
    Setting(
        "cache-dir",
        "Folder of Neo4j's jars.",
        ("SPECGRAPH_CACHE_DIR",),
        is_exported=True,
        option={"type": click.Path(file_okay=False, path_type=Path), "metavar": "DIRECTORY"},
    ),
    Setting(
        "maven-repository",
        "Address of the Maven repository to download them from.",
        ("SPECGRAPH_MAVEN_REPOSITORY",),
        is_exported=True,
        option={"metavar": "URL"},
    ),
    Setting(
        "backup-first",
        "Before an older graph is migrated, back it up to FILE.",
        ("SPECGRAPH_BACKUP_FIRST",),
        option={"type": click.Path(dir_okay=False, path_type=Path), "metavar": "FILE"},
    ),
    Setting(
        "url",
        "Address of a running Specgraph service, used instead of a database. A database that an "
        "option names takes precedence over a service that a variable or a file names.",
        ("SPECGRAPH_URL",),
        option={"metavar": "URL"},
    ),
    Setting(
        "site",
        "Site that the documents come from.",
        ("SPECGRAPH_SITE",),
        option={"default": DEFAULT_SITE, "show_default": True, "metavar": "NAME"},
    ),
)
"""All settings, in the order of the documentation."""

BY_NAME = {each.name: each for each in SETTINGS}

LISTENING = ("host", "port", "bolt-port", "browser-port", "heap-mib", "page-cache-mib")
"""Settings of commands that serve and start a database."""
EMBEDDED = ("min-free-mib", "cache-dir", "maven-repository")
"""Settings of the embedded database for commands that serve."""
SAFETY = ("require-token", "require-token-to-read", "allow-host", "public-url", "trusted-proxy")
"""Settings of who may use the service, and under which names."""
LOGS = ("access-log", "log-format")
"""Settings of the logs."""
DATABASE = ("neo4j-uri", "neo4j-user", "neo4j-password", "neo4j-database", "data-dir")
"""Settings that name a database."""

OTHER_VARIABLES = {
    "SPECGRAPH_CONFIG": "the file of settings (`--config`)",
    "SPECGRAPH_TOKEN": "the token that commands send to a service",
    "JAVA_HOME": "the Java for the embedded database",
    "HTTPS_PROXY, HTTP_PROXY, NO_PROXY": "proxies for the download and for `--url`",
}
"""Variables without an option or key of a file, and their meaning."""


def setting_options(*names: str) -> Callable[[F], F]:
    """Return a decorator that adds the options of some settings to a command, in this order."""

    def decorate(function: F) -> F:
        for name in reversed(names):
            function = BY_NAME[name].add_to(function)
        return function

    return decorate
