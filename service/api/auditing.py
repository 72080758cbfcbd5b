"""Write an entry of the audit for each request that wrote to the graph, before it is answered."""

import hashlib
import io
from typing import BinaryIO

from flask import Flask, Response, current_app, g, request
from marshmallow.fields import Boolean
from neo4j.exceptions import DriverError, Neo4jError

from cypher.run import WriteRefusedError
from loaders.store.audit import AuditEntry, write_entry
from service import access
from service.api import auth
from service.api.problems import make_problem
from service.api.request import database

_LONGEST = 400
"""Longest text of an entry that a client chooses, in characters."""
_SPEC_UPLOADS = "/api/v1/specs"
"""Path at which the status tells whether anything was written: 201, or 200 if all was known."""


class _DigestingStream(io.RawIOBase):
    """A body that is digested while it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._digest = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Read up to the size of a buffer into it; return the number of bytes."""
        data = self._stream.read(len(buffer))
        self._digest.update(data)
        self.size += len(data)
        buffer[: len(data)] = data
        return len(data)

    def hexdigest(self) -> str | None:
        """Return the SHA-256 of the bytes read, or None if nothing was."""
        return self._digest.hexdigest() if self.size else None


def register(app: Flask) -> None:
    """Audit the requests to an app that write."""
    app.before_request(_watch_body)
    app.after_request(_write_entry)


def _watch_body() -> None:
    if access.writes(request.method, request.path):
        stream = _DigestingStream(request.environ["wsgi.input"])
        request.environ["wsgi.input"] = g.audited_body = stream


def _write_entry(response: Response) -> Response:
    if not _wrote(response):
        return response
    grant = auth.current_grant()
    body: _DigestingStream = g.audited_body
    site = auth.bound_site() or request.args.get("site")
    entry = AuditEntry(
        method=request.method,
        path=request.path[:_LONGEST],
        status=response.status_code,
        address=request.remote_addr,
        token=grant.id if grant is not None else None,
        name=grant.name if grant is not None else current_app.config["COMMAND_USER"],
        site=site[:_LONGEST] if site else None,
        digest=body.hexdigest(),
        bytes=body.size or None,
        request=request.environ.get(access.REQUEST_ID),
    )
    try:
        write_entry(database(), entry)
    except WriteRefusedError as error:
        return _refuse(507, "Insufficient Storage", str(error))
    except (Neo4jError, DriverError):
        return _refuse(503, "Database unavailable", "the database does not answer")
    return response


def _wrote(response: Response) -> bool:
    """Return whether the request has written to the graph."""
    status = response.status_code
    if "audited_body" not in g or status >= 400 or access.is_only_header(request.environ, status):
        return False
    if request.method == "DELETE":
        return request.args.get("dry_run") not in Boolean.truthy
    return status != 200 or request.path != _SPEC_UPLOADS


def _refuse(status: int, title: str, reason: str) -> Response:
    detail = f"it was written, but not recorded in the audit ({reason}); send it again"
    response = make_problem(status, title, detail, "audit")
    response.headers["Retry-After"] = "5"
    return response
