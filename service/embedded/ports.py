"""Ports on the loopback interface."""

import os
import platform
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from service.embedded.errors import EmbeddedError

HOST = "127.0.0.1"
_BOLT_HELLO = bytes.fromhex("6060b01700000405000000000000000000000000")
"""Bolt's magic number and four proposed versions, of which only the first is set: 5.4."""


def is_free(port: int) -> bool:
    """Return whether a server could listen on a loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # like Neo4j, ignore connections in TIME_WAIT
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


class PortReservations:
    """Well-known ports that this server uses, and no other service of this user may choose.

    A port is free for seconds after it was chosen, until Neo4j listens, and again while Neo4j is
    restarted. A reservation is a locked file, which the system unlocks when its process ends.
    """

    def __init__(self, folder: Path) -> None:
        """Initialize without a reservation.

        Args:
            folder: the folder of the locks, common to all services of this user. If it cannot be
                written, nothing is reserved.

        """
        self._folder = folder
        self._held: list[FileLock] = []

    def take(self, port: int) -> bool:
        """Reserve a port, and return whether it is not reserved by another service."""
        path = self._folder / f"{platform.node()}-{port}.lock"  # the folder may be on a network
        lock = FileLock(path, timeout=0, thread_local=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            return False
        except (OSError, NotImplementedError):
            return True
        self._held.append(lock)
        return True

    def release(self) -> None:
        """End all reservations."""
        while self._held:
            self._held.pop().release()


def choose_port(
    requested: int | None,
    default: int,
    option: str,
    reservations: PortReservations,
    *,
    reserved: int | None = None,
) -> int:
    """Return the port to listen on: the requested one, or else the default or any free one.

    Args:
        requested: the port that the user requires, if any.
        default: the port to use otherwise, if it is free.
        option: the name of the option for `requested`.
        reservations: takes a reservation of the requested or default port.
        reserved: a port that another listener is about to use.

    Raises:
        EmbeddedError: if `requested` is in use.

    """

    def is_available(port: int) -> bool:
        return port != reserved and is_free(port) and reservations.take(port)

    if requested is not None:
        if not is_available(requested):
            raise EmbeddedError(
                f"Port {requested} on {HOST} is in use by another program.",
                f"Stop that program, choose another port with {option}, or omit {option} to use "
                "any free port.",
            )
        return requested
    if is_available(default):
        return default
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port != reserved:
            return port


def speaks_bolt(port: int) -> bool:
    """Return whether a Bolt server answers on a loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as connection:
            connection.sendall(_BOLT_HELLO)
            return len(connection.recv(4)) == 4
    except OSError:
        return False


def is_listening(port: int) -> bool:
    """Return whether any server accepts connections on a loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False
