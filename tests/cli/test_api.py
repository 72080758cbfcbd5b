"""Calls of a service over HTTP: errors, redirects, tokens and uploads."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from service.cli.api import Api, open_api
from service.cli.connection import Target, Unavailable
from tests.cli.commands import run

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}


class Stub:
    """A server that records the headers and bodies of requests."""

    def __init__(self, port: int, answer: Callable[[str], Answer]) -> None:
        self.port = port
        self.answer = answer
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(answer: Callable[[str], Answer]) -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stub.requests.append((self.path, dict(self.headers), body))
            status, headers, content = answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub = Stub(server.server_port, answer)
        worker = threading.Thread(target=server.serve_forever)
        worker.start()
        try:
            yield stub
        finally:
            server.shutdown()
            worker.join()


def empty_page(_: str) -> Answer:
    return 200, JSON, b'{"items": [], "next": null, "total": {"count": 0, "type": "EXACT"}}'


@contextmanager
def api_of(url: str) -> Iterator[Api]:
    target = Target(
        url=url,
        neo4j_uri=None,
        neo4j_user="neo4j",
        neo4j_password=None,
        neo4j_database=None,
        data_dir=Path("unused"),
    )
    with open_api(target) as api:
        yield api


def test_a_service_that_does_not_answer_ends_the_command_with_3() -> None:
    result = run("query", "zlib", "--url", "http://127.0.0.1:1", status=3)
    assert "no service answers at http://127.0.0.1:1: " in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("url", ["localhost:8642", "http://[::1", "ftp://localhost/"])
def test_an_invalid_address_ends_the_command_with_3(url: str) -> None:
    assert run("query", "zlib", "--url", url, status=3).stderr.startswith("Error: ")


@pytest.mark.parametrize("status", [200, 404, 502])
def test_another_server_is_not_a_specgraph_service(status: int) -> None:
    with serving(lambda _: (status, {"Content-Type": "text/html"}, b"<html>")) as stub:
        result = run("query", "zlib", "--url", stub.url, status=3)
    assert f"{stub.url} is not a Specgraph service" in result.stderr


def test_the_token_is_sent_even_if_the_address_has_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECGRAPH_TOKEN", " sg_secret ")
    with serving(empty_page) as stub, api_of(f"http://user:word@127.0.0.1:{stub.port}/") as api:
        api.get("/specs", q="zlib", built_with=None, exact=True)
    ((path, headers, _),) = stub.requests
    assert path == "/api/v1/specs?q=zlib&exact=true"
    assert headers["Authorization"] == "Bearer sg_secret"


def test_the_token_does_not_follow_a_redirect_to_another_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPECGRAPH_TOKEN", "sg_secret")
    with serving(empty_page) as other:
        elsewhere = f"http://localhost:{other.port}"

        def redirect(path: str) -> Answer:
            return 307, {"Location": elsewhere + path}, b""

        with serving(redirect) as stub, api_of(stub.url) as api:
            assert api.get("/specs")["items"] == []
    assert stub.requests[0][1]["Authorization"] == "Bearer sg_secret"
    assert "Authorization" not in other.requests[0][1]


def test_a_file_is_streamed_with_its_length() -> None:
    content = b"x" * 3_000_000
    with serving(lambda _: (200, JSON, b'{"documents": []}')) as stub, api_of(stub.url) as api:
        assert api.send("/documents", io.BytesIO(content), site="lab") == {"documents": []}
    ((path, headers, body),) = stub.requests
    assert (path, body) == ("/api/v1/documents?site=lab", content)
    assert headers["Content-Length"] == str(len(content))


def test_text_is_returned_as_it_is() -> None:
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    with serving(lambda _: (200, plain, "ä\n".encode())) as stub, api_of(stub.url) as api:
        assert api.text("/builds/abc/log") == "ä\n"


def test_an_answer_that_is_cut_off_is_unavailable() -> None:
    cut = {**JSON, "Content-Encoding": "gzip"}
    with (
        serving(lambda _: (200, cut, b"\x1f\x8b\x08")) as stub,
        api_of(stub.url) as api,
        pytest.raises(Unavailable),
    ):
        api.get("/specs")
