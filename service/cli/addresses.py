"""Print the addresses of the service and of Neo4j Browser."""

import ipaddress
import socket
from pathlib import Path

from service.cli.owner import token_path
from service.cli.screen import out

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "localhost", "::1": "localhost"}  # noqa: S104


def host_and_port(sock: socket.socket) -> tuple[str, int]:
    """Return the IP address and the port of a bound socket."""
    host, port = sock.getsockname()[:2]
    return str(host), int(port)


def is_on_loopback(sock: socket.socket) -> bool:
    """Return whether only this machine can reach a bound socket."""
    return ipaddress.ip_address(host_and_port(sock)[0]).is_loopback


def guide_address(sock: socket.socket) -> str | None:
    """Return the address of the guide for a Neo4j Browser on this machine.

    None for an IPv6 address, which the content security policy of a page cannot allow.
    """
    from service.web.neo4j_browser import GUIDE

    host, port = host_and_port(sock)
    host = _LOOPBACK.get(host, host)
    return None if ":" in host else f"http://{host}:{port}{GUIDE}"


def print_addresses(
    sock: socket.socket, data_dir: Path, browser: str | None, answer: str | None = None
) -> None:
    """Print the addresses of the service and of Neo4j Browser.

    Args:
        sock: Socket of the service.
        data_dir: Folder with the password of the embedded database.
        browser: Address of the embedded database's Browser, if it is used.
        answer: Path of a page to look at first.
    """
    host, port = host_and_port(sock)
    service = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    lines = [
        f"Specgraph       {service}/",
        *([f"  this answer   {service}{answer}"] if answer else []),
        f"REST API        {service}/api/v1  (docs at /docs)",
    ]
    if browser:
        lines += [
            f"Neo4j Browser   {browser}  (user neo4j)",
            f"  its password  {data_dir / 'neo4j-password'}",
            f"Owner's token   {token_path(data_dir)}",
        ]
    lines.append(f"To use it from another terminal: export SPECGRAPH_URL={service}")
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)
    out.print("Stop with Ctrl-C.", style="dim")
