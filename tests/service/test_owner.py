"""Writing on loopback: the owner of a service needs no token, and other users of the machine do."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from cypher.run import Database
from loaders.store import tokens
from service.app import create_app
from service.owner import Owner, user_of
from service.queries.audit import AuditFilter, find_entries
from tests.documents import SPECS
from tests.serving import served

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/net/tcp").exists(), reason="only Linux says whose a connection is"
)


def address_of(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


@contextmanager
def owned(database: Database, user: int) -> Iterator[tuple[str, str]]:
    """Serve with an owner; yield the address and the owner's token."""
    text, _ = tokens.create_token(database, "me", scopes=(tokens.ADMIN,))
    app = create_app(database, {"TESTING": True})
    with served(app) as url:
        app.config["OWNER"] = Owner(text, address_of(url), user)
        yield url, text


@pytest.fixture
def own(database: Database) -> Iterator[str]:
    """A service whose owner is the user of the tests."""
    with owned(database, os.getuid()) as (url, _):
        yield url


@pytest.fixture
def foreign(database: Database) -> Iterator[tuple[str, str]]:
    """A service whose owner is another user, and the owner's token."""
    with owned(database, os.getuid() + 1) as served_with_token:
        yield served_with_token


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_user_of_an_open_connection_is_known(family: socket.AddressFamily) -> None:
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with server:
        address = server.getsockname()[:2]
        with socket.create_connection(address) as client:
            ends = client.getsockname()[:2]
            assert user_of(ends, address) == os.getuid()
            assert user_of((ends[0], ends[1]), (address[0], ends[1])) is None
        # The kernel shows root as the user of a connection that was closed.
        assert user_of(ends, address) is None


def test_an_ipv4_client_of_an_ipv6_server_is_known() -> None:
    try:
        server = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        pytest.skip("no IPv6 on this machine")
    with server, socket.create_connection(("127.0.0.1", server.getsockname()[1])) as client:
        assert user_of(client.getsockname(), client.getpeername()) == os.getuid()


@pytest.mark.parametrize("host", ["192.0.2.7", "not an address", ""])
def test_a_client_elsewhere_has_no_user(host: str) -> None:
    assert user_of((host, 1), ("127.0.0.1", 2)) is None
    environ = {"REMOTE_ADDR": host, "REMOTE_PORT": "1"}
    assert Owner("", ("127.0.0.1", 2)).sent(environ) is False


def test_a_request_without_a_port_is_not_the_owners() -> None:
    assert Owner("", ("127.0.0.1", 2)).sent({"REMOTE_ADDR": "127.0.0.1"}) is False


def test_the_owner_writes_without_a_token_and_under_his_name(own: str, database: Database) -> None:
    sent = requests.post(f"{own}/api/v1/specs", data=SPECS[0].read_bytes(), timeout=60)
    assert sent.status_code == 201
    [entry] = find_entries(database, AuditFilter(), "", 10)
    assert (entry["name"], entry["path"]) == ("me", "/api/v1/specs")
    [token] = tokens.find_all(database)
    assert token.last_used is not None


def test_an_invalid_token_of_the_owner_is_ignored(own: str) -> None:
    headers = {"Authorization": "Bearer none"}
    sent = requests.post(
        f"{own}/api/v1/specs", data=SPECS[0].read_bytes(), headers=headers, timeout=60
    )
    assert sent.status_code == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/specs"),
        ("POST", "/api/v1/documents"),
        ("PUT", "/submit.php?project=a"),
        ("POST", "/ms1/builds/new/"),
        ("DELETE", f"/api/v1/specs/{'a' * 32}"),
        ("GET", "/api/v1/audit"),
    ],
)
def test_other_users_need_a_token_to_write(
    foreign: tuple[str, str], method: str, path: str
) -> None:
    url, token = foreign
    refused = requests.request(method, url + path, data=b"{}", timeout=60)
    assert refused.status_code == 401
    headers = {"Authorization": f"Bearer {token}"}
    accepted = requests.request(method, url + path, data=b"{}", headers=headers, timeout=60)
    assert accepted.status_code not in (401, 403)


def test_other_users_are_advised_and_may_read(foreign: tuple[str, str]) -> None:
    url, _ = foreign
    refused = requests.post(f"{url}/api/v1/specs", data=b"{}", timeout=60)
    assert "owner-token in the data directory" in refused.json()["detail"]
    for path in ("/", "/api/v1/specs", "/docs"):
        assert requests.get(url + path, timeout=60).status_code == 200
    asked = requests.post(f"{url}/api/v1/specs/missing", json={"hashes": ["a" * 32]}, timeout=60)
    assert asked.status_code == 200


def test_the_owner_of_a_service_that_requires_tokens_needs_one(
    database: Database,
) -> None:
    text, _ = tokens.create_token(database, "me", scopes=(tokens.ADMIN,))
    app = create_app(database, {"TESTING": True, "REQUIRE_TOKEN": True})
    with served(app) as url:
        app.config["OWNER"] = Owner(text, address_of(url))
        sent = requests.post(f"{url}/api/v1/specs", data=SPECS[0].read_bytes(), timeout=60)
    assert sent.status_code == 401
