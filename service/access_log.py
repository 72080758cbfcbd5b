"""The access log: a line for each request, with an id that its answer and its errors carry too."""

import re
import secrets
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import structlog
from structlog.contextvars import bound_contextvars

from service import access

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOGGER = "specgraph.access"
"""Name of the logger that gets the lines."""
HEADER = "X-Request-ID"
"""Header with the id of a request: taken from the request if there is one, as from a proxy."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST = 400
"""Longest text of a line that a client chooses, in characters."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(LOGGER)


class AccessLog:
    """A WSGI application that gives each request of another one an id, and logs it.

    A line is written when the answer is sent, or given up.

    Args:
        app: The application that answers.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request."""
        request_id = _id_of(environ)
        environ[access.REQUEST_ID] = request_id
        line = _Line(environ)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            line.status = int(status.split(" ", 1)[0])
            return start_response(status, [*headers, (HEADER, request_id)], exc_info)

        with bound_contextvars(request_id=request_id):
            return _Answer(self._app(environ, start), line)


def log_refusal(method: str, path: str, address: str, status: int) -> None:
    """Log a request that the server refused before the application saw it.

    Args:
        method: HTTP method.
        path: Path without the query.
        address: Address of the client.
        status: HTTP status of the refusal.
    """
    _log.info(
        "request",
        address=address,
        method=method[:_LONGEST],
        path=path[:_LONGEST],
        status=status,
        refused_by="server",
    )


def _id_of(environ: "WSGIEnvironment") -> str:
    given = str(environ.get("HTTP_X_REQUEST_ID", ""))
    return given if _ID.fullmatch(given) else secrets.token_hex(8)


class _Line:
    """The line of a request, as far as it is known.

    Attributes:
        status: HTTP status of the answer; 0 before there is one.
        sent: Size of the answer's body so far, in bytes.
    """

    def __init__(self, environ: "WSGIEnvironment") -> None:
        self._environ = environ
        self._began = time.monotonic()
        self.status = 0
        self.sent = 0

    def write(self) -> None:
        """Log it, unless only its header was asked about and accepted."""
        environ = self._environ
        if access.is_only_header(environ, self.status):
            return
        _log.info(
            "request",
            request_id=environ[access.REQUEST_ID],
            address=environ.get("REMOTE_ADDR", ""),
            token=environ.get(access.GRANT_ID),
            method=environ["REQUEST_METHOD"],
            path=str(environ.get("PATH_INFO", ""))[:_LONGEST],
            query=str(environ.get("QUERY_STRING", ""))[:_LONGEST],
            status=self.status,
            bytes=self.sent,
            seconds=round(time.monotonic() - self._began, 4),
            agent=str(environ.get("HTTP_USER_AGENT", ""))[:_LONGEST],
        )


class _Answer:
    """The body of an answer, which is counted while it is sent."""

    def __init__(self, body: Iterable[bytes], line: _Line) -> None:
        self._body = body
        self._line = line

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            self._line.sent += len(chunk)
            yield chunk

    def close(self) -> None:
        """End the answer, and log the request."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._line.write()
