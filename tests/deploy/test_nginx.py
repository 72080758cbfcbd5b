"""The example of a proxy, run by a real nginx with a certificate of its own, on loopback."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from cypher.run import Database
from loaders.store import tokens
from service.app import create_app
from tests.documents import SPECS
from tests.service.serving.running import running
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

EXAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NAME = "specgraph.example.org"
PUBLIC = f"https://{NAME}"
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/site.conf;
}}
"""
LARGE = 40 << 20
"""Size of a large upload in bytes: more than any buffer on the way."""


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        return int(sock.getsockname()[1])


def make_certificate(folder: Path) -> None:
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    words += [
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={NAME}",
        "-addext",
        f"subjectAltName=DNS:{NAME}",
    ]
    words += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run([program("openssl"), *words], check=True, capture_output=True)


class Proxy:
    """A running nginx.

    Attributes:
        http: Port without TLS.
        https: Port with TLS.
        folder: Folder with its certificate and log.
    """

    def __init__(self, folder: Path, service: int) -> None:
        self.folder = folder
        self.http, self.https = free_port(), free_port()
        text = EXAMPLE.read_text("utf-8")
        for given, used in {
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.https} ssl;",
            "server 127.0.0.1:8642;": f"server 127.0.0.1:{service};",
            "/etc/ssl/specgraph/": f"{folder}/",
        }.items():
            assert given in text
            text = text.replace(given, used)
        (folder / "site.conf").write_text(text, "utf-8")
        (folder / "main.conf").write_text(MAIN.format(folder=folder), "utf-8")

    def trust(self) -> ssl.SSLContext:
        """Return what trusts the proxy's certificate."""
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    def client(self, **headers: str) -> httpx.Client:
        """Return a client that trusts the proxy's certificate and uses the public name."""
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.https}",
            headers={"Host": NAME, **headers},
            verify=self.trust(),
            timeout=PATIENCE,
        )


@contextmanager
def proxied(folder: Path, service: int) -> Iterator[Proxy]:
    """Run nginx in front of a port."""
    nginx = program("nginx")
    make_certificate(folder)
    proxy = Proxy(folder, service)
    words = [nginx, "-p", str(folder), "-e", str(folder / "error.log")]
    process = subprocess.Popen([*words, "-c", str(folder / "main.conf")])
    try:
        wait_until(lambda: process.poll() is not None or _listens(proxy.https))
        assert process.poll() is None, (folder / "error.log").read_text("utf-8")
        yield proxy
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def get(client: httpx.Client, path: str, **headers: str) -> httpx.Response:
    return client.get(path, headers=headers, extensions={"sni_hostname": NAME})


@pytest.fixture
def proxy(database: Database, tmp_path: Path) -> Iterator[Proxy]:
    """Return a proxy of a service that needs tokens to write, as the examples of settings say."""
    config = {"TESTING": True, "REQUIRE_TOKEN": True, "PUBLIC_URL": PUBLIC}
    with running(create_app(database, config)) as port, proxied(tmp_path, port) as found:
        yield found


def test_the_service_is_reached_by_its_public_name_over_tls_only(proxy: Proxy) -> None:
    with proxy.client() as client:
        page = get(client, "/")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert get(client, "/healthz").json() == {"status": "alive"}
        assert get(client, "/healthz", Host="rebound.example").status_code == 421
    plain = f"http://127.0.0.1:{proxy.http}/api/v1/specs?q=zlib"
    moved = httpx.post(plain, headers={"Host": NAME}, content=b"{}")
    assert moved.status_code == 308
    assert moved.headers["location"] == f"{PUBLIC}/api/v1/specs?q=zlib"


def test_the_service_knows_its_public_address(proxy: Proxy, database: Database) -> None:
    text, _ = tokens.create_token(database, "reader", scopes=(tokens.READ,))
    with proxy.client() as client:
        challenge = client.post("/ms1/specs/new/", extensions={"sni_hostname": NAME})
        assert f'realm="{PUBLIC}/auth/token/"' in challenge.headers["www-authenticate"]
        form = {"token": text}
        for origin, status in ((PUBLIC, 303), ("https://other.example", 403)):
            sent = client.post(
                "/login", data=form, headers={"Origin": origin}, extensions={"sni_hostname": NAME}
            )
            assert sent.status_code == status
            if status == 303:
                assert "Secure" in sent.headers["set-cookie"]


def test_a_large_upload_reaches_the_service(proxy: Proxy, database: Database) -> None:
    text, _ = tokens.create_token(database, "uploader", scopes=(tokens.UPLOAD,))
    body = SPECS[0].read_bytes() + b" " * LARGE
    with proxy.client(Authorization=f"Bearer {text}") as client:
        sent = client.post("/api/v1/specs", content=body, extensions={"sni_hostname": NAME})
    assert sent.status_code == 201
    assert len(sent.json()["roots"]) == 1


def test_an_upload_is_refused_before_it_was_sent(proxy: Proxy) -> None:
    """The service refuses by the header, so the proxy must not wait for the body."""
    head = f"POST /api/v1/specs HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {LARGE}\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", proxy.https), timeout=PATIENCE) as plain,
        proxy.trust().wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        secure.sendall(head.encode() + b" " * (1 << 17))
        answer = secure.recv(1 << 16)
    assert answer.startswith(b"HTTP/1.1 401 ")


class Streaming:
    """An application whose answer goes on when its client has seen the beginning."""

    def __init__(self) -> None:
        self.seen = threading.Event()
        self.was_seen = False

    def __call__(self, _: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "application/x-ndjson")])
        yield b"x" * 1000
        self.was_seen = self.seen.wait(PATIENCE)
        yield b"y" * 1000


def test_an_answer_is_streamed(tmp_path: Path) -> None:
    app = Streaming()
    parts: list[bytes] = []
    with (
        running(app) as port,
        proxied(tmp_path, port) as proxy,
        proxy.client() as client,
        client.stream("GET", "/", extensions={"sni_hostname": NAME}) as answer,
    ):
        for part in answer.iter_raw():
            parts.append(part)
            app.seen.set()
    assert app.was_seen
    assert b"".join(parts) == b"x" * 1000 + b"y" * 1000


def test_metrics_are_for_this_machine_only() -> None:
    text = EXAMPLE.read_text("utf-8")
    block = re.search(r"location = /metrics \{(.*?)\}", text, re.DOTALL)
    assert block is not None
    assert [line.strip() for line in block[1].strip().splitlines()] == [
        "allow 127.0.0.1;",
        "allow ::1;",
        "deny all;",
        "proxy_pass http://specgraph;",
    ]
