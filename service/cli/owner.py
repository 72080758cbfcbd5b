"""The owner's token of an embedded database, in a file that the commands of its owner find."""

import contextlib
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.cli.commands import user_name
from service.cli.settings import default_data_dir

if TYPE_CHECKING:
    from cypher.run import Database

_TOKEN_FILE = "owner-token"  # noqa: S105 - a file's name
_SERVICE_FILE = "specgraph-service.json"
_DAYS = 365
_RENEW_DAYS = 275
"""A token that is valid for fewer days is replaced at the next start: every 90 days at most."""
_DAY_SECONDS = 86400.0
_LOOPBACK = {"localhost": ("127.0.0.1", "::1")}
"""Names of this machine and their addresses; addresses stand for themselves."""


def token_path(data_dir: Path) -> Path:
    """Return the path of the owner's token, a file with mode 0600."""
    return data_dir / _TOKEN_FILE


def ensure_token(database: "Database", data_dir: Path) -> str:
    """Return the owner's token, making and storing a new one if there is none, or an old one.

    Args:
        database: The embedded database.
        data_dir: Its data directory.

    Raises:
        OSError: The file cannot be read or written.
        WriteRefusedError: The database is not to be written to now, and there is no valid token.
    """
    from cypher.run import WriteRefusedError
    from loaders.store import tokens
    from service.embedded.lock import write_private

    path = token_path(data_dir)
    text = _read_private(path)
    stored = tokens.find_token(database, text) if text else None
    now = time.time()
    if text and stored is not None and (stored.expires or now) > now + _RENEW_DAYS * _DAY_SECONDS:
        return text
    try:
        made, _ = tokens.create_token(
            database,
            user_name() or "owner",
            scopes=(tokens.ADMIN,),
            expires=now + _DAYS * _DAY_SECONDS,
        )
        write_private(path, made + "\n")
    except WriteRefusedError:
        if text and stored is not None:
            return text
        raise
    if stored is not None:
        tokens.revoke_token(database, stored.public_id)
    return made


@contextlib.contextmanager
def announced(data_dir: Path, address: tuple[str, int]) -> Iterator[None]:
    """Record the address of a service in its data directory, as long as it runs.

    Args:
        data_dir: The data directory.
        address: IP address and port that the service listens on.

    Raises:
        OSError: The file cannot be written.
    """
    from service.embedded.lock import write_private
    from service.embedded.processes import identify_process

    process = identify_process(os.getpid())
    record = {
        "host": address[0],
        "port": address[1],
        "pid": os.getpid(),
        "started": process.started if process is not None else None,
    }
    path = data_dir / _SERVICE_FILE
    write_private(path, json.dumps(record) + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def find_token(url: str, data_dir: Path) -> str | None:
    """Return the owner's token for a service of this user on this machine.

    The token is read only if the process that recorded the address in the data directory still
    runs, and nobody else listens on its port.

    Args:
        url: Address of the service.
        data_dir: The data directory of the command's options; that of the demo is tried as well.

    Returns:
        The token, or None if no such service is known.
    """
    for folder in (data_dir, default_data_dir() / "demo"):
        if _serves(folder, url):
            return _read_private(token_path(folder))
    return None


def _serves(data_dir: Path, url: str) -> bool:
    """Return whether the service at an address runs on a data directory."""
    text = _read_private(data_dir / _SERVICE_FILE)
    try:
        record = json.loads(text or "")
        host, port = str(record["host"]), int(record["port"])
        pid, started = int(record["pid"]), record["started"]
        parts = urlsplit(url)
        hosts = _LOOPBACK.get(parts.hostname or "", (parts.hostname,))
        is_same = parts.scheme == "http" and (parts.port or 80) == port and _reaches(hosts, host)
    except (ValueError, KeyError, TypeError):
        return False
    return is_same and _runs(pid, started, port)


def _reaches(hosts: tuple[str | None, ...], host: str) -> bool:
    """Return whether a service that listens on `host` answers at one of some addresses."""
    everywhere = host in ("0.0.0.0", "::")  # noqa: S104 - compared only
    return host in hosts or (everywhere and bool({"127.0.0.1", "::1"} & set(hosts)))


def _runs(pid: int, started: str | None, port: int) -> bool:
    from service.embedded.processes import identify_process, users_listening_on

    process = identify_process(pid)
    if process is None or process.started != started:
        return False
    # `localhost` is several addresses, and another user could listen at one of them.
    return users_listening_on(port) in (None, {os.getuid()})


def _read_private(path: Path) -> str | None:
    """Return the text of a file that only this user can read or write, or None."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                return None
            return file.read().strip()
    except (OSError, ValueError):
        return None
