"""A stub that stands in front of one real Neo4j and imitates what only a cluster does.

It is several addresses of the same server, its *members*. One of them is the leader. The stub
answers requests for routing tables itself, refuses writes at members that do not lead, moves the
leader, and lets members lag behind a bookmark; all other messages go to the real server and back.
Nothing is replicated: all members show the same data at the same time.

The protocol is Bolt 5 (https://neo4j.com/docs/bolt/current/bolt/): a handshake, then messages in
chunks, each request answered by any number of records and one summary.
"""

import socket
import struct
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

NOT_A_LEADER = "Neo.ClientError.Cluster.NotALeader"
BOOKMARK_TIMEOUT = "Neo.TransientError.Transaction.BookmarkTimeout"

_MAGIC = bytes.fromhex("6060B017")
# Versions 5.8 down to 5.0, and no others: their messages are those below.
_VERSIONS = bytes([0, 8, 8, 5]) + bytes(12)
_GOODBYE, _RESET, _RUN, _BEGIN, _COMMIT, _ROLLBACK, _ROUTE = 0x02, 0x0F, *range(0x10, 0x14), 0x66
_SUCCESS, _RECORD, _IGNORED, _FAILURE = 0x70, 0x71, 0x7E, 0x7F
_READ_MODE = b"\x84mode\x81r"
_BOOKMARKS = b"\x89bookmarks"
_NO_BOOKMARKS = _BOOKMARKS + b"\x90"

Packable = str | int | list["Packable"] | dict[str, "Packable"]


class _BrokenOffError(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class Faults:
    """What happens to the next transactions.

    Attributes:
        moves_at_commit: Number of commits at which the leader moves instead of committing.
        moves_at_run: Number of statements of writing transactions at which it does.
        lost_commits: Number of commits that succeed, while the connection breaks before the answer.
        stale_reads: Number of reading transactions with bookmarks that wait for them in vain.
        seen: What has happened, and how often.
    """

    moves_at_commit: int = 0
    moves_at_run: int = 0
    lost_commits: int = 0
    stale_reads: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str) -> bool:
        """Return whether a fault is to happen now, and count it."""
        with self._guard:
            left = getattr(self, name)
            if left:
                setattr(self, name, left - 1)
                self.seen[name] += 1
            return bool(left)

    def note(self, name: str) -> None:
        """Count something that has happened."""
        with self._guard:
            self.seen[name] += 1


def host_and_port(uri: str) -> tuple[str, int]:
    """Return the host and the port in the address of a server."""
    host, _, port = uri.partition("://")[2].rpartition(":")
    return host, int(port)


class ClusterStub:
    """Members that look like a cluster, in front of one server.

    Args:
        server: Host and port of the server.
        members: Number of members.
        database: Name of the database in routing tables.

    Attributes:
        faults: What happens to the next transactions.
        leader: Number of the member that leads.
    """

    def __init__(self, server: tuple[str, int], members: int = 3, database: str = "neo4j") -> None:
        self.faults = Faults()
        self.leader = 0
        self._server = server
        self._database = database
        self._members = [socket.create_server(("127.0.0.1", 0)) for _ in range(members)]
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._threads = [
            threading.Thread(target=self._accept, args=(number,), daemon=True)
            for number in range(members)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for member in self._members:
            _close(member)
        with self._guard:
            for connection in self._connections:
                _close(connection)
        for thread in self._threads:
            thread.join()

    @property
    def uri(self) -> str:
        """The address for drivers."""
        return f"neo4j://{self.address_of(0)}"

    def address_of(self, member: int) -> str:
        """Return the address of a member."""
        return "{}:{}".format(*self._members[member].getsockname())

    def move_leader(self) -> None:
        """Let the next member lead."""
        self.leader = (self.leader + 1) % len(self._members)

    def routing_table(self) -> Packable:
        """Return the answer to ROUTE: who leads, who can be read, and who has routing tables."""
        everyone: list[Packable] = [self.address_of(each) for each in range(len(self._members))]
        followers: list[Packable] = [
            address for number, address in enumerate(everyone) if number != self.leader
        ]
        return {
            "rt": {
                "ttl": 300,
                "db": self._database,
                "servers": [
                    {"role": "WRITE", "addresses": [everyone[self.leader]]},
                    {"role": "READ", "addresses": followers},
                    {"role": "ROUTE", "addresses": everyone},
                ],
            }
        }

    def _accept(self, member: int) -> None:
        while True:
            try:
                client, _ = self._members[member].accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(member, client), daemon=True).start()

    def _serve(self, member: int, client: socket.socket) -> None:
        try:
            upstream = socket.create_connection(self._server)
        except OSError:
            client.close()
            return
        for connection in (client, upstream):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._guard:
            self._connections |= {client, upstream}
        try:
            _Conversation(self, member, client, upstream).run()
        except (OSError, EOFError, _BrokenOffError):
            pass
        finally:
            with self._guard:
                self._connections -= {client, upstream}
            _close(client)
            _close(upstream)


