import socket

import pytest

from service.cli import addresses


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:8642"),
        ("0.0.0.0", "http://127.0.0.1:8642"),
        ("::", "http://localhost:8642"),
        ("::1", "http://localhost:8642"),
        ("192.0.2.7", "http://192.0.2.7:8642"),
        ("2001:db8::7", None),
    ],
)
def test_the_guide_has_an_address_for_a_browser_on_this_machine(
    host: str, origin: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "host_and_port", lambda _: (host, 8642))
    with socket.socket() as sock:
        address = addresses.guide_address(sock)
    assert address == (f"{origin}/browser/guide.html" if origin else None)


def test_the_address_has_the_port_of_the_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        assert addresses.guide_address(sock) == f"http://127.0.0.1:{port}/browser/guide.html"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *[("127.0.0.1", True), ("127.0.0.2", True), ("::1", True)],
        *[("0.0.0.0", False), ("::", False), ("192.0.2.7", False), ("2001:db8::7", False)],
    ],
)
def test_only_loopback_is_out_of_reach_of_other_machines(
    host: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "host_and_port", lambda _: (host, 8642))
    with socket.socket() as sock:
        assert addresses.is_on_loopback(sock) is expected
