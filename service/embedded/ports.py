"""Loopback ports."""

import os
import socket

from service.embedded.errors import EmbeddedError

HOST = "127.0.0.1"
_BOLT_HELLO = bytes.fromhex("6060b01700000405000000000000000000000000")
"""Bolt's magic word and four proposals of a version: 5.4 and nothing else."""


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # as Neo4j does: connections that linger do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose_port(asked: int | None, usual: int, option: str, taken: int | None = None) -> int:
    """Return the port to listen on: the one asked for, else the usual one, else any free one.

    Args:
        asked: The port that the user insists on.
        usual: The port to prefer otherwise.
        option: The name of the setting that `asked` came from.
        taken: A port that is about to be used by another listener.

    Raises:
        EmbeddedError: `asked` is in use.

    """
    if asked is not None:
        if asked == taken or not is_free(asked):
            raise port_in_use(asked, option)
        return asked
    if usual != taken and is_free(usual):
        return usual
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port != taken:
            return port


def port_in_use(port: int, option: str) -> EmbeddedError:
    """Return the error for a port that somebody else listens on."""
    return EmbeddedError(
        f"Port {port} on {HOST} is in use by another program.",
        f"Stop that program, give another {option}, or give none to have a free port picked.",
    )


def speaks_bolt(port: int) -> bool:
    """Tell whether a Bolt server answers on a loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as connection:
            connection.sendall(_BOLT_HELLO)
            return len(connection.recv(4)) == 4
    except OSError:
        return False


def listens(port: int) -> bool:
    """Tell whether anything accepts connections on a loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False
