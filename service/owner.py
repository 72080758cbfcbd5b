"""The owner of a service: the user of this machine who runs it.

Loopback is shared by all users of a machine. On Linux, the tables of proc(5) name the user of the
process at the other end of a connection on this machine, so the owner need not send a token there,
and others do.
"""

import ipaddress
import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from service.sockets import ESTABLISHED, has_tables, read_sockets

Address = tuple[str, int]
"""An IP address and a port."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The user who runs a service.

    Attributes:
        token: Text of the owner's token.
        listens_on: Address that the service listens on.
        user: The user's id.
    """

    token: str = field(repr=False)
    listens_on: Address
    user: int = field(default_factory=lambda: os.getuid() if os.name == "posix" else -1)

    def sent(self, environ: Mapping[str, object]) -> bool | None:
        """Return whether a process of the owner sent a request; None if the system cannot say.

        Args:
            environ: The request's WSGI environment.
        """
        if not has_tables():
            return None
        try:
            client = str(environ["REMOTE_ADDR"]), int(str(environ["REMOTE_PORT"]))
        except (KeyError, ValueError):
            return False
        return user_of(client, self.listens_on) == self.user


def user_of(client: Address, server: Address) -> int | None:
    """Return the id of the user who has a connection to a server on this machine open.

    Only an established connection counts: the kernel forgets the user of a connection that was
    closed, and shows 0, which is root's.

    Args:
        client: Address of the client's end.
        server: Address of the server's end.

    Returns:
        The user's id, or None if no such connection is open on this machine.
    """
    try:
        wanted = (_parse(*client), _parse(*server))
    except ValueError:
        return None
    for each in read_sockets():
        if each.state == ESTABLISHED and wanted == (
            _read_address(each.local),
            _read_address(each.remote),
        ):
            return each.user
    return None


def _parse(host: str, port: int) -> tuple[bytes, int]:
    return _without_mapping(ipaddress.ip_address(host).packed), port


def _read_address(text: str) -> tuple[bytes, int]:
    """Return an address of the table: words in the order of the machine, and a port, in hex."""
    host, _, port = text.partition(":")
    order = "<" if sys.byteorder == "little" else ">"
    words = [int(host[at : at + 8], 16) for at in range(0, len(host), 8)]
    return _without_mapping(struct.pack(f"{order}{len(words)}I", *words)), int(port, 16)


def _without_mapping(packed: bytes) -> bytes:
    """Return the IPv4 address in an IPv6 address that stands for one, else the address."""
    mapped = ipaddress.IPv6Address(packed).ipv4_mapped if len(packed) == 16 else None
    return mapped.packed if mapped is not None else packed
