"""A connection: its requests received within limits, and refused by their header."""

import io
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

from service.access import HEADER_ONLY
from service.serving.refusals import Refusal, busy

if TYPE_CHECKING:
    from service.serving.server import Server

KEEP_ALIVE_SECONDS = 60.0
"""How long a connection may be idle between two requests."""
HEADER_SECONDS = 20.0
"""How long the header of a request may take."""
BODY_SECONDS = 60.0
"""How long a body may take, besides the time that `BODY_RATE` allows."""
BODY_RATE = 4096
"""Lowest average rate of a body in bytes per second."""
UNSENT_SECONDS = 60.0
"""How long a client may take nothing of an answer that waits for it."""
SMALL_BODY = 1 << 16
"""Bytes of a body that may arrive before its header is checked."""
_LINGER_SECONDS = 5.0
"""How long the rest of a refused body is discarded, so that its sender can read the answer."""


class Request(HTTPRequestParser):
    """A request that is being received.

    Attributes:
        command: Its method; empty if it has no valid header.
        path: Its path; empty if it has no valid header.
    """

    command: str = ""
    path: str = ""
    expect_continue: bool
    content_length: int
    body_bytes_received: int

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.is_considered = False
        self.wants_continue = False

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the header; the client is asked to continue only after it was checked."""
        super().parse_header(header_plus)
        self.wants_continue, self.expect_continue = self.expect_continue, False

    def get_body_stream(self) -> BinaryIO:
        """Return the body, which is empty until all of it was received."""
        body: BinaryIO = super().get_body_stream() if self.completed else io.BytesIO()
        return body

    def promised_bytes(self) -> int:
        """Return the size of the body, or of the received part if that is not known yet."""
        return self.content_length or self.body_bytes_received

    def has_more_than_a_little_to_come(self) -> bool:
        """Return whether checking the header saves receiving much."""
        to_come = self.content_length - self.body_bytes_received
        return self.wants_continue or self.chunked or to_come > SMALL_BODY


class Channel(HTTPChannel):
    """A connection to a client.

    Attributes:
        is_held: Whether nothing is received because a header is being checked.
        since: When its last request was answered, or it was opened.
    """

    parser_class = Request
    server: "Server"
    request: Request | None
    requests: list[Request]
    close_when_flushed: bool
    will_close: bool
    total_outbufs_len: int
    last_activity: float

    def __init__(self, *args: Any, **named: Any) -> None:
        self.is_held = False
        self.since = time.time()
        self._began = 0.0
        self._was_refused = False
        self._lingers_until = 0.0
        super().__init__(*args, **named)

    def readable(self) -> bool:
        """Return whether to receive more."""
        if self._lingers_until:
            return True
        return not self.is_held and bool(super().readable())

    def received(self, data: bytes) -> bool:
        """Take received bytes; those after a refused header are discarded."""
        if self._lingers_until:
            return True
        if self.request is None:
            self._began = time.time()
        taken = bool(super().received(data))
        self._consider_header()
        return taken

    def service(self) -> None:
        """Answer a request."""
        super().service()
        self.since = time.time()
        # The next request may have been received with this one.
        self._consider_header()

    def _consider_header(self) -> None:
        """Have the header checked of a request whose body is still to come."""
        with self.requests_lock:
            request = self.request
            if request is None or self.requests or request.is_considered:
                return
            if not request.headers_finished or not request.has_more_than_a_little_to_come():
                return
            request.is_considered = True
            self.is_held = True
        self.server.check_header(self, request)

    def decide(self, refusal: Refusal | None) -> None:
        """Receive the body of the current request, or answer without it."""
        with self.requests_lock:
            request, self.is_held = self.request, False
            if request is None or self.will_close or self.close_when_flushed:
                return
            if refusal is not None:
                request.error, request.completed = refusal, True
                self.request, self._was_refused = None, True
                self.requests.append(request)
                self.server.add_task(self)
            elif request.wants_continue:
                self._began = time.time()
                self.send_continue()
        self.server.pull_trigger()

    def refuse(self, refusal: Refusal) -> None:
        """Answer the request that waits with a refusal."""
        self.requests[0].error = refusal

    def handle_write(self) -> None:
        """Send waiting bytes; after a refusal, let the client finish before closing."""
        if not (self._was_refused and self.close_when_flushed) or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if not self.total_outbufs_len and not self.will_close:
            self.close_when_flushed = False
            self._lingers_until = time.time() + _LINGER_SECONDS
            # If data that nobody read is left when a socket is closed, its peer loses the answer.
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)

    def promised_bytes(self) -> int:
        """Return the size of the bodies that are being received or wait."""
        requests = [*self.requests, *([self.request] if self.request is not None else [])]
        return sum(each.promised_bytes() for each in requests)

    def is_waiting(self) -> bool:
        """Return whether the client has to send something next."""
        return not (self.requests or self.is_held or self.total_outbufs_len)

    def is_overdue(self, now: float) -> bool:
        """Return whether the client has taken too long for its next step.

        Args:
            now: The current time.
        """
        if self._lingers_until:
            return now > self._lingers_until
        if self.total_outbufs_len:
            return now - self.last_activity > UNSENT_SECONDS
        if not self.is_waiting():
            return False
        request = self.request
        if request is None:
            return now - self.since > KEEP_ALIVE_SECONDS
        if not request.headers_finished:
            return now - self._began > HEADER_SECONDS
        return now - self._began > BODY_SECONDS + request.body_bytes_received / BODY_RATE


class HeaderCheck:
    """Asks the application whether it would accept a request, by its header."""

    def __init__(self, channel: Channel, request: Request) -> None:
        self._channel = channel
        self._request = request

    def service(self) -> None:
        """Ask, and have the channel act on the answer."""
        self._channel.decide(self._ask())

    def cancel(self) -> None:
        """Give up, as the server stops."""
        self._channel.cancel()

    def refuse(self, refusal: Refusal) -> None:
        """Refuse the request without asking."""
        self._channel.decide(refusal)

    def _ask(self) -> Refusal | None:
        environ = WSGITask(self._channel, self._request).get_environment()
        environ[HEADER_ONLY] = True
        answers: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            answers.append((status, headers))
            return io.BytesIO().write

        body = self._channel.server.application(environ, start_response)
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        if not answers:
            return busy("the request could not be checked", self._request.path, 5)
        status, headers = answers[-1]
        return (
            None if status.startswith("204") else Refusal(status, headers, content, is_answer=True)
        )
