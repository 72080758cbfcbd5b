"""A Maven repository on loopback that can be set to misbehave."""

import hashlib
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from service.embedded.pin import Artifact


class MavenRepository:
    """Serves files over HTTP, with faults on demand, and records the requests.

    Attributes:
        files: content by path.
        supports_ranges: whether a `Range` is honoured.
        cut_after: number of bytes after which a response is cut, for the next `cuts_left` ones.
        cuts_left: number of responses to cut.
        busy_left: number of requests to answer with 503.
        wrong_bodies_left: number of responses with zeros instead of the content.
        requests: number of requests by path.
        ranges: the `Range` headers received.

    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.supports_ranges = True
        self.cut_after: int | None = None
        self.cuts_left = 0
        self.busy_left = 0
        self.wrong_bodies_left = 0
        self.requests: Counter[str] = Counter()
        self.ranges: list[str] = []
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/maven"

    def artifacts(self) -> tuple[Artifact, ...]:
        return tuple(
            Artifact(path, len(body), hashlib.sha256(body).hexdigest())
            for path, body in self.files.items()
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler_for(repository: MavenRepository) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/maven/")
            byte_range = self.headers.get("Range")
            with repository.lock:
                repository.requests[path] += 1
                if byte_range:
                    repository.ranges.append(byte_range)
                if repository.busy_left:
                    repository.busy_left -= 1
                    self.send_error(503)
                    return
            if path not in repository.files:
                self.send_error(404)
                return
            self._send(repository.files[path], byte_range)

        def _send(self, body: bytes, byte_range: str | None) -> None:
            start = 0
            if byte_range and repository.supports_ranges:
                start = int(byte_range.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            part = body[start:]
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            with repository.lock:
                cut = repository.cut_after if repository.cuts_left else None
                repository.cuts_left -= 1 if repository.cuts_left else 0
                wrong = repository.wrong_bodies_left > 0
                repository.wrong_bodies_left -= 1 if wrong else 0
            self.wfile.write(bytes(len(part)) if wrong else part[:cut])
            self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            """Keep the output of the tests clean."""

    return Handler