class _Conversation:
    """One connection of a client to a member."""

    def __init__(
        self, stub: ClusterStub, member: int, client: socket.socket, upstream: socket.socket
    ) -> None:
        self._stub = stub
        self._faults = stub.faults
        self._member = member
        self._client = client
        self._upstream = upstream
        self._writes = False
        self._is_open = False
        self._has_failed = False

    def run(self) -> None:
        """Answer until either side closes the connection."""
        if _receive(self._client, 20)[:4] != _MAGIC:
            raise _BrokenOffError
        self._upstream.sendall(_MAGIC + _VERSIONS)
        self._client.sendall(_receive(self._upstream, 4))
        while True:
            message = _receive_message(self._client)
            self._answer(message, message[1])

    def _answer(self, message: bytes, kind: int) -> None:
        if self._has_failed and kind not in (_RESET, _GOODBYE):
            self._send(_IGNORED, {})
        elif kind == _ROUTE:
            self._faults.note("routes")
            self._send(_SUCCESS, self._stub.routing_table())
        elif kind in (_BEGIN, _RUN) and self._refuses(message, kind):
            pass
        elif kind == _COMMIT and self._writes and self._faults.take("moves_at_commit"):
            self._fail_as_follower()
        else:
            if kind == _RESET:
                self._has_failed = False
            if kind in (_RESET, _COMMIT, _ROLLBACK):
                self._is_open = False
            self._forward(message, kind)

    def _refuses(self, message: bytes, kind: int) -> bool:
        """Refuse a transaction or statement if a member of a cluster would."""
        # A statement within a transaction has no mode of its own.
        begins = kind == _BEGIN or not self._is_open
        if begins:
            self._is_open = kind == _BEGIN
            self._writes = _READ_MODE not in message
            self._faults.note(f"{'writes' if self._writes else 'reads'} at {self._member}")
        if self._writes and self._member != self._stub.leader:
            self._fail(NOT_A_LEADER, "No write operations are allowed on this member")
            return True
        waits = begins and not self._writes and _has_bookmarks(message)
        if waits and self._faults.take("stale_reads"):
            self._fail(BOOKMARK_TIMEOUT, "Database not up to the requested version")
            return True
        if kind == _RUN and self._writes and self._faults.take("moves_at_run"):
            self._fail_as_follower()
            return True
        return False

    def _fail_as_follower(self) -> None:
        self._stub.move_leader()
        self._fail(NOT_A_LEADER, "The leader has moved to another member")

    def _fail(self, code: str, reason: str) -> None:
        self._has_failed = True
        # Until Bolt 5.6 the code was in `code`.
        status = {"gql_status": "50N42", "description": "error: general processing exception"}
        self._send(_FAILURE, {"code": code, "neo4j_code": code, "message": reason, **status})

    def _forward(self, message: bytes, kind: int) -> None:
        """Send a request to the server, and its answer to the client."""
        _send_message(self._upstream, message)
        if kind == _GOODBYE:
            raise _BrokenOffError
        while True:
            answer = _receive_message(self._upstream)
            if kind == _COMMIT and self._writes and self._faults.take("lost_commits"):
                raise _BrokenOffError
            _send_message(self._client, answer)
            if answer[1] != _RECORD:
                return

    def _send(self, kind: int, fields: Packable) -> None:
        _send_message(self._client, bytes([0xB1, kind]) + _pack(fields))


def _has_bookmarks(message: bytes) -> bool:
    return _BOOKMARKS in message and _NO_BOOKMARKS not in message


def _pack(value: Packable) -> bytes:
    """Return a value in PackStream."""
    if isinstance(value, str):
        text = value.encode()
        return b"\xd1" + struct.pack(">H", len(text)) + text
    if isinstance(value, int):
        return b"\xcb" + struct.pack(">q", value)
    if isinstance(value, list):
        return b"\xd5" + struct.pack(">H", len(value)) + b"".join(map(_pack, value))
    entries = (_pack(key) + _pack(each) for key, each in value.items())
    return b"\xd9" + struct.pack(">H", len(value)) + b"".join(entries)


def _receive_message(connection: socket.socket) -> bytes:
    """Return the next message, without the chunks that only keep a connection alive."""
    message = b""
    while True:
        size = int.from_bytes(_receive(connection, 2))
        if size:
            message += _receive(connection, size)
        elif message:
            return message


def _send_message(connection: socket.socket, message: bytes) -> None:
    chunks = (message[at : at + 0xFFFF] for at in range(0, len(message), 0xFFFF))
    parts = b"".join(len(chunk).to_bytes(2) + chunk for chunk in chunks)
    connection.sendall(parts + b"\0\0")


def _receive(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 16))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _close(connection: socket.socket) -> None:
    # Closing alone does not wake a thread that waits for the connection.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
