"""The extension's HTTP client: retries with backoff, errors, and where a token may go."""

import gzip
import importlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.extension.running import EXTENSION

Answer = tuple[int, dict[str, str], Any]


class Stub:
    """A service with prepared answers that records its requests.

    Attributes:
        answers: status, headers and body of each answer; the last one is repeated.
        requests: paths and headers of the requests.

    """

    def __init__(self) -> None:
        self.answers: list[Answer] = [(200, {}, {"ok": True})]
        self.requests: list[tuple[str, dict[str, str]]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.requests.append((self.path, dict(self.headers)))
                more = len(stub.answers) > 1
                status, headers, body = stub.answers.pop(0) if more else stub.answers[0]
                content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Keep the output of the tests clean."""

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
def client_module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(EXTENSION))
    return importlib.import_module("specgraph.client")


@pytest.fixture
def settings(client_module: Any) -> Any:
    return importlib.import_module("specgraph.settings")


@pytest.fixture
def delays() -> list[float]:
    return []


@pytest.fixture
def client(stub: Stub, client_module: Any, delays: list[float]) -> Any:
    return client_module.Client(stub.url, "secret", tries=4, sleep=delays.append)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_temporary_errors_are_retried(
    stub: Stub, client: Any, delays: list[float], status: int
) -> None:
    stub.answers[:0] = [(status, {}, ""), (status, {}, "")]
    assert client.get("/specs", q="hdf5", limit=None) == {"ok": True}
    assert [path for path, _ in stub.requests] == ["/api/v1/specs?q=hdf5"] * 3
    assert 0.25 <= delays[0] <= 0.5 <= delays[1] <= 1.0


def test_retry_after_sets_the_delay(stub: Stub, client: Any, delays: list[float]) -> None:
    stub.answers[:0] = [(503, {"Retry-After": "7"}, ""), (429, {"Retry-After": "soon"}, "")]
    client.get("/specs")
    assert 7.0 <= delays[0] <= 7.5
    assert delays[1] <= 1.0


def test_client_gives_up_after_the_last_try(
    stub: Stub, client: Any, client_module: Any, delays: list[float]
) -> None:
    stub.answers = [(503, {}, {"detail": "full"})]
    message = f"no service answers at {stub.url}: full"
    with pytest.raises(client_module.UnavailableError, match=message):
        client.get("/specs")
    assert (len(stub.requests), len(delays)) == (4, 3)


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
def test_permanent_errors_are_not_retried(
    stub: Stub, client: Any, client_module: Any, answer: Answer, error: str
) -> None:
    stub.answers = [answer]
    with pytest.raises(getattr(client_module, error)):
        client.get("/specs")
    assert len(stub.requests) == 1


def test_token_is_sent_without_a_proxy_on_this_machine(
    stub: Stub, client_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client = client_module.Client(stub.url, "secret", tries=1)
    assert client.get("/specs") == {"ok": True}
    assert stub.requests[0][1]["Authorization"] == "Bearer secret"


def test_proxy_is_used_for_other_machines(
    stub: Stub, client_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", stub.url)
    monkeypatch.delenv("no_proxy", raising=False)
    client = client_module.Client("http://specgraph.example.org", tries=1)
    assert client.get("/specs") == {"ok": True}
    assert stub.requests[0][0] == "http://specgraph.example.org/api/v1/specs"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("specgraph.example.org", "https://specgraph.example.org"),
        ("specgraph.example.org:8642/", "https://specgraph.example.org:8642"),
        ("localhost:8642", "http://localhost:8642"),
        ("http://specgraph.example.org", "http://specgraph.example.org"),
    ],
)
def test_default_scheme_is_https_except_on_this_machine(settings: Any, text: str, url: str) -> None:
    assert settings.normalize_url(text) == url


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
def test_invalid_addresses_are_rejected(settings: Any, text: str) -> None:
    with pytest.raises(settings.SettingsError, match="is not the address of a service"):
        settings.normalize_url(text)


@pytest.mark.parametrize("text", ["https://me:pass@example.org", "me:pass@example.org/x"])
def test_password_in_an_address_is_rejected_and_not_shown(settings: Any, text: str) -> None:
    with pytest.raises(settings.SettingsError) as caught:
        settings.normalize_url(text)
    assert str(caught.value) == "an address must not contain a user or password; use a token"


@pytest.mark.parametrize("token", ["sg_1\nsecret", "sg_1 secret", "sg_1\u00e9secret"])
def test_token_that_is_no_valid_header_is_rejected_and_not_shown(
    settings: Any, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("SPECGRAPH_TOKEN", token)
    with pytest.raises(settings.SettingsError) as caught:
        settings.find_settings(url="http://127.0.0.1")
    message = "SPECGRAPH_TOKEN does not hold a token: a token is a single word"
    assert str(caught.value) == message


@pytest.mark.parametrize("answer", [[], "<html>", "7", "null"])
def test_answer_other_than_an_object_is_not_from_a_service(
    stub: Stub, client: Any, client_module: Any, answer: Any
) -> None:
    stub.answers = [(200, {}, answer)]
    with pytest.raises(client_module.UnavailableError, match="is not a Specgraph service"):
        client.get("/specs")
    assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed_with_the_token(
    stub: Stub, client: Any, client_module: Any, status: int
) -> None:
    target = f"{stub.url}/elsewhere"
    stub.answers = [(status, {"Location": target}, {}), (200, {}, {"ok": True})]
    with pytest.raises(client_module.UnavailableError, match=f"redirects to {target}; use"):
        client.get("/specs")
    assert [path for path, _ in stub.requests] == ["/api/v1/specs"]


def test_everything_is_sent_if_the_service_cannot_say_which_specs_it_lacks(
    client_module: Any,
) -> None:
    senders: Any = importlib.import_module("specgraph.senders")
    packing: Any = importlib.import_module("specgraph.packing")
    report = importlib.import_module("specgraph.report").Report()
    progress = importlib.import_module("specgraph.progress").Progress(1, "sent")
    sent: list[bytes] = []

    class LimitedClient:
        def post_json(self, path: str, value: Any) -> Any:
            raise client_module.RefusedError(422, {"title": "too new"})

        def post_packed(self, path: str, body: bytes, **parameters: Any) -> Any:
            sent.append(gzip.decompress(body))
            return {"counts": {"documents": 1}}

    payload = packing.SpecPayload("a" * 32, "zlib", lambda: b"{}\n")
    senders.ToService(LimitedClient(), report).send_specs([payload], progress)
    assert sent == [b"{}"]
    assert report.counts["documents"] == 1
