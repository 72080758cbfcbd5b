"""The TCP sockets of this machine, from the tables of proc(5) on Linux."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TABLES = Path("/proc/self/net")
"""Folder of the tables of this process's network."""
ESTABLISHED, LISTENING = "01", "0A"
"""States of a socket, from linux/tcp_states.h."""


class TcpSocket(NamedTuple):
    """A row of a table; addresses are words in the order of the machine, and a port, in hex.

    Attributes:
        local: Address of this end.
        remote: Address of the other end.
        state: Its state.
        user: Id of the user whose process has it.
        inode: Number in the links of `/proc/PID/fd`.
    """

    local: str
    remote: str
    state: str
    user: int
    inode: str

    @property
    def port(self) -> int:
        """The port of this end."""
        return int(self.local.rpartition(":")[2], 16)


def has_tables() -> bool:
    """Return whether this system has the tables."""
    return (TABLES / "tcp").exists()


def read_sockets(tables: Path = TABLES) -> Iterator[TcpSocket]:
    """Yield all sockets of IPv4 and IPv6.

    Args:
        tables: Folder of the tables, `/proc/PID/net` for those that a process sees.
    """
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):  # without IPv6 there is only one
            for line in (tables / name).read_text("ascii").splitlines()[1:]:
                row = line.split()
                yield TcpSocket(row[1], row[2], row[3], int(row[7]), row[9])
