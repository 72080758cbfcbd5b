"""A Maven repository on loopback that behaves as badly as it is told to."""

import hashlib
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from service.embedded.pin import Artifact


class MavenRepository:
    """Serves `files`; the sets say which requests go wrong, the lists record what was asked."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.knows_ranges = True
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
            asked = self.headers.get("Range")
            with repository.lock:
                repository.requests[path] += 1
                if asked:
                    repository.ranges.append(asked)
                if repository.busy_left:
                    repository.busy_left -= 1
                    self.send_error(503)
                    return
            if path not in repository.files:
                self.send_error(404)
                return
            self._send(repository.files[path], asked)

        def _send(self, body: bytes, asked: str | None) -> None:
            start = 0
            if asked and repository.knows_ranges:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
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
            """Keep quiet."""

    return Handler
