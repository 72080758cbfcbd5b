"""The server: connections bounded in number, tasks sent to their lanes."""

import resource
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from service.serving.channel import Channel, HeaderCheck, Request
from service.serving.lanes import HEADERS, HEALTH, LANES, Lane, LaneState, Workers, lane_of
from service.serving.refusals import Refusal, busy, lane_is_full

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MAX_CONNECTIONS = 1000
"""Connections at the same time; beyond them, that which is idle for the longest is closed."""
MAX_BODIES_BYTES = 4 << 30
"""Size of all bodies that are being received or wait, in bytes; more are refused for now."""
MAX_BODY_BYTES = (1 << 30) + 1
"""Limit of a body without a length; the application has limits of its own for the others."""
MAX_HEADER_BYTES = 1 << 16
_SPARE_FILES = 200
"""Files that the process needs besides its connections."""
_STOP_SECONDS = 5.0

OnRefusal = Callable[[str, str, str, int], None]
"""Called with method, path, address and status of a request that the application does not see."""


class Dispatcher:
    """The workers of all lanes, in the place of waitress's own.

    Args:
        on_refusal: Called for each request that is refused without the application.
    """

    def __init__(self, on_refusal: OnRefusal | None = None) -> None:
        self._workers = {lane: Workers(lane) for lane in LANES}
        self._on_refusal = on_refusal

    def add_task(self, channel: Channel) -> None:
        """Send a connection with a received request to a lane."""
        request = channel.requests[0]
        if request.error is not None:
            self._send_refusal(channel)
            return
        lane = lane_of(request.command, request.path)
        if not self._workers[lane].offer(channel):
            self._refuse(channel, lane)

    def add_check(self, check: HeaderCheck, request: Request) -> None:
        """Send a header to be checked."""
        if not self._workers[HEADERS].offer(check):
            check.refuse(lane_is_full(HEADERS, request.path))

    def refuse_overdue(self) -> None:
        """Refuse tasks that have waited for too long."""
        for lane, workers in self._workers.items():
            for task in workers.take_overdue():
                if isinstance(task, Channel):
                    self._refuse(task, lane)
                elif isinstance(task, HeaderCheck):
                    task.refuse(lane_is_full(lane, ""))

    def states(self) -> list[LaneState]:
        """Return how busy each lane is."""
        return [workers.state() for workers in self._workers.values()]

    def shutdown(self) -> None:
        """Stop all workers; those that are busy end after their task."""
        end = time.monotonic() + _STOP_SECONDS
        for workers in self._workers.values():
            workers.stop()
        for workers in self._workers.values():
            workers.join(end)

    def _refuse(self, channel: Channel, lane: Lane) -> None:
        channel.refuse(lane_is_full(lane, channel.requests[0].path))
        self._send_refusal(channel)

    def _send_refusal(self, channel: Channel) -> None:
        """Have the error of a request sent; report it, unless the application made it."""
        request = channel.requests[0]
        error = request.error
        if self._on_refusal is not None and not (isinstance(error, Refusal) and error.is_answer):
            status, *_ = error.to_response(None)
            self._on_refusal(
                request.command, request.path, channel.addr[0], int(status.split(" ", 1)[0])
            )
        self._workers[HEALTH].offer(channel)


class Server(TcpWSGIServer):
    """waitress's server with lanes, checked headers and a bounded number of connections."""

    channel_class = Channel
    task_dispatcher: Dispatcher
    active_channels: dict[int, Channel]

    def check_header(self, channel: Channel, request: Request) -> None:
        """Have the header of a request checked whose body is still to come."""
        check = HeaderCheck(channel, request)
        if self._promised_bytes() > MAX_BODIES_BYTES:
            check.refuse(busy("too many uploads at the same time; try again", request.path, 5))
        else:
            self.task_dispatcher.add_check(check, request)

    def readable(self) -> bool:
        """Return whether connections are accepted; called in each round of the loop."""
        self.task_dispatcher.refuse_overdue()
        return bool(super().readable())

    def handle_accept(self) -> None:
        """Accept a connection, and close another one if there are too many."""
        if len(self.active_channels) >= self.adj.connection_limit - _SPARE_FILES:
            self._close_idlest()
        super().handle_accept()

    def maintenance(self, now: float) -> None:
        """Close the connections whose clients take too long."""
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(now):
                channel.will_close = True

    def _promised_bytes(self) -> int:
        return sum(each.promised_bytes() for each in list(self.active_channels.values()))

    def _close_idlest(self) -> None:
        waiting = [each for each in self.active_channels.values() if each.is_waiting()]
        if waiting:
            min(waiting, key=lambda each: each.since).handle_close()


def create_server(
    app: "WSGIApplication",
    sock: socket.socket,
    *,
    trusted_proxy: str | None = None,
    on_refusal: OnRefusal | None = None,
) -> Server:
    """Return a server of an application on a socket; `run` runs it until SIGINT or SIGTERM.

    Args:
        app: The application.
        sock: A bound socket.
        trusted_proxy: Address of a proxy whose `X-Forwarded-For` and `X-Forwarded-Proto` count, or
            `*` for any.
        on_refusal: Called for each request that is refused without the application.
    """
    trusted: dict[str, Any] = {}
    if trusted_proxy is not None:
        headers = {"x-forwarded-for", "x-forwarded-proto"}
        trusted = {"trusted_proxy": trusted_proxy, "trusted_proxy_headers": headers}
    adjustments = Adjustments(
        **trusted,
        max_request_body_size=MAX_BODY_BYTES,
        max_request_header_size=MAX_HEADER_BYTES,
        recv_bytes=1 << 16,
        connection_limit=_available_connections() + _SPARE_FILES,
        cleanup_interval=1,
        asyncore_use_poll=True,
        ident="specgraph",
        clear_untrusted_proxy_headers=True,
    )
    sockinfo: Any = (sock.family, sock.type, sock.proto, sock.getsockname())
    return Server(
        app,
        {},
        True,
        sock,
        dispatcher=Dispatcher(on_refusal),
        adj=adjustments,
        bind_socket=False,
        sockinfo=sockinfo,
    )


def _available_connections() -> int:
    """Return how many connections the process may have, after raising its limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + _SPARE_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(MAX_CONNECTIONS, max(16, soft - _SPARE_FILES))
