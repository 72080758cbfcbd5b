"""Calls of the extension: tried again with back-off, and shown to nobody else."""

import gzip
import importlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.extension.running import EXTENSION

Answer = tuple[int, dict[str, str], Any]


class Stub:
    """A service that answers as it is told, and keeps what it was asked.

    :ivar answers: what it answers, one after the other; the last for good.
    :ivar asked: paths and headers of the requests.
    """

    def __init__(self) -> None:
        self.answers: list[Answer] = [(200, {}, {"ok": True})]
        self.asked: list[tuple[str, dict[str, str]]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.asked.append((self.path, dict(self.headers)))
                more = len(stub.answers) > 1
                status, headers, body = stub.answers.pop(0) if more else stub.answers[0]
                content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    worker = threading.Thread(target=stub.server.serve_forever)
    worker.start()
    yield stub
    stub.server.shutdown()
    worker.join()
    stub.server.server_close()


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(EXTENSION))
    return importlib.import_module("specgraph.client")


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(stub: Stub, module: Any, slept: list[float]) -> Any:
    return module.Client(stub.url, "secret", tries=4, sleep=slept.append)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_fault_is_tried_again(
    stub: Stub, client: Any, slept: list[float], status: int
) -> None:
    stub.answers[:0] = [(status, {}, ""), (status, {}, "")]
    assert client.get("/specs", q="hdf5", limit=None) == {"ok": True}
    assert [path for path, _ in stub.asked] == ["/api/v1/specs?q=hdf5"] * 3
    assert 0.25 <= slept[0] <= 0.5 <= slept[1] <= 1.0


def test_it_waits_as_long_as_the_service_asks(stub: Stub, client: Any, slept: list[float]) -> None:
    stub.answers[:0] = [(503, {"Retry-After": "7"}, ""), (429, {"Retry-After": "soon"}, "")]
    client.get("/specs")
    assert 7.0 <= slept[0] <= 7.5
    assert slept[1] <= 1.0


def test_it_gives_up(stub: Stub, client: Any, module: Any, slept: list[float]) -> None:
    stub.answers = [(503, {}, {"detail": "full"})]
    with pytest.raises(module.UnavailableError, match=f"no service answers at {stub.url}: full"):
        client.get("/specs")
    assert (len(stub.asked), len(slept)) == (4, 3)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((422, {}, {"status": 422, "detail": "no"}), "RefusedError"),
        ((401, {}, {"detail": "which token?"}), "NotAllowedError"),
        ((301, {"Location": "https://example.org/"}, ""), "UnavailableError"),
        ((404, {}, "no such page"), "UnavailableError"),
        ((500, {}, {"detail": "a fault"}), "UnavailableError"),
        ((200, {}, "<html>"), "UnavailableError"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else value,
)
def test_what_will_not_pass_is_not_tried_again(
    stub: Stub, client: Any, module: Any, answer: Answer, error: str
) -> None:
    stub.answers = [answer]
    with pytest.raises(getattr(module, error)):
        client.get("/specs")
    assert len(stub.asked) == 1


def test_the_token_is_shown_and_no_proxy_is_between_on_this_machine(
    stub: Stub, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client = module.Client(stub.url, "secret", tries=1)
    assert client.get("/specs") == {"ok": True}
    assert stub.asked[0][1]["Authorization"] == "Bearer secret"


def test_elsewhere_the_proxy_is_used(
    stub: Stub, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", stub.url)
    monkeypatch.delenv("no_proxy", raising=False)
    client = module.Client("http://specgraph.example.org", tries=1)
    assert client.get("/specs") == {"ok": True}
    assert stub.asked[0][0] == "http://specgraph.example.org/api/v1/specs"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("specgraph.example.org", "https://specgraph.example.org"),
        ("specgraph.example.org:8642/", "https://specgraph.example.org:8642"),
        ("localhost:8642", "http://localhost:8642"),
        ("http://specgraph.example.org", "http://specgraph.example.org"),
    ],
)
def test_an_address_is_tls_unless_it_says_otherwise(module: Any, text: str, url: str) -> None:
    normal: Callable[[str], str] = importlib.import_module("specgraph.settings").normal_url
    assert normal(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://specgraph.example.org",
        "http://",
        "https://specgraph.example.org:port",
        "https://specgraph.example.org/a b",
        "https://specgraph.example.org?site=a",
        "https://specgraph.example.org#a",
    ],
)
def test_what_is_no_address_is_told(module: Any, text: str) -> None:
    settings: Any = importlib.import_module("specgraph.settings")
    with pytest.raises(settings.SettingsError, match="is no address of a service"):
        settings.normal_url(text)


@pytest.mark.parametrize("text", ["https://me:pass@example.org", "me:pass@example.org/x"])
def test_a_password_in_an_address_is_refused_and_not_shown(module: Any, text: str) -> None:
    settings: Any = importlib.import_module("specgraph.settings")
    with pytest.raises(settings.SettingsError) as caught:
        settings.normal_url(text)
    assert str(caught.value) == "an address must hold no user and no password; use a token"


@pytest.mark.parametrize("token", ["sg_1\nsecret", "sg_1 secret", "sg_1\u00e9secret"])
def test_what_cannot_stand_in_a_header_is_no_token_and_not_shown(
    module: Any, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    settings: Any = importlib.import_module("specgraph.settings")
    monkeypatch.setenv("SPECGRAPH_TOKEN", token)
    with pytest.raises(settings.SettingsError) as caught:
        settings.find(url="http://127.0.0.1")
    assert str(caught.value) == "what is in SPECGRAPH_TOKEN is no token: one word is"


@pytest.mark.parametrize("answer", [[], "<html>", "7", "null"])
def test_what_answers_no_object_is_no_service(
    stub: Stub, client: Any, module: Any, answer: Any
) -> None:
    stub.answers = [(200, {}, answer)]
    with pytest.raises(module.UnavailableError, match="is not a Specgraph service"):
        client.get("/specs")
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_with_the_token(
    stub: Stub, client: Any, module: Any, status: int
) -> None:
    place = f"{stub.url}/elsewhere"
    stub.answers = [(status, {"Location": place}, {}), (200, {}, {"ok": True})]
    with pytest.raises(module.UnavailableError, match=f"sends on to {place}"):
        client.get("/specs")
    assert [path for path, _ in stub.asked] == ["/api/v1/specs"]


def test_where_the_service_cannot_say_what_it_lacks_all_is_sent(module: Any) -> None:
    sending: Any = importlib.import_module("specgraph.sending")
    packing: Any = importlib.import_module("specgraph.packing")
    report = importlib.import_module("specgraph.report").Report()
    sent: list[bytes] = []

    class Odd:
        def post_json(self, path: str, value: Any) -> Any:
            raise module.RefusedError(422, {"title": "too new"})

        def post_packed(self, path: str, body: bytes, **parameters: Any) -> Any:
            sent.append(gzip.decompress(body))
            return {"counts": {"documents": 1}}

    class Progress:
        def step(self, count: int) -> None:
            pass

    piece = packing.SpecPiece("a" * 32, "zlib", lambda: "{}")
    sending.ToService(Odd(), report).specs([piece], Progress())
    assert sent == [b"{}\n"]
    assert report.counts["documents"] == 1
