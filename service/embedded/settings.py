"""The configuration file and the initial password of the embedded Neo4j."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from service.embedded.browser import browser_lines
from service.embedded.errors import EmbeddedError
from service.embedded.lock import write_private
from service.embedded.pin import NEO4J_VERSION
from service.embedded.ports import HOST

USER = "neo4j"
_PASSWORD_FILE = "neo4j-password"  # noqa: S105 - a file's name
_VERSION_FILE = "neo4j-version"
_HASH_ROUNDS = 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one run.

    Attributes:
        bolt_port: the port for drivers.
        http_port: the port of Neo4j Browser.
        page_cache_mib: size of the page cache in MiB.
        guide: address of the guide that Neo4j Browser plays, if any.
        force_recovery: open a database whose transaction logs are damaged or missing, with what
            can be read of them.
        more: further settings of Neo4j, by their names.

    """

    bolt_port: int
    http_port: int
    page_cache_mib: int
    guide: str | None = None
    force_recovery: bool = False
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def bolt_uri(self) -> str:
        """The address for drivers."""
        return f"bolt://{HOST}:{self.bolt_port}"

    @property
    def browser_url(self) -> str:
        """The address of Neo4j Browser."""
        return f"http://{HOST}:{self.http_port}/browser/"


def write_configuration(data_dir: Path, settings: Settings) -> None:
    """Write `conf/neo4j.conf`.

    Raises:
        OSError: if it cannot be written.
        ValueError: if the address of the guide is invalid.

    """
    lines = [
        f"server.default_listen_address={HOST}",
        f"server.default_advertised_address={HOST}",
        f"server.bolt.listen_address={HOST}:{settings.bolt_port}",
        f"server.bolt.advertised_address={HOST}:{settings.bolt_port}",
        f"server.http.listen_address={HOST}:{settings.http_port}",
        f"server.http.advertised_address={HOST}:{settings.http_port}",
        "server.https.enabled=false",
        "dbms.usage_report.enabled=false",
        "client.allow_telemetry=false",
        "server.bolt.telemetry.enabled=false",
        "dbms.security.auth_enabled=true",
        "dbms.security.allow_csv_import_from_file_urls=false",
        f"server.memory.pagecache.size={settings.page_cache_mib}m",
        # Netty would otherwise wait twice for 5 s without requests (BoltServer.shutdown), which is
        # most of the time of a stop. The checkpoint is written before the network closes.
        "internal.dbms.bolt.netty_server_shutdown_quiet_period=0",
        # A log that has its space cannot run out of it: a transaction that is cut off at the end of
        # a log keeps Neo4j from starting again. Two databases have one each.
        "db.tx_log.preallocate=true",
        "db.tx_log.rotation.size=16m",
        "db.tx_log.rotation.retention_policy=256M size",
    ]
    if settings.force_recovery:
        lines += [
            "internal.dbms.tx_log.fail_on_corrupted_log_files=false",
            "db.recovery.fail_on_missing_files=false",
        ]
    lines += browser_lines(settings.bolt_port, settings.guide)
    lines += [f"{name}={value}" for name, value in settings.more.items()]
    folder = data_dir / "conf"
    folder.mkdir(exist_ok=True)
    write_private(folder / "neo4j.conf", "\n".join(lines) + "\n")


def home_arguments(data_dir: Path) -> list[str]:
    """Return the arguments with the data directory, which also identify its process."""
    return [f"--home-dir={data_dir}", f"--config-dir={data_dir / 'conf'}"]


def version_path(data_dir: Path) -> Path:
    """Return the path of the file with the version of Neo4j that has run on a data directory."""
    return data_dir / _VERSION_FILE


def is_initialised(data_dir: Path) -> bool:
    """Return whether Neo4j has run on a data directory and accepted the password."""
    return version_path(data_dir).exists()


def mark_initialised(data_dir: Path) -> None:
    """Record the Neo4j version that has run on a data directory.

    Raises:
        OSError: if it cannot be written.

    """
    write_private(version_path(data_dir), NEO4J_VERSION + "\n")


def check_version(data_dir: Path) -> None:
    """Check that no newer Neo4j has written a data directory.

    Raises:
        EmbeddedError: if one has, or its version is not readable.

    """
    if not is_initialised(data_dir):
        return
    version = version_path(data_dir).read_text("utf-8", "replace").strip()
    with contextlib.suppress(ValueError):
        if _parse_version(version) <= _parse_version(NEO4J_VERSION):
            return
    raise EmbeddedError(
        f"The data directory {data_dir} was written by Neo4j {version}; "
        f"this is Neo4j {NEO4J_VERSION}.",
        "Use the newer Specgraph that wrote it, or choose another data directory.",
    )


def _parse_version(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def password_path(data_dir: Path) -> Path:
    """Return the path of the password, a file with mode 0600."""
    return data_dir / _PASSWORD_FILE


def ensure_password(data_dir: Path) -> str:
    """Return the password of `USER`, generating it if there is none yet.

    Raises:
        EmbeddedError: if Neo4j has run on the data directory, but the password's file is gone.
        OSError: if the file cannot be read or written.

    """
    path = password_path(data_dir)
    try:
        password = path.read_text("ascii").strip()
        if os.name == "posix":
            path.chmod(0o600)
    except FileNotFoundError:
        password = ""
    if password:
        return password
    if is_initialised(data_dir):
        raise EmbeddedError(
            f"The file with the database's password, {path}, is gone or empty.",
            "Restore it from a backup: a login is impossible without it.",
        )
    password = secrets.token_urlsafe(24)
    write_private(path, password + "\n")
    return password


def write_initial_password(data_dir: Path, password: str) -> None:
    """Write `data/dbms/auth.ini` as `neo4j-admin dbms set-initial-password` does.

    Neo4j reads it when it creates its first user. Writing it here avoids a second start of Java.
    The format is that of Neo4j 5: user, then algorithm, digest, salt and number of rounds.

    Raises:
        OSError: if it cannot be written.

    """
    salt = secrets.token_bytes(32)
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(_HASH_ROUNDS - 1):
        digest = hashlib.sha256(digest).digest()
    folder = data_dir / "data" / "dbms"
    folder.mkdir(parents=True, exist_ok=True)
    credential = f"SHA-256,{digest.hex()},{salt.hex()},{_HASH_ROUNDS}"
    write_private(folder / "auth.ini", f"{USER}:{credential}:\n")
