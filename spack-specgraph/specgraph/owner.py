"""Finds the owner's token of a service that the user runs on this machine.

`specgraph serve` writes it into its data directory, beside a file with its address and process.
"""

import json
import os
import stat
import sys
import urllib.parse
from typing import Iterator, List, Optional, Set

_TOKEN_FILE = "owner-token"  # noqa: S105 - a file's name
_SERVICE_FILE = "specgraph-service.json"
_TABLES = "/proc/self/net"
_LISTENING = "0A"  # linux/tcp_states.h, as in proc_net_tcp
_STATE, _USER = 3, 7  # columns of proc_net_tcp


def find_token(url: str) -> Optional[str]:
    """Return the owner's token for the service at an address on this machine.

    It is read only if the process that recorded the address still runs, and nobody else listens on
    its port.

    Returns:
        The token; None if the user runs no such service, or not with the embedded database.

    """
    for folder in _data_dirs():
        if _serves(folder, url):
            return _read_private(os.path.join(folder, _TOKEN_FILE)) or None
    return None


def _data_dirs() -> List[str]:
    """Return the data directories of `serve` and `demo`, as `specgraph` chooses them."""
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    default = os.path.join(base, "specgraph")
    chosen = os.environ.get("SPECGRAPH_DATA_DIR")
    return [*([chosen] if chosen else []), default, os.path.join(default, "demo")]


def _serves(folder: str, url: str) -> bool:
    text = _read_private(os.path.join(folder, _SERVICE_FILE))
    try:
        record = json.loads(text or "")
        host, port = str(record["host"]), int(record["port"])
        pid, started = int(record["pid"]), record["started"]
        parts = urllib.parse.urlsplit(url)
        asked = (parts.hostname or "", parts.port or 80)
    except (ValueError, KeyError, TypeError):
        return False
    hosts = ("127.0.0.1", "::1") if asked[0] == "localhost" else (asked[0],)
    is_there = host in hosts or host in ("0.0.0.0", "::")  # noqa: S104 - compared only
    return parts.scheme == "http" and is_there and asked[1] == port and _runs(pid, started, port)


def _runs(pid: int, started: Optional[str], port: int) -> bool:
    try:
        if not os.path.exists(os.path.join(_TABLES, "tcp")):
            os.kill(pid, 0)
            return True
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == started and _users_listening_on(port) == {os.getuid()}


def _users_listening_on(port: int) -> Set[int]:
    return {int(row[_USER]) for row in _rows() if _is_listening(row, port)}


def _is_listening(row: List[str], port: int) -> bool:
    return row[_STATE] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port


def _rows() -> Iterator[List[str]]:
    for name in ("tcp", "tcp6"):
        try:
            with open(os.path.join(_TABLES, name), encoding="ascii") as file:
                lines = file.readlines()
        except OSError:  # without IPv6 there is only one
            continue
        for line in lines[1:]:
            yield line.split()


def _read_private(path: str) -> Optional[str]:
    """Return the text of a file that only this user can read or write, or None."""
    try:
        with open(path, encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                return None
            return file.read().strip()
    except (OSError, ValueError):
        return None
